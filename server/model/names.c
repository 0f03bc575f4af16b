/* SPDX-License-Identifier: Apache-2.0 */
/* Values and their names in metadata and requests, all case-sensitive (MTLS-12). */
#include "as/model.h"

/* RFC 8705 2.1.1 and 2.2.1 */
static const as_span methods[AS_METHODS] = {
    [AS_METHOD_TLS_CLIENT_AUTH] = AS_LIT_ROW("tls_client_auth"),
    [AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH] = AS_LIT_ROW("self_signed_tls_client_auth"),
};

/* RFC 6749 4.4.2 */
static const as_span grant_types[AS_GRANT_TYPES] = {
    [AS_GRANT_CLIENT_CREDENTIALS] = AS_LIT_ROW("client_credentials"),
};

static const as_span statuses[AS_PARTY_STATUSES] = {
    [AS_PARTY_ENABLED] = AS_LIT_ROW("enabled"),
    [AS_PARTY_DISABLED] = AS_LIT_ROW("disabled"),
};

static const as_span token_formats[AS_TOKEN_FORMATS] = {
    [AS_TOKEN_UNSET] = {NULL, 0},
    [AS_TOKEN_SEALED] = AS_LIT_ROW("sealed"),
    [AS_TOKEN_JWT] = AS_LIT_ROW("jwt"),
};

static const char *name_of(const as_span *names, unsigned count, unsigned value)
{
    return value < count ? names[value].ptr : "";
}

static bool find(const as_span *names, unsigned count, as_span name, unsigned *value)
{
    for (unsigned i = 0; i < count; i++) {
        if (names[i].ptr != NULL && as_span_equal(name, names[i])) {
            *value = i;
            return true;
        }
    }
    return false;
}

const char *as_method_name(enum as_method method)
{
    return name_of(methods, AS_METHODS, method);
}

bool as_method_named(as_span name, enum as_method *out)
{
    unsigned value = 0;
    bool known = find(methods, AS_METHODS, name, &value);

    *out = known ? (enum as_method)value : *out;
    return known;
}

const char *as_grant_type_name(enum as_grant_type type)
{
    return name_of(grant_types, AS_GRANT_TYPES, type);
}

bool as_grant_type_named(as_span name, enum as_grant_type *out)
{
    unsigned value = 0;
    bool known = find(grant_types, AS_GRANT_TYPES, name, &value);

    *out = known ? (enum as_grant_type)value : *out;
    return known;
}

const char *as_party_status_name(enum as_party_status status)
{
    return name_of(statuses, AS_PARTY_STATUSES, status);
}

bool as_party_status_named(as_span name, enum as_party_status *out)
{
    unsigned value = 0;
    bool known = find(statuses, AS_PARTY_STATUSES, name, &value);

    *out = known ? (enum as_party_status)value : *out;
    return known;
}

bool as_token_format_named(as_span name, enum as_token_format *out)
{
    unsigned value = 0;
    bool known = find(token_formats, AS_TOKEN_FORMATS, name, &value);

    *out = known ? (enum as_token_format)value : *out;
    return known;
}
