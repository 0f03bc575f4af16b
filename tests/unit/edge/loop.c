/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop over real sockets: requests, answers, and everything slow or impolite. */
#include "support/serve.h"

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static void start(void)
{
    serve_init();
    serve_start();
}

/* ---------------------------------------------------------------- requests ------------------- */

START_TEST(a_connection_serves_many_requests)
{
    start();
    int fd = client_new();

    for (int i = 0; i < 50; i++) {
        client_send(fd, "POST /echo?x=1&y HTTP/1.1\r\nHost: a\r\nX-Echo: V\r\n"
                        "Content-Length: 3\r\n\r\nabc");
        ck_assert(client_read(fd));
        ck_assert(client_has("HTTP/1.1 200 OK\r\n"));
        ck_assert(client_has("\r\n\r\nPOST /echo [x=1&y] {V} <abc>"));
        ck_assert(!client_has("Strict-Transport-Security")); /* it is no https answer */
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_accepted_total), 1);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_their_order)
{
    start();
    int fd = client_new();

    client_send(fd, "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1" GET_ECHO
                    "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n3"
                    "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read(fd) && client_has("\r\n\r\ndone 1"));
    ck_assert(client_read(fd) && client_has("\r\n\r\nGET /echo"));
    ck_assert(client_read(fd) && client_has("\r\n\r\ndone 3"));
    ck_assert(client_read(fd) && client_has("HTTP/1.1 404 Not Found\r\n"));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(a_request_may_come_octet_by_octet)
{
    const char *text = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

    start();
    int fd = client_new();
    for (size_t i = 0; i < strlen(text); i++) {
        ck_assert_int_eq(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
        poll(NULL, 0, 1);
    }
    ck_assert(client_read(fd) && client_has("<abc>"));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(TOK_14_chunked_bodies_and_100_continue)
{
    start();
    int fd = client_new();

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    ck_assert(client_read(fd) && client_has("<abcde>"));
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n");
    ck_assert(client_read(fd));
    ck_assert_str_eq(client_answer, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(fd, "xyz");
    ck_assert(client_read(fd) && client_has("HTTP/1.1 200 OK\r\n") && client_has("<xyz>"));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(TOK_01_methods_head_and_allow)
{
    start();
    int fd = client_new();

    client_send(fd, "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read_as(fd, true) && client_has("\r\nContent-Length: 1048576\r\n"));
    client_send(fd, "GET /job HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read(fd) && client_has("HTTP/1.1 405 ") && client_has("\r\nAllow: POST\r\n"));
    ck_assert_int_eq(atomic_load(&toy.effects), 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(http_1_0_and_connection_close_end_after_the_answer)
{
    const char *const requests[] = {"GET /echo HTTP/1.0\r\nHost: a\r\n\r\n",
                                    "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                                    "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"};

    start();
    for (size_t i = 0; i < AS_COUNT(requests); i++) {
        int fd = client_new();
        client_send(fd, requests[i]);
        ck_assert(client_read(fd) && client_has("HTTP/1.1 200 OK\r\n"));
        ck_assert_uint_eq(client_count("\r\nConnection: close\r\n"), 1);
        ck_assert(client_ended(fd));
        client_close(fd);
    }
    serve_stop(1000);
}
END_TEST

START_TEST(an_answer_before_the_end_survives_what_is_sent_after_it)
{
    start();
    int fd = client_new();

    client_send(fd, "GET /close HTTP/1.1\r\nHost: a\r\n\r\n" GET_ECHO);
    ck_assert(client_send_much(fd, 500000));
    ck_assert(client_read(fd) && client_has("bye"));
    ck_assert(client_ended_in_order(fd));
    ck_assert_int_eq(atomic_load(&toy.done), 1); /* the others were not run */
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(a_client_that_has_said_all_is_answered)
{
    start();
    int fd = client_new();

    client_send(fd, "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1");
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert(client_read(fd) && client_has("done 1"));
    ck_assert(client_ended(fd));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(half_a_request_is_none)
{
    start();
    int fd = client_new();

    client_send(fd, "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1");
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert(client_ended(fd));
    ck_assert_int_eq(atomic_load(&toy.served), 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- refusals ------------------- */

static void check_refusal(const char *status)
{
    ck_assert_msg(client_has(status), "%s", client_answer);
    ck_assert(client_has("\r\nContent-Type: application/json\r\n"));
    ck_assert(client_has("\r\nCache-Control: no-store\r\n"));
    ck_assert(client_has("\r\nConnection: close\r\n"));
    ck_assert_uint_eq(client_count("\r\nX-Request-Id: "), 1);
    ck_assert(client_has("\r\n\r\n{\"error\":\""));
}

START_TEST(TOK_14_what_has_two_readings_is_refused_and_ends)
{
    start();
    int fd = client_new();

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET_ECHO);
    ck_assert(client_read(fd));
    check_refusal("HTTP/1.1 400 ");
    ck_assert(client_ended(fd));
    ck_assert_int_eq(atomic_load(&toy.served), 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(TOK_12_a_refusal_is_read_while_the_client_still_sends)
{
    start();
    int fd = client_new();
    client_send(fd, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 524288\r\n\r\n");
    ck_assert(client_send_much(fd, 524288));
    ck_assert(client_read(fd));
    check_refusal("HTTP/1.1 413 ");
    for (int i = 0; i < 3; i++) {
        poll(NULL, 0, 20);
        ck_assert(client_send_much(fd, 1000));
    }
    ck_assert(client_ended_in_order(fd));
    ck_assert_int_eq(atomic_load(&toy.served), 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(who_sends_for_ever_is_not_listened_to_for_ever)
{
    serve_init();
    serve.bounds.linger_ms = 200;
    serve_start();
    int fd = client_new();
    client_send(fd, "nonsense\r\n\r\n");
    wait_metric(AS_METRIC_connections_accepted_total, 1);
    for (int i = 0; i < 20000 && as_metric_get(AS_METRIC_connections_open) > 0; i++) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        poll(NULL, 0, 1);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 0);
    client_close(fd);
    fd = client_new();
    client_send(fd, "nonsense\r\n\r\n");
    /* faster than that, and more than will be read away */
    ck_assert(!client_send_much(fd, 64 * 1024 * 1024));
    wait_metric(AS_METRIC_connections_open, 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_39_a_host_that_is_not_served_is_421)
{
    static const char *const names[] = {"as.example", "mtls.as.example"};
    const struct {
        const char *host;
        const char *status;
    } cases[] = {{"as.example", "HTTP/1.1 200 "},      {"AS.Example:8443", "HTTP/1.1 200 "},
                 {"mtls.as.example", "HTTP/1.1 200 "}, {"other.example", "HTTP/1.1 421 "},
                 {"as.example.", "HTTP/1.1 421 "},     {"x.as.example", "HTTP/1.1 421 "},
                 {"127.0.0.1", "HTTP/1.1 421 "},       {"[::1]:80", "HTTP/1.1 421 "}};

    serve_init();
    serve.listeners[0] = serve_plain("127.0.0.1:0");
    serve.listeners[0].names = names;
    serve.listeners[0].name_count = AS_COUNT(names);
    serve.listener_count = 1;
    serve_start();
    int good = 0;
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        char request[256];
        int fd = client_new();
        (void)snprintf(request, sizeof(request), "GET /echo HTTP/1.1\r\nHost: %s\r\n\r\n",
                       cases[i].host);
        client_send(fd, request);
        ck_assert(client_read(fd));
        ck_assert_msg(client_has(cases[i].status), "%s: %s", cases[i].host, client_answer);
        if (client_has(" 421 ")) {
            check_refusal(" 421 Misdirected Request\r\n");
            ck_assert(client_ended(fd));
        } else {
            good++;
        }
        client_close(fd);
    }
    ck_assert_int_eq(atomic_load(&toy.served), good);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_39_each_request_of_a_connection_is_looked_at)
{
    static const char *const names[] = {"as.example"};

    serve_init();
    serve.listeners[0] = serve_plain("127.0.0.1:0");
    serve.listeners[0].names = names;
    serve.listeners[0].name_count = 1;
    serve.listener_count = 1;
    serve_start();
    int fd = client_new();
    client_send(fd, "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"
                    "GET /echo HTTP/1.1\r\nHost: other.example\r\n\r\n");
    ck_assert(client_read(fd) && client_has(" 200 "));
    ck_assert(client_read(fd) && client_has(" 421 "));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- elsewhere ------------------ */

START_TEST(what_must_wait_runs_on_a_job_thread)
{
    start();
    int fds[20];

    for (int i = 0; i < 20; i++) {
        fds[i] = client_new();
        client_send(fds[i], "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nj");
    }
    for (int i = 0; i < 20; i++) {
        ck_assert(client_read(fds[i]) && client_has("\r\n\r\ndone j"));
        client_close(fds[i]);
    }
    ck_assert_int_eq(atomic_load(&toy.served), 40);
    ck_assert_int_eq(atomic_load(&toy.waited), 20);
    ck_assert_int_eq(atomic_load(&toy.effects), 20);
    ck_assert_int_eq(atomic_load(&toy.done), 20);
    serve_stop(1000);
}
END_TEST

START_TEST(a_full_queue_is_503_at_once)
{
    int fds[2];

    serve_init();
    serve.job_threads = 1;
    serve.job_queue = 1;
    serve_start();
    atomic_store(&toy.shut, true);
    for (int i = 0; i < 2; i++) {
        fds[i] = client_new();
        client_send(fds[i], "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_until(&toy.at_gate, 1);
    }
    wait_metric(AS_METRIC_requests_elsewhere_total, 2);
    int fd = client_new();
    client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read(fd) && client_has("HTTP/1.1 503 ") && client_has("Retry-After: 7"));
    ck_assert_int_eq(as_metric_get(AS_METRIC_requests_elsewhere_total), 2);
    ck_assert_int_eq(as_metric_get(AS_METRIC_requests_overload_total), 1);
    client_send(fd, GET_ECHO); /* what need not wait is served all the same */
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    ck_assert_int_eq(atomic_load(&toy.effects), 0);
    atomic_store(&toy.shut, false);
    for (int i = 0; i < 2; i++) {
        ck_assert(client_read(fds[i]) && client_has("passed"));
        client_close(fds[i]);
    }
    serve_stop(1000);
}
END_TEST

START_TEST(a_client_that_leaves_does_not_stop_its_job)
{
    const struct linger reset = {1, 0};

    start();
    atomic_store(&toy.shut, true);
    for (int i = 0; i < 4; i++) {
        int fd = client_new();
        client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_until(&toy.at_gate, i < 2 ? i + 1 : 2);
        if (i % 2 == 1) { /* in order or not */
            ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
        }
        wait_metric(AS_METRIC_requests_elsewhere_total, i + 1);
        client_close(fd);
    }
    wait_metric(AS_METRIC_connections_open, 2); /* who may still want the answer */
    client_once(GET_ECHO);
    atomic_store(&toy.shut, false);
    wait_until(&toy.effects, 4);
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
    ck_assert_int_eq(atomic_load(&toy.done), 5);
}
END_TEST

/* ---------------------------------------------------------------- slow ones ------------------ */

static int64_t ms_since(int64_t then)
{
    return as_clock_mono_ms() - then;
}

START_TEST(TLS_43_a_dripped_head_is_cut_at_its_deadline)
{
    serve_init();
    serve.bounds.head_ms = 300;
    serve_start();
    int fd = client_new();
    int64_t begun = as_clock_mono_ms();
    client_send(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n");
    while (ms_since(begun) < 5000) { /* each octet comes long before the deadline */
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 20) == 1 || send(fd, "x", 1, MSG_NOSIGNAL) != 1) {
            break;
        }
    }
    ck_assert_int_ge(ms_since(begun), 250);
    ck_assert_int_lt(ms_since(begun), 4000);
    ck_assert(client_read(fd));
    check_refusal("HTTP/1.1 408 ");
    ck_assert(client_ended(fd));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* A body of 1000 octets, one each 20 ms: 20 s in all, of which the deadline leaves few. */
static void drip_body(void)
{
    int fd = client_new();
    int64_t begun = as_clock_mono_ms();
    int sent = 0;

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    while (sent < 1000) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 20) == 1 || send(fd, "x", 1, MSG_NOSIGNAL) != 1) {
            break;
        }
        sent++;
    }
    ck_assert_int_ge(ms_since(begun), 250);
    ck_assert_int_lt(sent, 95); /* as many as there are within 1.9 s */
    ck_assert(client_read(fd));
    check_refusal("HTTP/1.1 408 ");
    client_close(fd);
}

START_TEST(TLS_43_a_dripped_body_is_cut_at_its_deadline)
{
    serve_init();
    serve.bounds.body_ms = 300;
    serve_start();
    drip_body();
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_a_dripped_request_is_cut_at_its_deadline)
{
    serve_init();
    serve.bounds.request_ms = 300;
    serve_start();
    drip_body();
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_an_idle_connection_ends_without_a_word)
{
    serve_init();
    serve.bounds.rest_ms = 100;
    serve.bounds.idle_ms = 300;
    serve_start();
    int64_t begun = as_clock_mono_ms();
    int fd = client_new();
    ck_assert(client_ended(fd)); /* never said anything */
    ck_assert_int_ge(ms_since(begun), 290);
    client_close(fd);

    fd = client_new();
    begun = as_clock_mono_ms(); /* before the answer: this thread may come late to that */
    client_send(fd, GET_ECHO);
    ck_assert(client_read(fd));
    ck_assert(client_ended(fd)); /* said it all */
    ck_assert_int_ge(ms_since(begun), 290);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(a_connection_is_one_descriptor)
{
    int fds[10];

    serve_init();
    serve.workers = 1;
    serve.bounds.rest_ms = 100;
    serve_start();
    client_once(GET_ECHO); /* what the engine of a worker takes, it takes once */
    wait_metric(AS_METRIC_connections_open, 0);
    size_t before = open_files();
    for (int i = 0; i < 10; i++) {
        fds[i] = client_new();
        client_send(fds[i], GET_ECHO);
        ck_assert(client_read(fds[i]));
    }
    ck_assert_uint_eq(open_files(), before + 20); /* both ends are here */
    poll(NULL, 0, 300);
    ck_assert_uint_eq(open_files(), before + 20);
    for (int i = 0; i < 10; i++) { /* rested, it goes on as before */
        client_send(fds[i], GET_ECHO);
        ck_assert(client_read(fds[i]) && client_has(" 200 "));
        client_close(fds[i]);
    }
    serve_stop(1000);
}
END_TEST

START_TEST(a_job_that_takes_too_long_is_503_and_runs_on)
{
    serve_init();
    serve.bounds.request_ms = 200;
    serve_start();
    atomic_store(&toy.shut, true);
    int fd = client_new();
    client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read(fd));
    check_refusal("HTTP/1.1 503 ");
    ck_assert(client_has("\r\nRetry-After: "));
    client_close(fd);
    atomic_store(&toy.shut, false);
    wait_until(&toy.effects, 1);
    serve_stop(1000);
    ck_assert_int_eq(atomic_load(&toy.done), 1);
}
END_TEST

START_TEST(deadlines_of_reading_end_with_the_request)
{
    serve_init();
    serve.bounds.rest_ms = 100;
    serve.bounds.head_ms = 1000; /* far more than the pieces below are apart */
    serve.bounds.body_ms = 1000;
    serve_start();
    atomic_store(&toy.shut, true);
    int whole = client_new();
    int pieces = client_new();
    client_send(whole, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(pieces, "POST /gate HTTP/1.1\r\nHost: a\r\n");
    poll(NULL, 0, 20);
    client_send(pieces, "Content-Length: 1\r\n\r\n");
    poll(NULL, 0, 20);
    client_send(pieces, "x");
    poll(NULL, 0, 1500);
    atomic_store(&toy.shut, false);
    ck_assert(client_read(whole) && client_has("passed"));
    ck_assert(client_read(pieces) && client_has("passed"));
    client_close(whole);
    client_close(pieces);
    serve_stop(1000);
}
END_TEST

START_TEST(the_time_of_a_request_ends_with_its_answer)
{
    serve_init();
    serve.bounds.request_ms = 200;
    serve_start();
    int fd = client_new();
    for (int i = 0; i < 3; i++) {
        client_send(fd, GET_ECHO);
        ck_assert(client_read(fd) && client_has(" 200 "));
        poll(NULL, 0, 300);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_requests_refused_total), 0);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

static int client_with_small_window(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(serve_port(0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = 4096;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

START_TEST(a_slow_reader_gets_a_large_answer_whole)
{
    start();
    int fd = client_with_small_window();

    client_send(fd, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    poll(NULL, 0, 100);
    client_once(GET_ECHO); /* others are served meanwhile */
    ck_assert(client_read(fd));
    const char *body = strstr(client_answer, "\r\n\r\n") + 4;
    ck_assert_uint_eq(strlen(body), TOY_LARGE);
    ck_assert_int_eq(memcmp(body, toy.large, TOY_LARGE), 0);
    client_send(fd, GET_ECHO);
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_a_reader_too_slow_is_cut)
{
    serve_init();
    serve.bounds.request_ms = 300;
    serve_start();
    int fd = client_with_small_window();
    for (int i = 0; i < 16; i++) { /* more than the system takes off the server's hands */
        client_send(fd, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    wait_metric(AS_METRIC_connections_accepted_total, 1);
    wait_metric(AS_METRIC_connections_open, 0);
    while (client_read(fd)) {
        ck_assert(client_has(" 200 ") && !client_has(" 503 "));
    }
    ck_assert_ptr_null(strstr(client_got, "503")); /* broken off, and no answer within another */
    ck_assert_int_lt(atomic_load(&toy.done), 16);
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- the end -------------------- */

static void *stop_now(void *arg)
{
    (void)arg;
    as_edge_stop(serve.edge, 10000);
    return NULL;
}

START_TEST(a_stop_lets_open_requests_end)
{
    pthread_t stopper;

    start();
    atomic_store(&toy.shut, true);
    int busy = client_new();
    int idle = client_new();
    int half = client_new();
    client_send(busy, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(half, "GET /echo HTTP/1.1\r\nHost: a\r\n");
    wait_until(&toy.at_gate, 1);
    wait_metric(AS_METRIC_connections_open, 3);
    poll(NULL, 0, 50);
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_now, NULL), 0);
    ck_assert(client_ended(idle));
    client_send(half, "\r\n");
    ck_assert(client_read(half) && client_has(" 200 ") && client_has("\r\nConnection: close\r\n"));
    ck_assert(client_ended(half));
    int64_t begun = as_clock_mono_ms();
    atomic_store(&toy.shut, false);
    ck_assert(client_read(busy) && client_has("passed"));
    ck_assert(client_ended(busy));
    ck_assert_int_lt(as_clock_mono_ms() - begun, 5000); /* not only when the grace is over */
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    as_edge_free(serve.edge);
    serve.edge = NULL;
    client_close(busy);
    client_close(idle);
    client_close(half);
    serve_stop(0);
}
END_TEST

START_TEST(a_stop_without_grace_breaks_off_but_not_jobs)
{
    start();
    atomic_store(&toy.shut, true);
    int fd = client_new();
    int reader = client_with_small_window();
    client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    client_send(reader, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&toy.at_gate, 1);
    wait_until(&toy.done, 1);

    pthread_t stopper;
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_now, NULL), 0);
    atomic_store(&toy.shut, false);
    close(reader);
    ck_assert(client_read(fd));
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    ck_assert_int_eq(atomic_load(&toy.effects), 1);
    client_close(fd);
    as_edge_free(serve.edge);
    serve.edge = NULL;
    serve_stop(0);
}
END_TEST

static void *open_gate_later(void *arg)
{
    (void)arg;
    poll(NULL, 0, 300);
    atomic_store(&toy.shut, false);
    return NULL;
}

START_TEST(a_job_is_waited_for_beyond_the_grace)
{
    pthread_t opener;

    start();
    atomic_store(&toy.shut, true);
    int fd = client_new();
    client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&toy.at_gate, 1);
    ck_assert_int_eq(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    int64_t begun = as_clock_mono_ms();
    serve_stop(0);
    ck_assert_int_ge(ms_since(begun), 200);
    ck_assert_int_eq(atomic_load(&toy.effects), 1);
    ck_assert_int_eq(atomic_load(&toy.done), 1);
    ck_assert(!client_read(fd));
    ck_assert_int_eq(pthread_join(opener, NULL), 0);
    client_close(fd);
}
END_TEST

AS_TESTS("edge/loop", {
    tcase_add_test(t, a_connection_serves_many_requests);
    tcase_add_test(t, pipelined_requests_are_answered_in_their_order);
    tcase_add_test(t, a_request_may_come_octet_by_octet);
    tcase_add_test(t, TOK_14_chunked_bodies_and_100_continue);
    tcase_add_test(t, TOK_01_methods_head_and_allow);
    tcase_add_test(t, http_1_0_and_connection_close_end_after_the_answer);
    tcase_add_test(t, an_answer_before_the_end_survives_what_is_sent_after_it);
    tcase_add_test(t, a_client_that_has_said_all_is_answered);
    tcase_add_test(t, half_a_request_is_none);
    tcase_add_test(t, TOK_14_what_has_two_readings_is_refused_and_ends);
    tcase_add_test(t, TOK_12_a_refusal_is_read_while_the_client_still_sends);
    tcase_add_test(t, who_sends_for_ever_is_not_listened_to_for_ever);
    tcase_add_test(t, TLS_39_a_host_that_is_not_served_is_421);
    tcase_add_test(t, TLS_39_each_request_of_a_connection_is_looked_at);
    tcase_add_test(t, what_must_wait_runs_on_a_job_thread);
    tcase_add_test(t, a_full_queue_is_503_at_once);
    tcase_add_test(t, a_client_that_leaves_does_not_stop_its_job);
    tcase_add_test(t, TLS_43_a_dripped_head_is_cut_at_its_deadline);
    tcase_add_test(t, TLS_43_a_dripped_body_is_cut_at_its_deadline);
    tcase_add_test(t, TLS_43_a_dripped_request_is_cut_at_its_deadline);
    tcase_add_test(t, TLS_43_an_idle_connection_ends_without_a_word);
    tcase_add_test(t, a_connection_is_one_descriptor);
    tcase_add_test(t, a_job_that_takes_too_long_is_503_and_runs_on);
    tcase_add_test(t, deadlines_of_reading_end_with_the_request);
    tcase_add_test(t, the_time_of_a_request_ends_with_its_answer);
    tcase_add_test(t, a_slow_reader_gets_a_large_answer_whole);
    tcase_add_test(t, TLS_43_a_reader_too_slow_is_cut);
    tcase_add_test(t, a_stop_lets_open_requests_end);
    tcase_add_test(t, a_stop_without_grace_breaks_off_but_not_jobs);
    tcase_add_test(t, a_job_is_waited_for_beyond_the_grace);
})
