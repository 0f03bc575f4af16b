/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where there is no room for another connection, places or a listener's most, somebody who has
 * many makes room for somebody who has few: otherwise whoever opens as many as there may be keeps
 * everybody else out, for nothing more than a connection now and then. Only those go that are in
 * the midst of nothing they were promised: they have said too little for an answer to be owed, or
 * have theirs. An address never displaces its own, nor one that would then have fewer than itself;
 * but between those who have few, those that rest or are slow go.
 *
 * Where memory is short, which a worker finds when what it has set apart is used, those of whoever
 * has most go until it is set apart again; a worker that has nobody who could go accepts nobody.
 *
 * The oldest of each kind are looked at; a worker knows its own alone.
 */
#include "parts.h"

#define LOOKS       64 /* at the oldest of a kind */
#define MEMORY_MOST 32 /* go for memory in one turn */
#define FEW         4  /* an address with fewer finishes what it does, if it does not take long */

/* Those that have been idle for long, or are of no more use, may go though they are as few; and so
 * may those that take so long for what they began that others need not wait for them. */
static const struct kind {
    enum as_timer_kind timer;
    bool rests;
} kinds[] = {{AS_TIMER_LINGER, true},     {AS_TIMER_IDLE, true},  {AS_TIMER_REST, false},
             {AS_TIMER_HANDSHAKE, false}, {AS_TIMER_HEAD, false}, {AS_TIMER_BODY, false}};

struct need {
    const struct as_listener *at; /* whose most is reached; NULL: places or memory are short */
    struct as_source source;      /* who comes; all zero: nobody, memory is short */
    bool busy_first;              /* of two that have as many: those cost more memory */
    unsigned resting, busy;       /* an address must have so many connections to lose one that is */
};

static bool may_go(const struct as_conn *conn, const struct need *need)
{
    return conn->listener->kind == AS_LISTENER_TLS &&
           (need->at == NULL || conn->listener == need->at) &&
           !as_source_equal(conn->source, need->source);
}

/* Whoever has few has as many as others with few: a second connection makes no crowd. */
static unsigned rank_of(unsigned has)
{
    return has < FEW ? 1 : has;
}

/* 0: this one stays. */
static unsigned weigh(const struct as_worker *worker, const struct kind *kind,
                      const struct as_timer *timer, const struct need *need)
{
    const struct as_conn *conn = timer->owner;
    bool rests = kind->rests ||
                 as_timer_age(&worker->timers, timer, worker->now) >= worker->edge->bounds.yield_ms;

    if (!may_go(conn, need)) {
        return 0;
    }
    unsigned has = as_sources_count(conn->listener->sources, conn->source);
    return has >= (rests ? need->resting : need->busy) ? rank_of(has) : 0;
}

/* One that weighs more than *most, which is then its weight. */
static struct as_conn *find(struct as_worker *worker, const struct kind *kind,
                            const struct need *need, unsigned *most)
{
    struct as_timer *timer = as_timers_first(&worker->timers, kind->timer);
    struct as_conn *found = NULL;

    for (int i = 0; timer != NULL && i < LOOKS; i++) {
        unsigned weight = weigh(worker, kind, timer, need);
        if (weight > *most) {
            found = timer->owner;
            *most = weight;
        }
        timer = as_timers_next(&worker->timers, timer);
    }
    return found;
}

static bool displace(struct as_worker *worker, const struct need *need)
{
    unsigned most = 0;
    struct as_conn *found = NULL;

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        size_t at = need->busy_first ? AS_COUNT(kinds) - 1 - i : i;
        struct as_conn *one = find(worker, &kinds[at], need, &most);
        found = one != NULL ? one : found;
    }
    if (found == NULL) {
        return false;
    }
    as_metric_add(AS_METRIC_connections_displaced_total, 1);
    (void)as_conn_end(found);
    return true;
}

/* ---------------------------------------------------------------- for a newcomer ------------- */

static bool displace_for(struct as_worker *worker, const struct as_listener *listener,
                         const struct as_listener *at, struct as_source source)
{
    unsigned has = as_sources_count(listener->sources, source);
    const struct need need = {
        .at = at, .source = source, .resting = rank_of(has), .busy = has < FEW ? FEW : has + 1};

    return displace(worker, &need);
}

bool as_displace(struct as_worker *worker, const struct as_listener *listener,
                 struct as_source source)
{
    return listener->kind == AS_LISTENER_TLS && displace_for(worker, listener, listener, source);
}

bool as_displace_for_place(struct as_worker *worker, const struct as_listener *listener,
                           struct as_source source)
{
    return as_place_take(worker->edge, listener->kind) ||
           (listener->kind == AS_LISTENER_TLS && displace_for(worker, listener, NULL, source) &&
            as_place_take(worker->edge, listener->kind));
}

/* ---------------------------------------------------------------- for memory ----------------- */

/* Where memory is short it may be so in every turn, and is told now and then. */
static void tell_memory(struct as_worker *worker, unsigned ended)
{
    worker->memory_ended += ended;
    if (!as_log_is_due(&worker->memory_told, worker->now)) {
        return;
    }
    AS_LOG(AS_LOG_WARNING, "memory", AS_LOG_TEXT("reason", "memory is short"),
           AS_LOG_NUMBER("connections_ended", worker->memory_ended));
    worker->memory_ended = 0;
}

void as_displace_for_memory(struct as_worker *worker)
{
    static const struct need need = {.busy_first = true, .resting = 1, .busy = 1};
    bool apart = as_memory_set_apart();
    unsigned ended = 0;

    if (apart) {
        return;
    }
    while (!apart && ended < MEMORY_MOST && displace(worker, &need)) {
        ended++;
        apart = as_memory_set_apart();
    }
    if (!apart) {
        as_accept_pause(worker, AS_CLASS_TLS);
    }
    tell_memory(worker, ended);
}

bool as_displace_might(struct as_worker *worker)
{
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        if (as_timers_first(&worker->timers, kinds[i].timer) != NULL) {
            return true;
        }
    }
    return false;
}
