/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How service ends, as a worker sees it. Who waits in a queue is accepted first; the worker that is
 * the last to have done so closes the listeners, so that as few as can be come between. Then each
 * connection has its answer, or, when it is idle, a short time to ask once more: a request that is
 * on its way already is not met by a closed door.
 */
#include "parts.h"

#include <sys/socket.h>

/* A shut-down socket has no queue for those who come now; one of the service manager's keeps it. */
static void close_listeners(struct as_worker *worker)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < edge->listener_count; i++) {
        if (!edge->listeners[i].inherited) {
            as_accept_rest(worker, &edge->listeners[i]);
            (void)shutdown(edge->listeners[i].fd, SHUT_RDWR);
        }
    }
}

static void stop_accepting(struct as_worker *worker)
{
    struct as_edge *edge = worker->edge;

    for (size_t i = 0; i < AS_CLASSES; i++) {
        as_timer_clear(&worker->pauses[i].timer);
        as_accept_unwatch(worker, (enum as_class)i);
    }
    for (size_t i = 0; i < edge->listener_count; i++) {
        if (!edge->listeners[i].inherited) {
            as_accept_rest(worker, &edge->listeners[i]);
        }
    }
    if (atomic_fetch_sub(&edge->accepting, 1) == 1) {
        close_listeners(worker);
    }
}

static void end_conns(struct as_worker *worker)
{
    struct as_conn *next = NULL;

    for (struct as_conn *conn = worker->all; conn != NULL; conn = next) {
        next = conn->next_all;
        (void)as_conn_end(conn);
    }
}

void as_worker_see_stop(struct as_worker *worker)
{
    if (!atomic_load(&worker->edge->stopping)) {
        return;
    }
    if (!worker->stopping) {
        worker->stopping = true;
        stop_accepting(worker);
        for (struct as_conn *conn = worker->all; conn != NULL; conn = conn->next_all) {
            if (as_conn_is_idle(conn)) {
                as_conn_set_idle(conn);
            }
        }
    }
    if (worker->now >= atomic_load(&worker->edge->stop_by)) {
        end_conns(worker);
    }
}
