/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are admitted: what is read of them, and the exact octets the engine gets. */
#include "support/drive.h"

#include <string.h>

#define SPAN(octets)                                                                               \
    {                                                                                              \
        "" octets, sizeof(octets) - 1                                                              \
    }

struct good {
    const char *name;
    as_span octets;
    const char *method;
    const char *target;
    const char *path;
    const char *host;
    as_span body;
    bool closes;
    bool http10;
    bool continues; /* asks for the 100 when fed by octets */
    as_span written;
};

static const struct good good[] = {
    {"least", SPAN("GET / HTTP/1.1\r\nHost: as.example\r\n\r\n"), "GET", "/", "/", "as.example",
     SPAN(""), false, false, false, SPAN("GET / HTTP/1.1\r\nhost: as.example\r\n\r\n")},
    {"form",
     SPAN("POST /token HTTP/1.1\r\nHost: as.example:8443\r\nContent-Length: 3\r\n"
          "Content-Type: application/x-www-form-urlencoded\r\n\r\na=b"),
     "POST", "/token", "/token", "as.example:8443", SPAN("a=b"), false, false, false,
     SPAN("POST /token HTTP/1.1\r\nhost: as.example:8443\r\n"
          "content-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\na=b")},
    {"chunked",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: Chunked\r\n\r\n"
          "3\r\nabc\r\n00000002\r\nde\r\nA\r\n0123456789\r\n0\r\n\r\n"),
     "POST", "/a", "/a", "h", SPAN("abcde0123456789"), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 15\r\n\r\nabcde0123456789")},
    {"chunks of octets",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
          "1\r\n\r\r\n1\r\n\n\r\n1\r\n0\r\n000\r\n\r\n"),
     "POST", "/a", "/a", "h", SPAN("\r\n0"), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\n\r\n0")},
    {"empty chunked",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\r\n\r\n"),
     "POST", "/a", "/a", "h", SPAN(""), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n")},
    {"POST without a body", SPAN("POST /a HTTP/1.1\r\nhost: h\r\n\r\n"), "POST", "/a", "/a", "h",
     SPAN(""), false, false, false, SPAN("POST /a HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"length 0", SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n"), "POST", "/a",
     "/a", "h", SPAN(""), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n")},
    {"zeros before the length",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0000000000000000000000002\r\n\r\nab"),
     "POST", "/a", "/a", "h", SPAN("ab"), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab")},
    {"GET with a body", SPAN("GET /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab"), "GET",
     "/a", "/a", "h", SPAN("ab"), false, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab")},
    {"any octets in a body",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 7\r\n\r\n\0\r\n\r\n\xFF\n"), "POST", "/a",
     "/a", "h", SPAN("\0\r\n\r\n\xFF\n"), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 7\r\n\r\n\0\r\n\r\n\xFF\n")},
    {"expectation",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\nExpect: 100-Continue\r\ncontent-length: 2\r\n\r\nab"),
     "POST", "/a", "/a", "h", SPAN("ab"), false, false, true,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab")},
    {"expectation of chunks",
     SPAN("PUT /a HTTP/1.1\r\nhost: h\r\nExpect: 100-continue\r\n"
          "transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
     "PUT", "/a", "/a", "h", SPAN("a"), false, false, true,
     SPAN("PUT /a HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\na")},
    {"expectation without a body",
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\nExpect: 100-continue\r\ncontent-length: 0\r\n\r\n"),
     "POST", "/a", "/a", "h", SPAN(""), false, false, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n")},
    {"expectation in HTTP/1.0",
     SPAN("POST /a HTTP/1.0\r\nhost: h\r\nExpect: 100-continue\r\ncontent-length: 1\r\n\r\na"),
     "POST", "/a", "/a", "h", SPAN("a"), true, true, false,
     SPAN("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\nconnection: close\r\n\r\na")},
    {"HTTP/1.0 is closed, whatever it asks",
     SPAN("GET /a HTTP/1.0\r\nhost: h\r\nConnection: keep-alive\r\n\r\n"), "GET", "/a", "/a", "h",
     SPAN(""), true, true, false, SPAN("GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")},
    {"close", SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: Close\r\n\r\n"), "GET", "/a", "/a",
     "h", SPAN(""), true, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")},
    {"close in a list", SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: TE ,, close,\r\n\r\n"),
     "GET", "/a", "/a", "h", SPAN(""), true, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")},
    {"close before others", SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: close, TE\r\n\r\n"),
     "GET", "/a", "/a", "h", SPAN(""), true, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")},
    {"close in the second field",
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: TE\r\nConnection: close\r\n\r\n"), "GET", "/a",
     "/a", "h", SPAN(""), true, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")},
    {"not quite close", SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: closed\r\n\r\n"), "GET",
     "/a", "/a", "h", SPAN(""), false, false, false, SPAN("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"fields of this connection",
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: keep-alive, upgrade\r\nKeep-Alive: 5\r\n"
          "TE: trailers\r\nTrailer: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n"
          "Proxy-Connection: close\r\nProxy-Authorization: b\r\nProxy-: c\r\nProxy: x\r\n\r\n"),
     "GET", "/a", "/a", "h", SPAN(""), false, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nproxy: x\r\n\r\n")},
    {"Connection takes no field away",
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nConnection: authorization\r\nAuthorization: b\r\n\r\n"),
     "GET", "/a", "/a", "h", SPAN(""), false, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nauthorization: b\r\n\r\n")},
    {"fields as they come",
     SPAN("GET /a HTTP/1.1\r\nB:1\r\nA: \t 2 3\t \r\nHOST:h \r\nb:\r\nX!#$%&'*+-.^_`|~9: a\tb"
          "\xC3\xA9:\r\n\r\n"),
     "GET", "/a", "/a", "h", SPAN(""), false, false, false,
     SPAN("GET /a HTTP/1.1\r\nhost: h\r\nb: 1\r\na: 2 3\r\nb: \r\nx!#$%&'*+-.^_`|~9: a\tb"
          "\xC3\xA9:\r\n\r\n")},
    {"query", SPAN("GET /a/b?c=d&e=%20?/f HTTP/1.1\r\nhost: h\r\n\r\n"), "GET", "/a/b?c=d&e=%20?/f",
     "/a/b", "h", SPAN(""), false, false, false,
     SPAN("GET /a/b?c=d&e=%20?/f HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"query as browsers send it", SPAN("GET /?a[]=b|c`{}^\\ HTTP/1.1\r\nhost: h\r\n\r\n"), "GET",
     "/?a[]=b|c`{}^\\", "/", "h", SPAN(""), false, false, false,
     SPAN("GET /?a[]=b|c`{}^\\ HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"characters of a path", SPAN("GET //-._~!$&'()*+,;=:@%2f/? HTTP/1.1\r\nhost: h\r\n\r\n"),
     "GET", "//-._~!$&'()*+,;=:@%2f/?", "//-._~!$&'()*+,;=:@%2f/", "h", SPAN(""), false, false,
     false, SPAN("GET //-._~!$&'()*+,;=:@%2f/? HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"one empty line before", SPAN("\r\nGET / HTTP/1.1\r\nhost: h\r\n\r\n"), "GET", "/", "/", "h",
     SPAN(""), false, false, false, SPAN("GET / HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"IPv6 host", SPAN("GET / HTTP/1.1\r\nhost: [::1]:8443\r\n\r\n"), "GET", "/", "/", "[::1]:8443",
     SPAN(""), false, false, false, SPAN("GET / HTTP/1.1\r\nhost: [::1]:8443\r\n\r\n")},
    {"IPv6 host without port", SPAN("GET / HTTP/1.1\r\nhost: [2001:DB8::1]\r\n\r\n"), "GET", "/",
     "/", "[2001:DB8::1]", SPAN(""), false, false, false,
     SPAN("GET / HTTP/1.1\r\nhost: [2001:DB8::1]\r\n\r\n")},
    {"largest port", SPAN("GET / HTTP/1.1\r\nhost: 127.0.0.1:65535\r\n\r\n"), "GET", "/", "/",
     "127.0.0.1:65535", SPAN(""), false, false, false,
     SPAN("GET / HTTP/1.1\r\nhost: 127.0.0.1:65535\r\n\r\n")},
    {"absolute-form", SPAN("GET https://as.example:8443/a?b=c HTTP/1.1\r\nhost: h\r\n\r\n"), "GET",
     "/a?b=c", "/a", "as.example:8443", SPAN(""), false, false, false,
     SPAN("GET /a?b=c HTTP/1.1\r\nhost: as.example:8443\r\n\r\n")},
    {"absolute-form in capitals", SPAN("GET HTTP://AS.example//a:@b HTTP/1.1\r\nhost: h\r\n\r\n"),
     "GET", "//a:@b", "//a:@b", "AS.example", SPAN(""), false, false, false,
     SPAN("GET //a:@b HTTP/1.1\r\nhost: AS.example\r\n\r\n")},
    {"absolute-form without a path", SPAN("GET https://[::1]:1 HTTP/1.1\r\nhost: h\r\n\r\n"), "GET",
     "/", "/", "[::1]:1", SPAN(""), false, false, false,
     SPAN("GET / HTTP/1.1\r\nhost: [::1]:1\r\n\r\n")},
    {"absolute-form with a query alone", SPAN("GET https://a?b://c HTTP/1.1\r\nhost: h\r\n\r\n"),
     "GET", "/?b://c", "/", "a", SPAN(""), false, false, false,
     SPAN("GET /?b://c HTTP/1.1\r\nhost: a\r\n\r\n")},
    {"a path that looks like one", SPAN("GET /https://a/b HTTP/1.1\r\nhost: h\r\n\r\n"), "GET",
     "/https://a/b", "/https://a/b", "h", SPAN(""), false, false, false,
     SPAN("GET /https://a/b HTTP/1.1\r\nhost: h\r\n\r\n")},
    {"longest method", SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\nhost: h\r\n\r\n"),
     "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", "/", "/", "h", SPAN(""), false, false, false,
     SPAN("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\nhost: h\r\n\r\n")},
};

static void check_octets(const char *name, const char *what, as_span is, as_span wanted)
{
    ck_assert_msg(as_span_equal(is, wanted), "%s: %s is \"%.*s\"", name, what, (int)is.len,
                  is.len > 0 ? is.ptr : "");
}

static void check_request(const struct good *row, const struct drive *drive)
{
    struct as_guard_request is;

    as_guard_request(&drive->guard, &drive->in, &is);
    check_octets(row->name, "method", is.method, as_span_of(row->method));
    char target[64];
    (void)snprintf(target, sizeof(target), "%.*s%s%.*s", (int)is.path.len, is.path.ptr,
                   is.query.ptr != NULL ? "?" : "", (int)is.query.len,
                   is.query.ptr != NULL ? is.query.ptr : "");
    check_octets(row->name, "target", as_span_of(target), as_span_of(row->target));
    check_octets(row->name, "path", is.path, as_span_of(row->path));
    check_octets(row->name, "host", is.host, as_span_of(row->host));
    check_octets(row->name, "body", is.body, row->body);
    ck_assert_msg(is.keep_alive != row->closes, "%s: keep_alive", row->name);
    ck_assert_msg(is.http10 == row->http10, "%s: http10", row->name);
}

static void check_row(const struct good *row, unsigned how)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    drive_run(&drive, row->octets, how);
    ck_assert_msg(drive.state == AS_GUARD_READY, "%s, cut %u: %s", row->name, how,
                  drive.guard.refusal != NULL ? drive.guard.refusal->says : "not ready");
    ck_assert_msg(drive.fed == row->octets.len, "%s, cut %u: ready too early", row->name, how);
    check_request(row, &drive);
    check_octets(row->name, "written", as_buf_span(&drive.out), row->written);
    ck_assert_int_eq(as_guard_phase(&drive.guard), AS_GUARD_AT_END);
    if (how <= DRIVE_OCTETS) {
        ck_assert_msg(drive.continues == (how == DRIVE_OCTETS && row->continues), "%s, cut %u: 100",
                      row->name, how);
    }
    as_guard_next(&drive.guard, &drive.in);
    ck_assert_uint_eq(drive.in.len, 0);
    ck_assert_int_eq(as_guard_phase(&drive.guard), AS_GUARD_AT_IDLE);
    drive_free(&drive);
}

START_TEST(TOK_14_admitted_whole)
{
    for (size_t row = 0; row < AS_COUNT(good); row++) {
        check_row(&good[row], DRIVE_WHOLE);
    }
}
END_TEST

START_TEST(TOK_14_admitted_however_cut)
{
    for (size_t row = 0; row < AS_COUNT(good); row++) {
        for (unsigned how = DRIVE_OCTETS; how < DRIVE_CUTS; how++) {
            check_row(&good[row], how);
        }
    }
}
END_TEST

/* What the engine gets is itself a request of the one form: writing it again changes nothing. */
START_TEST(TOK_14_written_reads_the_same)
{
    struct as_guard_rules rules = AS_GUARD_RULES;

    for (size_t row = 0; row < AS_COUNT(good); row++) {
        struct drive drive = drive_new(&rules);
        drive_run(&drive, good[row].written, DRIVE_WHOLE);
        ck_assert_msg(drive.state == AS_GUARD_READY, "%s", good[row].name);
        check_octets(good[row].name, "written again", as_buf_span(&drive.out), good[row].written);
        drive_free(&drive);
    }
}
END_TEST

/* All of them one behind the other in one buffer: each is ready in its turn, nothing is lost. */
START_TEST(TOK_14_pipelined_one_at_a_time)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    for (size_t row = 0; row < AS_COUNT(good); row++) {
        ck_assert(as_buf_add(&drive.in, good[row].octets));
    }
    for (size_t row = 0; row < AS_COUNT(good); row++) {
        ck_assert_msg(as_guard_feed(&drive.guard, &drive.in) == AS_GUARD_READY, "%s",
                      good[row].name);
        ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_READY);
        as_buf_free(&drive.out);
        ck_assert(guard_write(&drive.guard, &drive.in, &drive.out));
        check_octets(good[row].name, "written", as_buf_span(&drive.out), good[row].written);
        as_guard_next(&drive.guard, &drive.in);
    }
    ck_assert_uint_eq(drive.in.len, 0);
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_MORE);
    drive_free(&drive);
}
END_TEST

/* A request hidden in the body of another is a body and nothing else. */
START_TEST(TOK_14_nothing_smuggled)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    drive_run(&drive,
              AS_LIT("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 36\r\n\r\n"
                     "GET /admin HTTP/1.1\r\nhost: h\r\n\r\n\r\n\r\n"
                     "GET /b HTTP/1.1\r\nhost: h\r\n\r\n"),
              DRIVE_WHOLE);
    ck_assert_int_eq(drive.state, AS_GUARD_READY);
    as_guard_next(&drive.guard, &drive.in);
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_READY);
    struct as_guard_request request;
    as_guard_request(&drive.guard, &drive.in, &request);
    ck_span_eq(request.path, "/b");
    drive_free(&drive);
}
END_TEST

START_TEST(TOK_14_fields_as_sent)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);
    as_span name;
    as_span value;
    size_t at = 0;

    drive_run(&drive, AS_LIT("GET / HTTP/1.1\r\nHost: h\r\nA:\t b c \r\nConnection: close\r\n\r\n"),
              DRIVE_WHOLE);
    ck_assert_int_eq(drive.state, AS_GUARD_READY);
    ck_assert(as_guard_field(&drive.guard, &drive.in, &at, &name, &value));
    ck_span_eq(name, "Host");
    ck_span_eq(value, "h");
    ck_assert(as_guard_field(&drive.guard, &drive.in, &at, &name, &value));
    ck_span_eq(name, "A");
    ck_span_eq(value, "b c");
    ck_assert(as_guard_field(&drive.guard, &drive.in, &at, &name, &value));
    ck_span_eq(name, "Connection");
    ck_assert(!as_guard_field(&drive.guard, &drive.in, &at, &name, &value));
    drive_free(&drive);
}
END_TEST

static enum as_guard_phase phase_after(struct drive *drive, const char *more)
{
    drive_feed(drive, as_span_of(more));
    return as_guard_phase(&drive->guard);
}

START_TEST(TOK_14_phases)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    ck_assert_int_eq(phase_after(&drive, ""), AS_GUARD_AT_IDLE);
    ck_assert_int_eq(phase_after(&drive, "\r"), AS_GUARD_AT_HEAD);
    ck_assert_int_eq(phase_after(&drive, "\n"), AS_GUARD_AT_IDLE);
    ck_assert_int_eq(phase_after(&drive, "H"), AS_GUARD_AT_HEAD);
    ck_assert(!as_guard_is_head(&drive.guard, &drive.in));
    ck_assert_int_eq(phase_after(&drive, "EAD / HTTP/1.1\r\n"), AS_GUARD_AT_HEAD);
    ck_assert(as_guard_is_head(&drive.guard, &drive.in));
    ck_assert_int_eq(phase_after(&drive, "host: h\r\ncontent-length: 2\r\n\r\n"), AS_GUARD_AT_BODY);
    ck_assert_int_eq(phase_after(&drive, "a"), AS_GUARD_AT_BODY);
    ck_assert_int_eq(drive.state, AS_GUARD_MORE);
    ck_assert_int_eq(phase_after(&drive, "b"), AS_GUARD_AT_END);
    ck_assert_int_eq(drive.state, AS_GUARD_READY);
    as_guard_next(&drive.guard, &drive.in);
    ck_assert_int_eq(phase_after(&drive, "POST / HTTP/1.1\r\n"), AS_GUARD_AT_HEAD);
    ck_assert(!as_guard_is_head(&drive.guard, &drive.in));
    drive_free(&drive);
}
END_TEST

/* The 100 comes once, and not at all when the client did not wait for it (RFC 9110 10.1.1). */
START_TEST(TOK_14_continue_once)
{
    static const char head[] = "POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\n"
                               "content-length: 2\r\n\r\n";
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct drive drive = drive_new(&rules);

    ck_assert(as_buf_add_text(&drive.in, head));
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_CONTINUE);
    ck_assert_int_eq(as_guard_phase(&drive.guard), AS_GUARD_AT_BODY);
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_MORE);
    ck_assert(as_buf_add_text(&drive.in, "a"));
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_MORE);
    ck_assert(as_buf_add_text(&drive.in, "b"));
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_READY);
    as_guard_next(&drive.guard, &drive.in);

    ck_assert(as_buf_add_text(&drive.in, head));
    ck_assert(as_buf_add_text(&drive.in, "a"));
    ck_assert_int_eq(as_guard_feed(&drive.guard, &drive.in), AS_GUARD_MORE);
    drive_free(&drive);
}
END_TEST

AS_TESTS("edge/guard_good", {
    tcase_add_test(t, TOK_14_admitted_whole);
    tcase_add_test(t, TOK_14_admitted_however_cut);
    tcase_add_test(t, TOK_14_written_reads_the_same);
    tcase_add_test(t, TOK_14_pipelined_one_at_a_time);
    tcase_add_test(t, TOK_14_nothing_smuggled);
    tcase_add_test(t, TOK_14_fields_as_sent);
    tcase_add_test(t, TOK_14_phases);
    tcase_add_test(t, TOK_14_continue_once);
})
