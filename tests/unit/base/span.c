/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

START_TEST(of_and_equal)
{
    ck_assert_uint_eq(as_span_of(NULL).len, 0);
    ck_assert(as_span_equal(as_span_of(NULL), AS_LIT("")));
    ck_assert(as_span_equal(AS_LIT("a\0b"), as_span_bytes("a\0b", 3)));
    ck_assert(!as_span_equal(AS_LIT("a\0b"), AS_LIT("a\0c")));
    ck_assert(!as_span_equal(AS_LIT("ab"), AS_LIT("abc")));
    ck_assert(as_span_is(AS_LIT("ab"), "ab"));
    ck_assert(!as_span_is(AS_LIT("a\0"), "a"));
}
END_TEST

START_TEST(equal_nocase_is_ascii_only)
{
    ck_assert(as_span_equal_nocase(AS_LIT("Content-LENGTH"), AS_LIT("content-length")));
    ck_assert(!as_span_equal_nocase(AS_LIT("@"), AS_LIT("`")));
    ck_assert(!as_span_equal_nocase(AS_LIT("["), AS_LIT("{")));
    ck_assert(!as_span_equal_nocase(AS_LIT("\xC4"), AS_LIT("\xE4")));
    ck_assert(!as_span_equal_nocase(AS_LIT("ab"), AS_LIT("abc")));
}
END_TEST

START_TEST(starts_and_has_byte)
{
    ck_assert(as_span_starts(AS_LIT("fat1.x"), AS_LIT("fat1.")));
    ck_assert(as_span_starts(AS_LIT("x"), AS_SPAN_NONE));
    ck_assert(!as_span_starts(AS_LIT("fat"), AS_LIT("fat1.")));
    ck_assert(!as_span_starts(AS_LIT("fat2."), AS_LIT("fat1.")));
    ck_assert(as_span_has_byte(AS_LIT("a\0b"), '\0'));
    ck_assert(!as_span_has_byte(AS_LIT("ab"), '\0'));
    ck_assert(!as_span_has_byte(AS_SPAN_NONE, 'a'));
}
END_TEST

START_TEST(from_stays_inside)
{
    ck_span_eq(as_span_from(AS_LIT("abc"), 1), "bc");
    ck_assert_uint_eq(as_span_from(AS_LIT("abc"), 3).len, 0);
    ck_assert_uint_eq(as_span_from(AS_LIT("abc"), SIZE_MAX).len, 0);
}
END_TEST

START_TEST(trim_takes_blanks_only)
{
    ck_span_eq(as_span_trim(AS_LIT(" \t a b\t ")), "a b");
    ck_span_eq(as_span_trim(AS_LIT("\n a\r")), "\n a\r");
    ck_assert_uint_eq(as_span_trim(AS_LIT(" \t ")).len, 0);
}
END_TEST

START_TEST(cut_gives_every_piece)
{
    as_span rest = AS_LIT("a,,bc");
    as_span head = AS_SPAN_NONE;

    ck_assert(as_span_cut(&rest, ',', &head));
    ck_span_eq(head, "a");
    ck_assert(as_span_cut(&rest, ',', &head));
    ck_span_eq(head, "");
    ck_assert(as_span_cut(&rest, ',', &head));
    ck_span_eq(head, "bc");
    ck_assert(!as_span_cut(&rest, ',', &head));
    ck_assert_uint_eq(head.len, 0);
}
END_TEST

START_TEST(number_is_strict)
{
    uint64_t n = 7;

    ck_assert(as_span_number(AS_LIT("0"), 0, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(as_span_number(AS_LIT("00443"), 65535, &n));
    ck_assert_uint_eq(n, 443);
    ck_assert(as_span_number(AS_LIT("18446744073709551615"), UINT64_MAX, &n));
    ck_assert(n == UINT64_MAX);

    n = 7;
    const char *bad[] = {"",   "+1", "-1",  " 1",    "1 ",
                         "0x", "1a", "1.0", "65536", "18446744073709551616"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!as_span_number(as_span_of(bad[i]), 65535, &n), "took \"%s\"", bad[i]);
    }
    ck_assert(!as_span_number(AS_LIT("18446744073709551616"), UINT64_MAX, &n));
    ck_assert(!as_span_number(AS_LIT("99999999999999999999999"), UINT64_MAX, &n));
    ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(utf8_accepts_the_ends_of_each_range)
{
    const char *good[] = {"",
                          "plain",
                          "\xC2\x80",
                          "\xDF\xBF",
                          "\xE0\xA0\x80",
                          "\xED\x9F\xBF",
                          "\xEE\x80\x80",
                          "\xEF\xBF\xBF",
                          "\xF0\x90\x80\x80",
                          "\xF4\x8F\xBF\xBF"};
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_assert_msg(as_span_is_utf8(as_span_of(good[i])), "refused row %zu", i);
    }
    ck_assert(as_span_is_utf8(AS_LIT("a\0b")));
}
END_TEST

START_TEST(utf8_refuses_all_else)
{
    const char *bad[] = {"\x80",             /* no first octet */
                         "\xC0\xAF",         /* overlong slash */
                         "\xC1\xBF",         /* overlong */
                         "\xE0\x9F\xBF",     /* overlong */
                         "\xED\xA0\x80",     /* surrogate */
                         "\xED\xBF\xBF",     /* surrogate */
                         "\xF0\x8F\xBF\xBF", /* overlong */
                         "\xF4\x90\x80\x80", /* past U+10FFFF */
                         "\xF5\x80\x80\x80",
                         "\xFF",
                         "\xC2",         /* cut */
                         "\xE2\x82",     /* cut */
                         "\xE2\x82\x41", /* cut by a letter */
                         "\xF0\x9F\x98", /* cut */
                         "a\xC2\x41"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!as_span_is_utf8(as_span_of(bad[i])), "took row %zu", i);
    }
}
END_TEST

START_TEST(control_octets)
{
    ck_assert(!as_span_has_control(AS_LIT(" ~\x80\xFF")));
    ck_assert(as_span_has_control(AS_LIT("a\x1F")));
    ck_assert(as_span_has_control(AS_LIT("\0")));
    ck_assert(as_span_has_control(AS_LIT("\x7F")));
    ck_assert(as_span_has_control(AS_LIT("a\n")));
}
END_TEST

START_TEST(durations_and_sizes)
{
    static const struct {
        as_span text;
        int64_t seconds, octets; /* -1: it is none */
    } rows[] = {
        {AS_LIT_ROW("90s"), 90, -1},     {AS_LIT_ROW("30m"), 1800, -1},
        {AS_LIT_ROW("12h"), 43200, -1},  {AS_LIT_ROW("7d"), 604800, -1},
        {AS_LIT_ROW("0s"), 0, -1},       {AS_LIT_ROW("16k"), -1, 16384},
        {AS_LIT_ROW("8M"), -1, 8388608}, {AS_LIT_ROW("4294967295d"), 371085174288000, -1},
        {AS_LIT_ROW(""), -1, -1},        {AS_LIT_ROW("s"), -1, -1},
        {AS_LIT_ROW("90"), -1, -1},      {AS_LIT_ROW("-1s"), -1, -1},
        {AS_LIT_ROW("1 s"), -1, -1},     {AS_LIT_ROW("1y"), -1, -1},
        {AS_LIT_ROW("1S"), -1, -1},      {AS_LIT_ROW("1ss"), -1, -1},
        {AS_LIT_ROW("1K"), -1, -1},      {AS_LIT_ROW("4294967296s"), -1, -1},
        {AS_LIT_ROW("1\0s"), -1, -1},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        int64_t seconds = -1, octets = -1;
        bool is_duration = as_span_duration(rows[i].text, &seconds);
        bool is_size = as_span_size(rows[i].text, &octets);
        ck_assert_msg(is_duration == (rows[i].seconds >= 0) && is_size == (rows[i].octets >= 0),
                      "%s", rows[i].text.ptr);
        ck_assert(!is_duration || seconds == rows[i].seconds);
        ck_assert(!is_size || octets == rows[i].octets);
    }
}
END_TEST

AS_TESTS("base/span", {
    tcase_add_test(t, durations_and_sizes);
    tcase_add_test(t, of_and_equal);
    tcase_add_test(t, equal_nocase_is_ascii_only);
    tcase_add_test(t, starts_and_has_byte);
    tcase_add_test(t, from_stays_inside);
    tcase_add_test(t, trim_takes_blanks_only);
    tcase_add_test(t, cut_gives_every_piece);
    tcase_add_test(t, number_is_strict);
    tcase_add_test(t, utf8_accepts_the_ends_of_each_range);
    tcase_add_test(t, utf8_refuses_all_else);
    tcase_add_test(t, control_octets);
})
