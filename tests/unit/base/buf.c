/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <string.h>

START_TEST(grows_to_its_maximum_and_no_further)
{
    struct as_buf buf = AS_BUF(1000);

    for (int i = 0; i < 1000; i++) {
        ck_assert(as_buf_add_byte(&buf, (char)('a' + i % 26)));
    }
    ck_assert_uint_eq(buf.len, 1000);
    ck_assert(!buf.full);
    ck_assert(!as_buf_add_byte(&buf, 'x'));
    ck_assert(buf.full);
    ck_assert_uint_eq(buf.len, 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(buf.ptr[i], 'a' + i % 26);
    }
    as_buf_free(&buf);
    ck_assert_ptr_null(buf.ptr);
    ck_assert_uint_eq(buf.max, 1000);
}
END_TEST

START_TEST(full_stays_until_freed)
{
    struct as_buf buf = AS_BUF(4);

    ck_assert(as_buf_add(&buf, AS_LIT("abc")));
    ck_assert(!as_buf_add(&buf, AS_LIT("de")));
    ck_assert(!as_buf_add_byte(&buf, 'd'));
    ck_span_eq(as_buf_span(&buf), "abc");
    ck_assert(!as_buf_add(&buf, AS_LIT("d")));
    as_buf_free(&buf);
    ck_assert(as_buf_add(&buf, AS_LIT("wxyz")));
    ck_span_eq(as_buf_span(&buf), "wxyz");
    as_buf_free(&buf);
}
END_TEST

START_TEST(printf_fits_exactly_or_not_at_all)
{
    struct as_buf buf = AS_BUF(600);

    ck_assert(as_buf_printf(&buf, "%0300d", 7));
    ck_assert_uint_eq(buf.len, 300);
    ck_assert(as_buf_printf(&buf, "%0300d", 8)); /* to the last octet: no room for a NUL */
    ck_assert_uint_eq(buf.len, 600);
    ck_assert_int_eq(buf.ptr[599], '8');
    ck_assert(!buf.full);
    ck_assert(as_buf_printf(&buf, "%s", ""));
    ck_assert(!as_buf_printf(&buf, "%d", 1));
    ck_assert(buf.full);
    ck_assert_uint_eq(buf.len, 600);
    as_buf_free(&buf);
}
END_TEST

START_TEST(json_strings_are_escaped)
{
    static const struct {
        as_span text;
        const char *json;
    } rows[] = {
        {{"", 0}, "\"\""},
        {AS_LIT_ROW("plain / text"), "\"plain / text\""},
        {AS_LIT_ROW("\"\\\b\t\n\f\r"), "\"\\\"\\\\\\b\\t\\n\\f\\r\""},
        {AS_LIT_ROW("\0\x01\x1F\x7F"), "\"\\u0000\\u0001\\u001f\\u007f\""},
        {AS_LIT_ROW("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
         "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {AS_LIT_ROW("\xC2\x9B"), "\"\\u009b\""},
        {AS_LIT_ROW("\xFF\xC0\xAF"), "\"\\u00ff\\u00c0\\u00af\""},
        {AS_LIT_ROW("\xE2\x82"), "\"\\u00e2\\u0082\""},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_buf buf = AS_BUF(200);
        ck_assert(as_buf_add_json_string(&buf, rows[i].text));
        ck_span_eq(as_buf_span(&buf), rows[i].json);
        as_buf_free(&buf);
    }
}
END_TEST

/* Every octet, alone and at every place among others: eight are looked at at once. */
START_TEST(json_strings_are_escaped_anywhere)
{
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < 18; at++) {
            struct as_buf alone = AS_BUF(20), among = AS_BUF(60);
            char text[18];

            memset(text, 'a', sizeof(text));
            text[at] = (char)c;
            ck_assert(as_buf_add_json_string(&alone, (as_span){text + at, 1}));
            ck_assert(as_buf_add_json_string(&among, (as_span){text, sizeof(text)}));
            const size_t inner = alone.len - 2;
            ck_assert_uint_eq(among.len, sizeof(text) + 1 + inner);
            ck_assert_mem_eq(among.ptr + 1 + at, alone.ptr + 1, inner);
            for (size_t i = 1; i < among.len - 1; i++) {
                ck_assert(among.ptr[i] == 'a' || (i > at && i <= at + inner));
            }
            as_buf_free(&alone);
            as_buf_free(&among);
        }
    }
}
END_TEST

START_TEST(json_string_is_whole_or_absent)
{
    struct as_buf buf = AS_BUF(9);

    ck_assert(as_buf_add_text(&buf, "ab"));
    ck_assert(!as_buf_add_json_string(&buf, AS_LIT("cde\x01")));
    ck_span_eq(as_buf_span(&buf), "ab");
    ck_assert(buf.full);
    as_buf_free(&buf);
}
END_TEST

START_TEST(numbers_are_decimal)
{
    struct as_buf buf = AS_BUF(64);

    ck_assert(as_buf_add_number(&buf, 0));
    ck_assert(as_buf_add_byte(&buf, ' '));
    ck_assert(as_buf_add_number(&buf, -7));
    ck_assert(as_buf_add_byte(&buf, ' '));
    ck_assert(as_buf_add_number(&buf, INT64_MAX));
    ck_assert(as_buf_add_byte(&buf, ' '));
    ck_assert(as_buf_add_number(&buf, INT64_MIN));
    ck_span_eq(as_buf_span(&buf), "0 -7 9223372036854775807 -9223372036854775808");
    ck_assert(!as_buf_add_number(&buf, INT64_MIN));
    as_buf_free(&buf);
}
END_TEST

START_TEST(json_members_open_and_divide_themselves)
{
    struct as_buf buf = AS_BUF(80);

    ck_assert(as_buf_add_json_text(&buf, "a", AS_LIT("x\"{")));
    ck_assert(as_buf_add_json_number(&buf, "b", 12));
    ck_assert(as_buf_add_json_name(&buf, "c"));
    ck_assert(as_buf_add_byte(&buf, '{'));
    ck_assert(as_buf_add_json_text(&buf, "d", AS_SPAN_NONE));
    ck_assert(as_buf_add_json_number(&buf, "e", -1));
    ck_assert(as_buf_add_text(&buf, "}}"));
    ck_span_eq(as_buf_span(&buf), "{\"a\":\"x\\\"{\",\"b\":12,\"c\":{\"d\":\"\",\"e\":-1}}");
    as_buf_free(&buf);
}
END_TEST

START_TEST(json_members_that_do_not_fit_are_told)
{
    struct as_buf buf = AS_BUF(8);

    ck_assert(!as_buf_add_json_text(&buf, "name", AS_LIT("x")));
    ck_assert(buf.full);
    as_buf_free(&buf);
    ck_assert(!as_buf_add_json_number(&buf, "ab", 100));
    ck_assert(buf.full);
    as_buf_free(&buf);
}
END_TEST

START_TEST(reserve_bounds_the_writer)
{
    struct as_buf buf = AS_BUF(16);

    ck_assert(as_buf_reserve(&buf, 16));
    memcpy(buf.ptr, "0123456789abcdef", 16);
    buf.len = 16;
    ck_assert(as_buf_reserve(&buf, 0));
    ck_assert(!as_buf_reserve(&buf, 1));
    as_buf_free(&buf);
    ck_assert(!as_buf_reserve(&buf, SIZE_MAX));
    as_buf_free(&buf);
}
END_TEST

START_TEST(drop_moves_the_rest_and_wipes)
{
    struct as_buf buf = AS_BUF(16);

    as_buf_drop(&buf, 5);
    ck_assert(as_buf_add_text(&buf, "abcdef"));
    as_buf_drop(&buf, 0);
    as_buf_drop(&buf, 4);
    ck_span_eq(as_buf_span(&buf), "ef");
    ck_assert_mem_eq(buf.ptr + 2, "\0\0\0\0", 4);
    as_buf_drop(&buf, 99);
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_mem_eq(buf.ptr, "\0\0", 2);
    as_buf_free(&buf);
}
END_TEST

AS_TESTS("base/buf", {
    tcase_add_test(t, grows_to_its_maximum_and_no_further);
    tcase_add_test(t, full_stays_until_freed);
    tcase_add_test(t, printf_fits_exactly_or_not_at_all);
    tcase_add_test(t, json_strings_are_escaped);
    tcase_add_test(t, json_strings_are_escaped_anywhere);
    tcase_add_test(t, json_string_is_whole_or_absent);
    tcase_add_test(t, numbers_are_decimal);
    tcase_add_test(t, json_members_open_and_divide_themselves);
    tcase_add_test(t, json_members_that_do_not_fit_are_told);
    tcase_add_test(t, reserve_bounds_the_writer);
    tcase_add_test(t, drop_moves_the_rest_and_wipes);
})
