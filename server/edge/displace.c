/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where there is no room for another connection, descriptors or a listener's most, somebody who has
 * many makes room for somebody who has few: otherwise whoever opens as many as there may be keeps
 * everybody else out, for nothing more than a connection now and then. Only those go that are in
 * the midst of nothing they were promised: they have said too little for an answer to be owed, or
 * have theirs. An address never displaces its own, nor one that would then have fewer than itself.
 *
 * The oldest of each kind are looked at; a worker knows its own alone.
 */
#include "parts.h"

#define LOOKS 64 /* at the oldest of a kind */

/* Those that have been idle for long, or are of no more use, may go though they are as few. */
static const struct {
    enum as_timer_kind kind;
    bool rests;
} kinds[] = {{AS_TIMER_LINGER, true},     {AS_TIMER_IDLE, true},  {AS_TIMER_REST, false},
             {AS_TIMER_HANDSHAKE, false}, {AS_TIMER_HEAD, false}, {AS_TIMER_BODY, false}};

struct newcomer {
    const struct as_listener *at; /* whose most is reached; NULL: descriptors are short */
    struct as_source source;
};

static bool may_go(const struct as_conn *conn, const struct newcomer *newcomer)
{
    return conn->listener->kind == AS_LISTENER_TLS &&
           (newcomer->at == NULL || conn->listener == newcomer->at) &&
           !as_source_equal(conn->source, newcomer->source);
}

/* One whose address has at least *least, which then becomes one more than that. */
static struct as_conn *find(struct as_worker *worker, enum as_timer_kind kind,
                            const struct newcomer *newcomer, unsigned *least)
{
    struct as_timer *timer = as_timers_first(&worker->timers, kind);
    struct as_conn *found = NULL;

    for (int i = 0; timer != NULL && i < LOOKS; i++) {
        struct as_conn *conn = timer->owner;
        unsigned has =
            may_go(conn, newcomer) ? as_sources_count(conn->listener->sources, conn->source) : 0;
        if (has >= *least) {
            found = conn;
            *least = has + 1;
        }
        timer = as_timers_next(&worker->timers, timer);
    }
    return found;
}

static bool displace(struct as_worker *worker, const struct newcomer *newcomer, unsigned has)
{
    unsigned least = has;
    struct as_conn *found = NULL;

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        least = least == has && !kinds[i].rests ? has + 1 : least;
        struct as_conn *one = find(worker, kinds[i].kind, newcomer, &least);
        found = one != NULL ? one : found;
    }
    if (found == NULL) {
        return false;
    }
    as_metric_add(AS_METRIC_connections_displaced_total, 1);
    (void)as_conn_end(found);
    return true;
}

bool as_displace(struct as_worker *worker, const struct as_listener *listener,
                 struct as_source source)
{
    const struct newcomer newcomer = {.at = listener, .source = source};

    return listener->kind == AS_LISTENER_TLS &&
           displace(worker, &newcomer, as_sources_count(listener->sources, source));
}

bool as_displace_for_fd(struct as_worker *worker, const struct as_listener *listener,
                        struct as_source source)
{
    const struct newcomer newcomer = {.at = NULL, .source = source};

    return as_fds_take(worker->edge, listener->kind) ||
           (listener->kind == AS_LISTENER_TLS &&
            displace(worker, &newcomer, as_sources_count(listener->sources, source)) &&
            as_fds_take(worker->edge, listener->kind));
}

bool as_displace_might(struct as_worker *worker)
{
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        if (as_timers_first(&worker->timers, kinds[i].kind) != NULL) {
            return true;
        }
    }
    return false;
}
