/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the SSL_CTX of a listener. OPENSSL_CONF is applied by SSL_CTX_new; everything it could have
 * changed is set again here, so that only this file says what a listener does (design 6).
 */
#include "tls_parts.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>

AS_AUTO_DEFINE(SSL, SSL_free)
AS_AUTO_DEFINE(SSL_CTX, SSL_CTX_free)
AS_AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free)
AS_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* 112 bits: RSA and DH of 2048, curves of 224, no SHA-1 (RFC 9325 4.5). */
#define SECURITY_LEVEL 2

#define OPTIONS                                                                                    \
    (SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |           \
     SSL_OP_NO_TICKET | SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_CLEANSE_PLAINTEXT)

#define MODES                                                                                      \
    (SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |                         \
     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN)

static bool set_versions(SSL_CTX *ctx, bool tls13_only)
{
    return SSL_CTX_set_min_proto_version(ctx, tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1;
}

/* Early data could be replayed (TLS-35); what a client sends all the same is skipped. */
static bool set_features(SSL_CTX *ctx)
{
    SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
    SSL_CTX_set_options(ctx, OPTIONS);
    SSL_CTX_clear_mode(ctx, SSL_CTX_get_mode(ctx));
    SSL_CTX_set_mode(ctx, MODES);
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    return SSL_CTX_set_max_early_data(ctx, 0) == 1 && SSL_CTX_set_block_padding(ctx, 0) == 1;
}

static bool set_algorithms(SSL_CTX *ctx)
{
    return SSL_CTX_set1_groups_list(ctx, as_suite_groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, as_suite_sigalgs) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(ctx, as_suite_sigalgs) == 1;
}

static void add_suite(struct as_buf *list, const struct as_suite *suite)
{
    as_buf_printf(list, "%s%s", list->len > 0 ? ":" : "", suite->openssl);
}

/* Without a suite below TLS 1.3 the minimum is 1.3, and the lower list is never asked. */
static bool set_suites(struct as_tls_context *context)
{
    struct as_buf below = AS_BUF(1024), tls13 = AS_BUF(1024);

    for (size_t i = 0; i < context->suite_count; i++) {
        add_suite(&below, context->suites[i]);
    }
    for (size_t i = 0; i < AS_SUITES_13; i++) {
        add_suite(&tls13, &as_suites_13[i]);
    }
    bool fine =
        as_buf_add_byte(&below, '\0') && as_buf_add_byte(&tls13, '\0') &&
        SSL_CTX_set_ciphersuites(context->ctx, tls13.ptr) == 1 &&
        (context->suite_count == 0 || SSL_CTX_set_cipher_list(context->ctx, below.ptr) == 1);
    as_buf_free(&below);
    as_buf_free(&tls13);
    return fine;
}

/* TLS-20: ffdhe2048 (RFC 7919). OpenSSL's automatic choice would follow the size of the RSA key. */
static as_err set_dh(struct as_tls_context *context)
{
    AS_AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *made_by = NULL;
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *group = NULL;
    char name[] = "ffdhe2048";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                           OSSL_PARAM_construct_end()};

    SSL_CTX_set_dh_auto(context->ctx, 0);
    made_by = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    AS_NEED(made_by != NULL && EVP_PKEY_paramgen_init(made_by) == 1 &&
                EVP_PKEY_CTX_set_params(made_by, params) == 1 &&
                EVP_PKEY_paramgen(made_by, &group) == 1 &&
                SSL_CTX_set0_tmp_dh_pkey(context->ctx, group) == 1,
            AS_SERVER_ERROR, "ffdhe2048 cannot be set");
    (void)AS_MOVE(group);
    return AS_OK;
}

static as_err use(struct as_tls_context *context, const struct as_server_cert *cert,
                  const struct as_teller *teller)
{
    bool *seen = cert->kind == AS_SUITE_KEY_RSA ? &context->keys.rsa : &context->keys.ecdsa;

    for (size_t i = 0; i < context->conf->name_count; i++) {
        if (!as_server_cert_covers(cert, context->conf->names[i])) {
            as_teller_say(teller, "warning: no subjectAltName of the %s certificate covers %s",
                          cert->kind == AS_SUITE_KEY_RSA ? "RSA" : "ECDSA",
                          context->conf->names[i]); /* TLS-28 */
        }
    }
    if (*seen) {
        as_teller_say(teller, "two certificates have keys of the same kind");
        return AS_FAIL(AS_BAD_CONFIGURATION, "two certificates have keys of the same kind");
    }
    *seen = true;
    if (SSL_CTX_use_cert_and_key(context->ctx, cert->leaf, cert->key, cert->chain, 0) != 1) {
        const char *why = ERR_reason_error_string(ERR_peek_last_error());
        as_teller_say(teller, "a certificate is refused by OpenSSL: %s", why != NULL ? why : "?");
        return AS_FAIL(AS_BAD_CONFIGURATION, "a certificate is refused by OpenSSL");
    }
    return AS_OK;
}

static as_err load_certificates(struct as_tls_context *context, const struct as_teller *teller)
{
    const struct as_listener_conf *conf = context->conf;

    if (conf->certificate_count == 0 || conf->name_count == 0) {
        as_teller_say(teller, "a listener needs a name, a certificate and a key");
        return AS_FAIL(AS_BAD_CONFIGURATION, "a listener needs a name, a certificate and a key");
    }
    for (size_t i = 0; i < conf->certificate_count; i++) {
        struct as_server_cert cert;
        AS_TRY(as_server_cert_load(conf->certificate_files[i], conf->key_files[i], teller, &cert));
        as_err err = use(context, &cert, teller);
        as_server_cert_free(&cert);
        AS_TRY(err);
    }
    return AS_OK;
}

static void tell_offer(const struct as_tls_context *context, const struct as_teller *teller)
{
    const struct as_listener_conf *conf = context->conf;
    struct as_buf text = AS_BUF(512);

    for (size_t i = 0; i < context->suite_count; i++) {
        add_suite(&text, context->suites[i]);
    }
    as_buf_add_byte(&text, '\0');
    as_teller_say(teller, "offers TLS 1.3%s%s, groups %s, security level %d, keys%s%s",
                  context->suite_count > 0 ? " and TLS 1.2 with " : "",
                  context->suite_count > 0 ? text.ptr : " alone", as_suite_groups,
                  SSL_CTX_get_security_level(context->ctx), context->keys.rsa ? " RSA" : "",
                  context->keys.ecdsa ? " ECDSA" : "");
    if (context->suite_count == 0 && !conf->tls13_only) {
        as_teller_say(teller,
                      "warning: the certificates serve no suite of profile %s, so that TLS "
                      "1.2 is off",
                      as_suite_profile_name(conf->suites));
    }
    as_buf_free(&text);
}

static as_err set_up(struct as_tls_context *context, const struct as_trust *trust,
                     const struct as_teller *teller)
{
    const struct as_listener_conf *conf = context->conf;

    AS_NEED(set_features(context->ctx) && set_algorithms(context->ctx), AS_SERVER_ERROR,
            "OpenSSL refuses the options");
    AS_TRY(load_certificates(context, teller));
    if (!conf->tls13_only) {
        context->suite_count = as_suites_served(conf->suites, context->keys, context->suites);
    }
    AS_NEED(set_versions(context->ctx, context->suite_count == 0) && set_suites(context),
            AS_SERVER_ERROR, "OpenSSL refuses the versions or suites");
    AS_TRY(set_dh(context));
    AS_TRY(as_tls_client_cert_install(context, trust));
    AS_TRY(as_tls_session_install(context, trust));
    as_tls_hello_install(context);
    tell_offer(context, teller);
    return AS_OK;
}

/* An empty struct that belongs to its SSL_CTX. */
static struct as_tls_context *make(SSL_CTX *ctx, struct as_conf *conf)
{
    struct as_tls_context *context = calloc(1, sizeof(*context));

    if (context != NULL && SSL_CTX_set_ex_data(ctx, as_tls_slots()->context, context) != 1) {
        free(context);
        return NULL;
    }
    if (context != NULL) {
        context->ctx = ctx;
        context->held = as_conf_hold(conf);
        context->conf = &conf->it;
    }
    return context;
}

as_err as_tls_context_new(struct as_conf *conf, const struct as_trust *trust, as_edge_tell tell,
                          void *arg, struct as_tls_context **out)
{
    const struct as_teller teller = {tell, arg, conf->it.name};
    AS_AUTO(SSL_CTX_free)
    SSL_CTX *ctx = SSL_CTX_new_ex(as_tls_library(), NULL, TLS_server_method());
    struct as_tls_context *context = ctx != NULL ? make(ctx, conf) : NULL;

    AS_NEED(context != NULL, AS_SERVER_ERROR, "a TLS context cannot be made");
    as_err err = set_up(context, trust, &teller);
    ERR_clear_error();
    AS_TRY(err);
    (void)AS_MOVE(ctx);
    *out = context;
    return AS_OK;
}

struct as_tls_context *as_tls_context_hold(struct as_tls_context *context)
{
    (void)SSL_CTX_up_ref(context->ctx); /* fails for no live context */
    return context;
}

void as_tls_context_drop(struct as_tls_context *context)
{
    if (context != NULL) {
        SSL_CTX_free(context->ctx);
    }
}

as_err as_tls_context_accept(struct as_tls_context *context, int fd, SSL **out)
{
    AS_AUTO(SSL_free) SSL *ssl = SSL_new(context->ctx);

    AS_NEED(ssl != NULL && SSL_set_fd(ssl, fd) == 1, AS_SERVER_ERROR,
            "a TLS connection cannot be made");
    SSL_set_accept_state(ssl);
    *out = AS_MOVE(ssl);
    return AS_OK;
}

const struct as_listener_conf *as_tls_context_conf(const struct as_tls_context *context)
{
    return context->conf;
}

const struct as_tls_context *as_tls_context_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), as_tls_slots()->context);
}

SSL_CTX *as_tls_context_ssl(const struct as_tls_context *context)
{
    return context->ctx;
}

size_t as_tls_context_suites(const struct as_tls_context *context,
                             const struct as_suite *out[AS_SUITES_MAX])
{
    for (size_t i = 0; i < context->suite_count; i++) {
        out[i] = context->suites[i];
    }
    return context->suite_count;
}
