/* SPDX-License-Identifier: Apache-2.0 */
/* From octets to an admitted request, under its deadlines, and on to the engine. */
#include "host.h"
#include "parts.h"

/* The time of a request runs from its first octet; that of a body from the end of its head. */
static void set_deadlines(struct as_conn *conn)
{
    struct as_timers *timers = &conn->worker->timers;
    int64_t now = conn->worker->now;
    enum as_guard_phase phase = as_guard_phase(&conn->guard);
    bool begun = phase == AS_GUARD_AT_HEAD || phase == AS_GUARD_AT_BODY;

    if (begun && conn->whole.prev == NULL) {
        as_timer_set(timers, &conn->whole, AS_TIMER_REQUEST, now);
        as_timer_set(timers, &conn->stage, AS_TIMER_HEAD, now);
    }
    if (phase == AS_GUARD_AT_BODY && conn->stage.kind != AS_TIMER_BODY) {
        as_timer_set(timers, &conn->stage, AS_TIMER_BODY, now);
    }
}

static bool open_link(struct as_conn *conn)
{
    struct as_http_link_conf conf = {
        .site = conn->peer->listener->site, .peer = conn->peer, .owner = conn};

    conf.always = as_front_always(conn->peer->listener, &conf.always_count);
    return conn->link != NULL ||
           !as_failed(as_http_link_open(conn->worker->engine, &conf, &conn->link));
}

static bool ask(struct as_conn *conn, const struct as_guard_request *request)
{
    struct as_http_field fields[AS_LIMIT_FIELDS];
    struct as_http_ask it = {.method = request->method,
                             .path = request->path,
                             .query = request->query,
                             .fields = fields,
                             .body = request->body,
                             .close = conn->close};

    for (size_t at = 0; it.field_count < AS_COUNT(fields); it.field_count++) {
        struct as_http_field *field = &fields[it.field_count];
        if (!as_guard_field(&conn->guard, &conn->in, &at, &field->name, &field->value)) {
            break;
        }
        if (request->scheme.ptr != NULL && as_span_equal_nocase(field->name, AS_LIT("host"))) {
            field->value = request->host; /* RFC 9112 3.2.2 */
        }
    }
    as_err err = as_http_link_ask(conn->link, &it);
    if (as_failed(err)) {
        as_log_err(AS_LOG_WARNING, "engine", err);
    }
    return !as_failed(err);
}

/* TLS-39, and the scheme where one was sent (RFC 9110 7.4). */
static bool is_meant_for_us(const struct as_conn *conn, const struct as_guard_request *request)
{
    const struct as_listener_conf *conf = conn->peer->listener;
    as_span scheme = conf->kind == AS_LISTENER_TLS ? AS_LIT("https") : AS_LIT("http");

    return (request->scheme.ptr == NULL || as_span_equal_nocase(request->scheme, scheme)) &&
           as_host_is_served(conf, request->host, conn->sni);
}

static enum as_step admit(struct as_conn *conn)
{
    struct as_guard_request request;

    as_guard_request(&conn->guard, &conn->in, &request);
    if (!is_meant_for_us(conn, &request)) {
        return as_conn_refuse(conn, AS_REFUSE_MISDIRECTED);
    }
    conn->close = !request.keep_alive;
    conn->unread = request.unread;
    if (!as_conn_may_buffer(conn, request.body.len) || !open_link(conn) || !ask(conn, &request)) {
        return as_conn_refuse(conn, AS_REFUSE_OVERLOAD);
    }
    as_guard_next(&conn->guard, &conn->in);
    as_timer_clear(&conn->stage);
    if (conn->whole.prev == NULL) { /* it came in one piece */
        as_timer_set(&conn->worker->timers, &conn->whole, AS_TIMER_REQUEST, conn->worker->now);
    }
    conn->said = false;
    conn->answered = false;
    conn->state = AS_CONN_ANSWERING;
    return AS_STEP_ON;
}

static enum as_step read_more(struct as_conn *conn)
{
    if (!conn->readable) {
        return AS_STEP_WAIT;
    }
    if (!as_conn_may_buffer(conn, as_conn_growth(conn))) {
        return as_conn_refuse(conn, AS_REFUSE_OVERLOAD);
    }
    switch (as_conn_read(conn)) {
    case AS_IO_DONE:
        return AS_STEP_ON;
    case AS_IO_AGAIN:
        return AS_STEP_WAIT;
    default:
        return as_conn_end(conn); /* a request that was not ended is none */
    }
}

static enum as_step say_continue(struct as_conn *conn)
{
    enum as_step step = as_conn_write(conn, AS_LIT(AS_GUARD_100));

    return step == AS_STEP_GONE ? step : AS_STEP_ON; /* what waits in `out` is flushed first */
}

enum as_step as_conn_step_read(struct as_conn *conn)
{
    if (as_conn_flush(conn) == AS_STEP_GONE) {
        return AS_STEP_GONE;
    }
    enum as_guard_state state =
        conn->in.len > 0 ? as_guard_feed(&conn->guard, &conn->in) : AS_GUARD_MORE;
    set_deadlines(conn);
    switch (state) {
    case AS_GUARD_READY:
        return admit(conn);
    case AS_GUARD_REFUSED:
        return as_conn_refuse_row(conn, conn->guard.refusal);
    case AS_GUARD_CONTINUE:
        return say_continue(conn);
    default:
        return read_more(conn);
    }
}
