/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of TOK-12, each exactly at it and one past it, whole and by octets. */
#include "support/drive.h"

#include <string.h>

#define START "GET / HTTP/1.1\r\nhost: h\r\n"

/* A request whose part in the middle is `fill` letters long. */
static void fill_request(struct as_buf *to, const char *before, size_t fill, const char *after)
{
    as_buf_free(to);
    ck_assert(as_buf_add_text(to, before));
    ck_assert(as_buf_reserve(to, fill));
    memset(to->ptr + to->len, 'a', fill);
    to->len += fill;
    ck_assert(as_buf_add_text(to, after));
}

/* NULL: admitted. Asserts that the cuts do not matter. */
static const struct as_refusal *judge(const struct as_guard_rules *rules, as_span octets)
{
    const struct as_refusal *first = NULL;

    for (unsigned how = DRIVE_WHOLE; how < 4; how++) {
        struct drive drive = drive_new(rules);
        drive_run(&drive, octets, how);
        ck_assert_int_ne(drive.state, AS_GUARD_MORE);
        first = how == DRIVE_WHOLE ? drive.guard.refusal : first;
        ck_assert_ptr_eq(drive.guard.refusal, first);
        drive_free(&drive);
    }
    return first;
}

static void check_bound(const struct as_guard_rules *rules, const char *before, size_t fits,
                        const char *after, enum as_refusal_id past)
{
    struct as_buf octets = AS_BUF(1024 * 1024);

    fill_request(&octets, before, fits, after);
    ck_assert_ptr_null(judge(rules, as_buf_span(&octets)));
    fill_request(&octets, before, fits + 1, after);
    ck_assert_ptr_eq(judge(rules, as_buf_span(&octets)), &as_refusals[past]);
    as_buf_free(&octets);
}

START_TEST(TOK_12_request_line)
{
    struct as_guard_rules rules = AS_GUARD_RULES;

    check_bound(&rules, "GET /", AS_LIMIT_REQUEST_LINE - strlen("GET / HTTP/1.1"),
                " HTTP/1.1\r\nhost: h\r\n\r\n", AS_REFUSE_TARGET_SIZE);
}
END_TEST

START_TEST(TOK_12_head)
{
    struct as_guard_rules rules = AS_GUARD_RULES;

    check_bound(&rules, START "a: ", AS_LIMIT_HEAD - strlen("host: h\r\na: \r\n\r\n"), "\r\n\r\n",
                AS_REFUSE_HEAD_SIZE);
    check_bound(&rules, START, AS_LIMIT_HEAD - strlen("host: h\r\n:\r\n\r\n"), ":\r\n\r\n",
                AS_REFUSE_HEAD_SIZE);
    rules.head_max = 96 * 1024; /* a front listener */
    check_bound(&rules, START "a: ", rules.head_max - strlen("host: h\r\na: \r\n\r\n"), "\r\n\r\n",
                AS_REFUSE_HEAD_SIZE);
}
END_TEST

START_TEST(TOK_12_host)
{
    struct as_guard_rules rules = AS_GUARD_RULES;

    check_bound(&rules, "GET / HTTP/1.1\r\nhost: ", AS_LIMIT_HOST, "\r\n\r\n", AS_REFUSE_HOST);
}
END_TEST

/* The request line and the head have each a bound of their own. */
START_TEST(TOK_12_line_and_head_at_once)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct as_buf line = AS_BUF(1024 * 1024);
    struct as_buf all = AS_BUF(1024 * 1024);

    fill_request(&line, "GET /", AS_LIMIT_REQUEST_LINE - strlen("GET / HTTP/1.1"),
                 " HTTP/1.1\r\nhost: h\r\na: ");
    ck_assert(as_buf_add_byte(&line, '\0')); /* as_buf has room for a C string */
    fill_request(&all, line.ptr, AS_LIMIT_HEAD - strlen("host: h\r\na: \r\n\r\n"), "\r\n\r\n");
    ck_assert_ptr_null(judge(&rules, as_buf_span(&all)));
    as_buf_free(&line);
    as_buf_free(&all);
}
END_TEST

/* A line that never ends is refused at the bound, not kept. */
START_TEST(TOK_12_endless_lines)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct as_buf octets = AS_BUF(1024 * 1024);
    struct drive drive = drive_new(&rules);

    fill_request(&octets, "", 1000000, "");
    drive_run(&drive, as_buf_span(&octets), DRIVE_OCTETS);
    ck_assert_ptr_eq(drive.guard.refusal, &as_refusals[AS_REFUSE_TARGET_SIZE]);
    ck_assert_uint_eq(drive.fed, AS_LIMIT_REQUEST_LINE + 2);
    drive_free(&drive);

    drive = drive_new(&rules);
    fill_request(&octets, START, 1000000, "");
    drive_run(&drive, as_buf_span(&octets), DRIVE_OCTETS);
    ck_assert_ptr_eq(drive.guard.refusal, &as_refusals[AS_REFUSE_HEAD_SIZE]);
    ck_assert_uint_eq(drive.fed, strlen("GET / HTTP/1.1\r\n") + AS_LIMIT_HEAD);
    drive_free(&drive);
    as_buf_free(&octets);
}
END_TEST

static const struct as_refusal *judge_fields(size_t count)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct as_buf octets = AS_BUF(1024 * 1024);

    ck_assert(as_buf_add_text(&octets, START));
    for (size_t i = 1; i < count; i++) {
        ck_assert(as_buf_add_text(&octets, "a:\r\n"));
    }
    ck_assert(as_buf_add_text(&octets, "\r\n"));
    const struct as_refusal *refusal = judge(&rules, as_buf_span(&octets));
    as_buf_free(&octets);
    return refusal;
}

START_TEST(TOK_12_fields)
{
    ck_assert_ptr_null(judge_fields(AS_LIMIT_FIELDS));
    ck_assert_ptr_eq(judge_fields(AS_LIMIT_FIELDS + 1), &as_refusals[AS_REFUSE_FIELD_COUNT]);
}
END_TEST

/* 10 octets for /small, 20 for the rest, one more for PUT. */
static size_t small_cap(const void *arg, as_span method, as_span path)
{
    ck_assert_ptr_nonnull(arg);
    size_t more = as_span_is(method, "PUT") ? 1 : 0;
    return (as_span_is(path, "/small") ? 10 : 20) + more;
}

#define WITH_LENGTH(line, length) line " HTTP/1.1\r\nhost: h\r\ncontent-length: " length "\r\n\r\n"
#define WITH_CHUNKS(line, chunks)                                                                  \
    line " HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n" chunks

static const struct {
    const char *octets;
    size_t body; /* octets that follow */
    bool admitted;
} capped[] = {
    {WITH_LENGTH("POST /small", "10"), 10, true},
    {WITH_LENGTH("POST /small", "11"), 0, false},
    {WITH_LENGTH("PUT /small", "11"), 11, true},
    {WITH_LENGTH("PUT /small", "12"), 0, false},
    {WITH_LENGTH("POST /small?a=b", "10"), 10, true},
    {WITH_LENGTH("POST /small?a=b", "11"), 0, false},
    {WITH_LENGTH("POST /other", "15"), 15, true},
    {WITH_LENGTH("POST /other", "16"), 0, false}, /* the listener's own cap */
    {WITH_CHUNKS("POST /small", "a\r\n0123456789\r\n0\r\n\r\n"), 0, true},
    {WITH_CHUNKS("POST /small", "a\r\n0123456789\r\n1\r\n"), 0, false},
    {WITH_CHUNKS("POST /small", "9\r\n012345678\r\n1\r\na\r\n0\r\n\r\n"), 0, true},
    {WITH_CHUNKS("POST /small", "9\r\n012345678\r\n2\r\n"), 0, false},
    {WITH_CHUNKS("POST /small", "b\r\n"), 0, false},
};

START_TEST(TOK_12_body_cap_of_the_route)
{
    int seen = 0;
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct as_buf octets = AS_BUF(1024 * 1024);

    rules.body_cap = small_cap;
    rules.body_arg = &seen;
    rules.body_max = 15;
    for (size_t row = 0; row < AS_COUNT(capped); row++) {
        fill_request(&octets, capped[row].octets, capped[row].body, "");
        const struct as_refusal *refusal = judge(&rules, as_buf_span(&octets));
        ck_assert_msg(refusal == (capped[row].admitted ? NULL : &as_refusals[AS_REFUSE_BODY_SIZE]),
                      "row %zu", row);
    }
    as_buf_free(&octets);
}
END_TEST

START_TEST(TOK_12_body_cap_of_the_listener)
{
    struct as_guard_rules rules = AS_GUARD_RULES;
    struct as_buf octets = AS_BUF(1024 * 1024);

    fill_request(&octets, WITH_LENGTH("POST /", "262144"), AS_LIMIT_BODY, "");
    ck_assert_ptr_null(judge(&rules, as_buf_span(&octets)));
    fill_request(&octets, WITH_LENGTH("POST /", "262145"), 0, "");
    ck_assert_ptr_eq(judge(&rules, as_buf_span(&octets)), &as_refusals[AS_REFUSE_BODY_SIZE]);
    fill_request(&octets, WITH_CHUNKS("POST /", "40000\r\n"), AS_LIMIT_BODY, "\r\n0\r\n\r\n");
    ck_assert_ptr_null(judge(&rules, as_buf_span(&octets)));
    fill_request(&octets, WITH_CHUNKS("POST /", "40000\r\n"), AS_LIMIT_BODY, "\r\n1\r\n");
    ck_assert_ptr_eq(judge(&rules, as_buf_span(&octets)), &as_refusals[AS_REFUSE_BODY_SIZE]);
    as_buf_free(&octets);
}
END_TEST

/*
 * as_guard_in_max holds: a buffer of that size never fills up while the guard asks for more, not
 * with the largest head, nor with a body in chunks of one octet, which take six octets each.
 */
START_TEST(TOK_12_input_buffer_suffices)
{
    struct as_guard_rules rules = {64, 128, 4, 300, NULL, NULL};
    struct as_buf octets = AS_BUF(1024 * 1024);
    struct as_buf in = AS_BUF(as_guard_in_max(&rules));
    struct as_guard guard;
    enum as_guard_state state = AS_GUARD_MORE;

    fill_request(&octets, "PUT /", 64 - strlen("PUT / HTTP/1.1"), " HTTP/1.1\r\nhost: h\r\n");
    ck_assert(as_buf_add_text(&octets, "transfer-encoding: chunked\r\nb: "));
    for (size_t at = strlen("host: h\r\ntransfer-encoding: chunked\r\nb: \r\n\r\n"); at < 128;
         at++) {
        ck_assert(as_buf_add_byte(&octets, 'b'));
    }
    ck_assert(as_buf_add_text(&octets, "\r\n\r\n"));
    for (size_t i = 0; i < 300; i++) {
        ck_assert(as_buf_add_text(&octets, "00000001\r\nx\r\n"));
    }
    ck_assert(as_buf_add_text(&octets, "00000000\r\n\r\n"));
    as_guard_init(&guard, &rules);
    for (size_t i = 0; i < octets.len && state == AS_GUARD_MORE; i++) {
        ck_assert(as_buf_add_byte(&in, octets.ptr[i]));
        state = as_guard_feed(&guard, &in);
    }
    ck_assert_int_eq(state, AS_GUARD_READY);
    as_buf_free(&in);
    as_buf_free(&octets);
}
END_TEST

/* ---------------------------------------------------------------- bodies that nobody wants ---- */

static size_t no_route(const void *arg, as_span method, as_span path)
{
    (void)arg;
    return as_span_is(method, "POST") && as_span_is(path, "/known") ? 10 : AS_GUARD_UNREAD;
}

START_TEST(TOK_12_a_body_that_nobody_wants_is_not_read)
{
    static const struct {
        const char *octets;
        bool ready;
        bool unread;
    } rows[] = {
        {"POST /nowhere HTTP/1.1\r\nhost: h\r\nContent-Length: 9\r\n\r\n", true, true},
        {"POST /nowhere HTTP/1.1\r\nhost: h\r\nContent-Length: 99999999999\r\n\r\n", true, true},
        {"POST /nowhere HTTP/1.1\r\nhost: h\r\nTransfer-Encoding: chunked\r\n\r\n", true, true},
        {"PUT /known HTTP/1.1\r\nhost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
         true, true},
        {"POST /nowhere HTTP/1.1\r\nhost: h\r\nContent-Length: 0\r\n\r\n", true, false},
        {"GET /nowhere HTTP/1.1\r\nhost: h\r\n\r\n", true, false},
        {"POST /known HTTP/1.1\r\nhost: h\r\nContent-Length: 9\r\n\r\n", false, false},
    };
    struct as_guard_rules rules = AS_GUARD_RULES;

    rules.body_cap = no_route;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct drive drive = drive_new(&rules);
        struct as_guard_request request;
        drive_run(&drive, as_span_of(rows[i].octets), DRIVE_OCTETS);
        ck_assert_msg((drive.state == AS_GUARD_READY) == rows[i].ready, "%s", rows[i].octets);
        ck_assert_uint_eq(drive.continues, 0);
        if (rows[i].ready) {
            as_guard_request(&drive.guard, &drive.in, &request);
            ck_assert_msg(request.unread == rows[i].unread, "%s", rows[i].octets);
            ck_assert(request.keep_alive != rows[i].unread);
            ck_assert_uint_eq(request.body.len, 0);
        }
        drive_free(&drive);
    }
}
END_TEST

START_TEST(TOK_12_the_whole_of_a_request_is_known_from_its_head)
{
    static const struct {
        const char *octets;
        size_t whole;
    } rows[] = {
        {"", 0},
        {"GET / HT", 8},
        {"POST / HTTP/1.1\r\nhost: h\r\nContent-Length: 5000\r\n\r\n", 50 + 5000},
        {"POST / HTTP/1.1\r\nhost: h\r\nContent-Length: 5000\r\n\r\nabc", 50 + 5000},
        {"POST / HTTP/1.1\r\nhost: h\r\nContent-Length: 3\r\n\r\nabc", 47 + 3},
        {"GET / HTTP/1.1\r\nhost: h\r\n\r\nGET / HTTP/1.1\r\n", 27},
        {"POST / HTTP/1.1\r\nhost: h\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\nabc", 56 + 3},
    };
    struct as_guard_rules rules = AS_GUARD_RULES;

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct drive drive = drive_new(&rules);
        drive_run(&drive, as_span_of(rows[i].octets), DRIVE_WHOLE);
        ck_assert_msg(as_guard_whole(&drive.guard, &drive.in) == rows[i].whole, "%s: %zu",
                      rows[i].octets, as_guard_whole(&drive.guard, &drive.in));
        drive_free(&drive);
    }
}
END_TEST

AS_TESTS("edge/guard_limits", {
    tcase_add_test(t, TOK_12_request_line);
    tcase_add_test(t, TOK_12_head);
    tcase_add_test(t, TOK_12_host);
    tcase_add_test(t, TOK_12_line_and_head_at_once);
    tcase_add_test(t, TOK_12_endless_lines);
    tcase_add_test(t, TOK_12_fields);
    tcase_add_test(t, TOK_12_a_body_that_nobody_wants_is_not_read);
    tcase_add_test(t, TOK_12_the_whole_of_a_request_is_known_from_its_head);
    tcase_add_test(t, TOK_12_body_cap_of_the_route);
    tcase_add_test(t, TOK_12_body_cap_of_the_listener);
    tcase_add_test(t, TOK_12_input_buffer_suffices);
})
