/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

START_TEST(text_is_rfc_3339)
{
    static const struct {
        as_time at;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},          {951782400, "2000-02-29T00:00:00Z"},
        {1767323045, "2026-01-02T03:04:05Z"}, {253402300799, "9999-12-31T23:59:59Z"},
        {-1, "1970-01-01T00:00:00Z"},         {INT64_MIN, "1970-01-01T00:00:00Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char text[AS_CLOCK_TEXT];
        as_clock_text(rows[i].at, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

START_TEST(clocks_run)
{
    int64_t us = as_clock_mono_us();
    int64_t ms = as_clock_mono_ms();

    ck_assert_int_gt(as_clock_now(), 1700000000);
    ck_assert_int_ge(ms, us / 1000);
    ck_assert_int_lt(ms - us / 1000, 60000);
    ck_assert_int_ge(as_clock_mono_us(), us);
}
END_TEST

AS_TESTS("base/clock", {
    tcase_add_test(t, text_is_rfc_3339);
    tcase_add_test(t, clocks_run);
})
