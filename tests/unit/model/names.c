/* SPDX-License-Identifier: Apache-2.0 */
#include "as/model.h"
#include "harness.h"

START_TEST(MTLS_12_method_names_are_case_sensitive)
{
    enum as_method method = AS_METHODS;

    ck_assert(as_method_named(AS_LIT("tls_client_auth"), &method));
    ck_assert_int_eq(method, AS_METHOD_TLS_CLIENT_AUTH);
    ck_assert(as_method_named(AS_LIT("self_signed_tls_client_auth"), &method));
    ck_assert_int_eq(method, AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH);
    static const char *const unknown[] = {"",
                                          "TLS_CLIENT_AUTH",
                                          "tls_client_auth ",
                                          "tls_client_aut",
                                          "client_secret_basic",
                                          "private_key_jwt",
                                          "none"};
    for (size_t i = 0; i < AS_COUNT(unknown); i++) {
        ck_assert_msg(!as_method_named(as_span_of(unknown[i]), &method), "%s", unknown[i]);
    }
}
END_TEST

START_TEST(names_go_both_ways)
{
    for (unsigned i = 0; i < AS_METHODS; i++) {
        enum as_method method = AS_METHODS;
        ck_assert(as_method_named(as_span_of(as_method_name((enum as_method)i)), &method));
        ck_assert_uint_eq(method, i);
    }
    for (unsigned i = 0; i < AS_GRANT_TYPES; i++) {
        enum as_grant_type type = AS_GRANT_TYPES;
        ck_assert(
            as_grant_type_named(as_span_of(as_grant_type_name((enum as_grant_type)i)), &type));
        ck_assert_uint_eq(type, i);
    }
    for (unsigned i = 0; i < AS_PARTY_STATUSES; i++) {
        enum as_party_status status = AS_PARTY_STATUSES;
        const char *name = as_party_status_name((enum as_party_status)i);
        ck_assert(as_party_status_named(as_span_of(name), &status));
        ck_assert_uint_eq(status, i);
        ck_assert(!as_party_status_named(AS_LIT("Enabled"), &status));
        ck_assert_uint_eq(status, i);
    }
    ck_assert_str_eq(as_party_status_name(AS_PARTY_STATUSES), "");
    ck_assert_str_eq(as_method_name(AS_METHODS), "");
    ck_assert_str_eq(as_grant_type_name(AS_GRANT_TYPES), "");
}
END_TEST

START_TEST(grant_types_that_are_not_offered_have_no_name)
{
    enum as_grant_type type = AS_GRANT_TYPES;

    ck_assert(as_grant_type_named(AS_LIT("client_credentials"), &type));
    ck_assert_int_eq(type, AS_GRANT_CLIENT_CREDENTIALS);
    ck_assert(!as_grant_type_named(AS_LIT("Client_Credentials"), &type));
    ck_assert(!as_grant_type_named(AS_LIT("password"), &type));
    ck_assert(!as_grant_type_named(AS_SPAN_NONE, &type));
}
END_TEST

START_TEST(an_audience_is_found_octet_for_octet)
{
    const as_span audience[] = {AS_LIT_ROW("https://a.example/"), AS_LIT_ROW("https://b.example/")};
    const struct as_resource a = {.audience = audience, .audience_count = 1};
    const struct as_resource b = {.audience = audience + 1, .audience_count = 1};
    const struct as_resource both = {.audience = audience, .audience_count = 2};
    const struct as_resource *const items[] = {&a, &b};
    const struct as_resource_set set = {items, 2};

    ck_assert_ptr_eq(as_resource_of_audience(&set, AS_LIT("https://b.example/")), &b);
    ck_assert_ptr_eq(as_resource_of_audience(&set, AS_LIT("https://a.example/")), &a);
    ck_assert_ptr_null(as_resource_of_audience(&set, AS_LIT("https://b.example")));
    ck_assert_ptr_null(as_resource_of_audience(&set, AS_LIT("https://B.example/")));
    ck_assert_ptr_null(as_resource_of_audience(&set, AS_SPAN_NONE));
    ck_assert(as_resource_has_audience(&both, audience[1]));
    ck_assert(!as_resource_has_audience(&a, audience[1]));
}
END_TEST

AS_TESTS("model_names", {
    tcase_add_test(t, MTLS_12_method_names_are_case_sensitive);
    tcase_add_test(t, names_go_both_ways);
    tcase_add_test(t, grant_types_that_are_not_offered_have_no_name);
    tcase_add_test(t, an_audience_is_found_octet_for_octet);
})
