/* SPDX-License-Identifier: Apache-2.0 */
/* New certificates, names and bounds for listeners that go on serving (TLS-29). */
#include "support/dial.h"

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n"

/* A second certificate of the server, for the same names. */
static struct test_cert *second;
static char *second_cert, *second_key;

static void setup(void)
{
    tls_setup();
    second = tls_server_cert(kit.ca, "P-256");
    second_cert = test_cert_file(second);
    second_key = test_key_file(second);
}

static void teardown(void)
{
    test_file_drop(second_cert);
    test_file_drop(second_key);
    test_cert_free(second);
    tls_teardown();
}

/* The first listener, with the first or the second certificate alone; no list of it outlives the
 * call that it is for. */
static struct lists {
    const char *names[2], *certs[1], *keys[1];
} lists;

static void use(bool the_second)
{
    struct as_listener_conf *conf = &serve.listeners[0];

    lists = (struct lists){{TLS_NAME, TLS_NAME2},
                           {the_second ? second_cert : kit.ec_cert},
                           {the_second ? second_key : kit.ec_key}};
    *conf = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    conf->suites = AS_SUITES_BCP195;
    conf->names = lists.names;
    conf->certificate_files = lists.certs;
    conf->key_files = lists.keys;
    conf->certificate_count = 1;
    serve.listener_count = 1;
}

static void forget(void)
{
    memset(&lists, 0, sizeof(lists));
    memset(serve.listeners, 0, sizeof(serve.listeners));
}

static void start(void)
{
    serve_init();
    use(false);
    serve_start();
    forget();
}

static enum as_edge_failure have(enum as_edge_failure (*verb)(struct as_edge *,
                                                              const struct as_edge_conf *,
                                                              as_edge_tell, void *))
{
    struct as_edge_conf conf = serve_conf();

    serve.told[0] = '\0';
    conf.listener_count = serve.listener_count;
    return verb(serve.edge, &conf, serve_tell, NULL);
}

/* Whatever becomes of it, a check has said so in the same words. */
static enum as_edge_failure reload(void)
{
    char said[sizeof(serve.told)];
    enum as_edge_failure foreseen = have(as_edge_reload_check);

    (void)snprintf(said, sizeof(said), "%s", serve.told);
    enum as_edge_failure failure = have(as_edge_reload);
    ck_assert_int_eq(failure, foreseen);
    ck_assert_str_eq(serve.told, said);
    forget();
    return failure;
}

static void refused(enum as_edge_failure as, const char *why)
{
    ck_assert_int_eq(reload(), as);
    ck_assert_msg(strstr(serve.told, why) != NULL, "\"%s\" instead of \"%s\"", serve.told, why);
}

static bool shows(SSL *ssl, const struct test_cert *cert)
{
    X509 *shown = SSL_get1_peer_certificate(ssl);
    bool same = shown != NULL && X509_cmp(shown, cert->x509) == 0;

    X509_free(shown);
    return same;
}

static void check_serves(const struct test_cert *cert)
{
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn conn = tls_dial(ctx, TLS_NAME, NULL);

    ck_assert(shows(conn.ssl, cert));
    tls_say(&conn, GET_ECHO);
    ck_assert(tls_hear(&conn) && client_has(" 200 "));
    tls_hang_up(&conn);
    SSL_CTX_free(ctx);
}

/* ---------------------------------------------------------------- what changes --------------- */

START_TEST(TLS_29_new_connections_see_the_new_certificate_and_old_ones_live_on)
{
    start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);
    struct tls_conn old = tls_dial(ctx, TLS_NAME, NULL);
    ck_assert(shows(old.ssl, kit.ec));
    for (int i = 0; i < 3; i++) {
        bool the_second = i % 2 == 0;
        use(the_second);
        ck_assert_int_eq(reload(), AS_EDGE_FINE);
        check_serves(the_second ? second : kit.ec);
        tls_say(&old, GET_ECHO);
        ck_assert(tls_hear(&old) && client_has(" 200 "));
    }
    tls_hang_up(&old);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_29_a_wrong_file_keeps_what_is)
{
    start();
    use(true);
    lists.keys[0] = kit.ec_key; /* of the other certificate */
    refused(AS_EDGE_BAD_CONFIGURATION, "the key does not belong to the certificate");
    check_serves(kit.ec);
    use(true);
    lists.certs[0] = "/nowhere/cert.pem";
    refused(AS_EDGE_BAD_CONFIGURATION, "/nowhere/cert.pem");
    check_serves(kit.ec);
    use(true);
    static const char *const exempt[] = {"nobody"};
    serve.exempt = exempt;
    serve.exempt_count = 1;
    refused(AS_EDGE_BAD_CONFIGURATION, "is no IP address");
    serve.exempt_count = 0;
    check_serves(kit.ec);
    use(true);
    ck_assert_int_eq(reload(), AS_EDGE_FINE); /* and what is right is taken afterwards */
    check_serves(second);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_29_one_wrong_listener_keeps_all_as_they_are)
{
    serve_init();
    use(false);
    serve.listeners[1] = serve.listeners[0];
    serve.listener_count = 2;
    serve_start();
    forget();

    use(true);
    static const char *const none[] = {"/nowhere/key.pem"};
    serve.listeners[1] = serve.listeners[0];
    serve.listeners[1].key_files = none;
    serve.listener_count = 2;
    refused(AS_EDGE_BAD_CONFIGURATION, "/nowhere/key.pem");
    check_serves(kit.ec); /* the first listener */
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_29_a_check_changes_nothing)
{
    start();
    use(true);
    ck_assert_int_eq(have(as_edge_reload_check), AS_EDGE_FINE);
    forget();
    check_serves(kit.ec);
    serve_stop(1000);
}
END_TEST

START_TEST(D7_a_session_of_before_the_swap_is_not_resumed)
{
    start();
    for (int i = 0; i < 3; i++) {
        SSL_CTX *ctx = client_ctx(TLS1_2_VERSION, kit.client);
        struct tls_conn first = tls_dial(ctx, TLS_NAME, NULL);
        SSL_SESSION *session = SSL_get1_session(first.ssl);
        tls_say(&first, GET_ECHO);
        ck_assert(tls_hear(&first));
        SSL_shutdown(first.ssl);
        tls_hang_up(&first);
        if (i == 1) {
            use(false); /* the same once more is a swap as well */
            ck_assert_int_eq(reload(), AS_EDGE_FINE);
        }
        struct tls_conn again = tls_dial(ctx, TLS_NAME, session);
        ck_assert_int_eq(SSL_session_reused(again.ssl), i != 1);
        tls_hang_up(&again);
        SSL_SESSION_free(session);
        SSL_CTX_free(ctx);
    }
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- memory --------------------- */

#define OCTETS(cert_list) (AS_LIMIT_CONNECTION_BYTES + AS_LIMIT_CERT_GROWTH * (uint64_t)(cert_list))

/* For 20 connections of the first listener as it is, while max_connections asks for more. */
static void start_with_memory_for_20(enum as_client_certificate asks)
{
    serve_init();
    use(false);
    serve.listeners[0].client_certificate = asks;
    uint64_t each = OCTETS(asks == AS_CLIENT_CERTIFICATE_NONE ? 0 : AS_LIMIT_CERT_LIST);
    serve.bounds.memory = 2 * 20 * each + each;
    serve_start();
    ck_assert_uint_eq(serve.edge->places_max, 20);
    forget();
}

START_TEST(TLS_43_what_memory_was_counted_for_needs_a_restart)
{
    start_with_memory_for_20(AS_CLIENT_CERTIFICATE_REQUEST);
    use(true);
    serve.listeners[0].max_cert_list = AS_LIMIT_CERT_OCTETS;
    refused(AS_EDGE_BAD_CONFIGURATION, "max_cert_list: there may be 20 connections, and memory is "
                                       "for 5 such: restart fapid, or lower max_connections");
    check_serves(kit.ec);
    use(true);
    serve.listeners[0].max_cert_list = AS_LIMIT_CERT_OCTETS;
    serve.listeners[0].max_connections = 6;
    refused(AS_EDGE_BAD_CONFIGURATION, "there may be 6 connections");
    use(true); /* what they take together, and not the setting, is what counts */
    serve.listeners[0].max_cert_list = AS_LIMIT_CERT_OCTETS;
    serve.listeners[0].max_connections = 5;
    ck_assert_int_eq(reload(), AS_EDGE_FINE);
    check_serves(second);
    use(false);
    ck_assert_int_eq(reload(), AS_EDGE_FINE);
    check_serves(kit.ec);
    ck_assert_uint_eq(serve.edge->places_max, 20);
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_43_asking_for_certificates_takes_memory_too)
{
    start_with_memory_for_20(AS_CLIENT_CERTIFICATE_NONE);
    use(true);
    refused(AS_EDGE_BAD_CONFIGURATION, "client_certificate: there may be 20 connections");
    check_serves(kit.ec);
    use(true);
    serve.listeners[0].client_certificate = AS_CLIENT_CERTIFICATE_NONE;
    serve.listeners[0].max_cert_list = AS_LIMIT_CERT_OCTETS; /* of which nobody shows any */
    ck_assert_int_eq(reload(), AS_EDGE_FINE);
    check_serves(second);
    serve_stop(1000);
}
END_TEST

START_TEST(names_and_bounds_change_for_new_connections)
{
    start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    struct tls_conn old = tls_dial(ctx, TLS_NAME2, NULL);
    use(false);
    serve.listeners[0].name_count = 1; /* the second name is gone */
    serve.listeners[0].max_connections = 2;
    serve.listeners[0].hsts_preload = true;
    ck_assert_int_eq(reload(), AS_EDGE_FINE);

    tls_say(&old, "GET /echo HTTP/1.1\r\nHost: mtls.as.example\r\n\r\n");
    ck_assert(tls_hear(&old) && client_has(" 200 ") && !client_has("preload"));
    struct tls_conn now = tls_dial(ctx, TLS_NAME, NULL);
    tls_say(&now, "GET /echo HTTP/1.1\r\nHost: as.example\r\n\r\n");
    ck_assert(tls_hear(&now) && client_has(" 200 ") && client_has("preload"));
    int third = client_new();
    ck_assert(client_ended(third));
    client_close(third);
    tls_hang_up(&old);
    wait_metric(AS_METRIC_connections_open, 1);

    struct tls_conn gone;
    ck_assert(!tls_meet(&gone, client_new(), ctx, TLS_NAME2, NULL));
    tls_hang_up(&gone);
    tls_hang_up(&now);
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

static void fail_handshake(int64_t nth)
{
    int fd = client_new();

    client_send(fd, GET_ECHO);
    ck_assert(!client_read(fd));
    client_close(fd);
    wait_metric(AS_METRIC_handshakes_failed_total, nth);
}

START_TEST(TLS_43_who_is_exempt_changes_too)
{
    static const char *const exempt[] = {"127.0.0.1"};

    serve.failed_handshakes = 3;
    start();
    for (int i = 1; i <= 3; i++) {
        fail_handshake(i);
    }
    int shut_out = client_new();
    ck_assert(client_ended(shut_out));
    client_close(shut_out);
    use(false);
    serve.exempt = exempt;
    serve.exempt_count = 1;
    ck_assert_int_eq(reload(), AS_EDGE_FINE);
    check_serves(kit.ec);
    for (int i = 4; i <= 8; i++) {
        fail_handshake(i);
    }
    check_serves(kit.ec);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- what needs a restart ------- */

START_TEST(what_hangs_on_a_socket_needs_a_restart)
{
    static const struct as_http_site other_site = {.routes = NULL};

    start();
    use(true);
    serve.listeners[0].name = "another";
    refused(AS_EDGE_BAD_CONFIGURATION, "another name needs a restart");
    use(true);
    serve.listeners[0].kind = AS_LISTENER_PLAIN;
    refused(AS_EDGE_BAD_CONFIGURATION, "another kind needs a restart");
    use(true);
    serve.listeners[0].address = "127.0.0.1:1";
    refused(AS_EDGE_BAD_CONFIGURATION, "another address needs a restart");
    use(true);
    serve.listeners[0].max_per_address = 7;
    refused(AS_EDGE_BAD_CONFIGURATION, "another max_per_address needs a restart");
    use(true);
    serve.listeners[0].site = &other_site;
    refused(AS_EDGE_BAD_CONFIGURATION, "another site needs a restart");
    use(true);
    serve.listeners[1] = serve.listeners[0];
    serve.listener_count = 2;
    refused(AS_EDGE_BAD_CONFIGURATION, "another number of listeners needs a restart");
    serve.listener_count = 0;
    refused(AS_EDGE_BAD_CONFIGURATION, "another number of listeners needs a restart");
    check_serves(kit.ec);
    serve_stop(1000);
}
END_TEST

START_TEST(the_group_of_a_socket_needs_a_restart)
{
    const struct as_listener_conf a = {
        .name = "s", .kind = AS_LISTENER_SOCKET, .address = "/x", .socket_group = 5};
    struct as_listener_conf b = a;

    ck_assert_ptr_null(as_conf_difference(&a, &b));
    b.socket_group = 6; /* of no account */
    ck_assert_ptr_null(as_conf_difference(&a, &b));
    b.socket_group_set = true;
    ck_assert_str_eq(as_conf_difference(&a, &b), "group");
    struct as_listener_conf c = b;
    ck_assert_ptr_null(as_conf_difference(&b, &c));
    c.socket_group = 7;
    ck_assert_str_eq(as_conf_difference(&b, &c), "group");
}
END_TEST

/* ---------------------------------------------------------------- under load ----------------- */

#define CALLERS 3
#define RELOADS 12

static struct load {
    uint16_t port;
    atomic_bool over;
    atomic_uint fine[3]; /* that saw the first certificate; the second; on a kept connection */
    atomic_uint wrong;
} load;

static bool ask(SSL *ssl)
{
    char text[1024];
    int got = SSL_write(ssl, GET_ECHO, (int)strlen(GET_ECHO)) > 0
                  ? SSL_read(ssl, text, sizeof(text) - 1)
                  : 0;

    text[got > 0 ? got : 0] = '\0';
    return strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static SSL *dial(SSL_CTX *ctx)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(load.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SSL *ssl = SSL_new(ctx);

    SSL_set_tlsext_host_name(ssl, TLS_NAME);
    SSL_set_fd(ssl, fd);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 || SSL_connect(ssl) != 1) {
        SSL_free(ssl);
        close(fd);
        return NULL;
    }
    return ssl;
}

static void hang_up(SSL *ssl)
{
    int fd = SSL_get_fd(ssl);

    SSL_free(ssl);
    close(fd);
}

/* A connection for each request, as fast as they can be had. */
static void *call_anew(void *arg)
{
    SSL_CTX *ctx = arg;

    while (!atomic_load(&load.over)) {
        SSL *ssl = dial(ctx);
        if (ssl == NULL || !ask(ssl)) {
            atomic_fetch_add(&load.wrong, 1);
        } else {
            atomic_fetch_add(&load.fine[shows(ssl, second) ? 1 : 0], 1);
        }
        if (ssl != NULL) {
            hang_up(ssl);
        }
    }
    return NULL;
}

static void *call_on(void *arg)
{
    SSL *ssl = dial(arg);

    while (ssl != NULL && !atomic_load(&load.over)) {
        atomic_fetch_add(ask(ssl) ? &load.fine[2] : &load.wrong, 1);
        poll(NULL, 0, 1);
    }
    if (ssl != NULL) {
        hang_up(ssl);
    }
    return NULL;
}

static void wait_more(atomic_uint *number)
{
    unsigned before = atomic_load(number);

    for (int i = 0; atomic_load(number) < before + 2; i++) {
        ck_assert_int_lt(i, 30000);
        poll(NULL, 0, 1);
    }
}

START_TEST(TLS_29_no_handshake_and_no_request_fails_under_load)
{
    pthread_t threads[CALLERS + 1];
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, kit.client);

    start();
    load.port = serve_port(0);
    for (size_t i = 0; i <= CALLERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, i < CALLERS ? call_anew : call_on, ctx),
                         0);
    }
    for (int i = 0; i < RELOADS; i++) {
        bool the_second = i % 2 == 0;
        use(the_second);
        ck_assert_int_eq(reload(), AS_EDGE_FINE);
        wait_more(&load.fine[the_second ? 1 : 0]);
    }
    wait_more(&load.fine[2]);
    atomic_store(&load.over, true);
    for (size_t i = 0; i <= CALLERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_uint_eq(atomic_load(&load.wrong), 0);
    SSL_CTX_free(ctx);
    wait_metric(AS_METRIC_connections_open, 0);
    serve_stop(1000);
}
END_TEST

AS_TESTS("edge/reload", {
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, TLS_29_new_connections_see_the_new_certificate_and_old_ones_live_on);
    tcase_add_test(t, TLS_29_a_wrong_file_keeps_what_is);
    tcase_add_test(t, TLS_29_one_wrong_listener_keeps_all_as_they_are);
    tcase_add_test(t, TLS_29_a_check_changes_nothing);
    tcase_add_test(t, D7_a_session_of_before_the_swap_is_not_resumed);
    tcase_add_test(t, names_and_bounds_change_for_new_connections);
    tcase_add_test(t, TLS_43_who_is_exempt_changes_too);
    tcase_add_test(t, what_hangs_on_a_socket_needs_a_restart);
    tcase_add_test(t, the_group_of_a_socket_needs_a_restart);
    tcase_add_test(t, TLS_43_what_memory_was_counted_for_needs_a_restart);
    tcase_add_test(t, TLS_43_asking_for_certificates_takes_memory_too);
    tcase_add_test(t, TLS_29_no_handshake_and_no_request_fails_under_load);
})
