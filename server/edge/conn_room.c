/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for requests: what all connections of a worker buffer is bounded, however many there are
 * (design D3). Without any credential one can hold many unfinished requests, so the bound has
 * parts; and where a part is full, those who have been sending for long yield to those who come
 * now: an honest request is here in a moment.
 */
#include "parts.h"

#define YIELD_LOOKS 64 /* at requests that have begun first, of which some wait for answers */
#define YIELD_MOST  4  /* give way to one */

/* Whoever fills a part leaves the rest to those who want less, and to the operator. */
static size_t part_of(const struct as_conn *conn, size_t all)
{
    if (conn->listener->kind != AS_LISTENER_TLS) {
        return all;
    }
    return as_guard_whole(&conn->guard, &conn->in) > AS_LIMIT_SMALL ? all - all / 4
                                                                    : all - all / 16;
}

static bool fits(const struct as_conn *conn, size_t octets)
{
    const struct as_worker *worker = conn->worker;

    return worker->octets + as_http_engine_bytes(worker->engine) + octets <=
           part_of(conn, worker->edge->bounds.worker_bytes);
}

/* The one that has been sending its request for longest; NULL: none for long enough. */
static struct as_conn *slowest(const struct as_conn *conn)
{
    struct as_worker *worker = conn->worker;
    struct as_timer *timer = as_timers_first(&worker->timers, AS_TIMER_REQUEST);

    for (int i = 0; timer != NULL && i < YIELD_LOOKS; i++) {
        struct as_conn *other = timer->owner;
        if (as_timer_age(&worker->timers, timer, worker->now) < worker->edge->bounds.yield_ms) {
            return NULL;
        }
        if (other != conn && other->state == AS_CONN_READING &&
            other->listener->kind == AS_LISTENER_TLS) {
            return other;
        }
        timer = as_timers_next(&worker->timers, timer);
    }
    return NULL;
}

/* It may be in the midst of nothing: only one connection is driven at a time, and that is not it.
 */
static void yield(struct as_conn *conn)
{
    if (as_conn_refuse(conn, AS_REFUSE_OVERLOAD) != AS_STEP_GONE) {
        as_conn_count(conn);
        as_conn_later(conn);
    }
}

bool as_conn_may_buffer(const struct as_conn *conn, size_t octets)
{
    for (int i = 0; i < YIELD_MOST && !fits(conn, octets); i++) {
        struct as_conn *other = slowest(conn);
        if (other == NULL) {
            return false;
        }
        yield(other);
    }
    return fits(conn, octets);
}
