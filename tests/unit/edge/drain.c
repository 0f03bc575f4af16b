/* SPDX-License-Identifier: Apache-2.0 */
/* How service ends: drain, then stop, with nobody's request lost. */
#include "support/dial.h"

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

static void start(void)
{
    serve_init();
    serve_start();
}

static void *stop_now(void *arg)
{
    (void)arg;
    as_edge_stop(serve.edge, 10000);
    return NULL;
}

static pthread_t stop_beside(void)
{
    pthread_t stopper;

    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_now, NULL), 0);
    return stopper;
}

/* All workers have stopped accepting. */
static void wait_stopped_accepting(void)
{
    for (int i = 0; !atomic_load(&serve.edge->stopping) || atomic_load(&serve.edge->accepting) > 0;
         i++) {
        ck_assert_int_lt(i, 20000);
        poll(NULL, 0, 1);
    }
}

static void join(pthread_t stopper)
{
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    ck_assert_uint_eq(atomic_load(&serve.edge->places), 0);
    as_edge_free(serve.edge);
    serve.edge = NULL;
    serve_stop(0);
}

/* A whole answer that says once that the connection ends, and then it does. */
static void check_last_answer(int fd)
{
    ck_assert(client_read(fd));
    ck_assert_msg(client_has(" 200 "), "%s", client_answer);
    ck_assert_uint_eq(client_count("\r\nConnection: close\r\n"), 1);
    ck_assert(client_ended(fd));
    client_close(fd);
}

/* ---------------------------------------------------------------- drain ---------------------- */

START_TEST(while_draining_each_answer_is_the_last_and_all_are_accepted)
{
    start();
    int old = client_new();
    client_send(old, GET_ECHO);
    ck_assert(client_read(old) && !client_has("Connection: close"));
    as_edge_drain(serve.edge);
    as_edge_drain(serve.edge); /* once more is nothing new */
    client_send(old, GET_ECHO);
    check_last_answer(old);
    for (int i = 0; i < 5; i++) {
        int fd = client_new();
        client_send(fd, i % 2 == 0 ? GET_ECHO
                                   : "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        check_last_answer(fd);
    }
    int closing = client_new();
    client_send(closing, "GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    check_last_answer(closing);
    serve_stop(1000);
}
END_TEST

START_TEST(a_request_that_came_before_the_drain_is_told_too)
{
    start();
    atomic_store(&toy.shut, true);
    int fd = client_new();
    client_send(fd, "POST /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&toy.at_gate, 1);
    as_edge_drain(serve.edge);
    poll(NULL, 0, 50); /* the worker is told, the job goes on */
    atomic_store(&toy.shut, false);
    check_last_answer(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- stop ----------------------- */

static as_err hold_worker(struct as_http_call *call)
{
    atomic_fetch_add(&toy.at_gate, 1);
    while (atomic_load(&toy.shut)) {
        poll(NULL, 0, 1);
    }
    return toy_say(call, 200, AS_LIT("held"));
}

START_TEST(who_waits_to_be_accepted_is_served_before_the_end)
{
    int fds[40];

    serve_init();
    serve.workers = 1;
    toy_extra = hold_worker;
    serve_start();
    atomic_store(&toy.shut, true);
    int held = client_new();
    client_send(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&toy.at_gate, 1);
    for (size_t i = 0; i < AS_COUNT(fds); i++) { /* the only worker is not there to accept */
        fds[i] = client_new();
        client_send(fds[i], GET_ECHO);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_accepted_total), 1);
    uint16_t port = serve_port(0);
    pthread_t stopper = stop_beside();
    while (!atomic_load(&serve.edge->stopping)) {
        poll(NULL, 0, 1);
    }
    atomic_store(&toy.shut, false);
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        check_last_answer(fds[i]);
    }
    check_last_answer(held);
    join(stopper);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ne(connect(late, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(late);
}
END_TEST

START_TEST(an_idle_connection_may_ask_once_more_after_the_stop)
{
    serve_init();
    serve.bounds.farewell_ms = 1500;
    serve_start();
    int asks = client_new();
    int silent = client_new();
    client_send(asks, GET_ECHO);
    ck_assert(client_read(asks));
    client_send(silent, GET_ECHO);
    ck_assert(client_read(silent));
    int64_t begun = as_clock_mono_ms();
    pthread_t stopper = stop_beside();
    wait_stopped_accepting();
    poll(NULL, 0, 200);
    client_send(asks, "POST /job HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    ck_assert(client_read(asks) && client_has("done x"));
    ck_assert_uint_eq(client_count("\r\nConnection: close\r\n"), 1);
    ck_assert(client_ended(asks));
    ck_assert(client_ended_in_order(silent));
    ck_assert_int_ge(as_clock_mono_ms() - begun, 1400);
    join(stopper);
    ck_assert_int_lt(as_clock_mono_ms() - begun, 8000); /* and not the whole grace */
    client_close(asks);
    client_close(silent);
}
END_TEST

START_TEST(the_grace_ends_what_does_not)
{
    start();
    int half = client_new();
    client_send(half, "GET /echo HTTP/1.1\r\nHost: a\r\n");
    wait_metric(AS_METRIC_connections_open, 1);
    poll(NULL, 0, 50);
    int64_t begun = as_clock_mono_ms();
    as_edge_stop(serve.edge, 500);
    ck_assert_int_ge(as_clock_mono_ms() - begun, 450);
    ck_assert_int_lt(as_clock_mono_ms() - begun, 5000);
    ck_assert(client_ended(half));
    as_edge_free(serve.edge);
    serve.edge = NULL;
    client_close(half);
    serve_stop(0);
}
END_TEST

/* ---------------------------------------------------------------- with TLS ------------------- */

static void start_tls(void)
{
    serve_init();
    serve.bounds.farewell_ms = 1000;
    serve.listeners[0] = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.listener_count = 1;
    serve_start();
}

#define GET_TLS "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"

START_TEST(an_idle_connection_ends_with_close_notify)
{
    start_tls();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    tls_say(&conn, GET_TLS);
    ck_assert(tls_hear(&conn) && client_has(" 200 "));
    pthread_t stopper = stop_beside();
    ck_assert(tls_ended(&conn));
    join(stopper);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
}
END_TEST

START_TEST(a_handshake_after_the_stop_ends_in_an_answer)
{
    start_tls();
    SSL_CTX *ctx = client_ctx(TLS1_2_VERSION, kit.client);
    struct tls_conn conn = {.fd = client_new(), .ssl = SSL_new(ctx)};
    int silent = client_new();
    wait_metric(AS_METRIC_connections_open, 2);
    int64_t begun = as_clock_mono_ms();
    pthread_t stopper = stop_beside();
    wait_stopped_accepting();
    SSL_set_fd(conn.ssl, conn.fd);
    ck_assert_int_eq(SSL_connect(conn.ssl), 1);
    tls_say(&conn, GET_TLS);
    ck_assert(tls_hear(&conn) && client_has(" 200 "));
    ck_assert_uint_eq(client_count("\r\nConnection: close\r\n"), 1);
    ck_assert(tls_ended(&conn));
    ck_assert(client_ended(silent)); /* it never said anything, and is not waited for */
    join(stopper);
    ck_assert_int_lt(as_clock_mono_ms() - begun, 8000);
    client_close(silent);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
}
END_TEST

/* ---------------------------------------------------------------- under load ----------------- */

#define CALLERS 6

/* Callers know two servers and go to the second when the first says that it ends. */
static struct load {
    uint16_t ports[2];
    atomic_bool over;
    atomic_uint answered[2];
    atomic_uint failed;
} load;

static int dial(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

/* One request: 0, failed; 1, answered; 2, answered for the last time. No ck_assert: libcheck knows
 * one thread. */
static int ask(int fd)
{
    char text[1024];
    size_t len = 0;

    if (send(fd, GET_ECHO, strlen(GET_ECHO), MSG_NOSIGNAL) != (ssize_t)strlen(GET_ECHO)) {
        return 0;
    }
    do {
        ssize_t got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (got <= 0) {
            return 0;
        }
        len += (size_t)got;
        text[len] = '\0';
    } while (strstr(text, "<>") == NULL && strstr(text, "<->") == NULL);
    if (strncmp(text, "HTTP/1.1 200 ", 13) != 0) {
        return 0;
    }
    return strstr(text, "Connection: close") != NULL ? 2 : 1;
}

static void *call(void *arg)
{
    int at = 0;
    int fd = dial(load.ports[0]);

    (void)arg;
    while (fd >= 0 && !atomic_load(&load.over)) {
        int told = ask(fd);
        atomic_fetch_add(told > 0 ? &load.answered[at] : &load.failed, 1);
        if (told != 1) {
            close(fd);
            at = 1;
            fd = dial(load.ports[1]);
        }
    }
    if (fd < 0) {
        atomic_fetch_add(&load.failed, 1);
    } else {
        close(fd);
    }
    return NULL;
}

START_TEST(no_request_of_a_kept_connection_fails)
{
    pthread_t callers[CALLERS];

    start();
    load.ports[0] = serve_port(0);
    struct as_edge *first = serve.edge;
    struct as_edge_conf conf = serve_conf();
    ck_assert_int_eq(as_edge_new(&conf, serve_tell, NULL, &serve.edge), AS_EDGE_FINE);
    ck_ok(as_edge_start(serve.edge));
    load.ports[1] = serve_port(0);
    for (size_t i = 0; i < CALLERS; i++) {
        ck_assert_int_eq(pthread_create(&callers[i], NULL, call, NULL), 0);
    }
    for (int i = 0; atomic_load(&load.answered[0]) < 200; i++) {
        ck_assert_int_lt(i, 20000);
        poll(NULL, 0, 1);
    }
    as_edge_stop(first, 10000); /* without a drain before: the hardest way */
    as_edge_free(first);
    for (int i = 0; atomic_load(&load.answered[1]) < 200; i++) {
        ck_assert_int_lt(i, 20000);
        poll(NULL, 0, 1);
    }
    atomic_store(&load.over, true);
    for (size_t i = 0; i < CALLERS; i++) {
        ck_assert_int_eq(pthread_join(callers[i], NULL), 0);
    }
    ck_assert_uint_eq(atomic_load(&load.failed), 0);
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}
END_TEST

AS_TESTS("edge/drain", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, while_draining_each_answer_is_the_last_and_all_are_accepted);
    tcase_add_test(t, a_request_that_came_before_the_drain_is_told_too);
    tcase_add_test(t, who_waits_to_be_accepted_is_served_before_the_end);
    tcase_add_test(t, an_idle_connection_may_ask_once_more_after_the_stop);
    tcase_add_test(t, the_grace_ends_what_does_not);
    tcase_add_test(t, an_idle_connection_ends_with_close_notify);
    tcase_add_test(t, a_handshake_after_the_stop_ends_in_an_answer);
    tcase_add_test(t, no_request_of_a_kept_connection_fails);
})
