/* SPDX-License-Identifier: Apache-2.0 */
#include "timers.h"

void as_timers_init(struct as_timers *timers, const int lasts_ms[AS_TIMER_KINDS])
{
    for (size_t i = 0; i < AS_TIMER_KINDS; i++) {
        struct as_timer *list = &timers->lists[i];
        *list = (struct as_timer){.prev = list, .next = list};
        timers->lasts_ms[i] = lasts_ms[i];
    }
}

void as_timer_clear(struct as_timer *timer)
{
    if (timer->prev != NULL) {
        timer->prev->next = timer->next;
        timer->next->prev = timer->prev;
        timer->prev = NULL;
        timer->next = NULL;
    }
}

void as_timer_set(struct as_timers *timers, struct as_timer *timer, enum as_timer_kind kind,
                  int64_t now)
{
    struct as_timer *list = &timers->lists[kind];

    as_timer_clear(timer);
    timer->due = now + timers->lasts_ms[kind];
    timer->kind = kind;
    timer->prev = list->prev;
    timer->next = list;
    list->prev->next = timer;
    list->prev = timer;
}

struct as_timer *as_timers_next(struct as_timers *timers, const struct as_timer *timer)
{
    return timer->next != &timers->lists[timer->kind] ? timer->next : NULL;
}

struct as_timer *as_timers_first(struct as_timers *timers, enum as_timer_kind kind)
{
    const struct as_timer *list = &timers->lists[kind];

    return list->next != list ? list->next : NULL;
}

int64_t as_timer_age(const struct as_timers *timers, const struct as_timer *timer, int64_t now)
{
    return now - (timer->due - timers->lasts_ms[timer->kind]);
}

struct as_timer *as_timers_pop(struct as_timers *timers, int64_t now)
{
    for (size_t i = 0; i < AS_TIMER_KINDS; i++) {
        struct as_timer *first = timers->lists[i].next;

        if (first != &timers->lists[i] && first->due <= now) {
            as_timer_clear(first);
            return first;
        }
    }
    return NULL;
}

int as_timers_wait(const struct as_timers *timers, int64_t now)
{
    int64_t wait = -1;

    for (size_t i = 0; i < AS_TIMER_KINDS; i++) {
        const struct as_timer *first = timers->lists[i].next;

        if (first != &timers->lists[i] && (wait < 0 || first->due - now < wait)) {
            wait = first->due > now ? first->due - now : 0;
        }
    }
    return (int)wait; /* a duration is an int */
}
