/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting. The listening sockets stand in every worker's epoll set, level-triggered and
 * exclusive: one worker is woken for a connection, and one that is busy is not asked. What cannot
 * be had is closed at once; when descriptors run out, nothing is accepted for a moment, so that the
 * store and the log find some.
 */
#include "parts.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ACCEPT_MAX 16 /* of one listener in one turn */

as_err as_accept_watch(struct as_worker *worker)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < edge->listener_count; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
                                    .data.ptr = &edge->listeners[i]};
        AS_NEED(epoll_ctl(worker->epoll, EPOLL_CTL_ADD, edge->listeners[i].fd, &event) == 0,
                AS_SERVER_ERROR, "a listener cannot be watched");
    }
    return AS_OK;
}

void as_accept_unwatch(struct as_worker *worker)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < edge->listener_count; i++) {
        (void)epoll_ctl(worker->epoll, EPOLL_CTL_DEL, edge->listeners[i].fd, NULL);
    }
}

static void pause_accepting(struct as_worker *worker)
{
    if (worker->pause.prev != NULL || worker->stopping) {
        return;
    }
    if (!worker->pause_told) {
        AS_LOG(AS_LOG_WARNING, "accept", AS_LOG_TEXT("reason", "no descriptors left"),
               AS_LOG_NUMBER("in_use", (int64_t)atomic_load(&worker->edge->fds)));
        worker->pause_told = true; /* once, until somebody is accepted again */
    }
    as_accept_unwatch(worker);
    as_timer_set(&worker->timers, &worker->pause, AS_TIMER_PAUSE, worker->now);
}

void as_accept_again(struct as_worker *worker)
{
    if (!worker->stopping && as_failed(as_accept_watch(worker))) {
        as_accept_unwatch(worker);
        as_timer_set(&worker->timers, &worker->pause, AS_TIMER_PAUSE, worker->now);
    }
}

/* ---------------------------------------------------------------- the caps ------------------- */

static bool enter_sources(struct as_worker *worker, struct as_listener *listener,
                          struct as_source source)
{
    if (listener->kind == AS_LISTENER_TLS && as_failing_is(&worker->failing, source, worker->now)) {
        return false;
    }
    return listener->sources == NULL || as_sources_enter(listener->sources, source);
}

static bool enter_listener(struct as_worker *worker, struct as_listener *listener,
                           struct as_source source, unsigned most)
{
    if (atomic_fetch_add(&listener->open, 1) < most && enter_sources(worker, listener, source)) {
        return true;
    }
    (void)atomic_fetch_sub(&listener->open, 1);
    return false;
}

static bool enter(struct as_worker *worker, struct as_listener *listener, struct as_source source,
                  unsigned most)
{
    struct as_edge *edge = worker->edge;

    if (atomic_fetch_add(&edge->fds, 1) + 1 > edge->fds_max) {
        pause_accepting(worker);
    } else if (enter_listener(worker, listener, source, most)) {
        return true;
    }
    (void)atomic_fetch_sub(&edge->fds, 1);
    return false;
}

static void leave(struct as_worker *worker, struct as_listener *listener, struct as_source source)
{
    if (listener->sources != NULL) {
        as_sources_leave(listener->sources, source);
    }
    (void)atomic_fetch_sub(&listener->open, 1);
    (void)atomic_fetch_sub(&worker->edge->fds, 1);
}

/* ---------------------------------------------------------------- one connection ------------- */

/* Takes the descriptor; NULL: it is closed. */
static struct as_conn *admit(struct as_worker *worker, struct as_listener *listener,
                             const struct as_front *front, int fd,
                             const struct sockaddr_storage *from)
{
    struct as_arrival arrival = {.listener = listener,
                                 .fd = fd,
                                 .source = as_source_of(from),
                                 .peer = as_peer_new(front->conf, fd, from),
                                 .tls = front->tls};
    int on = 1;

    if (arrival.peer == NULL) {
        (void)close(fd);
        return NULL;
    }
    if (listener->kind != AS_LISTENER_SOCKET) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    return as_conn_new(worker, &arrival);
}

static bool take_under(struct as_worker *worker, struct as_listener *listener,
                       const struct as_front *front, int fd, const struct sockaddr_storage *from)
{
    struct as_source source = as_source_of(from);

    if (!enter(worker, listener, source, front->conf->it.max_connections)) {
        (void)close(fd);
        return false;
    }
    if (admit(worker, listener, front, fd, from) == NULL) {
        leave(worker, listener, source);
        return false;
    }
    return true;
}

static void take(struct as_worker *worker, struct as_listener *listener, int fd,
                 const struct sockaddr_storage *from)
{
    struct as_front front = as_listener_front(listener);
    bool taken = take_under(worker, listener, &front, fd, from);

    as_front_drop(&front);
    as_metric_add(
        taken ? AS_METRIC_connections_accepted_total : AS_METRIC_connections_refused_total, 1);
}

/* False: no more now. What is wrong with one connection is not wrong with the next (accept(2)). */
static bool accept_one(struct as_worker *worker, struct as_listener *listener)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof(from);

    if (atomic_load(&worker->edge->fds) >= worker->edge->fds_max) {
        pause_accepting(worker); /* they wait in the backlog */
        return false;
    }
    int fd = accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        worker->pause_told = false;
        take(worker, listener, fd, &from);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause_accepting(worker);
        return false;
    }
    return errno != EAGAIN && errno != EINVAL && errno != EBADF;
}

void as_accept_from(struct as_worker *worker, struct as_listener *listener)
{
    for (int i = 0; i < ACCEPT_MAX && worker->pause.prev == NULL && !worker->stopping; i++) {
        if (!accept_one(worker, listener)) {
            return;
        }
    }
}
