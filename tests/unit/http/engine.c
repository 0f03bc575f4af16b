/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as the edge drives it: ask, read, resume; without any network. */
#include "support/toy.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct bench {
    struct as_http_jobs *jobs;
    struct as_http_engine *engine;
    int wake;
    int ready;
    int peers; /* holders of the peer */
} bench;

static void hold(const void *peer)
{
    ck_assert_ptr_eq(peer, &bench);
    bench.peers++;
}

static void drop(const void *peer)
{
    ck_assert_ptr_eq(peer, &bench);
    bench.peers--;
}

static void wake(void *arg)
{
    ck_assert_int_eq(eventfd_write(*(const int *)arg, 1), 0);
}

static void ready(void *owner)
{
    ck_assert_ptr_eq(owner, &bench.ready);
    bench.ready++;
}

static void bench_new(size_t threads, size_t queue, int request_ms)
{
    static const struct as_http_peers peers = {hold, drop};
    struct as_http_engine_conf conf = {.peers = &peers,
                                       .request_ms = request_ms,
                                       .wake = wake,
                                       .ready = ready,
                                       .arg = &bench.wake};

    toy_begin();
    bench.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ck_ok(as_http_jobs_new(threads, queue, &bench.jobs));
    conf.jobs = bench.jobs;
    ck_ok(as_http_engine_new(&conf, &bench.engine));
}

static void bench_free(void)
{
    ck_assert_uint_eq(as_http_engine_busy(bench.engine), 0);
    as_http_engine_free(bench.engine);
    as_http_jobs_free(bench.jobs);
    ck_assert_int_eq(bench.peers, 0);
    ck_assert_int_eq(atomic_load(&toy.lanes), 0);
    close(bench.wake);
    toy_end();
}

static const struct as_http_field always[] = {
    {AS_LIT_ROW("Strict-Transport-Security"), AS_LIT_ROW("max-age=31536000; includeSubDomains")}};

static struct as_http_link *link_new(void)
{
    struct as_http_link *link = NULL;
    struct as_http_link_conf conf = {.site = &toy_site,
                                     .peer = &bench,
                                     .always = always,
                                     .always_count = AS_COUNT(always),
                                     .owner = &bench.ready};

    ck_ok(as_http_link_open(bench.engine, &conf, &link));
    return link;
}

static void ask(struct as_http_link *link, const char *method, const char *path, const char *body)
{
    const struct as_http_field fields[] = {{AS_LIT("Host"), AS_LIT("a")},
                                           {AS_LIT("X-Echo"), AS_LIT("Mixed Case")}};
    as_span rest = as_span_of(path);
    struct as_http_ask it = {.method = as_span_of(method),
                             .fields = fields,
                             .field_count = AS_COUNT(fields),
                             .body = as_span_of(body)};

    as_span_cut(&rest, '?', &it.path);
    it.query = rest.len > 0 ? rest : AS_SPAN_NONE;
    ck_ok(as_http_link_ask(link, &it));
}

static char answer[2 * TOY_LARGE + 1];

static void wait_wake(void)
{
    struct pollfd fd = {.fd = bench.wake, .events = POLLIN};
    eventfd_t value;

    ck_assert_int_eq(poll(&fd, 1, 20000), 1);
    ck_assert_int_eq(eventfd_read(bench.wake, &value), 0);
    as_http_engine_resume(bench.engine);
}

/* Reads to the end of the answer, in pieces of `room`. */
static enum as_http_read read_with(struct as_http_link *link, size_t room)
{
    size_t len = 0;

    for (;;) {
        size_t got = 0;
        ck_assert_uint_lt(len + room, sizeof(answer));
        enum as_http_read told = as_http_link_read(link, answer + len, room, &got);
        len += got;
        answer[len] = '\0';
        if (told == AS_HTTP_READ_WAIT) {
            ck_assert_uint_eq(len, 0);
            ck_assert_uint_eq(as_http_engine_busy(bench.engine), 1);
            wait_wake();
        } else if (told != AS_HTTP_READ_MORE) {
            return told;
        }
    }
}

static void get(struct as_http_link *link, const char *method, const char *path, const char *body)
{
    ask(link, method, path, body);
    ck_assert_int_eq(read_with(link, 16384), AS_HTTP_READ_END);
}

static bool has(const char *text)
{
    return strstr(answer, text) != NULL;
}

static size_t count(const char *text)
{
    size_t found = 0;

    for (const char *at = strstr(answer, text); at != NULL; at = strstr(at + 1, text)) {
        found++;
    }
    return found;
}

START_TEST(a_request_arrives_as_it_was_asked)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();

    get(link, "POST", "/echo?a=1&b=%zz&&c", "body");
    ck_assert(has("HTTP/1.1 200 OK\r\n"));
    ck_assert(has("POST /echo [a=1&b=%zz&&c] {Mixed Case} <body>"));
    ck_assert(!has("Connection:"));
    ck_assert_uint_eq(as_http_engine_bytes(bench.engine), 0);
    get(link, "GET", "/echo", NULL); /* the link is used again */
    ck_assert(has("GET /echo [-] {Mixed Case} <->"));
    ck_assert_int_eq(atomic_load(&toy.done), 2);
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(TLS_41_every_answer_has_the_fields_of_its_link_once)
{
    const char *const paths[] = {"/echo", "/nowhere", "/token", "/broken", "/empty", "/close"};

    bench_new(1, 8, 30000);
    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        struct as_http_link *link = link_new();
        ask(link, "GET", paths[i], NULL);
        ck_assert_int_ne(read_with(link, 16384), AS_HTTP_READ_BROKEN);
        ck_assert_uint_eq(count("Strict-Transport-Security: max-age=31536000; includeSubDomains"),
                          1);
        ck_assert_uint_eq(count("\r\nX-Request-Id: "), 1);
        ck_assert_uint_eq(count("\r\nDate: "), 1);
        as_http_link_close(link);
    }
    struct as_http_link *link = link_new();
    get(link, "GET", "/own-hsts", NULL);
    ck_assert_uint_eq(count("ransport-"), 1); /* the reply's own counts */
    ck_assert(has("strict-transport-security: max-age=1\r\n"));
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(TOK_01_unknown_methods_and_paths)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();

    get(link, "GET", "/small", NULL);
    ck_assert(has("HTTP/1.1 405 Method Not Allowed\r\n"));
    ck_assert(has("\r\nAllow: POST\r\n"));
    get(link, "DELETE", "/echo", NULL);
    ck_assert(has("\r\nAllow: GET, HEAD, POST\r\n"));
    get(link, "GET", "/nowhere", NULL);
    ck_assert(has("HTTP/1.1 404 Not Found\r\n"));
    ck_assert(!has("Allow:"));
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(head_has_the_fields_of_get_and_no_body)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();

    get(link, "HEAD", "/large", NULL);
    ck_assert(has("HTTP/1.1 200 OK\r\n"));
    ck_assert(has("\r\nContent-Length: 1048576\r\n"));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    get(link, "GET", "/empty", NULL);
    ck_assert(has("HTTP/1.1 204 No Content\r\n"));
    ck_assert(!has("Content-Length"));
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(what_must_wait_runs_again_from_its_first_line)
{
    bench_new(2, 8, 30000);
    struct as_http_link *link = link_new();

    for (int i = 1; i <= 10; i++) {
        get(link, "POST", "/job", "x");
        ck_assert(has("\r\n\r\ndone x"));
        ck_assert_int_eq(bench.ready, i);
        ck_assert_int_eq(atomic_load(&toy.served), 2 * i);
        ck_assert_int_eq(atomic_load(&toy.waited), i);
        ck_assert_int_eq(atomic_load(&toy.effects), i);
        ck_assert_int_eq(atomic_load(&toy.done), i);
    }
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(what_always_writes_is_not_tried_in_the_worker)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();

    get(link, "POST", "/straight/a", NULL);
    ck_assert(has("HTTP/1.1 201 Created\r\n"));
    ck_assert(has("\r\n\r\na"));
    ck_assert_int_eq(atomic_load(&toy.served), 1);
    ck_assert_int_eq(atomic_load(&toy.waited), 1);
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(a_large_answer_comes_whole_in_any_pieces)
{
    const size_t rooms[] = {1000, 16384, TOY_LARGE};

    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    for (size_t i = 0; i < AS_COUNT(rooms); i++) {
        ask(link, "GET", "/large", NULL);
        ck_assert_int_eq(read_with(link, rooms[i]), AS_HTTP_READ_END);
        const char *body = strstr(answer, "\r\n\r\n") + 4;
        ck_assert_uint_eq(strlen(body), TOY_LARGE);
        ck_assert_int_eq(memcmp(body, toy.large, TOY_LARGE), 0);
    }
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(TOK_15_a_broken_handler_is_a_bare_500)
{
    const char *const paths[] = {"/broken", "/bad-field"};

    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        get(link, "GET", paths[i], NULL);
        ck_assert(has("HTTP/1.1 500 Internal Server Error\r\n"));
        ck_assert(has("\r\nContent-Type: application/json\r\n"));
        ck_assert(has("\r\nCache-Control: no-store\r\n"));
        ck_assert(has("{\"error\":\"server_error\""));
        ck_assert(!has("never seen outside"));
        ck_assert(!has("Set-Cookie"));
        ck_assert_int_eq(atomic_load(&toy.last_status), 500); /* what is logged is what was said */
    }
    as_http_link_close(link);
    bench_free();
}
END_TEST

/* What no head can be made of, each under a path of its own. */
static const struct unsound {
    const char *path;
    unsigned status;
    as_span name, value;
} unsound[] = {
    {"/1", 199, AS_LIT_ROW("X-A"), AS_LIT_ROW("a")},
    {"/2", 600, AS_LIT_ROW("X-A"), AS_LIT_ROW("a")},
    {"/3", 0, AS_LIT_ROW("X-A"), AS_LIT_ROW("a")},
    {"/4", 200, AS_LIT_ROW(""), AS_LIT_ROW("a")},
    {"/5", 200, AS_LIT_ROW("X-A"), AS_LIT_ROW("")},
    {"/6", 200, AS_LIT_ROW("X-A: b\r\nX-B"), AS_LIT_ROW("a")},
    {"/7", 200, AS_LIT_ROW("X-A"), AS_LIT_ROW("a\nX-B: b")},
    {"/sound", 599, AS_LIT_ROW("X-A"), AS_LIT_ROW("a")},
};

static as_err say_unsound(struct as_http_call *call)
{
    for (size_t i = 0; i < AS_COUNT(unsound); i++) {
        if (as_span_is(call->request->path, unsound[i].path)) {
            call->reply->status = unsound[i].status;
            call->reply->fields[call->reply->field_count++] =
                (struct as_http_field){unsound[i].name, unsound[i].value};
        }
    }
    return AS_OK;
}

START_TEST(TOK_15_an_unsound_reply_is_a_bare_500)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    toy_extra = say_unsound;
    for (size_t i = 0; i < AS_COUNT(unsound); i++) {
        const char *status = unsound[i].status == 599 ? "HTTP/1.1 599 " : "HTTP/1.1 500 ";

        get(link, "GET", unsound[i].path, NULL);
        ck_assert_msg(has(status), "%s: %s", unsound[i].path, answer);
        ck_assert_msg(has("\r\nX-A: a\r\n") == (unsound[i].status == 599), "%s", answer);
        ck_assert(!has("X-B"));
        ck_assert_int_eq(atomic_load(&toy.last_status), unsound[i].status == 599 ? 599 : 500);
    }
    toy_extra = NULL;
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(a_head_is_answered_up_to_its_bound)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    for (int i = 0; i < 3; i++) {
        get(link, "GET", "/largest-head", NULL);
        ck_assert(has("HTTP/1.1 200 OK\r\n") && has("\r\n\r\nlarge head"));
        ck_assert_uint_eq(count("\r\nX-F: "), 8);
        get(link, "GET", "/too-large-head", NULL);
        ck_assert(has("HTTP/1.1 500 ") && !has("X-F: "));
    }
    as_http_link_close(link);
    bench_free();
}
END_TEST

static void wait_at_gate(int jobs)
{
    while (atomic_load(&toy.at_gate) < jobs) {
        poll(NULL, 0, 1);
    }
}

START_TEST(a_full_queue_is_503_without_effect)
{
    struct as_http_link *links[3];

    bench_new(1, 1, 30000);
    atomic_store(&toy.shut, true);
    for (int i = 0; i < 3; i++) {
        char piece[64];
        size_t got = 0;
        links[i] = link_new();
        ask(links[i], "POST", "/gate", NULL);
        if (i < 2) {
            ck_assert_int_eq(as_http_link_read(links[i], piece, sizeof(piece), &got),
                             AS_HTTP_READ_WAIT);
            wait_at_gate(1); /* the first is with the thread, the second fills the queue */
        }
    }
    ck_assert_int_eq(read_with(links[2], 16384), AS_HTTP_READ_END);
    ck_assert(has("HTTP/1.1 503 Service Unavailable\r\n"));
    ck_assert(has("\r\nRetry-After: 7\r\n"));
    ck_assert_int_eq(atomic_load(&toy.overloads), 1);
    ck_assert_int_eq(atomic_load(&toy.effects), 0);
    atomic_store(&toy.shut, false);
    for (int i = 0; i < 2; i++) {
        while (as_http_engine_busy(bench.engine) > (size_t)(1 - i)) {
            wait_wake();
        }
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(read_with(links[i], 16384), AS_HTTP_READ_END);
        ck_assert(has("HTTP/1.1 200 OK\r\n"));
    }
    ck_assert_int_eq(atomic_load(&toy.effects), 2);
    ck_assert_int_eq(atomic_load(&toy.done), 3);
    for (int i = 0; i < 3; i++) {
        as_http_link_close(links[i]);
    }
    bench_free();
}
END_TEST

/* A site that has no words of its own for it. */
START_TEST(TOK_15_a_bare_503_says_when_to_come_back)
{
    struct as_http_site site = toy_site;
    struct as_http_link_conf conf = {.site = &site, .peer = &bench, .owner = &bench.ready};
    struct as_http_link *links[3];
    char piece[64];
    size_t got = 0;

    site.overload = NULL;
    bench_new(1, 1, 30000);
    atomic_store(&toy.shut, true);
    for (int i = 0; i < 3; i++) {
        ck_ok(as_http_link_open(bench.engine, &conf, &links[i]));
        ask(links[i], "POST", "/gate", NULL);
        if (i < 2) {
            ck_assert_int_eq(as_http_link_read(links[i], piece, sizeof(piece), &got),
                             AS_HTTP_READ_WAIT);
            wait_at_gate(1);
        }
    }
    ck_assert_int_eq(read_with(links[2], 16384), AS_HTTP_READ_END);
    ck_assert(has("HTTP/1.1 503 Service Unavailable\r\n"));
    ck_assert(has("\r\nRetry-After: " AS_LIMIT_RETRY_AFTER "\r\n"));
    ck_assert(has("\r\nContent-Type: application/json\r\n"));
    ck_assert(has("\r\nCache-Control: no-store\r\nPragma: no-cache\r\n"));
    ck_assert(has("{\"error\":\"temporarily_unavailable\""));
    ck_assert_int_eq(atomic_load(&toy.effects), 0);
    atomic_store(&toy.shut, false);
    while (as_http_engine_busy(bench.engine) > 0) {
        wait_wake();
    }
    for (int i = 0; i < 3; i++) {
        as_http_link_close(links[i]);
    }
    bench_free();
}
END_TEST

START_TEST(a_job_too_late_to_begin_is_503_without_effect)
{
    char piece[64];
    size_t got = 0;

    bench_new(1, 8, 1000);
    atomic_store(&toy.shut, true);
    struct as_http_link *first = link_new();
    struct as_http_link *late = link_new();
    ask(first, "POST", "/gate", NULL);
    ck_assert_int_eq(as_http_link_read(first, piece, sizeof(piece), &got), AS_HTTP_READ_WAIT);
    wait_at_gate(1);
    ask(late, "POST", "/job", NULL);
    ck_assert_int_eq(as_http_link_read(late, piece, sizeof(piece), &got), AS_HTTP_READ_WAIT);
    poll(NULL, 0, 1300);
    atomic_store(&toy.shut, false);
    while (as_http_engine_busy(bench.engine) > 0) {
        wait_wake();
    }
    ck_assert_int_eq(read_with(late, 16384), AS_HTTP_READ_END);
    ck_assert(has("HTTP/1.1 503 Service Unavailable\r\n"));
    ck_assert_int_eq(atomic_load(&toy.effects), 1); /* the first, which had begun in time */
    as_http_link_close(first);
    as_http_link_close(late);
    bench_free();
}
END_TEST

START_TEST(a_client_that_leaves_does_not_stop_its_job)
{
    char piece[64];
    size_t got = 0;

    bench_new(1, 8, 30000);
    atomic_store(&toy.shut, true);
    struct as_http_link *link = link_new();
    ask(link, "POST", "/gate", "kept until the job is done");
    ck_assert_int_eq(as_http_link_read(link, piece, sizeof(piece), &got), AS_HTTP_READ_WAIT);
    wait_at_gate(1);
    as_http_link_close(link);
    ck_assert_int_eq(bench.peers, 1);
    ck_assert_uint_eq(as_http_engine_busy(bench.engine), 1);
    ck_assert_uint_gt(as_http_engine_bytes(bench.engine), 0);
    atomic_store(&toy.shut, false);
    wait_wake();
    ck_assert_int_eq(atomic_load(&toy.effects), 1);
    ck_assert_int_eq(atomic_load(&toy.done), 1);
    ck_assert_int_eq(bench.ready, 0);
    ck_assert_int_eq(bench.peers, 0);
    ck_assert_uint_eq(as_http_engine_bytes(bench.engine), 0);
    bench_free();
}
END_TEST

START_TEST(a_link_is_left_at_any_time)
{
    bench_new(1, 8, 30000);
    for (int i = 0; i < 100; i++) {
        size_t got = 0;
        struct as_http_link *link = link_new();
        if (i % 3 > 0) {
            ask(link, "GET", "/large", NULL);
        }
        if (i % 3 > 1) {
            (void)as_http_link_read(link, answer, 100, &got);
        }
        as_http_link_close(link);
    }
    bench_free();
}
END_TEST

START_TEST(both_sides_may_ask_to_close)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    ask(link, "GET", "/close", NULL);
    ck_assert_int_eq(read_with(link, 16384), AS_HTTP_READ_CLOSE);
    ck_assert_uint_eq(count("\r\nConnection: close\r\n"), 1);
    as_http_link_close(link);

    link = link_new();
    struct as_http_ask it = {.method = AS_LIT("GET"), .path = AS_LIT("/echo"), .close = true};
    ck_ok(as_http_link_ask(link, &it));
    ck_assert_int_eq(read_with(link, 16384), AS_HTTP_READ_CLOSE);
    ck_assert_uint_eq(count("\r\nConnection: close\r\n"), 1);
    as_http_link_close(link);
    bench_free();
}
END_TEST

/* What follows "\r\nX-Request-Id: " in the answer. */
static void take_id(char id[AS_REQUEST_ID + 1])
{
    const char *at = strstr(answer, "\r\nX-Request-Id: ");

    ck_assert_ptr_nonnull(at);
    memcpy(id, at + strlen("\r\nX-Request-Id: "), AS_REQUEST_ID);
    id[AS_REQUEST_ID] = '\0';
    ck_assert_int_eq(at[strlen("\r\nX-Request-Id: ") + AS_REQUEST_ID], '\r');
}

START_TEST(answers_of_one_head_differ_in_their_ids)
{
    char ids[8][AS_REQUEST_ID + 1];

    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        get(link, "POST", "/echo", "the same");
        ck_assert(has("\r\nContent-Length: ") && has("<the same>"));
        take_id(ids[i]);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(ids[i], ids[j]);
        }
    }
    as_http_link_close(link);
    bench_free();
}
END_TEST

/* Answers that differ in one thing only: none has the head of another that was just written. */
START_TEST(what_differs_is_told_of_each_answer)
{
    static const struct as_http_field other[] = {{AS_LIT_ROW("X-Other"), AS_LIT_ROW("yes")}};
    struct as_http_link_conf conf = {.site = &toy_site,
                                     .peer = &bench,
                                     .always = other,
                                     .always_count = AS_COUNT(other),
                                     .owner = &bench.ready};
    const struct as_http_ask closing = {
        .method = AS_LIT("GET"), .path = AS_LIT("/echo"), .close = true};
    struct as_http_link *link = NULL, *links[2] = {NULL, NULL};

    bench_new(1, 8, 30000);
    links[0] = link_new();
    ck_ok(as_http_link_open(bench.engine, &conf, &links[1]));
    for (int i = 0; i < 20; i++) {
        link = links[i % 2];
        get(link, "GET", "/echo", NULL);
        ck_assert_int_eq(has("X-Other: yes\r\n"), i % 2 == 1);
        ck_assert_int_eq(has("Strict-Transport-Security: "), i % 2 == 0);
        ck_assert(!has("Connection:"));
        const size_t len = strlen(strstr(answer, "\r\n\r\n") + 4);
        char length[64];
        (void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n", len);
        ck_assert(has(length));
        get(link, "HEAD", "/echo", NULL);
        ck_assert(has("HTTP/1.1 200 OK\r\n") && strlen(strstr(answer, "\r\n\r\n")) == 4);
        get(link, "POST", "/echo", "longer than none");
        ck_assert(!has(length) && has("<longer than none>"));
        get(link, "GET", "/nowhere", NULL);
        ck_assert(has("HTTP/1.1 404 Not Found\r\n"));

        struct as_http_link *last = link_new();
        ck_ok(as_http_link_ask(last, &closing));
        ck_assert_int_eq(read_with(last, 16384), AS_HTTP_READ_CLOSE);
        ck_assert_uint_eq(count("\r\nConnection: close\r\n"), 1);
        as_http_link_close(last);
    }
    as_http_link_close(links[0]);
    as_http_link_close(links[1]);
    bench_free();
}
END_TEST

/* RFC 9110 6.6.1: the date is that of the answer, though its head was written before. */
static as_err say_as_asked(struct as_http_call *call)
{
    return toy_say(call, as_span_is(call->request->path, "/404") ? 404 : 200, AS_LIT("same"));
}

/* Of one length, with the same fields, within one second or not. */
START_TEST(a_status_is_told_of_each_answer)
{
    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    toy_extra = say_as_asked;
    for (int i = 0; i < 20; i++) {
        get(link, "GET", i % 2 == 0 ? "/200" : "/404", NULL);
        ck_assert(has(i % 2 == 0 ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n"));
        ck_assert(has("\r\n\r\nsame"));
    }
    toy_extra = NULL;
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(the_date_goes_on)
{
    char date[40], first[sizeof(date)];

    bench_new(1, 8, 30000);
    struct as_http_link *link = link_new();
    get(link, "GET", "/echo", NULL);
    (void)snprintf(first, sizeof(first), "%s", strstr(answer, "\r\nDate: "));
    do {
        poll(NULL, 0, 20);
        get(link, "GET", "/echo", NULL);
        (void)snprintf(date, sizeof(date), "%s", strstr(answer, "\r\nDate: "));
    } while (strcmp(date, first) == 0); /* the test's own deadline ends it */
    as_http_link_close(link);
    bench_free();
}
END_TEST

START_TEST(request_ids_do_not_repeat)
{
    char first[AS_REQUEST_ID + 1];
    char second[AS_REQUEST_ID + 1];

    as_http_request_id(first);
    as_http_request_id(second);
    ck_assert_uint_eq(strlen(first), AS_REQUEST_ID);
    ck_assert_str_ne(first, second);
}
END_TEST

AS_TESTS("http/engine", {
    tcase_add_test(t, a_request_arrives_as_it_was_asked);
    tcase_add_test(t, TLS_41_every_answer_has_the_fields_of_its_link_once);
    tcase_add_test(t, TOK_01_unknown_methods_and_paths);
    tcase_add_test(t, head_has_the_fields_of_get_and_no_body);
    tcase_add_test(t, what_must_wait_runs_again_from_its_first_line);
    tcase_add_test(t, what_always_writes_is_not_tried_in_the_worker);
    tcase_add_test(t, a_large_answer_comes_whole_in_any_pieces);
    tcase_add_test(t, TOK_15_a_broken_handler_is_a_bare_500);
    tcase_add_test(t, TOK_15_an_unsound_reply_is_a_bare_500);
    tcase_add_test(t, a_head_is_answered_up_to_its_bound);
    tcase_add_test(t, a_full_queue_is_503_without_effect);
    tcase_add_test(t, TOK_15_a_bare_503_says_when_to_come_back);
    tcase_add_test(t, a_job_too_late_to_begin_is_503_without_effect);
    tcase_add_test(t, a_client_that_leaves_does_not_stop_its_job);
    tcase_add_test(t, a_link_is_left_at_any_time);
    tcase_add_test(t, both_sides_may_ask_to_close);
    tcase_add_test(t, answers_of_one_head_differ_in_their_ids);
    tcase_add_test(t, what_differs_is_told_of_each_answer);
    tcase_add_test(t, a_status_is_told_of_each_answer);
    tcase_add_test(t, the_date_goes_on);
    tcase_add_test(t, request_ids_do_not_repeat);
})
