/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker displaces its own connections alone. Where all places are taken and none of its own may
 * go for the one it has just accepted, another worker may have somebody who can: so that one is
 * asked, and so on until all have been. What waits to be asked is bounded; beyond that it is
 * refused as it would be without others.
 */
#include "parts.h"

#include <stdlib.h>
#include <unistd.h>

struct as_guests {
    pthread_mutex_t lock;
    bool open; /* there is a worker that will look */
    struct as_guest waiting[AS_GUESTS_MAX];
    size_t count;
};

struct as_guests *as_guests_new(unsigned workers)
{
    struct as_guests *made = calloc(workers, sizeof(*made));

    for (unsigned i = 0; made != NULL && i < workers; i++) {
        (void)pthread_mutex_init(&made[i].lock, NULL);
    }
    return made;
}

void as_guests_free(struct as_guests *guests, unsigned workers)
{
    for (unsigned i = 0; guests != NULL && i < workers; i++) {
        (void)pthread_mutex_destroy(&guests[i].lock);
    }
    free(guests);
}

static struct as_guests *guests_of(const struct as_worker *worker)
{
    return &worker->edge->guests[worker - worker->edge->workers];
}

/* Woken under the lock: while it is open, the worker has not ended. */
static bool put(struct as_worker *worker, struct as_guest guest)
{
    struct as_guests *guests = guests_of(worker);

    (void)pthread_mutex_lock(&guests->lock);
    bool fits = guests->open && guests->count < AS_COUNT(guests->waiting);
    if (fits) {
        guests->waiting[guests->count++] = guest;
        as_worker_wake(worker);
    }
    (void)pthread_mutex_unlock(&guests->lock);
    return fits;
}

static size_t take_all(struct as_guests *guests, bool open, struct as_guest out[AS_GUESTS_MAX])
{
    (void)pthread_mutex_lock(&guests->lock);
    size_t count = guests->count;
    memcpy(out, guests->waiting, count * sizeof(out[0]));
    guests->count = 0;
    guests->open = open;
    (void)pthread_mutex_unlock(&guests->lock);
    return count;
}

bool as_guest_hand_on(struct as_worker *worker, struct as_guest guest)
{
    struct as_edge *edge = worker->edge;
    size_t next = ((size_t)(worker - edge->workers) + 1) % edge->worker_count;

    return ++guest.asked < edge->worker_count && put(&edge->workers[next], guest);
}

void as_guests_take(struct as_worker *worker)
{
    struct as_guest guests[AS_GUESTS_MAX];
    size_t count = take_all(guests_of(worker), true, guests);

    for (size_t i = 0; i < count; i++) {
        as_accept_guest(worker, guests[i]);
    }
}

void as_guests_leave(struct as_worker *worker)
{
    struct as_guest guests[AS_GUESTS_MAX];
    size_t count = take_all(guests_of(worker), false, guests);

    for (size_t i = 0; i < count; i++) {
        (void)close(guests[i].fd);
    }
}
