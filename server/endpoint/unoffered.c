/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members that would promise a client something this version does not do: an encrypted or signed
 * answer, a proof of possession, a redirect. A member that is unknown is ignored (RFC 7591 2), but
 * one of these taken in silence would have the client believe in a protection it has not got; so it
 * is refused, unless its value asks for nothing.
 */
#include "registration.h"

enum harmless {
    NO_VALUE,
    IF_FALSE,  /* false: the default of its RFC */
    IF_EMPTY,  /* an empty array */
    IF_PUBLIC, /* "public": every client sees the same subject */
};

static const struct {
    const char *name;
    enum harmless harmless;
    const char *why;
} unoffered[] = {
    {"redirect_uris", IF_EMPTY,
     "redirect_uris is not offered by this version: it has no redirect grant"},
    {"response_modes", IF_EMPTY,
     "response_modes is not offered by this version: it has no redirect grant"},
    {"jwks_uri", NO_VALUE, "jwks_uri is not offered by this version; register jwks"},
    {"token_endpoint_auth_signing_alg", NO_VALUE,
     "there is no client authentication by signature in this version"},
    {"request_object_signing_alg", NO_VALUE, "there are no request objects in this version"},
    {"request_object_encryption_alg", NO_VALUE, "there are no request objects in this version"},
    {"request_object_encryption_enc", NO_VALUE, "there are no request objects in this version"},
    {"require_signed_request_object", IF_FALSE, "there are no request objects in this version"},
    {"request_uris", IF_EMPTY, "there are no request objects in this version"},
    {"require_pushed_authorization_requests", IF_FALSE,
     "there are no authorization requests in this version"},
    {"authorization_signed_response_alg", NO_VALUE,
     "there are no authorization responses in this version"},
    {"authorization_encrypted_response_alg", NO_VALUE, "encryption is not offered"},
    {"authorization_encrypted_response_enc", NO_VALUE, "encryption is not offered"},
    {"authorization_details_types", IF_EMPTY, "no type of authorization details is offered"},
    {"id_token_signed_response_alg", NO_VALUE, "there are no ID tokens in this version"},
    {"id_token_encrypted_response_alg", NO_VALUE, "encryption is not offered"},
    {"id_token_encrypted_response_enc", NO_VALUE, "encryption is not offered"},
    {"userinfo_signed_response_alg", NO_VALUE, "there is no userinfo in this version"},
    {"userinfo_encrypted_response_alg", NO_VALUE, "encryption is not offered"},
    {"userinfo_encrypted_response_enc", NO_VALUE, "encryption is not offered"},
    {"introspection_encrypted_response_alg", NO_VALUE, "encryption is not offered"},
    {"introspection_encrypted_response_enc", NO_VALUE, "encryption is not offered"},
    {"subject_type", IF_PUBLIC, "subject_type may only be public in this version"},
    {"sector_identifier_uri", NO_VALUE, "there are no pairwise subjects in this version"},
    {"default_max_age", NO_VALUE, "no user authenticates in this version"},
    {"require_auth_time", IF_FALSE, "no user authenticates in this version"},
    {"default_acr_values", IF_EMPTY, "no user authenticates in this version"},
    {"initiate_login_uri", NO_VALUE, "no user authenticates in this version"},
    {"dpop_bound_access_tokens", IF_FALSE, "DPoP is not offered by this version"},
};

static bool asks_for_nothing(enum harmless harmless, const json_t *value)
{
    switch (harmless) {
    case IF_FALSE:
        return json_is_false(value);
    case IF_EMPTY:
        return json_is_array(value) && json_array_size(value) == 0;
    case IF_PUBLIC:
        return as_span_is(as_json_span(value), "public");
    case NO_VALUE:
        break;
    }
    return false;
}

as_err as_registration_refuse_unoffered(const struct as_registration *reg, const json_t *json)
{
    for (size_t i = 0; i < AS_COUNT(unoffered); i++) {
        const json_t *value = json_object_get(json, unoffered[i].name);

        if (value == NULL || json_is_null(value) ||
            asks_for_nothing(unoffered[i].harmless, value)) {
            continue;
        }
        *reg->ask->member = unoffered[i].name;
        return AS_FAIL(AS_INVALID_CLIENT_METADATA, unoffered[i].why);
    }
    return AS_OK;
}
