/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a request before its body: whether anybody serves it, and for which host. */
#include "support/dial.h"

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---------------------------------------------------------------- bodies that nobody wants ---- */

START_TEST(TOK_12_what_nobody_serves_is_answered_before_its_body)
{
    static const struct {
        const char *octets;
        const char *status;
    } rows[] = {
        {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n", " 404 "},
        {"PUT /job HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\nabc", " 405 "},
        {"POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", " 404 "},
        {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
         "Expect: 100-continue\r\n\r\n",
         " 404 "},
    };

    serve_init();
    serve_start();
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        int fd = client_new();
        client_send(fd, rows[i].octets);
        ck_assert_msg(client_read(fd) && client_has(rows[i].status), "%s", client_answer);
        ck_assert_uint_eq(client_count("\r\nConnection: close\r\n"), 1);
        ck_assert(client_has("405") == client_has("\r\nAllow: POST\r\n"));
        ck_assert(client_send_much(fd, 100000)); /* nobody looks at it, and nobody resets */
        ck_assert(client_ended_in_order(fd));
        client_close(fd);
    }
    serve_stop(1000);
    ck_assert_int_eq(atomic_load(&toy.done), AS_COUNT(rows));
}
END_TEST

START_TEST(TOK_14_what_follows_such_a_request_is_none)
{
    serve_init();
    serve_start();
    int fd = client_new();
    client_send(fd, "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
                    "POST /job HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert(client_read(fd) && client_has(" 404 "));
    ck_assert(client_ended_in_order(fd));
    ck_assert_int_eq(atomic_load(&toy.served), 1);
    client_close(fd);
    fd = client_new(); /* without a body all goes on */
    client_send(fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" GET_ECHO);
    ck_assert(client_read(fd) && client_has(" 404 ") && !client_has("Connection: close"));
    ck_assert(client_read(fd) && client_has(" 200 "));
    client_close(fd);
    serve_stop(1000);
}
END_TEST

/* ---------------------------------------------------------------- absolute-form -------------- */

static as_err say_host(struct as_http_call *call)
{
    return toy_say(call, 200, as_http_field(call->request, "host"));
}

START_TEST(TLS_39_absolute_form_names_the_host)
{
    static const char *const names[] = {"as.example"};
    static const struct {
        const char *target;
        const char *host;
        const char *expected;
    } rows[] = {
        {"http://as.example/host", "as.example", " 200 "},
        {"HTTP://AS.example:80/host?a", "other.example", " 200 "}, /* RFC 9112 3.2.2 */
        {"http://other.example/host", "as.example", " 421 "},
        {"http://other.example/host", "other.example", " 421 "},
        {"https://as.example/host", "as.example", " 421 "}, /* RFC 9110 7.4 */
        {"http://as.example@other.example/host", "as.example", " 400 "},
        {"http://user@as.example/host", "as.example", " 400 "},
        {"/host", "as.example", " 200 "},
    };

    serve_init();
    toy_extra = say_host;
    serve.listeners[0] = serve_plain("127.0.0.1:0");
    serve.listeners[0].names = names;
    serve.listeners[0].name_count = 1;
    serve.listener_count = 1;
    serve_start();
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char request[256];
        int fd = client_new();
        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
                       rows[i].target, rows[i].host);
        client_send(fd, request);
        ck_assert(client_read(fd));
        ck_assert_msg(client_has(rows[i].expected), "%s: %s", rows[i].target, client_answer);
        if (i == 1) { /* what handlers see */
            ck_assert(client_has("\r\n\r\nAS.example:80") && !client_has("other.example"));
        }
        client_close(fd);
    }
    serve_stop(1000);
}
END_TEST

START_TEST(TLS_39_absolute_form_agrees_with_sni)
{
    static const struct {
        const char *target;
        const char *sni;
        const char *expected;
    } rows[] = {
        {"https://as.example/echo", TLS_NAME, " 200 "},
        {"https://as.example:8443/echo?a", NULL, " 200 "},
        {"https://mtls.as.example/echo", TLS_NAME2, " 200 "},
        {"https://mtls.as.example/echo", TLS_NAME, " 421 "},
        {"https://other.example/echo", NULL, " 421 "},
        {"http://as.example/echo", TLS_NAME, " 421 "},
        {"https://as.example@other.example/echo", TLS_NAME, " 400 "},
    };

    serve_init();
    serve.listeners[0] = serve_tls(AS_CLIENT_CERTIFICATE_REQUEST);
    serve.listener_count = 1;
    serve_start();
    SSL_CTX *ctx = client_ctx(TLS1_3_VERSION, NULL);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char request[256];
        struct tls_conn conn = tls_dial(ctx, rows[i].sni, NULL);
        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: as.example\r\n\r\n",
                       rows[i].target);
        tls_say(&conn, request);
        ck_assert(tls_hear(&conn));
        ck_assert_msg(client_has(rows[i].expected), "%s: %s", rows[i].target, client_answer);
        tls_hang_up(&conn);
    }
    SSL_CTX_free(ctx);
    serve_stop(1000);
}
END_TEST

AS_TESTS("edge/early", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TOK_12_what_nobody_serves_is_answered_before_its_body);
    tcase_add_test(t, TOK_14_what_follows_such_a_request_is_none);
    tcase_add_test(t, TLS_39_absolute_form_names_the_host);
    tcase_add_test(t, TLS_39_absolute_form_agrees_with_sni);
})
