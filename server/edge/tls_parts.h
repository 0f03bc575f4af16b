/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of as_tls_context: shared by the files that set an SSL_CTX up.
 *
 * The struct lives as ex-data of its SSL_CTX and is freed with it, so that whoever holds the
 * SSL_CTX (each SSL does) holds what its callbacks read.
 */
#ifndef AS_EDGE_TLS_PARTS_H
#define AS_EDGE_TLS_PARTS_H

#include "server_cert.h"
#include "tls_context.h"

#define AS_TLS_SID 32

struct as_tls_context {
    SSL_CTX *ctx;         /* the owner of this struct */
    struct as_conf *held; /* what `conf` is of */
    const struct as_listener_conf *conf;
    struct as_suite_keys keys;
    const struct as_suite *suites[AS_SUITES_MAX];
    size_t suite_count;
    /* Session id contexts: the first for a ClientHello without SNI, then one per name, so that a
     * session of one name is nothing under another (RFC 6066 3, TLS-53). */
    unsigned char (*sids)[AS_TLS_SID];
};

/* Our own reasons in OpenSSL's error queue (ERR_LIB_USER), for as_tls_failure. */
enum as_tls_reason {
    AS_TLS_UNKNOWN_NAME = 100,
    AS_TLS_BAD_NAME,
    AS_TLS_NO_EXTENDED_MASTER_SECRET,
    AS_TLS_CERT_COUNT,
    AS_TLS_CERT_PARTS,
    AS_TLS_CERT_KEY
};

/* The indexes of what we attach to OpenSSL's objects; made once per process. */
struct as_tls_slots {
    int context; /* SSL_CTX: struct as_tls_context */
    int cert;    /* SSL_SESSION: const struct as_cert, one hold per session */
    int proved;  /* SSL_SESSION: when the key was proved, seconds of the monotonic clock */
};
const struct as_tls_slots *as_tls_slots(void);

/* tls_library.c: where TLS finds its algorithms, made once per process; NULL, which is OpenSSL's
 * own context, where the operator has configured providers. */
OSSL_LIB_CTX *as_tls_library(void);
/* tls_hello.c: SNI, ALPN, extended master secret. */
void as_tls_hello_install(struct as_tls_context *context);
/* tls_client_cert.c: CertificateRequest and what a Certificate message may hold. */
as_err as_tls_client_cert_install(struct as_tls_context *context, const struct as_trust *trust);
/* tls_session.c: the session cache and the session id contexts. */
as_err as_tls_session_install(struct as_tls_context *context, const struct as_trust *trust);
/* May a resumed connection of TLS 1.3 get a new handle? */
bool as_tls_session_renews(const SSL *ssl);

#endif
