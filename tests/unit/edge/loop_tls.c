/* SPDX-License-Identifier: Apache-2.0 */
/* The loop with TLS: what the handshake tells, HSTS, SNI and Host, and impolite clients. */
#include "support/dial.h"

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"

static as_err say_peer(struct as_http_call *call)
{
    const struct as_peer *peer = call->request->peer;
    char x5t[AS_X5T_TEXT] = "none";
    as_span text;

    if (peer->cert != NULL) {
        as_cert_x5t(peer->cert->thumbprint, x5t);
    }
    AS_TRY(as_arena_printf(call->mem, &text, "%s %s %s %d %s", peer->address, peer->tls_version,
                           peer->suite, peer->resumed, x5t));
    return toy_say(call, 200, text);
}

static void start_mode(enum as_client_certificate mode)
{
    serve_init();
    toy_extra = say_peer;
    serve.listeners[0] = serve_tls(mode);
    serve.listener_count = 1;
}

static void start(enum as_client_certificate mode)
{
    start_mode(mode);
    serve_start();
}

/* ---------------------------------------------------------------- requests ------------------- */

static void check_version(int version, const char *name)
{
    char x5t[AS_X5T_TEXT];
    struct as_cert *cert = NULL;
    SSL_CTX *ctx = client_ctx(version, kit.client);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);

    ck_ok(as_cert_of_x509(kit.client->x509, NULL, &cert));
    as_cert_x5t(cert->thumbprint, x5t);
    for (int i = 0; i < 5; i++) {
        tls_say(&conn, "GET /peer HTTP/1.1\r\nHost: as.example:8443\r\n\r\n");
        ck_assert(tls_hear(&conn) && client_has(" 200 "));
        ck_assert(client_has(x5t) && client_has(name) && client_has("127.0.0.1"));
    }
    tls_say(&conn, "POST /job HTTP/1.1\r\nHost: as.example\r\nContent-Length: 1\r\n\r\nj");
    ck_assert(tls_hear(&conn) && client_has("done j"));
    tls_say(&conn, "GET /close HTTP/1.1\r\nHost: as.example\r\n\r\n");
    ck_assert(tls_hear(&conn) && client_has("bye"));
    ck_assert(tls_ended(&conn));
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    as_cert_drop(cert);
}

START_TEST(TLS_03_both_versions_carry_requests_and_certificates)
{
    start(AS_CLIENT_CERTIFICATE_REQUEST);
    check_version(TLS1_3_VERSION, "TLSv1.3");
    check_version(TLS1_2_VERSION, "TLSv1.2");
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_45_without_a_certificate_there_is_an_answer)
{
    start(AS_CLIENT_CERTIFICATE_REQUEST);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    tls_say(&conn, "GET /peer HTTP/1.1\r\nHost: as.example\r\n\r\n");
    ck_assert(tls_hear(&conn) && client_has(" 200 ") && client_has(" none"));
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_41_every_https_answer_says_hsts_once)
{
    const char *const requests[] = {
        GET_ECHO,
        "GET /nowhere HTTP/1.1\r\nHost: as.example\r\n\r\n",
        "GET /job HTTP/1.1\r\nHost: as.example\r\n\r\n",
        "POST /job HTTP/1.1\r\nHost: as.example\r\nContent-Length: 0\r\n\r\n",
        "GET /broken HTTP/1.1\r\nHost: as.example\r\n\r\n",
        "GET /own-hsts HTTP/1.1\r\nHost: as.example\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: other.example\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "nonsense\r\n\r\n",
        "POST /small HTTP/1.1\r\nHost: as.example\r\nContent-Length: 11\r\n\r\n",
    };

    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    for (size_t i = 0; i < AS_COUNT(requests); i++) {
        struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
        tls_say(&conn, requests[i]);
        ck_assert(tls_hear(&conn));
        ck_assert_uint_eq(client_count("trict-") + client_count("TRICT-"), 1);
        ck_assert_uint_eq(client_count("ecurity: max-age="), 1);
        ck_assert_uint_eq(client_count("\r\nX-Request-Id: "), 1);
        tls_hang_up(&conn);
    }
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* Whoever answers: a handler, the engine, the edge. */
START_TEST(TLS_41_preload_where_the_listener_says_so)
{
    const char *const requests[] = {GET_ECHO, "nonsense\r\n\r\n"};

    for (int preload = 0; preload < 2; preload++) {
        start_mode(AS_CLIENT_CERTIFICATE_NONE);
        serve.listeners[0].hsts_preload = preload != 0;
        serve_start();
        SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
        for (size_t i = 0; i < AS_COUNT(requests); i++) {
            struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
            tls_say(&conn, requests[i]);
            ck_assert(tls_hear(&conn));
            ck_assert(client_has(preload ? ": max-age=31536000; includeSubDomains; preload\r\n"
                                         : ": max-age=31536000; includeSubDomains\r\n"));
            tls_hang_up(&conn);
        }
        SSL_CTX_free(ctx);
        serve_stop(1000);
    }
}
END_TEST

START_TEST(TLS_39_host_and_sni_agree_or_421)
{
    const struct {
        const char *sni;
        const char *host;
        const char *status;
    } cases[] = {
        {TLS_NAME, TLS_NAME, " 200 "},
        {TLS_NAME2, TLS_NAME2 ":8443", " 200 "},
        {TLS_NAME, TLS_NAME2, " 421 "},
        {TLS_NAME2, TLS_NAME, " 421 "},
        {TLS_NAME, "other", " 421 "},
        {NULL, TLS_NAME, " 200 "},
        {NULL, TLS_NAME2, " 200 "},
        {NULL, "other", " 421 "},
        {"AS.example", "as.EXAMPLE", " 200 "},
    };

    start(AS_CLIENT_CERTIFICATE_REQUEST);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        char request[256];
        struct tls_conn conn = tls_dial(ctx, cases[i].sni, NULL);
        (void)snprintf(request, sizeof(request), "GET /peer HTTP/1.1\r\nHost: %s\r\n\r\n",
                       cases[i].host);
        tls_say(&conn, request);
        ck_assert(tls_hear(&conn));
        ck_assert_msg(client_has(cases[i].status), "%zu: %s", i, client_answer);
        if (client_has(" 421 ")) {
            ck_assert(client_has("application/json"));
            ck_assert(tls_ended(&conn));
        }
        tls_hang_up(&conn);
    }
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(a_large_answer_comes_whole_over_tls)
{
    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    for (int i = 0; i < 3; i++) {
        tls_say(&conn, "GET /large HTTP/1.1\r\nHost: as.example\r\n\r\n");
        poll(NULL, 0, 50);
        ck_assert(tls_hear(&conn));
        ck_assert_int_eq(memcmp(strstr(client_answer, "\r\n\r\n") + 4, toy.large, TOY_LARGE), 0);
    }
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(a_large_body_comes_whole_over_tls)
{
    static char request[200 * 1024];

    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_2_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    int head =
        snprintf(request, sizeof(request),
                 "POST /echo HTTP/1.1\r\nHost: as.example\r\nContent-Length: 150000\r\n\r\n");
    memset(request + head, 'b', 150000);
    tls_say(&conn, request);
    ck_assert(tls_hear(&conn) && client_has(" 200 "));
    ck_assert_uint_gt(strlen(client_answer), 150000);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- resumption ----------------- */

static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

enum manners { POLITE, SILENT, RESET };

/* Most clients close without close_notify; that must not cost the next handshake. */
static void resume_after(int version, enum manners manners)
{
    const struct linger reset = {1, 0};
    SSL_CTX *ctx = client_ctx(version, kit.client);

    kept = NULL;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    for (int i = 0; i < 3; i++) {
        struct tls_conn conn = tls_dial(ctx, TLS_NAME, kept);
        tls_say(&conn, "GET /peer HTTP/1.1\r\nHost: as.example\r\n\r\n");
        ck_assert(tls_hear(&conn));
        ck_assert_int_eq(SSL_session_reused(conn.ssl), i > 0);
        ck_assert(client_has(i > 0 ? " 1 " : " 0 ") && !client_has("none"));
        ck_assert_ptr_nonnull(kept);
        if (manners == POLITE) {
            (void)SSL_shutdown(conn.ssl);
        } else {
            SSL_set_quiet_shutdown(conn.ssl, 1);
            SSL_set_shutdown(conn.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        }
        if (manners == RESET) {
            ck_assert_int_eq(setsockopt(conn.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
        }
        tls_hang_up(&conn);
        wait_metric(AS_METRIC_connections_open, 0);
    }
    SSL_SESSION_free(kept);
    SSL_CTX_free(ctx);
}

START_TEST(TLS_52_sessions_outlive_their_connection)
{
    start(AS_CLIENT_CERTIFICATE_REQUEST);
    for (enum manners manners = POLITE; manners <= RESET; manners++) {
        resume_after(TLS1_3_VERSION, manners);
        resume_after(TLS1_2_VERSION, manners);
    }
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- impolite clients ----------- */

START_TEST(TLS_01_plain_http_gets_no_answer)
{
    start(AS_CLIENT_CERTIFICATE_NONE);
    int fd = client_new();
    client_send(fd, GET_ECHO);
    ck_assert(client_send_much(fd, 900000));
    ck_assert(!client_read(fd)); /* an alert perhaps, and the end */
    client_got[client_len] = '\0';
    ck_assert_ptr_null(strstr(client_got, "HTTP"));
    client_len = 0;
    ck_assert(client_ended_in_order(fd)); /* so that an alert arrives */
    client_close(fd);
    wait_metric(AS_METRIC_handshakes_failed_total, 1);
    ck_assert_int_eq(atomic_load(&toy.served), 0);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_36_the_alert_of_a_failed_handshake_arrives)
{
    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn;
    ck_assert(!tls_meet(&conn, client_new(), ctx, "nope.test", NULL));
    ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_UNRECOGNIZED_NAME);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_a_slow_handshake_is_cut)
{
    start_mode(AS_CLIENT_CERTIFICATE_NONE);
    serve.bounds.handshake_ms = 200;
    serve_start();
    int64_t begun = as_clock_mono_ms();
    int silent = client_new();
    int half = client_new();
    client_send(half, "\x16\x03\x01");
    ck_assert(client_ended(silent));
    ck_assert_int_ge(as_clock_mono_ms() - begun, 190);
    ck_assert(client_ended(half));
    client_close(silent);
    client_close(half);
    ck_assert_int_eq(as_metric_get(AS_METRIC_handshakes_failed_total), 2);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_an_address_that_keeps_failing_waits)
{
    start_mode(AS_CLIENT_CERTIFICATE_NONE);
    serve.workers = 1;
    serve.failed_handshakes = 5;
    serve_start();
    for (int i = 1; i <= 5; i++) {
        int fd = client_new();
        client_send(fd, GET_ECHO);
        ck_assert(!client_read(fd));
        client_close(fd);
        wait_metric(AS_METRIC_handshakes_failed_total, i);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 0);
    int fd = client_new();
    ck_assert(client_ended(fd));
    client_close(fd);
    ck_assert_int_eq(as_metric_get(AS_METRIC_connections_refused_total), 1);
    serve_stop(1000);
}
END_TEST

START_TEST(a_broken_record_ends_the_connection)
{
    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    tls_say(&conn, GET_ECHO);
    ck_assert(tls_hear(&conn));
    client_send(conn.fd, "\x17\x03\x03\x01\x20garbage, and no record of ours");
    for (int i = 0; i < 3; i++) {
        (void)send(conn.fd, toy.large, 200, MSG_NOSIGNAL);
    }
    wait_metric(AS_METRIC_connections_open, 0);
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(a_stop_says_goodbye)
{
    start(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);
    tls_say(&conn, GET_ECHO);
    ck_assert(tls_hear(&conn));
    serve_stop(1000);
    ck_assert(tls_ended(&conn));
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
}
END_TEST

/* ---------------------------------------------------------------- many at once --------------- */

static void *one_client(void *arg)
{
    SSL_CTX *ctx = arg;
    char got[4096];

    for (int i = 0; i < 20; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(serve_port(0)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        SSL *ssl = SSL_new(ctx);
        const char *request = i % 2 ? GET_ECHO
                                    : "POST /job HTTP/1.1\r\nHost: as.example\r\n"
                                      "Content-Length: 0\r\n\r\n";
        SSL_set_fd(ssl, fd);
        if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || SSL_connect(ssl) != 1) {
            return "no connection";
        }
        for (int j = 0; j < 10; j++) {
            if (SSL_write(ssl, request, (int)strlen(request)) <= 0) {
                return "no request";
            }
            int len = SSL_read(ssl, got, sizeof(got) - 1);
            if (len <= 0 || strncmp(got, "HTTP/1.1 200 ", 13) != 0) {
                return "no answer";
            }
            if (i % 5 == 4 && j == i % 10) {
                break; /* leaves early */
            }
        }
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

START_TEST(many_clients_at_once)
{
    pthread_t threads[8];

    start_mode(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.job_threads = 8;
    serve_start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, one_client, ctx), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        void *fault = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &fault), 0);
        ck_assert_msg(fault == NULL, "%s", (const char *)fault);
    }
    SSL_CTX_free(ctx);
    serve_stop(1000);
    ck_assert_int_eq(atomic_load(&toy.done), atomic_load(&toy.served) - atomic_load(&toy.waited));
}
END_TEST

AS_TESTS("edge/loop_tls", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_03_both_versions_carry_requests_and_certificates);
    tcase_add_test(t, TLS_45_without_a_certificate_there_is_an_answer);
    tcase_add_test(t, TLS_41_every_https_answer_says_hsts_once);
    tcase_add_test(t, TLS_41_preload_where_the_listener_says_so);
    tcase_add_test(t, TLS_39_host_and_sni_agree_or_421);
    tcase_add_test(t, a_large_answer_comes_whole_over_tls);
    tcase_add_test(t, a_large_body_comes_whole_over_tls);
    tcase_add_test(t, TLS_52_sessions_outlive_their_connection);
    tcase_add_test(t, TLS_01_plain_http_gets_no_answer);
    tcase_add_test(t, TLS_36_the_alert_of_a_failed_handshake_arrives);
    tcase_add_test(t, TLS_43_a_slow_handshake_is_cut);
    tcase_add_test(t, TLS_43_an_address_that_keeps_failing_waits);
    tcase_add_test(t, a_broken_record_ends_the_connection);
    tcase_add_test(t, a_stop_says_goodbye);
    tcase_add_test(t, many_clients_at_once);
})
