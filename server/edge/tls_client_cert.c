/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client certificates in the handshake. Trust is judged per request, not here (design D4): the
 * callback refuses only what costs too much to look at, and leaves a verify result that nobody can
 * take for a yes (TLS-46).
 */
#include "tls_parts.h"

#include <openssl/err.h>

AS_AUTO_DEFINE(X509_NAME, X509_NAME_free)

static void free_names(STACK_OF(X509_NAME) * names)
{
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}
AS_AUTO_DEFINE(STACK_OF(X509_NAME), free_names)

static int refuse(X509_STORE_CTX *store, int error, enum as_tls_reason reason)
{
    ERR_raise(ERR_LIB_USER, (int)reason);
    X509_STORE_CTX_set_error(store, error); /* OpenSSL chooses the alert by it */
    return 0;
}

/* OpenSSL keeps what it was shown for as long as the connection and its session live, and each part
 * takes some twenty times the octets that it has on the wire. */
static size_t parts_of(const STACK_OF(X509) * shown)
{
    size_t parts = 0;

    for (int i = 0; i < sk_X509_num(shown); i++) {
        const X509 *one = sk_X509_value(shown, i);
        parts += (size_t)X509_get_ext_count(one) +
                 (size_t)X509_NAME_entry_count(X509_get_subject_name(one)) +
                 (size_t)X509_NAME_entry_count(X509_get_issuer_name(one));
    }
    return parts;
}

/* Runs before CertificateVerify costs anything; OpenSSL checks that afterwards (MTLS-07). */
static int on_certificate(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);
    const EVP_PKEY *key = leaf != NULL ? X509_get0_pubkey(leaf) : NULL;
    const struct as_tls_context *context = arg;
    const STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(store);

    /* the leaf is the first of the untrusted ones */
    if (sk_X509_num(shown) > AS_LIMIT_CERT_COUNT) {
        return refuse(store, X509_V_ERR_CERT_REJECTED, AS_TLS_CERT_COUNT); /* alert 42 */
    }
    if (parts_of(shown) > AS_LIMIT_CERT_PARTS) {
        return refuse(store, X509_V_ERR_CERT_REJECTED, AS_TLS_CERT_PARTS); /* alert 42 */
    }
    if (!as_cert_key_suits_client(key)) {
        return refuse(store, X509_V_ERR_INVALID_PURPOSE, AS_TLS_CERT_KEY); /* alert 43 */
    }
    if (context->conf->resumption) {
        SSL_set_num_tickets(ssl, 1); /* D7: a session is for those who showed a certificate */
    }
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 1;
}

static int verify_mode(enum as_client_certificate mode)
{
    switch (mode) {
    case AS_CLIENT_CERTIFICATE_REQUEST:
        return SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE; /* TLS-45 */
    case AS_CLIENT_CERTIFICATE_REQUIRE:
        return SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    case AS_CLIENT_CERTIFICATE_NONE:
    default:
        return SSL_VERIFY_NONE;
    }
}

static as_err add_names(STACK_OF(X509_NAME) * all, const struct as_trust *trust,
                        enum as_trust_use use)
{
    const as_span *names = NULL;
    size_t count = as_trust_ca_names(trust, use, &names);

    for (size_t i = 0; i < count; i++) {
        const unsigned char *der = as_span_u8(names[i]);
        AS_AUTO(X509_NAME_free) X509_NAME *name = d2i_X509_NAME(NULL, &der, (long)names[i].len);
        AS_NEED(name != NULL && sk_X509_NAME_push(all, name) > 0, AS_SERVER_ERROR,
                "a CA name cannot be listed");
        (void)AS_MOVE(name);
    }
    return AS_OK;
}

/* TLS-44: empty by default, since Java, Windows and browsers else hold a self-signed certificate
 * back (D6). */
static as_err set_ca_names(struct as_tls_context *context, const struct as_trust *trust)
{
    AS_AUTO(free_names) STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

    AS_NEED(names != NULL, AS_SERVER_ERROR, "out of memory");
    if (context->conf->ca_names && trust != NULL) {
        AS_TRY(add_names(names, trust, AS_USE_CLIENT));
        AS_TRY(add_names(names, trust, AS_USE_RESOURCE));
    }
    SSL_CTX_set_client_CA_list(context->ctx, AS_MOVE(names));
    return AS_OK;
}

as_err as_tls_client_cert_install(struct as_tls_context *context, const struct as_trust *trust)
{
    const struct as_listener_conf *conf = context->conf;
    long max = conf->max_cert_list != 0 ? (long)conf->max_cert_list : AS_LIMIT_CERT_LIST;

    AS_TRY(set_ca_names(context, trust));
    SSL_CTX_set_max_cert_list(context->ctx, max);
    SSL_CTX_set_verify(context->ctx, verify_mode(conf->client_certificate), NULL);
    SSL_CTX_set_cert_verify_callback(context->ctx, on_certificate, context);
    return AS_OK;
}
