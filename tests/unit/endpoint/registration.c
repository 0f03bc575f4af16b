/* SPDX-License-Identifier: Apache-2.0 */
/* What a registration settles: id, profile, grants, scope, binding, trust, audiences. */
#include "support/registration.h"

#include "as/grant.h"

START_TEST(REG_05_ids_are_made)
{
    as_span first = accepts("")->id, second = accepts("")->id;

    ck_assert_uint_eq(first.len, AS_RANDOM_ID); /* a letter, 128 bits in base64url */
    ck_assert_int_eq(first.ptr[0], 'c');
    ck_assert(!as_span_equal(first, second));
    shows("client_id_issued_at", "1750000000");
    ck_assert_int_eq(reg.write.party->created, AT);
    reg.kind = AS_PARTY_RESOURCE;
    ck_assert_int_eq(accepts("")->id.ptr[0], 'r');
}
END_TEST

/* An operator may choose an id, which a stranger at a registration endpoint may not. */
START_TEST(REG_05_ids_are_chosen_by_the_operator)
{
    char *longest = letters(128), *longer = letters(129);
    static const char *const bad[] = {"a b",  "a/b", "a?", "a%41", "a:b", "\xC3\xA4",
                                      "a\"b", "-a",  ".",  "..",   ".a"};
    static const char why[] =
        "client_id must be 1 to 128 letters, digits or - . _ ~, not beginning with - or .";

    ck_span_eq(accepts("'client_id':'aZ09-._~'")->id, "aZ09-._~");
    ck_ok(register_json(json_pack("{s:s}", "client_id", longest)));
    ck_span_eq(reg.write.party->id, longest);
    refuses_json(json_pack("{s:s}", "client_id", longer), NULL, why);
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_json(json_pack("{s:s}", "client_id", bad[i]), NULL, why);
    }
    free(longest);
    free(longer);
}
END_TEST

START_TEST(REG_84_an_id_does_not_change)
{
    reg.id = AS_LIT("old");
    ck_span_eq(accepts("'client_id':'old'")->id, "old");
    ck_span_eq(accepts("")->id, "old");
    refuses("'client_id':'new'", NULL, "client_id cannot be changed");
}
END_TEST

/* MTLS-12, MTLS-14, REG-27, REG-60, REG-66 */
START_TEST(MTLS_12_method_names)
{
    static const char *const bad[] = {
        "TLS_CLIENT_AUTH",
        "tls_client_auth ",
        "tls-client-auth",
        "Self_Signed_tls_client_auth",
        "none",
        "client_secret_post",
        "private_key_jwt",
        "client_secret_basic",
    };

    ck_assert_int_eq(accepts("")->method, AS_METHOD_TLS_CLIENT_AUTH);
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_json(json_pack("{s:s}", "token_endpoint_auth_method", bad[i]),
                     "token_endpoint_auth_method",
                     "token_endpoint_auth_method is not one this server offers");
    }
}
END_TEST

START_TEST(REG_60_REG_66_methods_of_every_profile)
{
    static const char *const profiles[] = {"fapi1", "fapi2", "fapi2_ms", "oauth"};
    static const char why[] = "token_endpoint_auth_method is not one this server offers";

    reg.settings.profiles = (1U << AS_PROFILE_COUNT) - 1;
    for (size_t i = 0; i < AS_COUNT(profiles); i++) {
        ck_ok(register_json(json_pack("{s:s}", "profile", profiles[i])));
        ck_span_eq(reg.write.party->client->profile, profiles[i]);
        refuses_json(
            json_pack("{s:s, s:s}", "profile", profiles[i], "token_endpoint_auth_method", "none"),
            "token_endpoint_auth_method", why);
        refuses_json(json_pack("{s:s, s:s}", "profile", profiles[i], "token_endpoint_auth_method",
                               "client_secret_basic"),
                     "token_endpoint_auth_method", why);
    }
}
END_TEST

START_TEST(MTLS_14_method_switched_off)
{
    accepts("");
    reg.settings.methods = 1U << AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
    refuses("", "token_endpoint_auth_method", "token_endpoint_auth_method is switched off here");
}
END_TEST

START_TEST(REG_27_grants)
{
    static const char why[] = "grant_types names a grant this server does not offer";

    ck_assert_uint_eq(accepts("'grant_types':['client_credentials']")->client->grants,
                      1U << AS_GRANT_CLIENT_CREDENTIALS);
    refuses("'grant_types':['authorization_code']", "grant_types", why);
    refuses("'grant_types':['client_credentials','implicit']", "grant_types", why);
    refuses("'grant_types':['Client_Credentials']", "grant_types", why);
    refuses("'grant_types':[]", "grant_types", "grant_types is empty");
    /* the default is shown */
    ck_assert_uint_eq(accepts("")->client->grants, 1U << AS_GRANT_CLIENT_CREDENTIALS);
    shows("grant_types", "['client_credentials']");
}
END_TEST

START_TEST(REG_26_response_types)
{
    accepts("'grant_types':['client_credentials'],'response_types':[]");
    accepts("'grant_types':['client_credentials']");
    shows("response_types", "[]");
    shows("redirect_uris", NULL);
    refuses("'response_types':['code']", "response_types",
            "response_types names a type this server does not offer");
    refuses("'redirect_uris':['https://a.example/cb']", "redirect_uris",
            "redirect_uris is not offered by this version: it has no redirect grant");
}
END_TEST

/* Which scopes there are is a matter of the resource servers registered, asked at each request. */
START_TEST(REG_28_scope)
{
    char *long_scope = letters(2 * (AS_LIMIT_SCOPES + 1));
    static const char *const bad[] = {" a", "a ", "a  b", "a\\b", "a\"b", "\xC3\xA4"};

    ck_span_eq(accepts("'scope':'accounts payments:x'")->client->scope, "accounts payments:x");
    shows("scope", "'accounts payments:x'");
    refuses("'scope':['accounts']", "scope",
            "a member must be a non-empty string of at most 2048 octets without control "
            "characters");
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        refuses_json(json_pack("{s:s}", "scope", bad[i]), "scope", "scope is malformed");
    }
    for (size_t i = 0; i <= AS_LIMIT_SCOPES; i++) {
        int value = '#' + (int)i; /* a backslash is no scope character */
        snprintf(long_scope + 2 * i, 3, "%c ", value < '\\' ? value : value + 1);
    }
    long_scope[2 * AS_LIMIT_SCOPES + 1] = '\0';
    refuses_json(json_pack("{s:s}", "scope", long_scope), "scope", "scope is malformed");
    long_scope[2 * AS_LIMIT_SCOPES - 1] = '\0';
    ck_ok(register_json(json_pack("{s:s}", "scope", long_scope)));
    free(long_scope);
    /* absent: nothing may be asked for */
    ck_assert_uint_eq(accepts("")->client->scope.len, 0);
    shows("scope", NULL);
}
END_TEST

START_TEST(REG_65_fapi1_is_the_default_and_binds)
{
    const struct as_client *client = accepts("")->client;

    ck_span_eq(client->profile, "fapi1");
    ck_assert(client->bound_access_tokens);
    shows("profile", "'fapi1'");
    shows("tls_client_certificate_bound_access_tokens", "true");
    shows("dpop_bound_access_tokens", NULL);
    accepts("'profile':'fapi1','tls_client_certificate_bound_access_tokens':true");
}
END_TEST

START_TEST(REG_65_fapi_without_binding)
{
    static const char why[] = "this profile needs tls_client_certificate_bound_access_tokens";
    static const char *const fapi[] = {"fapi1", "fapi2", "fapi2_ms"};

    reg.settings.profiles = (1U << AS_PROFILE_COUNT) - 1;
    for (size_t i = 0; i < AS_COUNT(fapi); i++) {
        ck_ok(register_json(json_pack("{s:s}", "profile", fapi[i])));
        shows("tls_client_certificate_bound_access_tokens", "true");
        refuses_json(json_pack("{s:s, s:b}", "profile", fapi[i],
                               "tls_client_certificate_bound_access_tokens", 0),
                     NULL, why);
    }
    accepts("'profile':'oauth','tls_client_certificate_bound_access_tokens':false");
    shows("tls_client_certificate_bound_access_tokens", "false");
}
END_TEST

START_TEST(D12_profiles)
{
    refuses("'profile':'fapi2'", "profile", "profile is not enabled on this server");
    refuses("'profile':'FAPI1'", "profile", "profile is unknown");
    refuses("'profile':'nosuch'", "profile", "profile is unknown");
    reg.settings.profiles = 1U << AS_PROFILE_FAPI2;
    refuses("", NULL, "profile must be given: the default fapi1 is not enabled");
    refuses("'profile':'fapi1'", "profile", "profile is not enabled on this server");
    ck_span_eq(accepts("'profile':'fapi2'")->client->profile, "fapi2");
}
END_TEST

START_TEST(MTLS_46_trust_pin)
{
    static const char why[] = "trust names no trust group of the right use";

    ck_span_eq(accepts("'trust':'others'")->trust, "others");
    ck_assert_uint_eq(accepts("")->trust.len, 0);
    refuses("'trust':'apis'", NULL, why); /* vouches for resource servers */
    refuses("'trust':'nosuch'", NULL, why);
    refuses("'trust':'Banks'", NULL, why);
    reg.kind = AS_PARTY_RESOURCE;
    ck_span_eq(accepts("'trust':'apis'")->trust, "apis");
    refuses("'trust':'banks'", NULL, why);
}
END_TEST

START_TEST(D13_default_resource)
{
    ck_span_eq(accepts("'default_resource':'https://api.example/a'")->client->default_resource,
               "https://api.example/a");
    ck_assert_uint_eq(accepts("")->client->default_resource.len, 0);
    refuses("'default_resource':'api'", "default_resource",
            "a member must be an absolute URI without fragment");
    refuses("'default_resource':'https://api.example#a'", "default_resource",
            "a member must be an absolute URI without fragment");
}
END_TEST

START_TEST(D13_audiences)
{
    static const char why[] = "audience must hold absolute URIs without fragment";

    reg.kind = AS_PARTY_RESOURCE;
    const struct as_resource *resource =
        accepts("'audience':['https://a.example','urn:x:y'],'scope':'b a'")->resource;
    ck_assert_uint_eq(resource->audience_count, 2);
    ck_span_eq(resource->audience[0], "https://a.example");
    ck_span_eq(resource->audience[1], "urn:x:y");
    ck_span_eq(resource->scope, "b a");
    ck_assert_ptr_null(reg.write.party->client);

    refuses("'audience':null", NULL, "audience is missing: one or more absolute URIs");
    refuses("'audience':[]", NULL, "audience is missing: one or more absolute URIs");
    refuses("'audience':['a']", "audience", why);
    refuses("'audience':['https://a','https://b#c']", "audience", why);
    refuses("'audience':['https://a','https://a']", "audience", "audience repeats a URI");
    refuses("'audience':'https://a'", "audience",
            "a member must be an array of at most 64 strings");
}
END_TEST

/* Members of clients mean nothing for a resource server: neither checked nor kept. */
START_TEST(D13_resources_have_no_client_members)
{
    reg.kind = AS_PARTY_RESOURCE;
    accepts("'profile':'nosuch','grant_types':['x'],'default_resource':'x','logo_uri#de':'x'");
    shows("logo_uri#de", NULL);
    shows("profile", NULL);
    shows("grant_types", NULL);
    shows("default_resource", NULL);
    shows("tls_client_certificate_bound_access_tokens", NULL);
}
END_TEST

/* The times of a party that exists: created stays, updated moves. */
START_TEST(REG_10_times)
{
    json_t *json = object_of(bases[AS_PARTY_CLIENT]);
    const struct as_party old = {.id = AS_LIT("old"), .created = AT - 100};
    struct as_registration_ask ask = {
        .mem = reg.mem,
        .settings = &reg.settings,
        .trust = reg.trust,
        .existing = &old,
        .now = AT,
        .member = &reg.member,
    };

    ck_ok(as_registration_read(&ask, json, &reg.write));
    ck_assert_int_eq(reg.write.party->created, AT - 100);
    ck_assert_int_eq(reg.write.party->updated, AT);
    json_decref(json);
}
END_TEST

AS_TESTS("endpoint/registration", {
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_add_test(t, REG_05_ids_are_made);
    tcase_add_test(t, REG_05_ids_are_chosen_by_the_operator);
    tcase_add_test(t, REG_84_an_id_does_not_change);
    tcase_add_test(t, MTLS_12_method_names);
    tcase_add_test(t, REG_60_REG_66_methods_of_every_profile);
    tcase_add_test(t, MTLS_14_method_switched_off);
    tcase_add_test(t, REG_27_grants);
    tcase_add_test(t, REG_26_response_types);
    tcase_add_test(t, REG_28_scope);
    tcase_add_test(t, REG_65_fapi1_is_the_default_and_binds);
    tcase_add_test(t, REG_65_fapi_without_binding);
    tcase_add_test(t, D12_profiles);
    tcase_add_test(t, MTLS_46_trust_pin);
    tcase_add_test(t, D13_default_resource);
    tcase_add_test(t, D13_audiences);
    tcase_add_test(t, D13_resources_have_no_client_members);
    tcase_add_test(t, REG_10_times);
})
