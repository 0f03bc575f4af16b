/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the edge answers by itself, and how such a connection ends: the last words, the end of our
 * side, then whatever still comes is read away for a bounded while. A close before that would reset
 * the connection, and the answer with it (RFC 9112 9.6).
 */
#include "parts.h"

#include <errno.h>
#include <sys/socket.h>

#define LINGER_READS  16                    /* in one step */
#define LINGER_OCTETS ((size_t)1024 * 1024) /* in all: several times the largest request */

static void log_refusal(const struct as_conn *conn, const struct as_refusal *row, const char *id)
{
    struct as_guard_request request = {.method = AS_SPAN_NONE, .path = AS_SPAN_NONE};

    if (conn->guard.refusal == NULL && as_guard_phase(&conn->guard) == AS_GUARD_AT_END) {
        as_guard_request(&conn->guard, &conn->in, &request);
    }
    AS_LOG(row->status >= 500 ? AS_LOG_WARNING : AS_LOG_INFO, "refused",
           AS_LOG_TEXT("request_id", id), AS_LOG_TEXT("listener", conn->peer->listener->name),
           AS_LOG_TEXT("peer", conn->peer->address), AS_LOG_SPAN("method", request.method),
           AS_LOG_SPAN("path", request.path), AS_LOG_NUMBER("status", row->status),
           AS_LOG_TEXT("reason", row->says));
}

enum as_step as_conn_refuse_row(struct as_conn *conn, const struct as_refusal *row)
{
    char id[AS_REQUEST_ID + 1];
    struct as_refusal_answer answer = {.head_only = as_guard_is_head(&conn->guard, &conn->in),
                                       .now = as_clock_now()};

    if (conn->state == AS_CONN_ANSWERING && conn->said) {
        return as_conn_end(conn); /* half an answer is out: only its breaking off tells */
    }
    answer.always = as_front_always(conn->peer->listener, &answer.always_count);
    as_http_request_id(id);
    answer.request_id = as_span_of(id);
    as_metric_add(AS_METRIC_requests_refused_total, 1);
    log_refusal(conn, row, id);
    as_timer_clear(&conn->whole);
    as_timer_set(&conn->worker->timers, &conn->stage, AS_TIMER_LINGER, conn->worker->now);
    as_conn_drop_link(conn);
    if (as_failed(as_refusal_write(row, &answer, &conn->out))) {
        return as_conn_end(conn);
    }
    as_buf_free(&conn->in);
    conn->state = AS_CONN_REFUSING;
    return AS_STEP_ON;
}

enum as_step as_conn_refuse(struct as_conn *conn, enum as_refusal_id id)
{
    return as_conn_refuse_row(conn, &as_refusals[id]);
}

enum as_step as_conn_step_refuse(struct as_conn *conn)
{
    enum as_step step = as_conn_flush(conn);

    if (step == AS_STEP_ON) {
        conn->wire.kind->end(&conn->wire);
        conn->broken = true; /* it is ended: nothing more is said */
        conn->readable = true;
        conn->state = AS_CONN_LINGERING;
    }
    return step;
}

/* Raw octets: they mean nothing any more. */
enum as_step as_conn_step_linger(struct as_conn *conn)
{
    for (int i = 0; i < LINGER_READS; i++) {
        ssize_t len = recv(conn->wire.fd, conn->worker->scratch, sizeof(conn->worker->scratch), 0);
        if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
            return AS_STEP_WAIT;
        }
        if (len <= 0) {
            return as_conn_end(conn);
        }
        conn->lingered += (size_t)len;
        if (conn->lingered > LINGER_OCTETS) {
            return as_conn_end(conn);
        }
    }
    return AS_STEP_ON;
}
