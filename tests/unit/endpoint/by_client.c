/* SPDX-License-Identifier: Apache-2.0 */
/* What a client that registers itself may say, and what it is given (RFC 7591). */
#include "support/registration.h"

#define GRANTS "'grant_types':['client_credentials']"

static void start_as_client(void)
{
    start();
    reg.by = AS_BY_CLIENT;
    reg.profile = as_profile_get(AS_PROFILE_FAPI1);
    reg.scope = AS_LIT("accounts balances");
}

/* The operator's members: ignored from a client, and not shown. */
START_TEST(REG_05_REG_08_what_is_the_operators)
{
    const struct as_party *party = accepts(GRANTS ",'client_id':'mine','trust':'others',"
                                                  "'status':'disabled','shared_identifier':true");

    ck_assert_uint_eq(party->id.len, AS_RANDOM_ID);
    ck_assert_uint_eq(party->trust.len, 0);
    ck_assert(!party->shared);
    ck_assert_int_eq(party->status, AS_PARTY_ENABLED);
    shows("trust", NULL);
    shows("shared_identifier", NULL);
    shows("status", "'enabled'");
    /* not even looked at */
    accepts(GRANTS ",'trust':1,'status':[],'shared_identifier':'x','client_id':{}");
    reg.by = AS_BY_OPERATOR;
    party = accepts("'client_id':'mine','trust':'others','status':'disabled'");
    ck_span_eq(party->id, "mine");
    ck_span_eq(party->trust, "others");
    ck_assert_int_eq(party->status, AS_PARTY_DISABLED);
}
END_TEST

/* A client that replaces itself leaves them as they are. */
START_TEST(REG_83_what_is_the_operators_stays)
{
    reg.id = AS_LIT("c1");
    reg.existing = "'trust':'others','shared_identifier':true,'client_name':'old'";
    const struct as_party *party = accepts(GRANTS ",'trust':'banks','shared_identifier':false");

    ck_span_eq(party->id, "c1");
    ck_span_eq(party->trust, "others");
    ck_assert(party->shared);
    shows("trust", "'others'");
    shows("client_name", NULL);
    json_t *view = NULL;
    ck_ok(as_registration_view_for_client(party, &view));
    ck_assert_ptr_null(json_object_get(view, "trust"));
    ck_assert_ptr_null(json_object_get(view, "shared_identifier"));
    ck_assert_ptr_null(json_object_get(view, "status"));
    ck_assert_str_eq(json_string_value(json_object_get(view, "client_id")), "c1");
    json_decref(view);
}
END_TEST

/* Absent means authorization_code, which would be another client than it believes to be. */
START_TEST(REG_24_grant_types_must_be_said)
{
    refuses("'client_name':'a'", NULL,
            "grant_types is missing, which means authorization_code, and that is not offered: name "
            "client_credentials");
    accepts(GRANTS);
    shows("grant_types", "['client_credentials']");
    shows("response_types", "[]");
    reg.by = AS_BY_OPERATOR;
    accepts("");
    shows("grant_types", "['client_credentials']");
}
END_TEST

START_TEST(REG_28_scope_of_a_client)
{
    ck_span_eq(accepts(GRANTS)->client->scope, "accounts balances");
    shows("scope", "'accounts balances'");
    ck_span_eq(accepts(GRANTS ",'scope':'balances'")->client->scope, "balances");
    shows("scope", "'balances'");
    refuses(GRANTS ",'scope':'accounts nosuch'", "scope",
            "scope holds a value that this client may not ask for");
    refuses(GRANTS ",'scope':'account'", "scope",
            "scope holds a value that this client may not ask for");
    refuses(GRANTS ",'scope':['accounts']", "scope",
            "a member must be a non-empty string of at most 2048 octets without control "
            "characters");
    reg.scope = AS_SPAN_NONE;
    ck_assert_uint_eq(accepts(GRANTS)->client->scope.len, 0);
    shows("scope", NULL);
    refuses(GRANTS ",'scope':'accounts'", "scope",
            "scope holds a value that this client may not ask for");
}
END_TEST

/* What its holder cannot send again, as a client that changes itself must, is not given to it. */
START_TEST(REG_28_the_scope_given_is_one_that_can_be_sent)
{
    char *text = letters(AS_LIMIT_JSON_STRING + 1);

    reg.scope = as_span_bytes(text, AS_LIMIT_JSON_STRING + 1);
    refuses(GRANTS, NULL,
            "scope is missing, and all that may be asked for is more than a client can hold");
    reg.scope.len--;
    ck_assert_uint_eq(accepts(GRANTS)->client->scope.len, AS_LIMIT_JSON_STRING);
    free(text);
}
END_TEST

START_TEST(REG_60_the_profile_is_given)
{
    ck_span_eq(accepts(GRANTS)->client->profile, "fapi1");
    ck_span_eq(accepts(GRANTS ",'profile':'fapi1'")->client->profile, "fapi1");
    refuses(GRANTS ",'profile':'oauth'", "profile",
            "profile is not the one that this client is given");
    refuses(GRANTS ",'profile':'nosuch'", "profile", "profile is unknown");
    reg.profile = as_profile_get(AS_PROFILE_OAUTH);
    ck_span_eq(accepts(GRANTS)->client->profile, "oauth");
    shows("tls_client_certificate_bound_access_tokens", "false");
    reg.profile = as_profile_get(AS_PROFILE_FAPI2); /* switched off since the token was made */
    refuses(GRANTS, NULL, "the profile of this client is no longer enabled on this server");
}
END_TEST

START_TEST(REG_65_a_fapi_client_is_bound)
{
    accepts(GRANTS);
    shows("tls_client_certificate_bound_access_tokens", "true");
    refuses(GRANTS ",'tls_client_certificate_bound_access_tokens':false", NULL,
            "this profile needs tls_client_certificate_bound_access_tokens");
}
END_TEST

START_TEST(REG_30_pages_are_https)
{
    static const char *const pages[] = {"client_uri", "logo_uri", "tos_uri", "policy_uri"};
    static const char *const bad[] = {"http://a.example", "javascript:alert(1)", "urn:a:b",
                                      "https://"};
    char text[256];

    for (size_t i = 0; i < AS_COUNT(pages); i++) {
        for (size_t j = 0; j < AS_COUNT(bad); j++) {
            snprintf(text, sizeof(text), GRANTS ",'%s':'%s'", pages[i], bad[j]);
            refuses(text, pages[i], "a member must be an https URI");
            snprintf(text, sizeof(text), GRANTS ",'%s#de':'%s'", pages[i], bad[j]);
            refuses(text, pages[i], "a member must be an https URI");
        }
        snprintf(text, sizeof(text), GRANTS ",'%s':'https://a.example/x'", pages[i]);
        accepts(text);
        shows(pages[i], "'https://a.example/x'");
    }
}
END_TEST

START_TEST(REG_29_languages)
{
    accepts(GRANTS ",'client_name#ja-Jpan-JP':'\xE3\x82\xAF','client_name':'a',"
                   "'tos_uri#de':'https://a.example/de','contacts#de':['x'],'client_name#':'x',"
                   "'client_name#d e':'x','software_id#de':'x'");
    shows("client_name#ja-Jpan-JP", "'\xE3\x82\xAF'");
    shows("client_name", "'a'");
    shows("tos_uri#de", "'https://a.example/de'");
    shows("contacts#de", NULL);
    shows("client_name#", NULL);
    shows("client_name#d e", NULL);
    shows("software_id#de", NULL);
    /* 35 octets hold every tag (RFC 5646 4.4.1) */
    accepts(GRANTS ",'client_name#aaaaaaaa-bbbbbbbb-cccccccc-dddddddd':'a',"
                   "'client_name#aaaaaaaa-bbbbbbbb-cccccccc-dddddddd1':'b','client_name#de':null");
    shows("client_name#aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", "'a'");
    shows("client_name#aaaaaaaa-bbbbbbbb-cccccccc-dddddddd1", NULL);
    shows("client_name#de", NULL);
    refuses(GRANTS ",'client_name#de':1", "client_name",
            "a member must be a non-empty string of at most 2048 octets without control "
            "characters");
}
END_TEST

START_TEST(REG_29_not_without_end)
{
    json_t *json = object_of(GRANTS);
    char name[32];

    for (int i = 0; i <= AS_LIMIT_JSON_ARRAY; i++) {
        snprintf(name, sizeof(name), "client_name#x-%d", i);
        json_object_set_new(json, name, json_string("a"));
    }
    json_t *fewer = json_copy(json);
    json_object_del(fewer, name);
    refuses_json(json, "client_name", "there are more than 64 members with a language");
    ck_ok(register_json(fewer));
}
END_TEST

START_TEST(REG_51_application_type)
{
    accepts(GRANTS ",'application_type':'web'");
    shows("application_type", "'web'");
    accepts(GRANTS ",'application_type':'native'");
    refuses(GRANTS ",'application_type':'desktop'", "application_type",
            "application_type must be web or native");
}
END_TEST

/* REG-17: an identifier like a name, while the switch is on. */
START_TEST(REG_17_software)
{
    accepts(GRANTS ",'software_id':'s','software_version':'1'");
    ck_assert_uint_eq(reg.write.identifier_count, 1);
    reg.settings.registration_unique_software = true;
    accepts(GRANTS ",'software_id':'s','software_version':'1'");
    ck_assert_uint_eq(reg.write.identifier_count, 2);
    struct as_identifier first = reg.write.identifiers[1];
    ck_assert_uint_eq(first.kind, AS_IDENTIFIER_SOFTWARE);
    accepts(GRANTS ",'software_id':'s','software_version':'1'");
    ck_assert_mem_eq(reg.write.identifiers[1].digest, first.digest, AS_DIGEST);
    accepts(GRANTS ",'software_id':'s','software_version':'2'");
    ck_assert_mem_ne(reg.write.identifiers[1].digest, first.digest, AS_DIGEST);
    accepts(GRANTS ",'software_id':'s1'");
    ck_assert_mem_ne(reg.write.identifiers[1].digest, first.digest, AS_DIGEST);
    accepts(GRANTS ",'software_version':'1'");
    ck_assert_uint_eq(reg.write.identifier_count, 1);
    reg.settings.registration_unique_software = false;
}
END_TEST

AS_TESTS("endpoint/by_client", {
    tcase_add_checked_fixture(t, start_as_client, stop);
    tcase_add_test(t, REG_05_REG_08_what_is_the_operators);
    tcase_add_test(t, REG_83_what_is_the_operators_stays);
    tcase_add_test(t, REG_24_grant_types_must_be_said);
    tcase_add_test(t, REG_28_scope_of_a_client);
    tcase_add_test(t, REG_28_the_scope_given_is_one_that_can_be_sent);
    tcase_add_test(t, REG_60_the_profile_is_given);
    tcase_add_test(t, REG_65_a_fapi_client_is_bound);
    tcase_add_test(t, REG_30_pages_are_https);
    tcase_add_test(t, REG_29_languages);
    tcase_add_test(t, REG_29_not_without_end);
    tcase_add_test(t, REG_51_application_type);
    tcase_add_test(t, REG_17_software);
})
