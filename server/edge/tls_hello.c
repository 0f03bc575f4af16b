/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ClientHello must say before anything is computed for it. The session id context is chosen
 * here too: this callback is the only one that runs before OpenSSL looks a session up.
 */
#include "tls_parts.h"

#include <openssl/err.h>
#include <string.h>

/* Cuts a vector with a length of `width` octets (RFC 8446 3.4) off the front of `rest`. */
static bool cut_vector(as_span *rest, size_t width, as_span *out)
{
    if (rest->len < width) {
        return false;
    }
    size_t len = (size_t)as_octets_get(as_span_u8(*rest), width);
    if (len > rest->len - width) {
        return false;
    }
    *out = (as_span){rest->ptr + width, len};
    *rest = as_span_from(*rest, width + len);
    return true;
}

static bool extension(SSL *ssl, unsigned type, as_span *out)
{
    const unsigned char *body = NULL;
    size_t len = 0;

    if (SSL_client_hello_get0_ext(ssl, type, &body, &len) != 1) {
        return false;
    }
    *out = as_span_bytes(body, len);
    return true;
}

/* One name of type host_name (RFC 6066 3). */
static bool parse_server_name(as_span body, as_span *host)
{
    as_span list;

    return cut_vector(&body, 2, &list) && body.len == 0 && list.len > 0 &&
           list.ptr[0] == TLSEXT_NAMETYPE_host_name &&
           (list = as_span_from(list, 1), cut_vector(&list, 2, host)) && list.len == 0 &&
           host->len > 0;
}

/* 0: no SNI, the first name answers (TLS-37); else the position in the listener's names, plus 1. */
static bool find_name(const struct as_listener_conf *conf, as_span host, size_t *out)
{
    for (size_t i = 0; i < conf->name_count; i++) {
        if (as_span_equal_nocase(host, as_span_of(conf->names[i]))) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static int refuse(int *alert, int value, enum as_tls_reason reason)
{
    *alert = value;
    ERR_raise(ERR_LIB_USER, (int)reason);
    return SSL_CLIENT_HELLO_ERROR;
}

static bool offers_13(SSL *ssl)
{
    as_span body, versions;

    if (!extension(ssl, TLSEXT_TYPE_supported_versions, &body) ||
        !cut_vector(&body, 1, &versions)) {
        return false;
    }
    for (size_t i = 0; i + 1 < versions.len; i += 2) {
        if (memcmp(versions.ptr + i, "\x03\x04", 2) == 0) {
            return true;
        }
    }
    return false;
}

/* TLS-31: where certificates count, TLS 1.2 without extended master secret would let the same
 * master secret stand on two connections (RFC 7627 1). TLS 1.3 has it built in. */
static bool lacks_extended_master_secret(SSL *ssl)
{
    as_span body;

    return SSL_client_hello_get0_legacy_version(ssl) >= TLS1_2_VERSION && !offers_13(ssl) &&
           !extension(ssl, TLSEXT_TYPE_extended_master_secret, &body);
}

static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    const struct as_tls_context *context = arg;
    size_t name = 0;
    as_span body, host;

    if (extension(ssl, TLSEXT_TYPE_server_name, &body)) {
        if (!parse_server_name(body, &host)) {
            return refuse(alert, SSL_AD_DECODE_ERROR, AS_TLS_BAD_NAME);
        }
        if (!find_name(context->conf, host, &name)) {
            return refuse(alert, SSL_AD_UNRECOGNIZED_NAME, AS_TLS_UNKNOWN_NAME); /* TLS-36 */
        }
    }
    if (context->conf->client_certificate != AS_CLIENT_CERTIFICATE_NONE &&
        lacks_extended_master_secret(ssl)) {
        return refuse(alert, SSL_AD_HANDSHAKE_FAILURE, AS_TLS_NO_EXTENDED_MASTER_SECRET);
    }
    if (SSL_set_session_id_context(ssl, context->sids[name], AS_TLS_SID) != 1) {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

/*
 * Runs for every ClientHello, with SNI or without, after TLS 1.3 has looked a session up: says that
 * the name is known, and asks for a new handle where the last one has just been used.
 */
static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    (void)alert;
    (void)arg;
    if (as_tls_session_renews(ssl)) {
        SSL_set_num_tickets(ssl, 1);
    }
    return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != NULL ? SSL_TLSEXT_ERR_OK
                                                                      : SSL_TLSEXT_ERR_NOACK;
}

/* TLS-38: http/1.1 or alert 120. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *arg)
{
    as_span rest = as_span_bytes(in, in_len), protocol;

    (void)ssl;
    (void)arg;
    while (cut_vector(&rest, 1, &protocol)) {
        if (as_span_is(protocol, "http/1.1")) {
            *out = as_span_u8(protocol);
            *out_len = (unsigned char)protocol.len;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void as_tls_hello_install(struct as_tls_context *context)
{
    SSL_CTX_set_client_hello_cb(context->ctx, on_client_hello, context);
    SSL_CTX_set_tlsext_servername_callback(context->ctx, on_server_name);
    SSL_CTX_set_alpn_select_cb(context->ctx, on_alpn, NULL);
}
