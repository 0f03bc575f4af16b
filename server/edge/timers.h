/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of a worker. Each kind lasts equally long for everybody, so that what is set last is
 * due last: one list per kind, and setting, clearing and finding the first cost the same however
 * many connections there are.
 *
 * Owner: the timer lies in its connection. Threads: one.
 */
#ifndef AS_EDGE_TIMERS_H
#define AS_EDGE_TIMERS_H

#include "as/base.h"

enum as_timer_kind {
    AS_TIMER_HANDSHAKE,
    AS_TIMER_HEAD,
    AS_TIMER_BODY,
    AS_TIMER_REQUEST,
    AS_TIMER_REST, /* the first part of an idle time ... */
    AS_TIMER_IDLE, /* ... and the rest of it */
    AS_TIMER_LINGER,
    AS_TIMER_FAREWELL, /* idle, and the worker stops */
    AS_TIMER_PAUSE,    /* the worker's own: nothing is accepted */
    AS_TIMER_KINDS
};

struct as_timer {
    struct as_timer *prev; /* NULL: not set */
    struct as_timer *next;
    int64_t due;
    enum as_timer_kind kind;
    void *owner;
};

struct as_timers {
    struct as_timer lists[AS_TIMER_KINDS];
    int lasts_ms[AS_TIMER_KINDS];
};

void as_timers_init(struct as_timers *timers, const int lasts_ms[AS_TIMER_KINDS]);
/* Sets or sets anew. `now` must not go back from call to call. */
void as_timer_set(struct as_timers *timers, struct as_timer *timer, enum as_timer_kind kind,
                  int64_t now);
void as_timer_clear(struct as_timer *timer);
/* The one of a kind that was set first, and the one after it; NULL: none. */
struct as_timer *as_timers_first(struct as_timers *timers, enum as_timer_kind kind);
struct as_timer *as_timers_next(struct as_timers *timers, const struct as_timer *timer);
/* How long ago it was set. */
int64_t as_timer_age(const struct as_timers *timers, const struct as_timer *timer, int64_t now);
/* One that is due, cleared; NULL: none. */
struct as_timer *as_timers_pop(struct as_timers *timers, int64_t now);
/* Milliseconds until the first is due; -1: none is set. */
int as_timers_wait(const struct as_timers *timers, int64_t now);

#endif
