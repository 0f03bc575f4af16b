/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* RFC 4648 10 */
static const struct {
    as_span bytes;
    const char *padded, *bare;
} vectors[] = {
    {{"", 0}, "", ""},
    {AS_LIT_ROW("f"), "Zg==", "Zg"},
    {AS_LIT_ROW("fo"), "Zm8=", "Zm8"},
    {AS_LIT_ROW("foo"), "Zm9v", "Zm9v"},
    {AS_LIT_ROW("foob"), "Zm9vYg==", "Zm9vYg"},
    {AS_LIT_ROW("fooba"), "Zm9vYmE=", "Zm9vYmE"},
    {AS_LIT_ROW("foobar"), "Zm9vYmFy", "Zm9vYmFy"},
    {AS_LIT_ROW("\xFB\xEF\xFF\x00"), "++//AA==", "--__AA"},
};

START_TEST(base64url_both_ways)
{
    for (size_t i = 0; i < AS_COUNT(vectors); i++) {
        char text[32];
        char bytes[32];
        size_t len = 99;
        as_base64url_write(vectors[i].bytes, text);
        ck_assert_str_eq(text, vectors[i].bare);
        ck_assert_uint_eq(strlen(text), AS_BASE64URL_LEN(vectors[i].bytes.len));
        ck_assert(as_base64url_parse(as_span_of(text), bytes, vectors[i].bytes.len, &len));
        ck_assert(as_span_equal(as_span_bytes(bytes, len), vectors[i].bytes));
    }
}
END_TEST

START_TEST(base64_both_ways)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(4096);

    for (size_t i = 0; i < AS_COUNT(vectors); i++) {
        as_span out = AS_SPAN_NONE;
        ck_ok(as_base64_put(mem, vectors[i].bytes, &out));
        ck_span_eq(out, vectors[i].padded);
        ck_ok(as_base64_take(mem, out, &out));
        ck_assert(as_span_equal(out, vectors[i].bytes));
        ck_ok(as_base64url_take(mem, as_span_of(vectors[i].bare), &out));
        ck_assert(as_span_equal(out, vectors[i].bytes));
    }
}
END_TEST

START_TEST(each_octet_survives)
{
    unsigned char all[256];
    unsigned char back[256];
    char text[AS_BASE64URL_LEN(256) + 1];
    size_t len = 0;

    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (unsigned char)i;
    }
    as_base64url_write(as_span_bytes(all, sizeof(all)), text);
    ck_assert(as_base64url_parse(as_span_of(text), back, sizeof(back), &len));
    ck_assert_uint_eq(len, 256);
    ck_assert_mem_eq(all, back, 256);
}
END_TEST

START_TEST(base64url_is_strict)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(4096);
    const as_span bad[] = {
        AS_LIT("A"),     AS_LIT("Zm9vA"), AS_LIT("Z"),       AS_LIT("Zm9vY"),    AS_LIT("Zg=="),
        AS_LIT("Zh"), /* stray bits */
        AS_LIT("Zm9"),   AS_LIT("Zm+v"),  AS_LIT("Zm/v"),    AS_LIT("Zm9v\n"),   AS_LIT(" Zm9v"),
        AS_LIT("Zm 9v"), AS_LIT("Zm9\0"), AS_LIT("Zm9\x80"), AS_LIT("Zm\r\n9v"), AS_LIT("Zm9v===="),
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        char out[32];
        size_t len = 77;
        as_span span = AS_SPAN_NONE;
        ck_assert_msg(!as_base64url_parse(bad[i], out, sizeof(out), &len), "took row %zu", i);
        ck_assert_uint_eq(len, 77);
        ck_refuses(as_base64url_take(mem, bad[i], &span), AS_INVALID_REQUEST,
                   "base64 is ill-formed");
    }
}
END_TEST

START_TEST(base64_is_strict)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(4096);
    const as_span bad[] = {
        AS_LIT("Zg"),       AS_LIT("Zg="),    AS_LIT("Zg==="),  AS_LIT("Z==="), AS_LIT("===="),
        AS_LIT("Zh=="),     AS_LIT("Zm9="),   AS_LIT("Zm9v=="), AS_LIT("Zm-v"), AS_LIT("Zm_v"),
        AS_LIT("Zg==Zg=="), AS_LIT("Zm9v\n"), AS_LIT("Z\n=="),  AS_LIT("="),    AS_LIT("=="),
    };

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        as_span span = AS_SPAN_NONE;
        ck_refuses(as_base64_take(mem, bad[i], &span), AS_INVALID_REQUEST, "base64 is ill-formed");
    }
}
END_TEST

START_TEST(parse_keeps_to_its_room)
{
    char out[4] = "xyz";
    size_t len = 77;

    ck_assert(!as_base64url_parse(AS_LIT("Zm9vYg"), out, 3, &len));
    ck_assert_str_eq(out, "xyz");
    ck_assert_uint_eq(len, 77);
    ck_assert(as_base64url_parse(AS_LIT("Zm9vYg"), out, 4, &len));
    ck_assert_uint_eq(len, 4);
}
END_TEST

START_TEST(take_stops_at_the_cap)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(16);
    as_span span = AS_SPAN_NONE;

    ck_refuses(as_base64url_take(mem, AS_LIT("AAAAAAAAAAAAAAAAAAAAAAAA"), &span), AS_SERVER_ERROR,
               "out of memory");
    ck_refuses(as_base64_put(mem, AS_LIT("0123456789abcdef"), &span), AS_SERVER_ERROR,
               "out of memory");
}
END_TEST

START_TEST(hex_is_lower_case)
{
    char out[9];

    as_hex_write(AS_LIT("\x00\xAB\x7F\xFF"), out);
    ck_assert_str_eq(out, "00ab7fff");
    as_hex_write(AS_SPAN_NONE, out);
    ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(hex_is_read_in_pairs)
{
    static const char *const bad[] = {"0", "00a", "0g", "g0", " 0", "0x", "+1", "-1", "0\n"};
    unsigned char out[4] = {0};

    ck_assert(as_hex_parse(AS_LIT("00aB7fFF"), out));
    ck_assert_mem_eq(out, "\x00\xAB\x7F\xFF", 4);
    ck_assert(as_hex_parse(AS_SPAN_NONE, out));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!as_hex_parse(as_span_of(bad[i]), out), "%s", bad[i]);
    }
}
END_TEST

/* Each octet, held against what ASCII says: its neighbours are taken for nothing. */
START_TEST(ascii_is_letters_and_digits)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char hex[] = "0123456789abcdefABCDEF";

    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        const char *letter = c != '\0' ? strchr(letters, c) : NULL;
        const char *digit = c != '\0' ? strchr(hex, c) : NULL;
        bool upper = letter != NULL && letter - letters < 26;

        ck_assert_int_eq(as_ascii_is_letter(c), letter != NULL);
        ck_assert_int_eq(as_ascii_is_upper(c), upper);
        ck_assert_int_eq(as_ascii_is_digit(c), digit != NULL && digit - hex < 10);
        ck_assert_int_eq(as_ascii_lower(c), upper ? letter[26] : c);
        ck_assert_int_eq(as_ascii_hex(c), digit == NULL      ? -1
                                          : digit - hex < 16 ? digit - hex
                                                             : digit - hex - 6);
    }
}
END_TEST

/* RFC 6749 A. by its ranges; of a URI by its characters (RFC 3986 2.1 to 2.3). */
START_TEST(ascii_of_errors_scopes_and_uris)
{
    static const char uri[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                              "-._~:/?#[]@!$&'()*+,;=%";

    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool nqchar = i == 0x21 || (i >= 0x23 && i <= 0x5B) || (i >= 0x5D && i <= 0x7E);

        ck_assert_int_eq(as_ascii_is_nqchar(c), nqchar);
        ck_assert_int_eq(as_ascii_is_nqschar(c), nqchar || i == 0x20);
        ck_assert_int_eq(as_ascii_is_uri_char(c), i != 0 && strchr(uri, i) != NULL);
        ck_assert_int_eq(as_ascii_is_one_of(c, uri), as_ascii_is_uri_char(c));
        ck_assert(!as_ascii_is_one_of(c, ""));
    }
}
END_TEST

/* RFC 4648 table 2, octet by octet. */
START_TEST(base64url_has_64_digits)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (int c = 0; c < 256; c++) {
        const char *at = c != 0 ? strchr(digits, c) : NULL;
        char text[4] = {'A', 'A', 'A', (char)c};
        unsigned char out[3];
        size_t len = 0;

        ck_assert_int_eq(as_base64url_parse(as_span_bytes(text, 4), out, 3, &len), at != NULL);
        ck_assert(at == NULL || (len == 3 && out[2] == at - digits));
    }
}
END_TEST

AS_TESTS("base/text", {
    tcase_add_test(t, base64url_has_64_digits);
    tcase_add_test(t, base64url_both_ways);
    tcase_add_test(t, base64_both_ways);
    tcase_add_test(t, each_octet_survives);
    tcase_add_test(t, base64url_is_strict);
    tcase_add_test(t, base64_is_strict);
    tcase_add_test(t, parse_keeps_to_its_room);
    tcase_add_test(t, take_stops_at_the_cap);
    tcase_add_test(t, hex_is_lower_case);
    tcase_add_test(t, hex_is_read_in_pairs);
    tcase_add_test(t, ascii_is_letters_and_digits);
    tcase_add_test(t, ascii_of_errors_scopes_and_uris);
})
