/* SPDX-License-Identifier: Apache-2.0 */
/* Members that would promise what is not done: refused, unless their value asks for nothing. */
#include "support/registration.h"

/* REG-40 to REG-50: a promise of security is never taken in silence. */
START_TEST(REG_40_promises_are_refused)
{
    static const char *const bad[][2] = {
        {"redirect_uris", "['https://a.example/cb']"},
        {"redirect_uris", "'https://a.example/cb'"},
        {"response_modes", "['jwt']"},
        {"jwks_uri", "'https://a.example/jwks'"},
        {"token_endpoint_auth_signing_alg", "'PS256'"},
        {"token_endpoint_auth_signing_alg", "'none'"},
        {"request_object_signing_alg", "'ES256'"},
        {"request_object_encryption_alg", "'RSA-OAEP'"},
        {"request_object_encryption_enc", "'A256GCM'"},
        {"require_signed_request_object", "true"},
        {"require_signed_request_object", "'true'"},
        {"request_uris", "['https://a.example/r']"},
        {"require_pushed_authorization_requests", "true"},
        {"authorization_signed_response_alg", "'ES256'"},
        {"authorization_encrypted_response_alg", "'RSA-OAEP'"},
        {"authorization_encrypted_response_enc", "'A256GCM'"},
        {"authorization_details_types", "['payment']"},
        {"id_token_signed_response_alg", "'ES256'"},
        {"id_token_signed_response_alg", "'none'"},
        {"id_token_encrypted_response_alg", "'RSA1_5'"},
        {"id_token_encrypted_response_enc", "'A256GCM'"},
        {"userinfo_signed_response_alg", "'ES256'"},
        {"userinfo_encrypted_response_alg", "'RSA-OAEP'"},
        {"userinfo_encrypted_response_enc", "'A256GCM'"},
        {"introspection_encrypted_response_alg", "'RSA-OAEP'"},
        {"introspection_encrypted_response_enc", "'A256GCM'"},
        {"subject_type", "'pairwise'"},
        {"subject_type", "'Public'"},
        {"sector_identifier_uri", "'https://a.example/s'"},
        {"default_max_age", "60"},
        {"require_auth_time", "true"},
        {"default_acr_values", "['high']"},
        {"initiate_login_uri", "'https://a.example/login'"},
        {"dpop_bound_access_tokens", "true"},
        {"dpop_bound_access_tokens", "1"},
    };
    char text[256];

    for (int kind = AS_PARTY_CLIENT; kind <= AS_PARTY_RESOURCE; kind++) {
        reg.kind = (enum as_party_kind)kind;
        for (size_t i = 0; i < AS_COUNT(bad); i++) {
            snprintf(text, sizeof(text), "'%s':%s", bad[i][0], bad[i][1]);
            as_err err = register_json(object_of(text));
            ck_assert_msg(as_err_is(err, AS_INVALID_CLIENT_METADATA), "%s", text);
            ck_assert_str_eq(reg.member, bad[i][0]);
        }
    }
}
END_TEST

/* The same members where they ask for nothing; they are not shown, as they mean nothing here. */
START_TEST(REG_40_defaults_are_fine)
{
    static const char *const fine[][2] = {
        {"redirect_uris", "[]"},
        {"response_modes", "[]"},
        {"request_uris", "[]"},
        {"authorization_details_types", "[]"},
        {"default_acr_values", "[]"},
        {"require_signed_request_object", "false"},
        {"require_pushed_authorization_requests", "false"},
        {"require_auth_time", "false"},
        {"dpop_bound_access_tokens", "false"},
        {"subject_type", "'public'"},
        {"id_token_signed_response_alg", "null"},
    };
    char text[256];

    for (size_t i = 0; i < AS_COUNT(fine); i++) {
        snprintf(text, sizeof(text), "'%s':%s", fine[i][0], fine[i][1]);
        accepts(text);
        shows(fine[i][0], NULL);
    }
}
END_TEST

/* Without a configured issuer a software statement means nothing, and nothing of it is kept. */
START_TEST(REG_74_software_statement_is_ignored)
{
    accepts("'software_statement':'e30.e30.','client_name':'Y'");
    shows("software_statement", NULL);
    shows("client_name", "'Y'");
}
END_TEST

AS_TESTS("endpoint/unoffered", {
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_test(t, REG_40_promises_are_refused);
    tcase_add_test(t, REG_40_defaults_are_fine);
    tcase_add_test(t, REG_74_software_statement_is_ignored);
})
