/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a connection when a deadline has passed. */
#include "parts.h"

void as_conn_set_idle(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    as_timer_set(&worker->timers, &conn->stage,
                 worker->stopping ? AS_TIMER_FAREWELL : AS_TIMER_REST, worker->now);
}

/* An idle connection is one descriptor and little memory (design D2). */
static void rest(struct as_conn *conn)
{
    as_conn_drop_link(conn);
    as_buf_free(&conn->in);
    as_buf_free(&conn->out);
    as_conn_count(conn);
    as_timer_set(&conn->worker->timers, &conn->stage, AS_TIMER_IDLE, conn->worker->now);
}

/* A handshake that has begun meanwhile goes on, in its own time. */
static void say_farewell(struct as_conn *conn)
{
    if (as_conn_is_idle(conn)) {
        (void)as_conn_end(conn);
    } else {
        as_timer_set(&conn->worker->timers, &conn->stage, AS_TIMER_HANDSHAKE, conn->worker->now);
    }
}

/* What has come waits for its turn: then it is not they who are idle. */
static bool is_heard_later(const struct as_conn *conn, enum as_timer_kind kind)
{
    return conn->ticket.waits && conn->state == AS_CONN_READING &&
           (kind == AS_TIMER_REST || kind == AS_TIMER_IDLE || kind == AS_TIMER_FAREWELL);
}

/* Where an answer is owed, it is said which: too slow they (408) or we (503). */
void as_conn_expire(struct as_conn *conn, enum as_timer_kind kind)
{
    if (is_heard_later(conn, kind)) {
        as_conn_set_idle(conn);
        return;
    }
    switch (kind) {
    case AS_TIMER_REST:
        rest(conn);
        return;
    case AS_TIMER_FAREWELL:
        say_farewell(conn);
        return;
    case AS_TIMER_HANDSHAKE:
        as_metric_add(AS_METRIC_handshakes_failed_total, 1);
        (void)as_conn_fail_handshake(conn, "timeout");
        (void)as_conn_end(conn);
        return;
    case AS_TIMER_HEAD:
    case AS_TIMER_BODY:
        (void)as_conn_refuse(conn, AS_REFUSE_TIMEOUT);
        break;
    case AS_TIMER_REQUEST:
        (void)as_conn_refuse(conn, conn->state == AS_CONN_READING ? AS_REFUSE_TIMEOUT
                                                                  : AS_REFUSE_OVERLOAD);
        break;
    default:
        (void)as_conn_end(conn);
        return;
    }
    as_conn_drive(conn);
}
