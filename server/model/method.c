/* SPDX-License-Identifier: Apache-2.0 */
/* The names of client authentication methods, case-sensitive (RFC 8705 2.1.1, 2.2.1; MTLS-12). */
#include "as/model.h"

static const as_span names[AS_METHODS] = {
    [AS_METHOD_TLS_CLIENT_AUTH] = AS_LIT_ROW("tls_client_auth"),
    [AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH] = AS_LIT_ROW("self_signed_tls_client_auth"),
};

const char *as_method_name(enum as_method method)
{
    return (unsigned)method < AS_METHODS ? names[method].ptr : "";
}

bool as_method_named(as_span name, enum as_method *out)
{
    for (unsigned i = 0; i < AS_METHODS; i++) {
        if (as_span_equal(name, names[i])) {
            *out = (enum as_method)i;
            return true;
        }
    }
    return false;
}
