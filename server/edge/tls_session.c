/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resumption (design D7): stateful sessions in a bounded cache of the listener, only for
 * connections that showed a certificate. A session carries that certificate as trust/ read it, so
 * that a resumption decodes nothing; the identity can neither be gained nor lost on the way.
 *
 * OpenSSL's own storing is switched off; the new-session callback puts a session into the same
 * cache once its certificate is attached, so that no other thread ever finds a half-made one.
 */
#include "tls_parts.h"

#include <pthread.h>
#include <stdlib.h>

/* OpenSSL numbers its slots once per process, at run time: written once, then read only. */
static struct as_tls_slots slots;
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

static void free_context(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl,
                         void *argp)
{
    struct as_tls_context *context = ptr;

    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (context != NULL) {
        free(context->sids);
        as_conf_drop(context->held);
        free(context);
    }
}

static void free_cert(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    as_cert_drop(ptr);
}

/* TLS 1.3 copies a session when a resumed connection gets a new handle. */
static int dup_cert(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int idx,
                    long argl, void *argp)
{
    (void)to, (void)from, (void)idx, (void)argl, (void)argp;
    if (*from_d != NULL) {
        as_cert_hold(*from_d);
    }
    return 1;
}

static void make_slots(void)
{
    slots.context = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_context);
    slots.cert = SSL_SESSION_get_ex_new_index(0, NULL, NULL, dup_cert, free_cert);
    slots.proved = SSL_SESSION_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

const struct as_tls_slots *as_tls_slots(void)
{
    pthread_once(&slots_once, make_slots);
    return &slots;
}

/* Never 0, which is what a session without the value says. */
static intptr_t now_seconds(void)
{
    return (intptr_t)(as_clock_mono_ms() / 1000) + 1;
}

/*
 * A handle may be renewed, but the chain of them ends AS_LIMIT_SESSION_S after the handshake
 * in which the key was proved (TLS-54). 0 or less: it has ended.
 */
static long seconds_left(const SSL_SESSION *session)
{
    intptr_t proved = (intptr_t)SSL_SESSION_get_ex_data(session, as_tls_slots()->proved);

    return proved == 0 ? AS_LIMIT_SESSION_S : (long)(proved + AS_LIMIT_SESSION_S - now_seconds());
}

/* Gives a session of a full handshake what it carries; a copy has it already. */
static bool attach(SSL *ssl, SSL_SESSION *session)
{
    const struct as_tls_slots *slot = as_tls_slots();
    struct as_cert *cert = NULL;

    if (SSL_SESSION_get_ex_data(session, slot->cert) != NULL) {
        return true;
    }
    if (as_failed(
            as_cert_of_x509(SSL_SESSION_get0_peer(session), SSL_get_peer_cert_chain(ssl), &cert))) {
        return false;
    }
    if (SSL_SESSION_set_ex_data(session, slot->cert, cert) != 1) {
        as_cert_drop(cert);
        return false;
    }
    return SSL_SESSION_set_ex_data(session, slot->proved, (void *)now_seconds()) == 1;
}

/* A session holds the certificates for long after the connection: those that can be used, and are
 * no larger than usual. Others do without. */
static bool is_worth_keeping(const SSL_SESSION *session)
{
    const struct as_cert *cert = SSL_SESSION_get_ex_data(session, as_tls_slots()->cert);
    size_t octets = cert->der.len;

    if (cert->fault != NULL) {
        return false;
    }
    for (size_t i = 0; i < cert->chain_count; i++) {
        octets += cert->chain[i].len;
    }
    return octets <= AS_LIMIT_SESSION_CERTS;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    long left = seconds_left(session);

    if (SSL_SESSION_get0_peer(session) != NULL && left > 0 && attach(ssl, session) &&
        is_worth_keeping(session)) {
        SSL_SESSION_set_timeout(session, left);
        SSL_CTX_add_session(SSL_get_SSL_CTX(ssl), session);
    }
    return 0; /* the callback keeps no reference; the cache took its own */
}

bool as_tls_session_renews(const SSL *ssl)
{
    return SSL_version(ssl) == TLS1_3_VERSION && SSL_session_reused(ssl) == 1 &&
           seconds_left(SSL_get_session(ssl)) > 0;
}

/* TLS-57: SHA-256(listener, certificate mode, anchor set, host name). */
static as_err make_sid(const struct as_listener_conf *conf, as_span anchors, const char *host,
                       unsigned char out[AS_TLS_SID])
{
    struct as_buf buf = AS_BUF(4096);

    as_buf_printf(&buf, "%s\n%d\n%s\n", conf->name, (int)conf->client_certificate, host);
    as_buf_add(&buf, anchors);
    bool fine = !buf.full && EVP_Digest(buf.ptr, buf.len, out, NULL, EVP_sha256(), NULL) == 1;
    as_buf_free(&buf);
    AS_NEED(fine, AS_BAD_CONFIGURATION, "the names of a listener are too long");
    return AS_OK;
}

static as_err make_sids(struct as_tls_context *context, const struct as_trust *trust)
{
    const struct as_listener_conf *conf = context->conf;
    unsigned char anchors[AS_DIGEST] = {0};

    if (trust != NULL) {
        as_trust_anchor_set(trust, anchors);
    }
    context->sids = calloc(conf->name_count + 1, sizeof(*context->sids));
    AS_NEED(context->sids != NULL, AS_SERVER_ERROR, "out of memory");
    for (size_t i = 0; i <= conf->name_count; i++) {
        AS_TRY(make_sid(conf, as_span_bytes(anchors, sizeof(anchors)),
                        i == 0 ? "" : conf->names[i - 1], context->sids[i]));
    }
    return AS_OK;
}

bool as_tls_keeps_sessions(const struct as_listener_conf *conf)
{
    return conf->kind == AS_LISTENER_TLS && conf->resumption &&
           conf->client_certificate != AS_CLIENT_CERTIFICATE_NONE;
}

as_err as_tls_session_install(struct as_tls_context *context, const struct as_trust *trust)
{
    const bool on = as_tls_keeps_sessions(context->conf);

    AS_TRY(make_sids(context, trust));
    SSL_CTX_set_session_cache_mode(context->ctx,
                                   on ? SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE
                                      : SSL_SESS_CACHE_OFF);
    SSL_CTX_sess_set_cache_size(context->ctx, AS_LIMIT_SESSIONS);
    SSL_CTX_set_timeout(context->ctx, AS_LIMIT_SESSION_S);
    SSL_CTX_sess_set_new_cb(context->ctx, on ? on_new_session : NULL);
    AS_NEED(SSL_CTX_set_num_tickets(context->ctx, 0) == 1 &&
                SSL_CTX_set_session_id_context(context->ctx, context->sids[0], AS_TLS_SID) == 1,
            AS_SERVER_ERROR, "the session cache cannot be set up");
    return AS_OK;
}

/* Of 0 OpenSSL would keep as many as there are. */
void as_tls_context_keep(struct as_tls_context *context, uint64_t sessions)
{
    uint64_t most = sessions < AS_LIMIT_SESSIONS ? sessions : AS_LIMIT_SESSIONS;

    SSL_CTX_sess_set_cache_size(context->ctx, most > 0 ? (long)most : 1);
}
