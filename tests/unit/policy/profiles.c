/* SPDX-License-Identifier: Apache-2.0 */
#include "as/policy.h"
#include "harness.h"

START_TEST(D12_rows_by_name_and_id)
{
    static const char *const names[AS_PROFILE_COUNT] = {"fapi1", "fapi2", "fapi2_ms", "oauth"};

    for (unsigned i = 0; i < AS_PROFILE_COUNT; i++) {
        const struct as_profile *row = as_profile_get((enum as_profile_id)i);
        ck_assert_ptr_nonnull(row);
        ck_assert_str_eq(row->name, names[i]);
        ck_assert_ptr_eq(as_profile_named(as_span_of(names[i])), row);
    }
    ck_assert_ptr_null(as_profile_named(AS_LIT("FAPI1")));
    ck_assert_ptr_null(as_profile_named(AS_LIT("fapi")));
    ck_assert_ptr_null(as_profile_named(AS_LIT("fapi11")));
    ck_assert_ptr_null(as_profile_named(AS_SPAN_NONE));
    ck_assert_ptr_null(as_profile_get(AS_PROFILE_COUNT));
}
END_TEST

/* REG-60, REG-65, TOK-70: under FAPI the two mTLS methods and bound tokens; oauth leaves binding to
 * the client. */
START_TEST(TOK_70_fapi_rows_bind_and_oauth_does_not)
{
    const unsigned mtls =
        1u << AS_METHOD_TLS_CLIENT_AUTH | 1u << AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;

    for (unsigned i = 0; i < AS_PROFILE_COUNT; i++) {
        const struct as_profile *row = as_profile_get((enum as_profile_id)i);
        bool fapi = i != AS_PROFILE_OAUTH;
        ck_assert_uint_eq(row->methods, mtls);
        ck_assert_uint_eq(row->grants, 1u << AS_GRANT_CLIENT_CREDENTIALS);
        ck_assert(row->sender_constrained == fapi);
        ck_assert(row->binding_is_implied == fapi);
    }
}
END_TEST

START_TEST(D12_a_profile_is_on_or_off)
{
    const struct as_profile *fapi2 = as_profile_get(AS_PROFILE_FAPI2);

    ck_assert(as_profile_is_on(fapi2, 1u << AS_PROFILE_FAPI2));
    ck_assert(as_profile_is_on(fapi2, 1u << AS_PROFILE_FAPI2 | 1u << AS_PROFILE_OAUTH));
    ck_assert(!as_profile_is_on(fapi2, 1u << AS_PROFILE_FAPI1));
    ck_assert(!as_profile_is_on(fapi2, 0));
    ck_assert(!as_profile_is_on(NULL, ~0u));
}
END_TEST

START_TEST(TOK_70_bound_when_the_profile_or_the_client_says_so)
{
    static const struct {
        const char *profile;
        bool asks, must;
    } rows[] = {
        {"fapi1", false, true},  {"fapi2", false, true}, {"fapi2_ms", false, true},
        {"oauth", false, false}, {"oauth", true, true},  {"gone", false, true},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        const struct as_client client = {.profile = as_span_of(rows[i].profile),
                                         .bound_access_tokens = rows[i].asks};
        ck_assert_msg(as_policy_must_bind(&client) == rows[i].must, "%s", rows[i].profile);
    }
}
END_TEST

AS_TESTS("profiles", {
    tcase_add_test(t, D12_rows_by_name_and_id);
    tcase_add_test(t, TOK_70_fapi_rows_bind_and_oauth_does_not);
    tcase_add_test(t, D12_a_profile_is_on_or_off);
    tcase_add_test(t, TOK_70_bound_when_the_profile_or_the_client_says_so);
})
