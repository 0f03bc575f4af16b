/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_peer.h"

#include "tls_parts.h"

#include <openssl/err.h>

/* A resumed session carries its certificate, and so does one that was just stored; only where
 * nothing is stored is the certificate read here. */
static as_err find_cert(SSL *ssl, const struct as_cert **out)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    struct as_cert *cert = NULL;

    *out = NULL;
    if (leaf == NULL) {
        return AS_OK;
    }
    cert = SSL_SESSION_get_ex_data(SSL_get_session(ssl), as_tls_slots()->cert);
    if (cert != NULL) {
        *out = as_cert_hold(cert);
        return AS_OK;
    }
    /* TLS-52: a resumption that lost what it stood for is no identity */
    AS_NEED(SSL_session_reused(ssl) != 1, AS_SERVER_ERROR, "a resumed session has no certificate");
    AS_TRY(as_cert_of_x509(leaf, SSL_get_peer_cert_chain(ssl), &cert));
    *out = cert;
    return AS_OK;
}

as_err as_tls_peer_fill(SSL *ssl, struct as_peer *peer)
{
    const struct as_listener_conf *conf = as_tls_context_of(ssl)->conf;
    bool resumed = SSL_session_reused(ssl) == 1;
    const struct as_cert *cert = NULL;

    /* the ClientHello was asked already; this is what came of it (TLS-31) */
    AS_NEED(conf->client_certificate == AS_CLIENT_CERTIFICATE_NONE ||
                SSL_version(ssl) != TLS1_2_VERSION || SSL_get_extms_support(ssl) == 1,
            AS_SERVER_ERROR, "no extended master secret");
    AS_TRY(find_cert(ssl, &cert));
    peer->cert = cert;
    peer->tls_version = SSL_get_version(ssl);
    peer->suite = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
    peer->resumed = resumed;
    as_metric_add(AS_METRIC_handshakes_total, 1);
    as_metric_add(AS_METRIC_handshakes_resumed_total, resumed ? 1 : 0);
    return AS_OK;
}

const char *as_tls_peer_sni(const SSL *ssl)
{
    const struct as_listener_conf *conf = as_tls_context_of(ssl)->conf;
    as_span asked = as_span_of(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

    for (size_t i = 0; asked.len > 0 && i < conf->name_count; i++) {
        if (as_span_equal_nocase(asked, as_span_of(conf->names[i]))) {
            return conf->names[i];
        }
    }
    return NULL;
}

struct failure {
    int lib;
    int reason;
    const char *says;
};

/* The first error of the queue tells why; what follows is OpenSSL passing it on. */
static const struct failure failures[] = {
    {ERR_LIB_USER, AS_TLS_UNKNOWN_NAME, "unknown_server_name"},
    {ERR_LIB_USER, AS_TLS_BAD_NAME, "malformed_server_name"},
    {ERR_LIB_USER, AS_TLS_NO_EXTENDED_MASTER_SECRET, "no_extended_master_secret"},
    {ERR_LIB_USER, AS_TLS_CERT_COUNT, "too_many_certificates"},
    {ERR_LIB_USER, AS_TLS_CERT_PARTS, "certificates_too_intricate"},
    {ERR_LIB_USER, AS_TLS_CERT_KEY, "certificate_key_refused"},
    {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "protocol_version"},
    {ERR_LIB_SSL, SSL_R_VERSION_TOO_LOW, "protocol_version"},
    {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "not_tls"},
    {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "plain_http"},
    {ERR_LIB_SSL, SSL_R_HTTPS_PROXY_REQUEST, "plain_http"},
    {ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "no_shared_suite"},
    {ERR_LIB_SSL, SSL_R_NO_SHARED_GROUPS, "no_shared_group"},
    {ERR_LIB_SSL, SSL_R_NO_SUITABLE_KEY_SHARE, "no_shared_group"},
    {ERR_LIB_SSL, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "no_shared_signature_algorithm"},
    {ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no_shared_signature_algorithm"},
    {ERR_LIB_SSL, SSL_R_WRONG_SIGNATURE_TYPE, "signature_algorithm_refused"},
    {ERR_LIB_SSL, SSL_R_WRONG_CURVE, "certificate_key_refused"},
    {ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL, "no_application_protocol"},
    {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "no_certificate"},
    {ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE, "message_too_large"},
    {ERR_LIB_SSL, SSL_R_BAD_SIGNATURE, "bad_signature"},
    {ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING, "closed"},
};

static const char *says_of(unsigned long error)
{
    int lib = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);

    for (size_t i = 0; i < AS_COUNT(failures); i++) {
        if (failures[i].lib == lib && failures[i].reason == reason) {
            return failures[i].says;
        }
    }
    if (lib == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
        return "alert_received";
    }
    return "handshake_failed";
}

const char *as_tls_failure(int ssl_error)
{
    unsigned long error = ERR_peek_error();

    ERR_clear_error();
    as_metric_add(AS_METRIC_handshakes_failed_total, 1);
    if (error == 0) {
        return ssl_error == SSL_ERROR_ZERO_RETURN || ssl_error == SSL_ERROR_SYSCALL
                   ? "closed"
                   : "handshake_failed";
    }
    return says_of(error);
}
