/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handshake says about the other end: its certificate as a struct, made once and kept with
 * the session, so that a resumption decodes nothing (design D7); and, for the log, why a handshake
 * failed.
 */
#ifndef AS_EDGE_TLS_PEER_H
#define AS_EDGE_TLS_PEER_H

#include "tls_context.h"

/*
 * After SSL_do_handshake has succeeded: fills cert (one hold, the caller's; NULL: none was shown),
 * tls_version, suite (IANA name) and resumed. Counts the handshake in the metrics.
 * Errors: server error (the connection must be closed); the peer is then unchanged.
 */
as_err as_tls_peer_fill(SSL *ssl, struct as_peer *peer);

/* The listener's name that SNI asked for, in the listener's spelling; NULL when none was sent
 * (TLS-39: where SNI was sent, Host must agree with it). */
const char *as_tls_peer_sni(const SSL *ssl);

/*
 * After SSL_do_handshake has failed: a short static reason for the log. Empties the thread's error
 * queue and counts the failure in the metrics. `ssl_error` is what SSL_get_error said.
 */
const char *as_tls_failure(int ssl_error);

#endif
