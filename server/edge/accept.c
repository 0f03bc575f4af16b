/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting. The listening sockets stand in every worker's epoll set, level-triggered and
 * exclusive: one worker is woken for a connection, and one that is busy is not asked. What cannot
 * be had is closed at once, unless somebody makes room (displace.c); when there is no room and
 * nobody can, nothing is accepted for a moment by listeners of that class.
 */
#include "parts.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ACCEPT_MAX 4    /* of one listener in one turn */
#define REST_MAX   4096 /* at the end: what a queue may hold */

static enum as_class class_of(const struct as_listener *listener)
{
    return listener->kind == AS_LISTENER_TLS ? AS_CLASS_TLS : AS_CLASS_LOCAL;
}

as_err as_accept_watch(struct as_worker *worker, enum as_class class)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < edge->listener_count; i++) {
        struct as_listener *listener = &edge->listeners[i];
        struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = listener};
        AS_NEED(class_of(listener) != class ||
                    epoll_ctl(worker->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0,
                AS_SERVER_ERROR, "a listener cannot be watched");
    }
    return AS_OK;
}

void as_accept_unwatch(struct as_worker *worker, enum as_class class)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < edge->listener_count; i++) {
        if (class_of(&edge->listeners[i]) == class) {
            (void)epoll_ctl(worker->epoll, EPOLL_CTL_DEL, edge->listeners[i].fd, NULL);
        }
    }
}

static bool is_paused(const struct as_pause *pause)
{
    return pause->timer.prev != NULL;
}

/* It may be so for every one that comes, and is told now and then. */
static void tell_shortage(struct as_worker *worker, const struct as_listener *listener)
{
    struct as_pause *pause = &worker->pauses[class_of(listener)];

    if (as_log_is_due(&pause->told, worker->now)) {
        AS_LOG(AS_LOG_WARNING, "accept", AS_LOG_TEXT("reason", "no room for more connections"),
               AS_LOG_NUMBER("in_use", (int64_t)atomic_load(&worker->edge->places)));
    }
}

void as_accept_pause(struct as_worker *worker, enum as_class class)
{
    struct as_pause *pause = &worker->pauses[class];

    if (!is_paused(pause) && !worker->stopping) {
        as_accept_unwatch(worker, class);
        as_timer_set(&worker->timers, &pause->timer, AS_TIMER_PAUSE, worker->now);
    }
}

static void pause_for_room(struct as_worker *worker, const struct as_listener *listener)
{
    tell_shortage(worker, listener);
    as_accept_pause(worker, class_of(listener));
}

void as_accept_again(struct as_pause *pause)
{
    struct as_worker *worker = pause->worker;

    bool waits = pause->class == AS_CLASS_TLS && !as_memory_set_apart(); /* operators do not */

    if (!worker->stopping && (waits || as_failed(as_accept_watch(worker, pause->class)))) {
        as_accept_pause(worker, pause->class);
    }
}

/* ---------------------------------------------------------------- the caps ------------------- */

/* Asked before a connection counts: those that fail must not fill the listener as well. */
static bool is_welcome(struct as_worker *worker, const struct as_arrival *arrival)
{
    return !arrival->counted || !as_failing_is(worker->edge->failing, arrival->source, worker->now);
}

static bool enter_source(const struct as_arrival *arrival)
{
    struct as_sources *sources = arrival->listener->sources;

    return sources == NULL || as_sources_enter(sources, arrival->source);
}

static void leave_source(const struct as_arrival *arrival)
{
    if (arrival->listener->sources != NULL) {
        as_sources_leave(arrival->listener->sources, arrival->source);
    }
}

static bool enter_listener(struct as_worker *worker, const struct as_arrival *arrival,
                           unsigned most)
{
    struct as_listener *listener = arrival->listener;

    if (atomic_fetch_add(&listener->open, 1) < most ||
        as_displace(worker, listener, arrival->source)) {
        return true;
    }
    (void)atomic_fetch_sub(&listener->open, 1);
    return false;
}

static void leave_listener(const struct as_arrival *arrival)
{
    (void)atomic_fetch_sub(&arrival->listener->open, 1);
    leave_source(arrival);
}

enum entry { ENTERED, UNWELCOME, FULL };

/* The address first: who else must go for it depends on how many it has, this one included. */
static enum entry enter(struct as_worker *worker, const struct as_arrival *arrival, unsigned most)
{
    if (!is_welcome(worker, arrival) || !enter_source(arrival)) {
        return UNWELCOME;
    }
    if (!enter_listener(worker, arrival, most)) {
        leave_source(arrival);
        return FULL;
    }
    if (!as_displace_for_place(worker, arrival->listener, arrival->source)) {
        leave_listener(arrival);
        return FULL;
    }
    return ENTERED;
}

static void leave(struct as_worker *worker, const struct as_arrival *arrival)
{
    leave_listener(arrival);
    as_place_give(worker->edge, arrival->listener->kind);
}

/* ---------------------------------------------------------------- one connection ------------- */

/* Counted first: who is refused may ask at once how many were. */
static void refuse(const struct as_arrival *arrival)
{
    as_metric_add(AS_METRIC_connections_refused_total, 1);
    (void)close(arrival->fd);
}

static bool make_conn(struct as_worker *worker, struct as_arrival *arrival, struct as_conf *conf,
                      const struct sockaddr_storage *from)
{
    int on = 1;

    arrival->peer = as_peer_new(conf, arrival->fd, from);
    if (arrival->peer == NULL) {
        return false;
    }
    if (conf->it.kind != AS_LISTENER_SOCKET) {
        (void)setsockopt(arrival->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (as_conn_new(worker, arrival) == NULL) {
        as_peer_drop(arrival->peer);
        return false;
    }
    return true;
}

static void refuse_full(struct as_worker *worker, const struct as_arrival *arrival)
{
    if (!as_places_left(worker->edge, arrival->listener->kind)) {
        tell_shortage(worker, arrival->listener);
    }
    refuse(arrival);
}

static void take_under(struct as_worker *worker, struct as_arrival *arrival, struct as_conf *conf,
                       const struct as_guest *guest)
{
    enum entry entry = enter(worker, arrival, conf->it.max_connections);

    if (entry == UNWELCOME) {
        refuse(arrival);
        return;
    }
    if (entry == FULL) {
        if (!as_guest_hand_on(worker, *guest)) {
            refuse_full(worker, arrival);
        }
        return;
    }
    if (!make_conn(worker, arrival, conf, &guest->from)) {
        leave(worker, arrival);
        refuse(arrival);
        return;
    }
    as_metric_add(AS_METRIC_connections_accepted_total, 1);
}

void as_accept_guest(struct as_worker *worker, struct as_guest guest)
{
    struct as_front front = as_listener_front(guest.listener);
    struct as_arrival arrival = {.listener = guest.listener,
                                 .fd = guest.fd,
                                 .source = as_source_of(&guest.from),
                                 .tls = front.tls};

    arrival.counted = guest.listener->kind == AS_LISTENER_TLS &&
                      as_failing_counts(worker->edge->failing, &guest.from);
    take_under(worker, &arrival, front.conf, &guest);
    as_front_drop(&front);
}

/* Somebody's connection may go for it, here or with another worker. */
static bool may_make_room(struct as_worker *worker, const struct as_listener *listener)
{
    return listener->kind == AS_LISTENER_TLS &&
           (worker->edge->worker_count > 1 || as_displace_might(worker));
}

/* False: no more now. What is wrong with one connection is not wrong with the next (accept(2)). */
static bool accept_one(struct as_worker *worker, struct as_listener *listener)
{
    struct as_guest guest = {.listener = listener};
    socklen_t len = sizeof(guest.from);

    if (!as_places_left(worker->edge, listener->kind) && !may_make_room(worker, listener)) {
        pause_for_room(worker, listener); /* they wait in the backlog */
        return false;
    }
    guest.fd =
        accept4(listener->fd, (struct sockaddr *)&guest.from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (guest.fd >= 0) {
        as_accept_guest(worker, guest);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_for_room(worker, listener);
        return false;
    }
    return errno != EAGAIN && errno != EINVAL && errno != EBADF;
}

void as_accept_from(struct as_worker *worker, struct as_listener *listener)
{
    const struct as_pause *pause = &worker->pauses[class_of(listener)];

    for (int i = 0; i < ACCEPT_MAX && !is_paused(pause) && !worker->stopping; i++) {
        if (!accept_one(worker, listener)) {
            return;
        }
    }
}

void as_accept_rest(struct as_worker *worker, struct as_listener *listener)
{
    for (int i = 0; i < REST_MAX && accept_one(worker, listener); i++) {
    }
}
