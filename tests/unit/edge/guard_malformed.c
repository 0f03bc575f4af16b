/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that must never reach a handler, each however it is cut (TOK-14, RFC 9112). */
#include "support/drive.h"

#define P    "POST /token HTTP/1.1\r\n"
#define G    "GET / HTTP/1.1\r\n"
#define HOST "Host: as.example\r\n"
#define END  "\r\n"
#define CHNK "Transfer-Encoding: chunked\r\n"

#define ROW(name, octets, id)                                                                      \
    {                                                                                              \
        name, {"" octets, sizeof(octets) - 1}, id                                                  \
    }

static const struct {
    const char *name;
    as_span octets;
    enum as_refusal_id refusal;
} malformed[] = {
    /* the request line: RFC 9112 3 */
    ROW("empty lines", "\r\n\r\n" G HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("blank first", " " G HOST END, AS_REFUSE_METHOD),
    ROW("no version", "GET /\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("method alone", "GET\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("two blanks before the target", "GET  / HTTP/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("two blanks after the target", "GET /  HTTP/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("blank after the version", "GET / HTTP/1.1 \r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("tab for a blank", "GET\t/\tHTTP/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("blank in the target", "GET /a b HTTP/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("method no token", "GE(T / HTTP/1.1\r\n" HOST END, AS_REFUSE_METHOD),
    ROW("NUL in the method", "GE\0T / HTTP/1.1\r\n" HOST END, AS_REFUSE_METHOD),
    ROW("non-ASCII method", "GET\xC3\xA9 / HTTP/1.1\r\n" HOST END, AS_REFUSE_METHOD),
    ROW("method too long", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" HOST END,
        AS_REFUSE_METHOD_SIZE),
    ROW("TLS ClientHello",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        "\r\n",
        AS_REFUSE_REQUEST_LINE),
    ROW("target without slash", "GET token HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("absolute-form without Host", "GET http://as.example/ HTTP/1.1\r\n" END, AS_REFUSE_NO_HOST),
    ROW("absolute-form with a bad Host", "GET http://as.example/ HTTP/1.1\r\nHost: a b\r\n" END,
        AS_REFUSE_HOST),
    ROW("userinfo", "GET https://a@as.example/ HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("userinfo and password", "GET https://a:b@as.example/ HTTP/1.1\r\n" HOST END,
        AS_REFUSE_TARGET),
    ROW("empty userinfo", "GET https://@as.example/ HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("no authority", "GET https:///a HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("no authority and no path", "GET https:// HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("one slash", "GET https:/as.example/ HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("another scheme", "GET ftp://as.example/ HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("escape in the authority", "GET https://as%2eexample/ HTTP/1.1\r\n" HOST END,
        AS_REFUSE_TARGET),
    ROW("backslash after the authority", "GET https://as.example\\a HTTP/1.1\r\n" HOST END,
        AS_REFUSE_TARGET),
    ROW("empty port", "GET https://as.example:/ HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("fragment after the authority", "GET https://as.example#a HTTP/1.1\r\n" HOST END,
        AS_REFUSE_TARGET),
    ROW("authority-form", "CONNECT as.example:443 HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("asterisk-form", "OPTIONS * HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("query alone", "GET ?a=b HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("fragment", "GET /a#b HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("fragment in the query", "GET /a?b#c HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("NUL in the target", "GET /a\0b HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("DEL in the target", "GET /a\x7F HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("CR in the target", "GET /a\rb HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("non-ASCII target", "GET /\xC3\xA9 HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("quote in the path", "GET /a\"b HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("backslash in the path", "GET /a\\b HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("angle bracket in the query", "GET /a?<b> HTTP/1.1\r\n" HOST END, AS_REFUSE_TARGET),
    ROW("HTTP/0.9 with a version", "GET / HTTP/0.9\r\n" HOST END, AS_REFUSE_VERSION),
    ROW("HTTP/1.2", "GET / HTTP/1.2\r\n" HOST END, AS_REFUSE_VERSION),
    ROW("HTTP/2.0", "GET / HTTP/2.0\r\n" HOST END, AS_REFUSE_VERSION),
    ROW("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", AS_REFUSE_VERSION),
    ROW("HTTP/1.10", "GET / HTTP/1.10\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("HTTP/1-1", "GET / HTTP/1-1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("HTTP/11", "GET / HTTP/11\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("lower-case http", "GET / http/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    ROW("another protocol", "GET / RTSP/1.1\r\n" HOST END, AS_REFUSE_REQUEST_LINE),
    /* line ends: RFC 9112 2.2 */
    ROW("LF after the request line", "GET / HTTP/1.1\n" HOST END, AS_REFUSE_LINE_END),
    ROW("LF alone first", "\n" G HOST END, AS_REFUSE_LINE_END),
    ROW("LF after a field", G "Host: as.example\n" END, AS_REFUSE_LINE_END),
    ROW("LF for the blank line", G HOST "\n", AS_REFUSE_LINE_END),
    ROW("CR alone in a value", G HOST "A: b\rc\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("CR CR LF", G HOST "A: b\r\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("CR alone for the blank line", G HOST "\rA: b\r\n" END, AS_REFUSE_FIELD_NAME),
    /* fields: RFC 9112 5 */
    ROW("folded value", G HOST "A: b\r\n c\r\n" END, AS_REFUSE_FOLDING),
    ROW("folded by a tab", G HOST "A: b\r\n\tc\r\n" END, AS_REFUSE_FOLDING),
    ROW("folded length", P HOST "Content-Length:\r\n 5\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("blank before the first field", G " " HOST END, AS_REFUSE_FOLDING),
    ROW("blanks for a blank line", G HOST "  \r\n" END, AS_REFUSE_FOLDING),
    ROW("blank before the colon", G HOST "A : b\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("blank before the colon of a length", P HOST "Content-Length : 5\r\n" END "abcde",
        AS_REFUSE_FIELD_NAME),
    ROW("tab before the colon", G HOST "A\t: b\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("blank in a name", G HOST "A b: c\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("empty name", G HOST ": b\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("NUL in a name", G HOST "A\0b: c\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("non-ASCII name", G HOST "A\xC3\xA9: c\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("quote in a name", G HOST "\"A\": c\r\n" END, AS_REFUSE_FIELD_NAME),
    ROW("no colon", G HOST "abc\r\n" END, AS_REFUSE_FIELD),
    ROW("NUL in a value", G HOST "A: b\0c\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("NUL in a length", P HOST "Content-Length: 5\0\r\n" END "abcde", AS_REFUSE_FIELD_VALUE),
    ROW("control in a value", G HOST "A: b\x01\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("escape in a value", G HOST "A: \x1B[2J\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("DEL in a value", G HOST "A: b\x7F\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("vertical tab in a value", G HOST "A: b\x0B\r\n" END, AS_REFUSE_FIELD_VALUE),
    ROW("two Authorization", G HOST "Authorization: a\r\nauthorization: b\r\n" END,
        AS_REFUSE_FIELD_TWICE),
    ROW("two Content-Type", G HOST "Content-Type: a/b\r\nContent-Type: a/b\r\n" END,
        AS_REFUSE_FIELD_TWICE),
    ROW("Connection no token", G HOST "Connection: \"close\"\r\n" END, AS_REFUSE_CONNECTION),
    ROW("Connection with blanks", G HOST "Connection: close now\r\n" END, AS_REFUSE_CONNECTION),
    /* Host: RFC 9112 3.2 */
    ROW("no Host", G "A: b\r\n" END, AS_REFUSE_NO_HOST),
    ROW("no field at all", G END, AS_REFUSE_NO_HOST),
    ROW("no Host in HTTP/1.0", "GET / HTTP/1.0\r\n" END, AS_REFUSE_NO_HOST),
    ROW("two Hosts", G HOST "Host: b.example\r\n" END, AS_REFUSE_FIELD_TWICE),
    ROW("two equal Hosts", G HOST HOST END, AS_REFUSE_FIELD_TWICE),
    ROW("two Hosts of other case", G HOST "hOST: as.example\r\n" END, AS_REFUSE_FIELD_TWICE),
    ROW("empty Host", G "Host:\r\n" END, AS_REFUSE_HOST),
    ROW("blank Host", G "Host:  \t \r\n" END, AS_REFUSE_HOST),
    ROW("Host with userinfo", G "Host: user@as.example\r\n" END, AS_REFUSE_HOST),
    ROW("Host with path", G "Host: as.example/a\r\n" END, AS_REFUSE_HOST),
    ROW("Host list", G "Host: as.example, b.example\r\n" END, AS_REFUSE_HOST),
    ROW("Host with blank", G "Host: as example\r\n" END, AS_REFUSE_HOST),
    ROW("Host with escape", G "Host: as%2Eexample\r\n" END, AS_REFUSE_HOST),
    ROW("Host non-ASCII", G "Host: \xC3\xA9.example\r\n" END, AS_REFUSE_HOST),
    ROW("Host port alone", G "Host: :443\r\n" END, AS_REFUSE_HOST),
    ROW("Host empty port", G "Host: as.example:\r\n" END, AS_REFUSE_HOST),
    ROW("Host port too large", G "Host: as.example:65536\r\n" END, AS_REFUSE_HOST),
    ROW("Host port too long", G "Host: as.example:000443\r\n" END, AS_REFUSE_HOST),
    ROW("Host port no number", G "Host: as.example:+443\r\n" END, AS_REFUSE_HOST),
    ROW("Host two ports", G "Host: as.example:443:444\r\n" END, AS_REFUSE_HOST),
    ROW("Host open bracket", G "Host: [::1\r\n" END, AS_REFUSE_HOST),
    ROW("Host empty bracket", G "Host: []\r\n" END, AS_REFUSE_HOST),
    ROW("Host bad address", G "Host: [::1::2]\r\n" END, AS_REFUSE_HOST),
    ROW("Host with zone", G "Host: [fe80::1%25eth0]\r\n" END, AS_REFUSE_HOST),
    ROW("Host text after bracket", G "Host: [::1]a\r\n" END, AS_REFUSE_HOST),
    /* Content-Length: RFC 9110 8.6, RFC 9112 6.3 */
    ROW("two lengths", P HOST "Content-Length: 5\r\nContent-Length: 6\r\n" END "abcdef",
        AS_REFUSE_FIELD_TWICE),
    ROW("two equal lengths", P HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END "abcde",
        AS_REFUSE_FIELD_TWICE),
    ROW("length list", P HOST "Content-Length: 5, 5\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length with plus", P HOST "Content-Length: +5\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length with minus", P HOST "Content-Length: -5\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length in hex", P HOST "Content-Length: 0x5\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length with blank", P HOST "Content-Length: 1 0\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length with point", P HOST "Content-Length: 5.0\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length in quotes", P HOST "Content-Length: \"5\"\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("empty length", P HOST "Content-Length:\r\n" END "abcde", AS_REFUSE_LENGTH),
    ROW("length past the cap", P HOST "Content-Length: 262145\r\n" END, AS_REFUSE_BODY_SIZE),
    ROW("length past 64 bits", P HOST "Content-Length: 18446744073709551621\r\n" END "abcde",
        AS_REFUSE_BODY_SIZE),
    /* Transfer-Encoding: RFC 9112 6.1 */
    ROW("length and coding", P HOST "Content-Length: 5\r\n" CHNK END "0\r\n\r\n",
        AS_REFUSE_LENGTH_AND_CODING),
    ROW("coding and length", P HOST CHNK "Content-Length: 5\r\n" END "0\r\n\r\n",
        AS_REFUSE_LENGTH_AND_CODING),
    ROW("unknown coding and length", P HOST "Transfer-Encoding: x\r\nContent-Length: 5\r\n" END,
        AS_REFUSE_LENGTH_AND_CODING),
    ROW("coding in HTTP/1.0", "POST / HTTP/1.0\r\n" HOST CHNK END "0\r\n\r\n",
        AS_REFUSE_OLD_CODING),
    ROW("two codings", P HOST CHNK CHNK END "0\r\n\r\n", AS_REFUSE_FIELD_TWICE),
    ROW("chunked twice", P HOST "Transfer-Encoding: chunked, chunked\r\n" END "0\r\n\r\n",
        AS_REFUSE_CODING),
    ROW("gzip, chunked", P HOST "Transfer-Encoding: gzip, chunked\r\n" END "0\r\n\r\n",
        AS_REFUSE_CODING),
    ROW("chunked, identity", P HOST "Transfer-Encoding: chunked, identity\r\n" END "0\r\n\r\n",
        AS_REFUSE_CODING),
    ROW("identity", P HOST "Transfer-Encoding: identity\r\n" END, AS_REFUSE_CODING),
    ROW("xchunked", P HOST "Transfer-Encoding: xchunked\r\n" END "0\r\n\r\n", AS_REFUSE_CODING),
    ROW("chunked with parameter", P HOST "Transfer-Encoding: chunked;q=1\r\n" END "0\r\n\r\n",
        AS_REFUSE_CODING),
    ROW("chunked in quotes", P HOST "Transfer-Encoding: \"chunked\"\r\n" END "0\r\n\r\n",
        AS_REFUSE_CODING),
    ROW("chunked and vertical tab",
        P HOST "Transfer-Encoding: \x0B"
               "chunked\r\n" END "0\r\n\r\n",
        AS_REFUSE_FIELD_VALUE),
    ROW("empty coding", P HOST "Transfer-Encoding:\r\n" END, AS_REFUSE_CODING),
    /* chunks: RFC 9112 7.1 */
    ROW("extension", P HOST CHNK END "5;a=b\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("extension of the last", P HOST CHNK END "0;a\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("trailer", P HOST CHNK END "0\r\nA: b\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("no size", P HOST CHNK END "\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("no size of the last", P HOST CHNK END "\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("size no hex", P HOST CHNK END "g\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("size with 0x", P HOST CHNK END "0x5\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("size with minus", P HOST CHNK END "-5\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("blank before the size", P HOST CHNK END " 5\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("blank after the size", P HOST CHNK END "5 \r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("nine digits", P HOST CHNK END "000000005\r\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("LF after the size", P HOST CHNK END "5\nabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("CR alone after the size", P HOST CHNK END "5\rabcde\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("CR and another octet after the size", P HOST CHNK END "5\rxabcde\r\n0\r\n\r\n",
        AS_REFUSE_CHUNK),
    ROW("CR and another octet after the data", P HOST CHNK END "5\r\nabcde\rx0\r\n\r\n",
        AS_REFUSE_CHUNK),
    ROW("CR and another octet at the end", P HOST CHNK END "5\r\nabcde\r\n0\r\n\rx",
        AS_REFUSE_CHUNK),
    ROW("data too long", P HOST CHNK END "5\r\nabcdef\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("data too short", P HOST CHNK END "5\r\nabc\r\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("LF after the data", P HOST CHNK END "5\r\nabcde\n0\r\n\r\n", AS_REFUSE_CHUNK),
    ROW("LF at the end", P HOST CHNK END "5\r\nabcde\r\n0\r\n\n", AS_REFUSE_CHUNK),
    ROW("chunk past the cap", P HOST CHNK END "40001\r\n", AS_REFUSE_BODY_SIZE),
    ROW("largest chunk", P HOST CHNK END "FFFFFFFF\r\nabc", AS_REFUSE_BODY_SIZE),
    ROW("second chunk past the cap", P HOST CHNK END "1\r\na\r\n40000\r\n", AS_REFUSE_BODY_SIZE),
    /* Expect: RFC 9110 10.1.1 */
    ROW("two expectations",
        P HOST "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n" END,
        AS_REFUSE_FIELD_TWICE),
    ROW("another expectation", P HOST "Expect: 200-ok\r\nContent-Length: 5\r\n" END,
        AS_REFUSE_EXPECT),
    ROW("expectation list", P HOST "Expect: 100-continue, a\r\nContent-Length: 5\r\n" END,
        AS_REFUSE_EXPECT),
    ROW("expected body past the cap",
        P HOST "Expect: 100-continue\r\nContent-Length: 262145\r\n" END, AS_REFUSE_BODY_SIZE),
};

static void check_row(size_t row, unsigned how)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    drive_run(&drive, malformed[row].octets, how);
    ck_assert_msg(drive.state == AS_GUARD_REFUSED, "%s, cut %u: not refused", malformed[row].name,
                  how);
    ck_assert_msg(drive.guard.refusal == &as_refusals[malformed[row].refusal],
                  "%s, cut %u: refused by \"%s\"", malformed[row].name, how,
                  drive.guard.refusal->says);
    ck_assert_msg(drive.continues == 0, "%s, cut %u: 100 before the refusal", malformed[row].name,
                  how);
    /* What is refused stays so, whatever comes after. */
    drive_feed(&drive, AS_LIT(G HOST END));
    ck_assert_int_eq(drive.state, AS_GUARD_REFUSED);
    ck_assert_int_eq(as_guard_phase(&drive.guard), AS_GUARD_AT_END);
    drive_free(&drive);
}

START_TEST(TOK_14_malformed_whole)
{
    ck_assert_uint_ge(AS_COUNT(malformed), 40);
    for (size_t row = 0; row < AS_COUNT(malformed); row++) {
        check_row(row, DRIVE_WHOLE);
    }
}
END_TEST

START_TEST(TOK_14_malformed_by_octets)
{
    for (size_t row = 0; row < AS_COUNT(malformed); row++) {
        check_row(row, DRIVE_OCTETS);
    }
}
END_TEST

START_TEST(TOK_14_malformed_in_random_pieces)
{
    for (size_t row = 0; row < AS_COUNT(malformed); row++) {
        for (unsigned how = 2; how < DRIVE_CUTS; how++) {
            check_row(row, how);
        }
    }
}
END_TEST

/* The same behind a good request: what is pipelined is judged as strictly. */
START_TEST(TOK_14_malformed_behind_a_good_one)
{
    struct as_guard_rules rules = AS_GUARD_RULES;

    for (size_t row = 0; row < AS_COUNT(malformed); row++) {
        struct drive drive = drive_new(&rules);
        ck_assert(as_buf_add_text(&drive.in, P HOST "Content-Length: 3\r\n" END "abc"));
        drive_run(&drive, malformed[row].octets, DRIVE_WHOLE);
        ck_assert_int_eq(drive.state, AS_GUARD_READY);
        as_guard_next(&drive.guard, &drive.in);
        ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_REFUSED);
        ck_assert_msg(drive.guard.refusal == &as_refusals[malformed[row].refusal], "%s: \"%s\"",
                      malformed[row].name, drive.guard.refusal->says);
        drive_free(&drive);
    }
}
END_TEST

AS_TESTS("edge/guard_malformed", {
    tcase_add_test(t, TOK_14_malformed_whole);
    tcase_add_test(t, TOK_14_malformed_by_octets);
    tcase_add_test(t, TOK_14_malformed_in_random_pieces);
    tcase_add_test(t, TOK_14_malformed_behind_a_good_one);
})
