/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection: one step per state, driven by events, jobs and deadlines alike. Sockets
 * are watched edge-triggered and once for all, so that nothing is to be asked of the system between
 * events; a step goes on until it is told "again" or has had its share of the turn.
 */
#include "parts.h"

#include <stdlib.h>
#include <sys/epoll.h>

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
    struct as_conn *conn = as_memory_zeroed(sizeof(*conn));

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
    as_place_give(worker->edge, conn->listener->kind);
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

/* ---------------------------------------------------------------- being driven --------------- */

static enum as_step step_gone(struct as_conn *conn)
{
    (void)conn;
    return AS_STEP_GONE;
}

static enum as_step (*const steps[AS_CONN_STATES])(struct as_conn *conn) = {
    [AS_CONN_HANDSHAKE] = as_conn_step_handshake, [AS_CONN_READING] = as_conn_step_read,
    [AS_CONN_ANSWERING] = as_conn_step_answer,    [AS_CONN_REFUSING] = as_conn_step_refuse,
    [AS_CONN_LINGERING] = as_conn_step_linger,    [AS_CONN_GONE] = step_gone,
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
