/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS listener of a whole edge in this process, and clients over real sockets. */
#ifndef AS_TESTS_EDGE_DIAL_H
#define AS_TESTS_EDGE_DIAL_H

#include "serve.h"
#include "tls.h"

static inline struct as_listener_conf serve_tls(enum as_client_certificate mode)
{
    struct as_listener_conf conf = tls_conf(mode);

    conf.address = "127.0.0.1:0";
    conf.max_connections = 1000;
    conf.site = &toy_site;
    return conf;
}

struct tls_conn {
    int fd;
    SSL *ssl;
};

static inline SSL_CTX *client_ctx(int version, const struct test_cert *cert)
{
    SSL_CTX *ctx = tls_client(version);

    if (cert != NULL) {
        ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert->x509), 1);
        ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, cert->key), 1);
    }
    return ctx;
}

/* Over a connection that is there, which becomes the other's; false: the handshake failed. */
static inline bool tls_meet(struct tls_conn *conn, int fd, SSL_CTX *ctx, const char *sni,
                            SSL_SESSION *session)
{
    *conn = (struct tls_conn){.fd = fd, .ssl = SSL_new(ctx)};
    if (sni != NULL) {
        SSL_set_tlsext_host_name(conn->ssl, sni);
    }
    if (session != NULL) {
        ck_assert_int_eq(SSL_set_session(conn->ssl, session), 1);
    }
    SSL_set_fd(conn->ssl, fd);
    return SSL_connect(conn->ssl) == 1;
}

static inline struct tls_conn tls_dial(SSL_CTX *ctx, const char *sni, SSL_SESSION *session)
{
    struct tls_conn conn;

    ck_assert(tls_meet(&conn, client_new(), ctx, sni, session));
    return conn;
}

static inline void tls_hang_up(struct tls_conn *conn)
{
    SSL_free(conn->ssl);
    client_close(conn->fd);
}

static inline void tls_say(struct tls_conn *conn, const char *text)
{
    size_t len = strlen(text);

    ck_assert_int_eq(SSL_write(conn->ssl, text, (int)len), (int)len);
}

/* As client_read; the same buffers. */
static inline bool tls_hear(struct tls_conn *conn)
{
    for (;;) {
        client_got[client_len] = '\0';
        size_t len = client_answer_len();
        if (len > 0 && client_len >= len) {
            memcpy(client_answer, client_got, len);
            client_answer[len] = '\0';
            memmove(client_got, client_got + len, client_len - len);
            client_len -= len;
            return true;
        }
        int got = SSL_read(conn->ssl, client_got + client_len, 16384);
        if (got <= 0) {
            return false;
        }
        client_len += (size_t)got;
    }
}

/* Did the server end it in order, by close_notify? */
static inline bool tls_ended(struct tls_conn *conn)
{
    char octet;
    int got = SSL_read(conn->ssl, &octet, 1);

    return got <= 0 && SSL_get_error(conn->ssl, got) == SSL_ERROR_ZERO_RETURN;
}

#endif
