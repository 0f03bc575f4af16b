/* SPDX-License-Identifier: Apache-2.0 */
/* From the engine's answer to the wire; then the next request, or the end. */
#include "parts.h"

static enum as_step end_answer(struct as_conn *conn)
{
    as_timer_clear(&conn->whole);
    if (!conn->close) {
        conn->state = AS_CONN_READING;
        as_conn_set_idle(conn);
        return AS_STEP_ON;
    }
    if (conn->in.len == 0 && !conn->unread) {
        return as_conn_end(conn);
    }
    /* More came, or will come, than was looked at: a close now would reset the answer away. */
    as_conn_drop_link(conn);
    as_timer_set(&conn->worker->timers, &conn->stage, AS_TIMER_LINGER, conn->worker->now);
    conn->state = AS_CONN_REFUSING;
    return AS_STEP_ON;
}

/* Nothing of it was said yet: then this can be. */
static enum as_step break_answer(struct as_conn *conn)
{
    AS_LOG(AS_LOG_ERROR, "engine", AS_LOG_TEXT("reason", "the answer broke off"),
           AS_LOG_TEXT("listener", conn->peer->listener->name));
    return as_conn_refuse(conn, AS_REFUSE_OVERLOAD);
}

enum as_step as_conn_step_answer(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;
    size_t got = 0;
    enum as_step step = as_conn_flush(conn);

    if (step != AS_STEP_ON) {
        return step;
    }
    if (conn->answered) {
        return end_answer(conn);
    }
    enum as_http_read told =
        as_http_link_read(conn->link, worker->scratch, sizeof(worker->scratch), &got);
    if (got > 0) {
        conn->said = true;
        step = as_conn_write(conn, (as_span){worker->scratch, got});
    }
    if (step == AS_STEP_GONE || told == AS_HTTP_READ_WAIT) {
        return step == AS_STEP_GONE ? step : AS_STEP_WAIT;
    }
    if (told == AS_HTTP_READ_BROKEN) {
        return break_answer(conn);
    }
    conn->answered = told != AS_HTTP_READ_MORE;
    conn->close = conn->close || told == AS_HTTP_READ_CLOSE;
    return AS_STEP_ON;
}
