/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <string.h>

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

START_TEST(now_has_microseconds)
{
    char text[AS_CLOCK_TEXT], before[AS_CLOCK_TEXT], after[AS_CLOCK_TEXT];

    as_clock_text(as_clock_now(), before);
    as_clock_now_text(text);
    as_clock_text(as_clock_now(), after);
    ck_assert_uint_eq(strlen(text), strlen("2026-01-02T03:04:05.678901Z"));
    ck_assert_int_eq(text[19], '.');
    ck_assert_uint_eq(strspn(text + 20, "0123456789"), 6);
    ck_assert_str_eq(text + 26, "Z");
    ck_assert_int_ge(strncmp(text, before, 19), 0);
    ck_assert_int_le(strncmp(text, after, 19), 0);
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

/* However the wall clock jumps, the earlier never runs ahead of an even clock, nor the later behind
 * it. */
START_TEST(moments_when_the_wall_clock_jumps)
{
    const struct as_moment start = {1000000000, 5000};
    static const struct {
        as_time jump, earlier, later;
    } rows[] = {
        {0, 60, 60},
        {3600, 60, 3660},
        {-3600, -3540, 60},
        {31536000, 60, 31536060},
        {-31536000, -31535940, 60},
        {INT64_C(0x100000000), 60, INT64_C(0x100000000) + 60},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        const struct as_moment at = {start.wall + 60 + rows[i].jump, start.mono_ms + 60999};
        ck_assert_int_eq(as_moment_earlier(start, at) - start.wall, rows[i].earlier);
        ck_assert_int_eq(as_moment_later(start, at) - start.wall, rows[i].later);
    }
}
END_TEST

START_TEST(a_moment_is_both_clocks)
{
    const as_time wall = as_clock_now();
    const int64_t mono_ms = as_clock_mono_ms();
    const struct as_moment at = as_clock_moment();

    ck_assert(at.wall >= wall && at.wall <= as_clock_now());
    ck_assert(at.mono_ms >= mono_ms && at.mono_ms <= as_clock_mono_ms());
}
END_TEST

AS_TESTS("base/clock", {
    tcase_add_test(t, moments_when_the_wall_clock_jumps);
    tcase_add_test(t, a_moment_is_both_clocks);
    tcase_add_test(t, text_is_rfc_3339);
    tcase_add_test(t, now_has_microseconds);
    tcase_add_test(t, clocks_run);
})
