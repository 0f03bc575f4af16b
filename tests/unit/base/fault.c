/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <string.h>

static as_err needs_seven(int n)
{
    AS_NEED(n == 7, AS_INVALID_GRANT, "not seven");
    return AS_OK;
}

static as_err passes_on(int n, bool *reached)
{
    AS_TRY(needs_seven(n));
    *reached = true;
    return AS_OK;
}

START_TEST(need_and_try)
{
    bool reached = false;
    as_err err = passes_on(6, &reached);

    ck_assert(as_failed(err));
    ck_assert(as_err_is(err, AS_INVALID_GRANT));
    ck_assert(!as_err_is(err, AS_INVALID_REQUEST));
    ck_assert_str_eq(err.why, "not seven");
    const char *here = "tests/unit/base/fault.c:";
    ck_assert_int_eq(strncmp(err.where, here, strlen(here)), 0);
    ck_assert(!reached);
    ck_ok(passes_on(7, &reached));
    ck_assert(reached);
    ck_assert(!as_err_is(AS_OK, AS_INVALID_REQUEST));
}
END_TEST

/* RFC 6749 5.2: error and error_description hold %x20-21 / %x23-5B / %x5D-7E alone. */
START_TEST(TOK_10_public_texts_are_plain)
{
    ck_assert_uint_gt(AS_FAULT_COUNT, 15);
    for (size_t i = 0; i < AS_FAULT_COUNT; i++) {
        const struct as_fault *fault = &as_faults[i];
        const char *texts[] = {fault->code, fault->says};
        for (size_t k = 0; k < AS_COUNT(texts); k++) {
            ck_assert_ptr_nonnull(texts[k]);
            ck_assert_uint_gt(strlen(texts[k]), 0);
            for (const char *c = texts[k]; *c != '\0'; c++) {
                ck_assert(*c >= 0x20 && *c <= 0x7E && *c != '"' && *c != '\\');
            }
        }
        ck_assert(fault->status >= 400 && fault->status <= 599);
        ck_assert((unsigned)fault->level <= AS_LOG_ERROR);
    }
}
END_TEST

/* What a refused client learns is the same sentence for every reason. */
START_TEST(MTLS_119_client_failures_show_no_reason)
{
    ck_assert(!as_faults[AS_INVALID_CLIENT].show_why);
    ck_assert_uint_eq(as_faults[AS_INVALID_CLIENT].status, 401);
    ck_assert_str_eq(as_faults[AS_INVALID_CLIENT].code, "invalid_client");
    ck_assert(!as_faults[AS_SERVER_ERROR].show_why);
    ck_assert(!as_faults[AS_INVALID_GRANT].show_why);
}
END_TEST

AS_TESTS("base/fault", {
    tcase_add_test(t, need_and_try);
    tcase_add_test(t, TOK_10_public_texts_are_plain);
    tcase_add_test(t, MTLS_119_client_failures_show_no_reason);
})
