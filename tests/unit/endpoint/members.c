/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a registration: types, bounds, what is kept and shown. */
#include "support/registration.h"

static const char text_why[] =
    "a member must be a non-empty string of at most 2048 octets without control characters";
static const char uri_why[] = "a member must be an absolute URI without fragment";
static const char texts_why[] = "a member must be an array of at most 64 strings";
static const char items_why[] = "a member must be an array of non-empty strings";
static const char flag_why[] = "a member must be true or false";

static const char *const texts[] = {
    "client_id",
    "client_name",
    "software_id",
    "software_version",
    "token_endpoint_auth_method",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "scope",
    "profile",
    "status",
    "trust",
};

static const char *const uris[] = {"client_uri", "logo_uri", "tos_uri", "policy_uri",
                                   "default_resource"};
static const char *const lists[] = {"contacts", "grant_types", "response_types"};
static const char *const flags[] = {"tls_client_certificate_bound_access_tokens",
                                    "use_mtls_endpoint_aliases", "shared_identifier"};

static void refuses_value(const char *member, json_t *value, const char *why)
{
    refuses_json(json_pack("{s:o}", member, value), member, why);
}

static void accepts_value(const char *member, json_t *value)
{
    ck_ok(register_json(json_pack("{s:o}", member, value)));
}

/* MTLS-23 for every member that is text, and REG-12's bound. */
START_TEST(MTLS_23_texts)
{
    char *long_text = letters(AS_LIMIT_JSON_STRING + 1);

    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        refuses_value(texts[i], json_string(""), text_why);
        refuses_value(texts[i], json_integer(1), text_why);
        refuses_value(texts[i], json_true(), text_why);
        refuses_value(texts[i], json_array(), text_why);
        refuses_value(texts[i], json_pack("[s]", "a"), text_why);
        refuses_value(texts[i], json_object(), text_why);
        refuses_value(texts[i], json_stringn("a\0", 2), text_why);
        refuses_value(texts[i], json_string("a\nb"), text_why);
        refuses_value(texts[i], json_string("a\x7F"), text_why);
        refuses_value(texts[i], json_string(long_text), text_why);
    }
    long_text[AS_LIMIT_JSON_STRING] = '\0';
    accepts_value("client_name", json_string(long_text));
    accepts_value("client_name", json_string("M\xC3\xBCller \xF0\x9F\x8F\xA6"));
    shows("client_name", "'M\xC3\xBCller \xF0\x9F\x8F\xA6'");
    free(long_text);
}
END_TEST

START_TEST(MTLS_23_null_is_absent)
{
    accepts("'tls_client_auth_san_dns':null,'jwks':null,'jwks_uri':null,'redirect_uris':null,"
            "'client_name':null,'status':null,'contacts':null,'profile':null,'scope':null,"
            "'grant_types':null,'shared_identifier':null,'trust':null,'client_uri':null,"
            "'tls_client_certificate_bound_access_tokens':null");
    shows("client_name", NULL);
    shows("jwks", NULL);
    shows("tls_client_certificate_bound_access_tokens", "true");
    refuses("'token_endpoint_auth_method':null", NULL,
            "token_endpoint_auth_method is missing: tls_client_auth or "
            "self_signed_tls_client_auth");
}
END_TEST

START_TEST(REG_12_uris)
{
    static const char *const good[] = {"https://a.example/x?y=z", "http://localhost",
                                       "urn:example:api", "a+b-c.1:x"};
    static const char *const bad[] = {"a.example",
                                      "/x",
                                      "//a.example",
                                      "https:",
                                      ":x",
                                      "1a:x",
                                      "h_t:x",
                                      "https://a#",
                                      "https://a b",
                                      "https://a\"",
                                      "https://a\\",
                                      "https://a<",
                                      "https://a^",
                                      "https://a`",
                                      "https://a{",
                                      "https://a|",
                                      "https://a\xC3\xA4"};

    char *longest = letters(AS_LIMIT_JSON_STRING + 1);
    memcpy(longest, "urn:", 4);
    for (size_t i = 0; i < AS_COUNT(uris); i++) {
        longest[AS_LIMIT_JSON_STRING] = 'a';
        refuses_value(uris[i], json_string(longest), uri_why);
        longest[AS_LIMIT_JSON_STRING] = '\0';
        accepts_value(uris[i], json_string(longest));
        for (size_t j = 0; j < AS_COUNT(good); j++) {
            accepts_value(uris[i], json_string(good[j]));
        }
        for (size_t j = 0; j < AS_COUNT(bad); j++) {
            refuses_value(uris[i], json_string(bad[j]), uri_why);
        }
        refuses_value(uris[i], json_string(""), uri_why);
        refuses_value(uris[i], json_integer(1), uri_why);
        refuses_value(uris[i], json_stringn("https://a\0", 10), uri_why);
        refuses_value(uris[i], json_string("https://a\n"), uri_why);
    }
    free(longest);
}
END_TEST

static json_t *list_of(size_t count, const char *item)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(item));
    }
    return list;
}

START_TEST(REG_12_arrays)
{
    for (size_t i = 0; i < AS_COUNT(lists); i++) {
        refuses_value(lists[i], json_string("a"), texts_why);
        refuses_value(lists[i], json_object(), texts_why);
        refuses_value(lists[i], list_of(AS_LIMIT_JSON_ARRAY + 1, "a"), texts_why);
        refuses_value(lists[i], json_pack("[i]", 1), items_why);
        refuses_value(lists[i], json_pack("[n]"), items_why);
        refuses_value(lists[i], json_pack("[s]", ""), items_why);
        refuses_value(lists[i], json_pack("[ss]", "a", "b\n"), items_why);
    }
    accepts_value("contacts", list_of(AS_LIMIT_JSON_ARRAY, "ops@a.example"));
    accepts_value("contacts", json_pack("[ss]", "a@a.example", "b@a.example"));
    shows("contacts", "['a@a.example','b@a.example']");
}
END_TEST

START_TEST(MTLS_73_flags)
{
    for (size_t i = 0; i < AS_COUNT(flags); i++) {
        refuses_value(flags[i], json_string("true"), flag_why);
        refuses_value(flags[i], json_integer(1), flag_why);
        refuses_value(flags[i], json_array(), flag_why);
        accepts_value(flags[i], json_true());
        shows(flags[i], "true");
    }
}
END_TEST

/* The default follows the profile; false is shown, not left out. */
START_TEST(MTLS_73_bound_tokens_default)
{
    ck_assert(!accepts("'profile':'oauth'")->client->bound_access_tokens);
    shows("tls_client_certificate_bound_access_tokens", "false");
    ck_assert(accepts("'profile':'oauth','tls_client_certificate_bound_access_tokens':true")
                  ->client->bound_access_tokens);
    shows("tls_client_certificate_bound_access_tokens", "true");
}
END_TEST

START_TEST(MTLS_108_use_aliases_is_echoed)
{
    accepts("'use_mtls_endpoint_aliases':true");
    shows("use_mtls_endpoint_aliases", "true");
    accepts("'use_mtls_endpoint_aliases':false");
    shows("use_mtls_endpoint_aliases", "false");
    refuses("'use_mtls_endpoint_aliases':'true'", "use_mtls_endpoint_aliases", flag_why);
}
END_TEST

START_TEST(REG_08_unknown_members)
{
    accepts("'foo':1,'client_secret':'s','redirect_uri':'x','Scope':'a','':null");
    shows("foo", NULL);
    shows("client_secret", NULL);
    shows("Scope", NULL);
    /* known, but not for this kind */
    accepts("'audience':['not a uri']");
    shows("audience", NULL);
}
END_TEST

/* What is stored is what is shown, and what was shown can be sent back. */
START_TEST(REG_10_nothing_is_replaced)
{
    accepts("'client_id':'a-1','client_name':'A','scope':'b a','status':'disabled',"
            "'default_resource':'https://api.example','contacts':[],'trust':'banks'");
    json_t *first = shown();
    ck_ok(read_json(first));
    json_t *again = shown();
    ck_assert(json_equal(first, again));
    ck_assert_int_eq(json_integer_value(json_object_get(first, "client_id_issued_at")), AT);
    shows("scope", "'b a'");
    shows("status", "'disabled'");
    ck_assert_int_eq(reg.write.party->status, AS_PARTY_DISABLED);
    json_decref(first);
    json_decref(again);
}
END_TEST

START_TEST(REG_10_status)
{
    ck_assert_int_eq(accepts("'status':'enabled'")->status, AS_PARTY_ENABLED);
    ck_assert_int_eq(accepts("")->status, AS_PARTY_ENABLED);
    refuses("'status':'Enabled'", "status", "status must be enabled or disabled");
    /* what the server tells is not the sender's to set */
    accepts("'client_id_issued_at':1,'updated_at':'x'");
    shows("client_id_issued_at", "1750000000");
    shows("updated_at", "1750000000");
}
END_TEST

START_TEST(REG_12_an_object)
{
    json_t *list = json_array(), *text = json_string("a");

    ck_refuses(read_json(list), AS_INVALID_CLIENT_METADATA, "the metadata is not a JSON object");
    ck_refuses(read_json(text), AS_INVALID_CLIENT_METADATA, "the metadata is not a JSON object");
    json_decref(list);
    json_decref(text);
    refuses("'jwks':[]", "jwks", "a member must be an object");
    refuses("'jwks':'x'", "jwks", "a member must be an object");
}
END_TEST

AS_TESTS("endpoint/members", {
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_23_texts);
    tcase_add_test(t, MTLS_23_null_is_absent);
    tcase_add_test(t, REG_12_uris);
    tcase_add_test(t, REG_12_arrays);
    tcase_add_test(t, MTLS_73_flags);
    tcase_add_test(t, MTLS_73_bound_tokens_default);
    tcase_add_test(t, MTLS_108_use_aliases_is_echoed);
    tcase_add_test(t, REG_08_unknown_members);
    tcase_add_test(t, REG_10_nothing_is_replaced);
    tcase_add_test(t, REG_10_status);
    tcase_add_test(t, REG_12_an_object);
})
