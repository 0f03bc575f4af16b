/* SPDX-License-Identifier: Apache-2.0 */
/* The values of `grant_type`, case-sensitive (RFC 6749 4.4.2). */
#include "as/model.h"

static const as_span names[AS_GRANT_TYPES] = {
    [AS_GRANT_CLIENT_CREDENTIALS] = AS_LIT_ROW("client_credentials"),
};

const char *as_grant_type_name(enum as_grant_type type)
{
    return (unsigned)type < AS_GRANT_TYPES ? names[type].ptr : "";
}

bool as_grant_type_named(as_span name, enum as_grant_type *out)
{
    for (unsigned i = 0; i < AS_GRANT_TYPES; i++) {
        if (as_span_equal(name, names[i])) {
            *out = (enum as_grant_type)i;
            return true;
        }
    }
    return false;
}
