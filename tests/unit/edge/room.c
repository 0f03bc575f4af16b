/* SPDX-License-Identifier: Apache-2.0 */
/* What one kind of caller fills up is not all there is: room for small requests and operators. */
#include "support/dial.h"

#include <sys/resource.h>

#define GET_ECHO  "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"
#define POST_ECHO "POST /echo HTTP/1.1\r\nHost: as.example\r\n"
#define HOLDERS   200

/* Of memory, with the max_cert_list of tls_conf. */
#define CONNECTION_BYTES (AS_LIMIT_CONNECTION_BYTES + AS_LIMIT_CERT_GROWTH * AS_LIMIT_CERT_LIST)

enum { TLS, PLAIN };

static void make_listeners(void)
{
    serve_init();
    serve.workers = 1;
    serve.listeners[TLS] = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.listeners[PLAIN] = serve_plain("127.0.0.1:0");
    serve.listener_count = 2;
}

static void ask_plain(void)
{
    int fd = client_to(serve_port(PLAIN));

    client_send(fd, GET_ECHO);
    ck_assert_msg(client_read(fd) && client_has(" 200 "), "%s", client_answer);
    client_close(fd);
}

/* Large, even: nothing of the operator's part is anybody else's. */
static void post_plain(size_t body)
{
    char head[128];
    int fd = client_to(serve_port(PLAIN));

    (void)snprintf(head, sizeof(head), POST_ECHO "Content-Length: %zu\r\n\r\n", body);
    client_send(fd, head);
    ck_assert(client_send_much(fd, body));
    ck_assert_msg(client_read(fd) && client_has(" 200 "), "%s", client_answer);
    client_close(fd);
}

/* The status of a request with TLS on a connection of its own. */
static bool tls_gets(SSL_CTX *ctx, const char *request, const char *status)
{
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);

    tls_say(&conn, request);
    bool got = tls_hear(&conn) && client_has(status);
    tls_hang_up(&conn);
    return got;
}

/* ---------------------------------------------------------------- buffers -------------------- */

/* Holds `text` and `more` octets after it on connections of their own, until one is refused. */
static size_t hold(SSL_CTX *ctx, struct tls_conn conns[HOLDERS], const char *text, size_t more)
{
    static char octets[65536];
    size_t count = 0;
    int64_t before = as_metric_get(AS_METRIC_requests_refused_total);

    memset(octets, 'x', sizeof(octets));
    while (as_metric_get(AS_METRIC_requests_refused_total) == before) {
        ck_assert_uint_lt(count, HOLDERS);
        conns[count] = tls_dial(ctx, TLS_NAME, NULL);
        tls_say(&conns[count], text);
        ck_assert_int_eq(SSL_write(conns[count++].ssl, octets, (int)more), (int)more);
        poll(NULL, 0, 5);
    }
    poll(NULL, 0, 200); /* the last of them may not have been looked at yet */
    return count;
}

static void let_go(struct tls_conn conns[HOLDERS], size_t count)
{
    while (count > 0) {
        tls_hang_up(&conns[--count]);
    }
}

START_TEST(TOK_12_large_bodies_leave_room_for_small_requests_and_these_for_operators)
{
    struct tls_conn large[HOLDERS], small[HOLDERS];

    make_listeners();
    serve.bounds.worker_bytes = 2 * 1024 * 1024;
    serve.bounds.linger_ms = 60000; /* what was refused gives nothing back meanwhile */
    serve.bounds.yield_ms = 60000;  /* nor yields anybody */
    serve_start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    size_t large_count = hold(ctx, large, POST_ECHO "Content-Length: 60000\r\n\r\n", 50000);
    ck_assert_uint_ge(large_count, 2 * 1024 * 1024 * 3 / 4 / 131072);
    for (int i = 0; i < 5; i++) {
        ck_assert(tls_gets(ctx, GET_ECHO, " 200 "));
        ck_assert(tls_gets(ctx, POST_ECHO "Content-Length: 4\r\n\r\nabcd", "<abcd>"));
        ask_plain();
    }
    /* small ones that never end fill their part too, and then there is still an operator's */
    size_t small_count = hold(ctx, small, POST_ECHO "Content-Length: 16000\r\n\r\n", 12000);
    ask_plain();
    post_plain(30000);
    let_go(small, small_count);
    wait_metric(AS_METRIC_connections_open, (int64_t)large_count);
    ck_assert(tls_gets(ctx, GET_ECHO, " 200 "));
    let_go(large, large_count);
    wait_metric(AS_METRIC_connections_open, 0);
    ck_assert(tls_gets(ctx, GET_ECHO, " 200 "));
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(TOK_12_large_bodies_in_chunks_leave_room_too)
{
    struct tls_conn large[HOLDERS];

    make_listeners();
    serve.bounds.worker_bytes = 2 * 1024 * 1024;
    serve.bounds.linger_ms = 60000; /* what was refused gives nothing back meanwhile */
    serve.bounds.yield_ms = 60000;  /* nor yields anybody */
    serve_start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    size_t count = hold(ctx, large, POST_ECHO "Transfer-Encoding: chunked\r\n\r\nEA60\r\n", 50000);
    ck_assert(tls_gets(ctx, POST_ECHO "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
                       "<abcd>"));
    let_go(large, count);
    wait_metric(AS_METRIC_connections_open, 0);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* Where all is full of requests that never end, those who come now are served. */
START_TEST(TOK_12_who_sends_for_long_yields)
{
    struct tls_conn small[HOLDERS];

    make_listeners();
    serve.bounds.worker_bytes = 512 * 1024;
    serve.bounds.yield_ms = 60000;
    serve_start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    size_t count = hold(ctx, small, POST_ECHO "Content-Length: 16000\r\n\r\n", 12000);
    ck_assert_uint_ge(count, 10);
    serve_stop(200);
    let_go(small, count);

    make_listeners();
    serve.bounds.worker_bytes = 512 * 1024;
    serve.bounds.yield_ms = 500;
    serve_start();
    for (size_t i = 0; i < count; i++) {
        small[i] = tls_dial(ctx, TLS_NAME, NULL);
        tls_say(&small[i], POST_ECHO "Content-Length: 16000\r\n\r\n");
        ck_assert_int_eq(SSL_write(small[i].ssl, toy.large, 12000), 12000);
    }
    poll(NULL, 0, 800);
    int64_t before = as_metric_get(AS_METRIC_requests_refused_total);
    char request[64 + 13000 + 1];
    size_t head =
        (size_t)snprintf(request, sizeof(request), POST_ECHO "Content-Length: 13000\r\n\r\n");
    memset(request + head, 'y', 13000);
    request[head + 13000] = '\0';
    for (int i = 0; i < 5; i++) {
        ck_assert_msg(tls_gets(ctx, request, " 200 "), "%s", client_answer);
    }
    ck_assert_int_ge(as_metric_get(AS_METRIC_requests_refused_total), before + 1);
    size_t yielded = 0;
    for (size_t i = 0; i < count; i++) {
        struct pollfd wait = {.fd = small[i].fd, .events = POLLIN};
        if (poll(&wait, 1, 0) == 1 && tls_hear(&small[i])) {
            ck_assert(client_has(" 503 ") && client_has("temporarily_unavailable"));
            yielded++;
        }
        client_len = 0;
    }
    ck_assert_uint_ge(yielded, 1);
    ck_assert_uint_lt(yielded, count); /* no more than had to */
    let_go(small, count);
    wait_metric(AS_METRIC_connections_open, 0);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- descriptors ---------------- */

static bool set_limit(rlim_t connections)
{
    /* as in places.c, for two listeners and one worker */
    rlim_t limit = AS_LIMIT_FD_RESERVE + 2 + 6 + (1 + AS_LIMIT_JOBS) * 4 + connections;

    return setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit, limit}) == 0;
}

START_TEST(operators_get_in_when_strangers_have_taken_all_descriptors)
{
    int fds[60];
    size_t count = 0;

    make_listeners();
    if (!set_limit(100)) {
        toy_end();
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    serve_start();
    ck_assert_ptr_nonnull(strstr(serve.told, "allow 52 connections"));
    while (count < AS_COUNT(fds)) {
        fds[count++] = client_to(serve_port(TLS));
    }
    wait_metric(AS_METRIC_connections_refused_total, AS_COUNT(fds) - 52);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 52);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 0);
    int admins[10];
    for (size_t i = 0; i < AS_COUNT(admins); i++) {
        admins[i] = client_to(serve_port(PLAIN));
        client_send(admins[i], GET_ECHO);
        ck_assert(client_read(admins[i]) && client_has(" 200 "));
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 62);
    for (size_t i = 0; i < AS_COUNT(admins); i++) {
        client_close(admins[i]);
    }
    while (count > 0) {
        client_close(fds[--count]);
    }
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}
END_TEST

/* A request with TLS from an address of 127.0.0.0/8; false: its connection was not taken. */
static bool neighbour_gets(SSL_CTX *ctx, in_addr_t from, struct tls_conn *conn)
{
    if (!tls_meet(conn, client_from(from, serve_port(TLS)), ctx, TLS_NAME, NULL)) {
        return false;
    }
    tls_say(conn, GET_ECHO);
    return tls_hear(conn) && client_has(" 200 ");
}

/* One more, from the address that clients usually have. */
static void expect_refusal(void)
{
    int more = client_to(serve_port(TLS));

    ck_assert(client_ended(more));
    client_close(more);
}

/* All that are allowed, from one address. */
static void crowd_in(int *fds, size_t count)
{
    serve_start();
    for (size_t i = 0; i < count; i++) {
        fds[i] = client_to(serve_port(TLS));
    }
    wait_metric(AS_METRIC_connections_open, (int64_t)count);
}

static void crowd_out(const int *fds, size_t count, SSL_CTX *ctx)
{
    for (size_t i = 0; i < count; i++) {
        client_close(fds[i]);
    }
    SSL_CTX_free(ctx);
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}

START_TEST(TLS_43_who_has_many_makes_room_for_who_has_few)
{
    int fds[20];
    struct tls_conn two, three;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);

    make_listeners();
    serve.listeners[TLS].max_connections = AS_COUNT(fds);
    crowd_in(fds, AS_COUNT(fds));
    ck_assert(neighbour_gets(ctx, 0x7F000002, &two));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 1);
    ck_assert(neighbour_gets(ctx, 0x7F000003, &three));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 2);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 0);
    expect_refusal();
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 1);
    tls_say(&two, GET_ECHO);
    ck_assert(tls_hear(&two) && client_has(" 200 "));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), AS_COUNT(fds));
    tls_hang_up(&two);
    tls_hang_up(&three);
    crowd_out(fds, AS_COUNT(fds), ctx);
}
END_TEST

START_TEST(TLS_43_descriptors_are_had_by_who_has_few)
{
    int fds[15];
    struct tls_conn two;
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);

    make_listeners();
    if (!set_limit(30)) {
        SSL_CTX_free(ctx);
        toy_end();
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    crowd_in(fds, AS_COUNT(fds));
    ck_assert(neighbour_gets(ctx, 0x7F000002, &two));
    /* one for its connection, and none for its request */
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 1);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 0);
    tls_hang_up(&two);
    crowd_out(fds, AS_COUNT(fds), ctx);
}
END_TEST

START_TEST(what_is_kept_for_operators_is_all_that_others_lack)
{
    int fds[40];

    make_listeners();
    if (!set_limit(30)) { /* half of it is kept */
        toy_end();
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    serve_start();
    ck_assert_ptr_nonnull(strstr(serve.told, "allow 15 connections"));
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        fds[i] = client_to(serve_port(PLAIN));
    }
    wait_metric(AS_METRIC_connections_open, 30); /* all, as nobody else wants them */
    poll(NULL, 0, 250);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 30);
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        client_close(fds[i]);
    }
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}
END_TEST

START_TEST(a_request_is_served_where_connections_have_taken_all_descriptors)
{
    int fds[30];

    make_listeners();
    if (!set_limit(30)) {
        toy_end();
        ck_skip("the limit of open files cannot be set (Valgrind)");
    }
    serve_start();
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        fds[i] = client_to(serve_port(PLAIN));
    }
    wait_metric(AS_METRIC_connections_open, 30);
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        client_send(fds[i], GET_ECHO);
        ck_assert(client_read(fds[i]) && client_has(" 200 "));
    }
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        client_close(fds[i]);
    }
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- memory --------------------- */

START_TEST(TLS_43_memory_bounds_connections_and_what_they_send)
{
    int fds[30];

    make_listeners();
    serve.bounds.memory = 2 * 60 * CONNECTION_BYTES; /* half of which is for operators */
    serve_start();
    ck_assert_ptr_nonnull(strstr(serve.told, "warning: 15 MiB of memory allow 30 connections"));
    ck_assert_ptr_nonnull(strstr(serve.told, "max_connections asks for more"));
    ck_assert_uint_eq(serve.edge->bounds.worker_bytes, 30 * CONNECTION_BYTES);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    for (size_t i = 0; i < AS_COUNT(fds); i++) {
        fds[i] = client_to(serve_port(TLS));
    }
    wait_metric(AS_METRIC_connections_open, AS_COUNT(fds));
    expect_refusal();
    struct tls_conn other;
    ck_assert(neighbour_gets(ctx, 0x7f000002, &other));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), AS_COUNT(fds));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 1);
    ask_plain();
    tls_hang_up(&other);
    crowd_out(fds, AS_COUNT(fds), ctx);
}
END_TEST

/* Each of two workers has a part of the crowd, and some time or other one of them has none left. */
START_TEST(TLS_43_another_worker_makes_room)
{
    int fds[30];
    struct tls_conn others[26];

    make_listeners();
    serve.workers = 2;
    serve.bounds.memory = 2 * 60 * CONNECTION_BYTES;
    crowd_in(fds, AS_COUNT(fds));
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    for (size_t i = 0; i < AS_COUNT(others); i++) {
        ck_assert_msg(neighbour_gets(ctx, 0x7f000100 + (in_addr_t)i, &others[i]), "%zu", i);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), AS_COUNT(others));
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 0);
    struct tls_conn last; /* there are four of the crowd left, and one of each other */
    ck_assert(neighbour_gets(ctx, 0x7f000200, &last));
    tls_hang_up(&last);
    for (size_t i = 0; i < AS_COUNT(others); i++) {
        tls_hang_up(&others[i]);
    }
    crowd_out(fds, AS_COUNT(fds), ctx);
}
END_TEST

/* When nobody may go for it, it is refused by the last that is asked. */
START_TEST(TLS_43_who_has_as_many_is_refused_by_all_workers)
{
    int fds[30];

    make_listeners();
    serve.workers = 2;
    serve.bounds.memory = 2 * 60 * CONNECTION_BYTES;
    crowd_in(fds, AS_COUNT(fds));
    for (int i = 0; i < 20; i++) {
        expect_refusal();
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 20);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 0);
    crowd_out(fds, AS_COUNT(fds), client_ctx(TLS1_3_VERSION, NULL));
}
END_TEST

/* Of all listeners: one that keeps none has no part. */
static long sessions_kept(size_t listener)
{
    struct as_front front = as_listener_front(&serve.edge->listeners[listener]);
    long most = SSL_CTX_sess_get_cache_size(as_tls_context_ssl(front.tls));

    as_front_drop(&front);
    return most;
}

START_TEST(TLS_55_memory_bounds_sessions)
{
    make_listeners();
    serve.listeners[2] = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.listener_count = 3;
    serve.bounds.memory = (uint64_t)8 * 20 * AS_LIMIT_SESSION_BYTES;
    serve_start();
    ck_assert_int_eq(sessions_kept(TLS), 10);
    ck_assert_int_eq(sessions_kept(2), 10);
    const struct as_edge_conf conf = serve_conf();
    serve.listeners[2].client_certificate = AS_CLIENT_CERTIFICATE_NONE; /* it keeps none */
    ck_assert_int_eq(as_edge_reload(serve.edge, &conf, serve_tell, NULL), AS_EDGE_FINE);
    ck_assert_int_eq(sessions_kept(TLS), 20);
    serve_stop(1000);

    make_listeners();
    serve.bounds.memory = (uint64_t)1 << 50;
    serve_start();
    ck_assert_int_eq(sessions_kept(TLS), AS_LIMIT_SESSIONS);
    serve_stop(1000);
}
END_TEST

/* Each of the crowd has an address of its own, but for one that has two. */
static void crowd_of_many(int fds[30], int yield_ms)
{
    make_listeners();
    serve.bounds.memory = 2 * 60 * CONNECTION_BYTES;
    serve.bounds.yield_ms = yield_ms;
    serve_start();
    for (size_t i = 0; i < 30; i++) {
        fds[i] = client_from(0x7f000100 + (in_addr_t)(i / 29 + i % 29), serve_port(TLS));
    }
    wait_metric(AS_METRIC_connections_open, 30);
}

START_TEST(TLS_43_two_connections_are_no_crowd)
{
    int fds[30];

    crowd_of_many(fds, 60000);
    expect_refusal(); /* it has none */
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_displaced_total), 0);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_open), 30);
    crowd_out(fds, AS_COUNT(fds), client_ctx(TLS1_3_VERSION, NULL));
}
END_TEST

START_TEST(TLS_43_who_is_slow_makes_room_though_all_have_few)
{
    int fds[30];
    struct tls_conn others[10];
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);

    crowd_of_many(fds, 0);
    for (size_t i = 0; i < AS_COUNT(others); i++) { /* two each */
        ck_assert_msg(neighbour_gets(ctx, 0x7f000200 + (in_addr_t)i / 2, &others[i]), "%zu", i);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 0);
    for (size_t i = 0; i < AS_COUNT(others); i++) {
        tls_hang_up(&others[i]);
    }
    crowd_out(fds, AS_COUNT(fds), ctx);
}
END_TEST

START_TEST(TLS_43_too_little_memory_refuses_the_start)
{
    make_listeners();
    serve.bounds.memory = 4 * CONNECTION_BYTES - 1;
    ck_assert_int_eq(serve_open(), AS_EDGE_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(serve.told, "the limit of memory is too low to serve anybody"));
    as_http_jobs_free(serve.jobs);
    toy_end();
}
END_TEST

START_TEST(where_memory_is_no_bound_descriptors_are)
{
    make_listeners();
    serve.bounds.memory = (uint64_t)1 << 50;
    serve_start();
    ck_assert_ptr_nonnull(strstr(serve.told, "open files allow"));
    ck_assert_ptr_null(strstr(serve.told, "memory"));
    ck_assert_uint_eq(serve.edge->bounds.worker_bytes, AS_LIMIT_WORKER_BYTES);
    serve_stop(1000);
}
END_TEST

AS_TESTS("edge/room", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TOK_12_large_bodies_leave_room_for_small_requests_and_these_for_operators);
    tcase_add_test(t, TOK_12_large_bodies_in_chunks_leave_room_too);
    tcase_add_test(t, TOK_12_who_sends_for_long_yields);
    tcase_add_test(t, operators_get_in_when_strangers_have_taken_all_descriptors);
    tcase_add_test(t, TLS_43_who_has_many_makes_room_for_who_has_few);
    tcase_add_test(t, TLS_43_descriptors_are_had_by_who_has_few);
    tcase_add_test(t, what_is_kept_for_operators_is_all_that_others_lack);
    tcase_add_test(t, a_request_is_served_where_connections_have_taken_all_descriptors);
    tcase_add_test(t, TLS_43_memory_bounds_connections_and_what_they_send);
    tcase_add_test(t, TLS_55_memory_bounds_sessions);
    tcase_add_test(t, where_memory_is_no_bound_descriptors_are);
    tcase_add_test(t, TLS_43_two_connections_are_no_crowd);
    tcase_add_test(t, TLS_43_who_is_slow_makes_room_though_all_have_few);
    tcase_add_test(t, TLS_43_too_little_memory_refuses_the_start);
    tcase_add_test(t, TLS_43_another_worker_makes_room);
    tcase_add_test(t, TLS_43_who_has_as_many_is_refused_by_all_workers);
})
