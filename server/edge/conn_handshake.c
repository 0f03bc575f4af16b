/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake of a connection, and how one that fails ends. */
#include "parts.h"

#include <sys/socket.h>

/* An alert may be on its way, and must not be overtaken by a reset: so what comes is read away. */
enum as_step as_conn_fail_handshake(struct as_conn *conn, const char *why)
{
    AS_LOG(AS_LOG_INFO, "handshake", AS_LOG_TEXT("listener", conn->peer->listener->name),
           AS_LOG_TEXT("peer", conn->peer->address), AS_LOG_TEXT("reason", why));
    /* who connects and says nothing may be a load balancer that asks whether we are there */
    if (conn->counted && as_wire_has_heard(&conn->wire)) {
        as_failing_note(conn->worker->edge->failing, conn->source, conn->worker->now);
    }
    conn->broken = true;
    (void)shutdown(conn->wire.fd, SHUT_WR);
    as_timer_set(&conn->worker->timers, &conn->stage, AS_TIMER_LINGER, conn->worker->now);
    conn->state = AS_CONN_LINGERING;
    return AS_STEP_ON;
}

/* For whoever wants to know who still comes with TLS 1.2, or without resumption. */
static void log_handshake(const struct as_conn *conn)
{
    const struct as_peer *peer = conn->peer;

    if (peer->tls_version != NULL) {
        char x5t[AS_X5T_TEXT] = "";

        if (peer->cert != NULL) {
            as_cert_x5t(peer->cert->thumbprint, x5t);
        }
        AS_LOG(AS_LOG_DEBUG, "handshake", AS_LOG_TEXT("listener", peer->listener->name),
               AS_LOG_TEXT("peer", peer->address), AS_LOG_TEXT("version", peer->tls_version),
               AS_LOG_TEXT("suite", peer->suite), AS_LOG_NUMBER("resumed", peer->resumed),
               AS_LOG_TEXT("thumbprint", x5t));
    }
}

static enum as_step end_handshake(struct as_conn *conn)
{
    as_err err = conn->wire.kind->fill(&conn->wire, conn->peer);

    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "handshake", err);
        return as_conn_end(conn);
    }
    log_handshake(conn);
    conn->sni = conn->wire.kind->sni(&conn->wire);
    conn->state = AS_CONN_READING;
    conn->readable = true; /* a request may have come along */
    as_conn_set_idle(conn);
    return AS_STEP_ON;
}

enum as_step as_conn_step_handshake(struct as_conn *conn)
{
    const char *why = NULL;

    conn->readable = false;
    switch (conn->wire.kind->handshake(&conn->wire, &why)) {
    case AS_IO_DONE:
        return end_handshake(conn);
    case AS_IO_AGAIN:
        conn->blocked = true; /* which way OpenSSL waits is its own affair */
        return AS_STEP_WAIT;
    default:
        return as_conn_fail_handshake(conn, why);
    }
}
