/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection: one step per state, driven by events, jobs and deadlines alike. Sockets
 * are watched edge-triggered and once for all, so that nothing is to be asked of the system between
 * events; a step goes on until it is told "again" or has had its share of the turn.
 */
#include "parts.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define STEPS_MAX 8 /* of one connection in one go: about one request */

/* ---------------------------------------------------------------- birth and end -------------- */

static void enlist(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    conn->next_all = worker->all;
    if (worker->all != NULL) {
        worker->all->prev_all = conn;
    }
    worker->all = conn;
    worker->count++;
    as_metric_add(AS_METRIC_connections_open, 1);
}

static void delist(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    if (conn->prev_all != NULL) {
        conn->prev_all->next_all = conn->next_all;
    } else {
        worker->all = conn->next_all;
    }
    if (conn->next_all != NULL) {
        conn->next_all->prev_all = conn->prev_all;
    }
    worker->count--;
    as_metric_add(AS_METRIC_connections_open, -1);
}

static bool watch(struct as_conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = conn};

    return epoll_ctl(conn->worker->epoll, EPOLL_CTL_ADD, conn->wire.fd, &event) == 0;
}

static void fill(struct as_conn *conn, struct as_worker *worker, const struct as_arrival *arrival)
{
    struct as_listener *listener = arrival->listener;

    conn->event = (struct as_event){AS_EVENT_CONN};
    conn->worker = worker;
    conn->listener = listener;
    conn->source = arrival->source;
    conn->counted = arrival->counted;
    conn->peer = arrival->peer;
    conn->blocked = arrival->tls == NULL; /* without TLS the handshake is over at once */
    conn->in = AS_BUF(as_guard_in_max(&listener->rules) + AS_READ_ROOM);
    conn->out = AS_BUF(AS_READ_ROOM + 2 * AS_REFUSAL_MAX);
    conn->stage.owner = conn;
    conn->whole.owner = conn;
    conn->ticket.owner = conn;
    conn->ticket.line = (uint16_t)as_source_slot(&worker->edge->seed, conn->source, AS_TURN_LINES);
    as_guard_init(&conn->guard, &listener->rules);
}

struct as_conn *as_conn_new(struct as_worker *worker, const struct as_arrival *arrival)
{
    struct as_conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL || as_failed(as_wire_open(&conn->wire, arrival->fd, arrival->tls))) {
        free(conn);
        return NULL;
    }
    fill(conn, worker, arrival);
    if (!watch(conn)) {
        SSL_free(conn->wire.ssl);
        free(conn);
        return NULL;
    }
    enlist(conn);
    as_timer_set(&worker->timers, &conn->stage, AS_TIMER_HANDSHAKE, worker->now);
    return conn;
}

void as_conn_drop_link(struct as_conn *conn)
{
    if (conn->link != NULL) {
        as_http_link_close(conn->link);
        conn->link = NULL;
    }
}

static void bury(struct as_conn *conn)
{
    conn->next_gone = conn->worker->gone;
    conn->worker->gone = conn;
}

/* The descriptor goes at once; the memory when no line and no event of this turn can name it any
 * more. */
enum as_step as_conn_end(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    if (conn->state == AS_CONN_GONE) {
        return AS_STEP_GONE;
    }
    if (!conn->broken && conn->state != AS_CONN_HANDSHAKE) {
        conn->wire.kind->end(&conn->wire);
    }
    conn->state = AS_CONN_GONE;
    as_timer_clear(&conn->stage);
    as_timer_clear(&conn->whole);
    as_conn_drop_link(conn);
    as_wire_close(&conn->wire);
    as_buf_free(&conn->in);
    as_buf_free(&conn->out);
    as_conn_count(conn);
    delist(conn);
    if (conn->listener->sources != NULL) {
        as_sources_leave(conn->listener->sources, conn->source);
    }
    (void)atomic_fetch_sub(&conn->listener->open, 1);
    as_fds_give(worker->edge, conn->listener->kind);
    if (!conn->ticket.waits) {
        bury(conn);
    }
    return AS_STEP_GONE;
}

void as_conn_free(struct as_conn *conn)
{
    as_peer_drop(conn->peer);
    free(conn);
}

/* ---------------------------------------------------------------- handshake ------------------ */

/* An alert may be on its way, and must not be overtaken by a reset: so what comes is read away. */
static enum as_step fail_handshake(struct as_conn *conn, const char *why)
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

static enum as_step step_handshake(struct as_conn *conn)
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
        return fail_handshake(conn, why);
    }
}

static enum as_step step_gone(struct as_conn *conn)
{
    (void)conn;
    return AS_STEP_GONE;
}

/* ---------------------------------------------------------------- being driven --------------- */

static enum as_step (*const steps[AS_CONN_STATES])(struct as_conn *conn) = {
    [AS_CONN_HANDSHAKE] = step_handshake,      [AS_CONN_READING] = as_conn_step_read,
    [AS_CONN_ANSWERING] = as_conn_step_answer, [AS_CONN_REFUSING] = as_conn_step_refuse,
    [AS_CONN_LINGERING] = as_conn_step_linger, [AS_CONN_GONE] = step_gone,
};

void as_conn_later(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    as_turns_wait(conn->state == AS_CONN_HANDSHAKE ? &worker->greeting : &worker->asking,
                  &conn->ticket);
}

void as_conn_turn(struct as_conn *conn)
{
    if (conn->state == AS_CONN_GONE) {
        bury(conn);
    } else {
        as_conn_drive(conn);
    }
}

void as_conn_drive(struct as_conn *conn)
{
    enum as_step step = AS_STEP_ON;

    for (int i = 0; i < STEPS_MAX && step == AS_STEP_ON; i++) {
        step = steps[conn->state](conn);
    }
    if (step == AS_STEP_ON) {
        as_conn_later(conn);
    }
    as_conn_count(conn);
}

/* A reset, or both ways closed: nobody is there to answer. */
void as_conn_event(struct as_conn *conn, uint32_t events)
{
    if (conn->state == AS_CONN_GONE) {
        return;
    }
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        conn->broken = true;
        (void)as_conn_end(conn);
        return;
    }
    bool goes_on = (events & EPOLLOUT) != 0 && conn->blocked;
    conn->ending = conn->ending || (events & EPOLLRDHUP) != 0;
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) {
        conn->readable = true;
        goes_on = true;
    }
    if ((events & EPOLLOUT) != 0) {
        conn->blocked = false;
    }
    if (goes_on) {
        as_conn_later(conn);
    }
}

bool as_conn_is_idle(const struct as_conn *conn)
{
    if (conn->state == AS_CONN_HANDSHAKE) {
        return !as_wire_has_heard(&conn->wire);
    }
    return conn->state == AS_CONN_READING && conn->in.len == 0;
}

/* ---------------------------------------------------------------- deadlines ------------------ */

void as_conn_set_idle(struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;

    as_timer_set(&worker->timers, &conn->stage,
                 worker->stopping ? AS_TIMER_FAREWELL : AS_TIMER_PAIR, worker->now);
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
           (kind == AS_TIMER_PAIR || kind == AS_TIMER_IDLE || kind == AS_TIMER_FAREWELL);
}

/* Where an answer is owed, it is said which: too slow they (408) or we (503). */
void as_conn_expire(struct as_conn *conn, enum as_timer_kind kind)
{
    if (is_heard_later(conn, kind)) {
        as_conn_set_idle(conn);
        return;
    }
    switch (kind) {
    case AS_TIMER_PAIR:
        rest(conn);
        return;
    case AS_TIMER_FAREWELL:
        say_farewell(conn);
        return;
    case AS_TIMER_HANDSHAKE:
        as_metric_add(AS_METRIC_handshakes_failed_total, 1);
        (void)fail_handshake(conn, "timeout");
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
