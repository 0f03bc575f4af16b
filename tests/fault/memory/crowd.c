/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a crowd of connections has taken: whoever has most gives it back, and those who are
 * served, or come meanwhile, notice nothing. */
#include "fault/support/memory.h"
#include "unit/edge/support/dial.h"

#include <signal.h>
#include <sys/resource.h>

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"
#define CROWD    200
#define GREEDY   0x7f090001 /* 127.9.0.1 */

/* A connection waits for the rest of each of these: half a hello, or a whole request but its end.
 */
static const struct {
    bool secure;
    const char *text;
    size_t more;
} crowds[] = {
    {false, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 60},
    {true, "POST /echo HTTP/1.1\r\nHost: as.example\r\nContent-Length: 60000\r\n\r\n", 50000},
    {true, "POST /echo HTTP/1.1\r\nHost: as.example\r\nX: ", 12000},
    {true, "", 0},
};

static void start(void)
{
    memory_unbounded = true;
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to connections that are ended */
    serve_init();
    serve.workers = 1;
    serve.listeners[0] = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.listeners[1] = serve_plain("127.0.0.1:0");
    serve.listener_count = 2;
    serve_start();
}

static struct tls_conn join(SSL_CTX *ctx, int way)
{
    static char octets[65536];
    struct tls_conn conn = {.fd = client_from(GREEDY, serve_port(0))};

    memset(octets, 'x', sizeof(octets));
    if (!crowds[way].secure) {
        ck_assert_int_eq(send(conn.fd, crowds[way].text, 11, MSG_NOSIGNAL), 11);
        (void)send(conn.fd, octets, crowds[way].more, MSG_NOSIGNAL);
        return conn;
    }
    if (tls_meet(&conn, conn.fd, ctx, TLS_NAME, NULL) && crowds[way].more > 0) {
        (void)SSL_write(conn.ssl, crowds[way].text, (int)strlen(crowds[way].text));
        (void)SSL_write(conn.ssl, octets, (int)crowds[way].more);
    }
    return conn;
}

static void ask(struct tls_conn *conn)
{
    tls_say(conn, GET_ECHO);
    ck_assert_msg(tls_hear(conn) && client_has(" 200 "), "%s", client_answer);
}

START_TEST(TLS_43_who_has_most_gives_memory_back)
{
    static struct tls_conn crowd[CROWD];

    start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    struct tls_conn kept = tls_dial(ctx, TLS_NAME, NULL);
    ask(&kept);
    memory_bound(1536 * 1024);
    for (size_t i = 0; i < CROWD; i++) {
        crowd[i] = join(ctx, _i);
        if (i % 4 == 0) {
            ask(&kept);
            struct tls_conn fresh = tls_dial(ctx, TLS_NAME, NULL);
            ask(&fresh);
            tls_hang_up(&fresh);
        }
    }
    ask(&kept);
    ck_assert_int_gt(as_metric_get(AS_METRIC_connections_displaced_total), 0);
    ck_assert_int_lt(as_metric_get(AS_METRIC_connections_open), CROWD);
    memory_unbind();
    for (size_t i = 0; i < CROWD; i++) {
        tls_hang_up(&crowd[i]);
    }
    ask(&kept);
    tls_hang_up(&kept);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* With nobody who could go, those who come wait in the backlog, where other workers take them. */
START_TEST(TLS_43_who_comes_waits_for_memory)
{
    start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    int64_t refused = as_metric_get(AS_METRIC_connections_refused_total);

    memory_bound(-2 * AS_LIMIT_MEMORY_APART);
    int first = client_new(); /* by which the worker learns it */
    wait_metric(AS_METRIC_connections_refused_total, refused + 1);
    client_close(first);
    int next = client_new();
    poll(NULL, 0, 5 * AS_LIMIT_ACCEPT_PAUSE_MS);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), refused + 1);
    memory_unbind();
    struct tls_conn conn;
    ck_assert(tls_meet(&conn, next, ctx, TLS_NAME, NULL));
    ask(&conn);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* One descriptor more, which the next client takes; none for the worker. */
static rlim_t last_descriptor(void)
{
    struct rlimit limit;
    int next = dup(STDIN_FILENO);

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)next + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

static void descriptors_again(rlim_t before)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* That no memory is left holds up whoever comes by TLS; operators waited for descriptors alone. */
START_TEST(operators_do_not_wait_for_memory)
{
    start();
    int64_t refused = as_metric_get(AS_METRIC_connections_refused_total);

    memory_bound(-2 * AS_LIMIT_MEMORY_APART);
    int stranger = client_new(); /* by which the worker learns it */
    wait_metric(AS_METRIC_connections_refused_total, refused + 1);
    ck_assert(client_ended(stranger)); /* and its descriptor is free */
    rlim_t before = last_descriptor();
    int operator_ = client_to(serve_port(1));
    poll(NULL, 0, 3 * AS_LIMIT_ACCEPT_PAUSE_MS);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), refused + 1);
    descriptors_again(before);
    /* it is accepted, and then there is no memory for it */
    wait_metric(AS_METRIC_connections_refused_total, refused + 2);
    memory_unbind();
    ck_assert(client_ended(operator_));
    client_close(operator_);
    client_close(stranger);
    serve_stop(1000);
}
END_TEST

AS_TESTS("fault/memory crowd", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_loop_test(t, TLS_43_who_has_most_gives_memory_back, 0, (int)AS_COUNT(crowds));
    tcase_add_test(t, TLS_43_who_comes_waits_for_memory);
    tcase_add_test(t, operators_do_not_wait_for_memory);
})
