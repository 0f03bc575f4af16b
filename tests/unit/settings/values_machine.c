/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of keys, registration, metadata, drain and reload: what they take, where it lands, and
 * what they refuse. */
#include "one.h"

#define ALG(id) (1U << AS_ALG_##id)

START_TEST(defaults_are_those_of_the_manual)
{
    struct as_settings *s = conf_read(WHOLE);

    ck_assert_int_eq(s->token_format, AS_TOKEN_SEALED);
    ck_assert_int_eq(s->key_alg, AS_ALG_ES256);
    ck_assert_uint_eq(s->key_algs, ALG(ES256) | ALG(PS256));
    ck_assert_int_eq(s->key_rotate_every, 30 * 86400);
    ck_assert_int_eq(s->key_publish_lead, 7200);
    ck_assert_int_eq(s->registration_mode, AS_REGISTRATION_PROTECTED);
    ck_assert(s->registration_certificate_proof && !s->registration_unique_software);
    ck_assert_uint_eq(s->registration_per_hour, 20);
    ck_assert_ptr_null(s->registration_scope);
    ck_assert(s->metadata_scopes);
    ck_assert_ptr_null(s->service_documentation);
    ck_assert_ptr_null(s->op_policy_uri);
    ck_assert_ptr_null(s->op_tos_uri);
    ck_assert_int_eq(s->drain, 0);
    ck_assert_int_eq(s->watch, 2);
    ck_assert_uint_eq(s->failed_handshakes, 200);
    as_settings_free(s);
}
END_TEST

START_TEST(REG_140_algorithms_of_keys)
{
    FIELD("keys.alg", "PS256", s->key_alg, AS_ALG_PS256);
    FIELD("keys.algs", "{ES256}", s->key_algs, ALG(ES256));
    FIELD("keys.algs", "{ES256, PS256, EdDSA}", s->key_algs, ALG(ES256) | ALG(PS256) | ALG(EDDSA));
    refuse_one("keys.alg", "RS256", "\"RS256\" is not ES256, PS256 or EdDSA");
    refuse_one("keys.alg", "none", "\"none\" is not ES256, PS256 or EdDSA");
    refuse_one("keys.alg", "es256", "\"es256\" is not ES256, PS256 or EdDSA");
    refuse_one("keys.algs", "{HS256}", "\"HS256\" is not some of ES256, PS256 or EdDSA");
    refuse_one("keys.algs", "{}", "0 values are given; it takes 1 to 64");
}
END_TEST

START_TEST(REG_140_what_signs_is_kept)
{
    ck_finds(WHOLE "keys {\n algs = {PS256}\n}\n", "f:4: keys.alg: ES256 is not among keys.algs");
    ck_finds(WHOLE "keys {\n alg = EdDSA\n}\n", "f:5: keys.alg: EdDSA is not among keys.algs");
    ck_takes(WHOLE "keys {\n algs = {EdDSA}\n alg = EdDSA\n}\n", "");
}
END_TEST

START_TEST(REG_146_lives_of_keys)
{
    FIELD("keys.rotate_every", "366d", s->key_rotate_every, 366 * 86400);
    refuse_one("keys.rotate_every", "1s", "\"1s\" is not a duration from 2s to 8784h");
    refuse_one("keys.rotate_every", "367d", "\"367d\" is not a duration from 2s to 8784h");
    FIELD("keys.publish_lead", "1s", s->key_publish_lead, 1);
    refuse_one("keys.publish_lead", "0s", "\"0s\" is not a duration from 1s to 720h");
    refuse_one("keys.publish_lead", "31d", "\"31d\" is not a duration from 1s to 720h");
}
END_TEST

START_TEST(REG_146_a_key_is_shown_for_less_than_it_signs)
{
    ck_takes(WHOLE "keys {\n rotate_every = 2s\n publish_lead = 1s\n}\n", "");
    ck_finds(WHOLE "keys {\n rotate_every = 2s\n publish_lead = 2s\n}\n",
             "f:6: keys.publish_lead must be shorter than keys.rotate_every");
    ck_finds(WHOLE "keys {\n rotate_every = 1h\n}\n",
             "f:4: keys.publish_lead must be shorter than keys.rotate_every");
}
END_TEST

START_TEST(REG_13_modes_of_registration)
{
    FIELD("registration.mode", "protected", s->registration_mode, AS_REGISTRATION_PROTECTED);
    FIELD("registration.mode", "open", s->registration_mode, AS_REGISTRATION_OPEN);
    FIELD("registration.mode", "off", s->registration_mode, AS_REGISTRATION_OFF);
    refuse_one("registration.mode", "on", "\"on\" is not protected, open or off");
}
END_TEST

START_TEST(registration_switches_and_bounds)
{
    FIELD("registration.certificate_proof", "off", s->registration_certificate_proof, false);
    refuse_one("registration.certificate_proof", "no", "\"no\" is not on or off");
    FIELD("registration.unique_software", "on", s->registration_unique_software, true);
    refuse_one("registration.unique_software", "1", "\"1\" is not on or off");
    FIELD("registration.per_hour", "1000000", s->registration_per_hour, 1000000U);
    refuse_one("registration.per_hour", "0", "\"0\" is not a number from 1 to 1000000");
}
END_TEST

START_TEST(registration_scope)
{
    FIELD_TEXT("registration.scope", "\"accounts payments:write\"", s->registration_scope,
               "accounts payments:write");
    FIELD_TEXT("registration.scope", "\"\"", s->registration_scope, NULL);
    static const char *const bad[] = {" a", "a ", "a  b", "a\"b", "a\\b", "a\tb", "\xc3\xa4"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(as_check_scope(bad[i]) != NULL, "\"%s\" is taken", bad[i]);
    }
    ck_assert_ptr_null(as_check_scope("a b"));
    char text[AS_LIMIT_JSON_STRING + 2] = "";
    memset(text, 's', AS_LIMIT_JSON_STRING);
    ck_assert_ptr_null(as_check_scope(text));
    text[AS_LIMIT_JSON_STRING] = 's';
    ck_assert_ptr_nonnull(as_check_scope(text));
    refuse_one("registration.scope", "\"a  b\"",
               "\"a  b\" is no list of scope values with one blank between, or too long");
}
END_TEST

START_TEST(REG_109_metadata_scopes)
{
    FIELD("metadata.scopes", "off", s->metadata_scopes, false);
    refuse_one("metadata.scopes", "none", "\"none\" is not on or off");
}
END_TEST

START_TEST(REG_125_pages_of_the_metadata)
{
    FIELD_TEXT("metadata.service_documentation", "\"https://as.example/docs?x=1\"",
               s->service_documentation, "https://as.example/docs?x=1");
    refuse_one("metadata.service_documentation", "\"https://\"",
               "\"https://\" does not start with https://");
    refuse_one("metadata.service_documentation", "\"https://as.example/a b\"",
               "\"https://as.example/a b\" has a character that a URL has to escape");
    refuse_one("metadata.service_documentation", "\"https://as.example/<a>\"",
               "\"https://as.example/<a>\" has a character that a URL has to escape");
    char value[AS_LIMIT_JSON_STRING + 8] = "\"https://as.example/",
                                      finding[AS_LIMIT_JSON_STRING + 32];
    size_t head = strlen(value);
    memset(value + head, 'a', sizeof(value) - head);
    memcpy(value + 1 + AS_LIMIT_JSON_STRING, "\"", 2);
    as_settings_free(read_one("metadata.service_documentation", value));
    memcpy(value + 1 + AS_LIMIT_JSON_STRING, "a\"", 3);
    snprintf(finding, sizeof(finding), "%s is too long", value);
    refuse_one("metadata.service_documentation", value, finding);
    FIELD_TEXT("metadata.op_policy_uri", "\"https://as.example/policy\"", s->op_policy_uri,
               "https://as.example/policy");
    FIELD_TEXT("metadata.op_tos_uri", "\"https://as.example/tos\"", s->op_tos_uri,
               "https://as.example/tos");
    FIELD_TEXT("metadata.op_tos_uri", "\"\"", s->op_tos_uri, NULL);
    refuse_one("metadata.service_documentation", "\"http://as.example/docs\"",
               "\"http://as.example/docs\" does not start with https://");
    refuse_one("metadata.op_policy_uri", "\"policy\"", "\"policy\" does not start with https://");
    refuse_one("metadata.op_tos_uri", "\"javascript:alert(1)\"",
               "\"javascript:alert(1)\" does not start with https://");
}
END_TEST

START_TEST(drain_and_failed_handshakes)
{
    FIELD("http.drain", "0s", s->drain, 0);
    FIELD("http.drain", "1h", s->drain, 3600);
    refuse_one("http.drain", "61m", "\"61m\" is not a duration from 0s to 1h");
    refuse_one("http.drain", "10", "\"10\" is not a duration from 0s to 1h");
    FIELD("http.failed_handshakes", "0", s->failed_handshakes, 0U);
    FIELD("http.failed_handshakes", "1000000", s->failed_handshakes, 1000000U);
    refuse_one("http.failed_handshakes", "-1", "\"-1\" is not a number from 0 to 1000000");
}
END_TEST

START_TEST(TLS_29_how_often_files_are_looked_at)
{
    FIELD("reload.watch", "0s", s->watch, 0);
    FIELD("reload.watch", "24h", s->watch, 86400);
    refuse_one("reload.watch", "25h", "\"25h\" is not a duration from 0s to 24h");
    refuse_one("reload.watch", "off", "\"off\" is not a duration from 0s to 24h");
}
END_TEST

CONF_TESTS("settings/values_machine", {
    tcase_add_test(t, defaults_are_those_of_the_manual);
    tcase_add_test(t, REG_140_algorithms_of_keys);
    tcase_add_test(t, REG_140_what_signs_is_kept);
    tcase_add_test(t, REG_146_lives_of_keys);
    tcase_add_test(t, REG_146_a_key_is_shown_for_less_than_it_signs);
    tcase_add_test(t, REG_13_modes_of_registration);
    tcase_add_test(t, registration_switches_and_bounds);
    tcase_add_test(t, registration_scope);
    tcase_add_test(t, REG_109_metadata_scopes);
    tcase_add_test(t, REG_125_pages_of_the_metadata);
    tcase_add_test(t, drain_and_failed_handshakes);
    tcase_add_test(t, TLS_29_how_often_files_are_looked_at);
})
