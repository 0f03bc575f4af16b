/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS in memory: a listener with certificates made while the test runs, a client of any kind, and
 * the two joined by a pair of BIOs.
 *
 * Keys are made once per program: `tcase_add_unchecked_fixture(t, tls_setup, tls_teardown)`.
 */
#ifndef AS_TESTS_EDGE_TLS_H
#define AS_TESTS_EDGE_TLS_H

#include "edge/tls_context.h"
#include "edge/tls_peer.h"
#include "harness.h"
#include "support/certs.h"

#include <sys/stat.h>

/* The server's certificates and the client's, and the files of the server's. */
struct tls_kit {
    struct test_cert *ca;
    struct test_cert *rsa, *ec; /* the server's */
    struct test_cert *client, *other_client;
    char *rsa_cert, *rsa_key, *ec_cert, *ec_key;
};

static struct tls_kit kit;

#define TLS_NAME  "as.example"
#define TLS_NAME2 "mtls.as.example"
#define TLS_SAN   "DNS:as.example,DNS:mtls.as.example"

static inline struct test_cert *tls_server_cert(const struct test_cert *issuer, const char *key)
{
    return test_cert(issuer,
                     (struct test_cert_ask){
                         .subject = "CN=server", .key = key, .eku = "serverAuth", .san = TLS_SAN});
}

static inline void tls_setup(void)
{
    kit.ca = test_ca("CN=Server CA");
    kit.rsa = tls_server_cert(kit.ca, "RSA:2048");
    kit.ec = tls_server_cert(kit.ca, "P-256");
    kit.client = test_leaf(NULL, "CN=client");
    kit.other_client = test_leaf(NULL, "CN=other");
    kit.rsa_cert = test_cert_file(kit.rsa);
    kit.rsa_key = test_key_file(kit.rsa);
    kit.ec_cert = test_cert_file(kit.ec);
    kit.ec_key = test_key_file(kit.ec);
}

static inline void tls_teardown(void)
{
    char *files[] = {kit.rsa_cert, kit.rsa_key, kit.ec_cert, kit.ec_key};
    struct test_cert *certs[] = {kit.ca, kit.rsa, kit.ec, kit.client, kit.other_client};

    for (size_t i = 0; i < AS_COUNT(files); i++) {
        test_file_drop(files[i]);
    }
    for (size_t i = 0; i < AS_COUNT(certs); i++) {
        test_cert_free(certs[i]);
    }
}

/* A listener with both keys; the arrays live as long as the program. */
static inline struct as_listener_conf tls_conf(enum as_client_certificate mode)
{
    static const char *names[] = {TLS_NAME, TLS_NAME2};
    static const char *certs[2], *keys[2];

    certs[0] = kit.rsa_cert;
    certs[1] = kit.ec_cert;
    keys[0] = kit.rsa_key;
    keys[1] = kit.ec_key;
    return (struct as_listener_conf){.name = "test",
                                     .kind = AS_LISTENER_TLS,
                                     .names = names,
                                     .name_count = 2,
                                     .certificate_files = certs,
                                     .key_files = keys,
                                     .certificate_count = 2,
                                     .client_certificate = mode,
                                     .suites = AS_SUITES_FAPI1,
                                     .resumption = true,
                                     .max_cert_list = AS_LIMIT_CERT_LIST};
}

/* What was told, one message a line. */
struct tls_told {
    char text[8192];
    size_t count;
};

static inline void tls_tell(void *arg, const char *listener, const char *message)
{
    struct tls_told *told = arg;
    size_t len = strlen(told->text);

    ck_assert_str_eq(listener, "test");
    snprintf(told->text + len, sizeof(told->text) - len, "%s\n", message);
    told->count++;
}

/* As a listener makes its own. */
static inline as_err tls_context_of(const struct as_listener_conf *conf,
                                    const struct as_trust *trust, as_edge_tell tell, void *arg,
                                    struct as_tls_context **out)
{
    struct as_conf *copy = as_conf_new(conf);

    ck_assert_ptr_nonnull(copy);
    as_err err = as_tls_context_new(copy, trust, tell, arg, out);
    as_conf_drop(copy);
    return err;
}

static inline struct as_tls_context *tls_context(const struct as_listener_conf *conf)
{
    struct as_tls_context *context = NULL;
    struct tls_told told = {.count = 0};
    as_err err = tls_context_of(conf, NULL, tls_tell, &told, &context);

    ck_assert_msg(!as_failed(err), "%s: %s", err.why, told.text);
    return context;
}

/* A client that can do everything OpenSSL can, at level 0; it trusts anybody. */
static inline SSL_CTX *tls_client(int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    ck_assert(SSL_CTX_set_min_proto_version(ctx, version) == 1);
    ck_assert(SSL_CTX_set_max_proto_version(ctx, version) == 1);
    return ctx;
}

static inline void tls_show(SSL_CTX *client, const struct test_cert *cert)
{
    ck_assert(SSL_CTX_use_certificate(client, cert->x509) == 1);
    ck_assert(SSL_CTX_use_PrivateKey(client, cert->key) == 1);
}

/* Two ends and how it went. */
struct tls_pair {
    SSL *server, *client;
    bool done;          /* both have finished */
    int alert;          /* that the client received; -1: none */
    const char *reason; /* as_tls_failure of the server; NULL: none */
};

static inline void tls_on_info(const SSL *ssl, int where, int value)
{
    if (where == SSL_CB_READ_ALERT) {
        *(int *)SSL_get_app_data(ssl) = value & 0xFF;
    }
}

/* Makes both ends; the client may be changed before tls_shake. */
static inline void tls_open(struct tls_pair *pair, struct as_tls_context *context, SSL_CTX *client)
{
    BIO *near = NULL, *far = NULL;

    *pair = (struct tls_pair){.alert = -1};
    ck_ok(as_tls_context_accept(context, -1, &pair->server));
    pair->client = SSL_new(client);
    ck_assert(BIO_new_bio_pair(&near, 1 << 18, &far, 1 << 18) == 1);
    SSL_set_bio(pair->server, near, near);
    SSL_set_bio(pair->client, far, far);
    SSL_set_connect_state(pair->client);
    SSL_set_app_data(pair->client, &pair->alert);
    SSL_set_info_callback(pair->client, tls_on_info);
}

static inline bool tls_waits(SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* One step of the server: true while it is well. */
static inline bool tls_step_server(struct tls_pair *pair)
{
    ERR_clear_error();
    int result = SSL_do_handshake(pair->server);
    if (result != 1 && !tls_waits(pair->server, result)) {
        pair->reason = as_tls_failure(SSL_get_error(pair->server, result));
        return false;
    }
    return true;
}

/* Shakes hands until both are done or one has failed; reads what comes after (tickets, alerts). */
static inline bool tls_shake(struct tls_pair *pair)
{
    unsigned char byte;
    bool server = true, client = true;

    for (int i = 0; i < 20 && server; i++) {
        ERR_clear_error();
        int result = client ? SSL_do_handshake(pair->client) : -1;
        client = client && (result == 1 || tls_waits(pair->client, result));
        server = tls_step_server(pair);
        if (client && !server) {
            result = SSL_do_handshake(pair->client);
        }
    }
    ERR_clear_error();
    if (SSL_is_init_finished(pair->client)) {
        SSL_read(pair->client, &byte, 1);
    }
    ERR_clear_error();
    pair->done = server && client && SSL_is_init_finished(pair->server) &&
                 SSL_is_init_finished(pair->client);
    return pair->done;
}

static inline bool tls_connect(struct tls_pair *pair, struct as_tls_context *context,
                               SSL_CTX *client)
{
    tls_open(pair, context, client);
    return tls_shake(pair);
}

static inline void tls_close(struct tls_pair *pair)
{
    SSL_shutdown(pair->client);
    SSL_shutdown(pair->server);
    SSL_free(pair->client);
    SSL_free(pair->server);
    ERR_clear_error();
}

/* Asserts that the handshake ends in this alert and, when given, for this reason. */
#define ck_alert(pair, value, why)                                                                 \
    do {                                                                                           \
        ck_assert_msg(!(pair)->done, "the handshake succeeded");                                   \
        ck_assert_msg((pair)->alert == (value), "alert %d (%s) instead of %d", (pair)->alert,      \
                      (pair)->reason ? (pair)->reason : "?", (value));                             \
        ck_assert_str_eq((pair)->reason, (why));                                                   \
    } while (0)

#define ck_done(pair)                                                                              \
    ck_assert_msg((pair)->done, "the handshake failed: alert %d, %s", (pair)->alert,               \
                  (pair)->reason ? (pair)->reason : "?")

#endif
