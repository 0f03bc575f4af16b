/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS side of a listener: one SSL_CTX with everything set explicitly, so that no OPENSSL_CONF
 * can lower it, and the callbacks that judge a ClientHello (SNI, ALPN, extended master secret) and
 * a client's Certificate message (number and kind, never trust: design D4).
 *
 * Owner: counted. An SSL holds its context by itself (OpenSSL's count), and a context its
 * configuration, so that a listener can swap its context while old connections live on.
 * Threads: as_tls_context_new in one; everything else in any.
 */
#ifndef AS_EDGE_TLS_CONTEXT_H
#define AS_EDGE_TLS_CONTEXT_H

#include "conf.h"
#include "suites.h"

#include <openssl/ssl.h>

struct as_tls_context;

/*
 * Loads keys and certificates and makes the context. What an operator should know goes to `tell`:
 * what the listener offers, a host name that no certificate covers, and, before a failure, which
 * file is wrong and why. `trust` gives the anchor set and the CA names, and is not kept; NULL in
 * tests: none.
 * Errors: AS_BAD_CONFIGURATION; server error when memory is short.
 */
as_err as_tls_context_new(struct as_conf *conf, const struct as_trust *trust, as_edge_tell tell,
                          void *arg, struct as_tls_context **out);
struct as_tls_context *as_tls_context_hold(struct as_tls_context *context);
/* Does such a listener keep sessions (D7)? */
bool as_tls_keeps_sessions(const struct as_listener_conf *conf);
/* So many sessions are kept at the most; AS_LIMIT_SESSIONS, unless fewer are said here. */
void as_tls_context_keep(struct as_tls_context *context, uint64_t sessions);
/* NULL is allowed. */
void as_tls_context_drop(struct as_tls_context *context);

/*
 * A server connection over a socket, ready for SSL_do_handshake: the accept state is set, the
 * modes are partial write, moving write buffer and released buffers. SSL_free closes no descriptor.
 * Errors: server error.
 */
as_err as_tls_context_accept(struct as_tls_context *context, int fd, SSL **out);

const struct as_listener_conf *as_tls_context_conf(const struct as_tls_context *context);
/* The context an SSL was made from. */
const struct as_tls_context *as_tls_context_of(const SSL *ssl);
SSL_CTX *as_tls_context_ssl(const struct as_tls_context *context);

/* The suites below TLS 1.3 that this listener is to offer; none: TLS 1.3 only. */
size_t as_tls_context_suites(const struct as_tls_context *context,
                             const struct as_suite *out[AS_SUITES_MAX]);

#endif
