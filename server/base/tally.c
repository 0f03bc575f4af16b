/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base.h"

#include <stdatomic.h>
#include <stdlib.h>

#define WAYS 8

struct counter {
    uint64_t key;
    int64_t since_ms;
    uint64_t count; /* 0: free */
};

struct as_tally {
    pthread_mutex_t lock; /* guards the counters */
    struct as_hash_seed seed;
    int64_t window_ms;
    atomic_int_fast64_t last_ms; /* the latest that was counted */
    size_t sets;
    struct counter counters[][WAYS];
};

as_err as_tally_new(size_t counters, int64_t window_ms, struct as_tally **out)
{
    const size_t sets = (counters + WAYS - 1) / WAYS;
    struct as_hash_seed seed;

    AS_TRY(as_hash_seed_make(&seed));
    struct as_tally *tally = calloc(1, sizeof(*tally) + sets * sizeof(tally->counters[0]));
    AS_NEED_MEM(tally);
    (void)pthread_mutex_init(&tally->lock, NULL);
    tally->seed = seed;
    tally->window_ms = window_ms;
    tally->sets = sets;
    atomic_init(&tally->last_ms, INT64_MIN / 2);
    *out = tally;
    return AS_OK;
}

void as_tally_free(struct as_tally *tally)
{
    if (tally != NULL) {
        (void)pthread_mutex_destroy(&tally->lock);
        free(tally);
    }
}

/* ---------------------------------------------------------------- keys ----------------------- */

uint64_t as_tally_key(const struct as_tally *tally, as_span who)
{
    return as_hash(&tally->seed, who);
}

/* Of fixed shape, so that no two pairs run into one another. */
uint64_t as_tally_pair(const struct as_tally *tally, uint64_t one, uint64_t other)
{
    const uint64_t pair[] = {one, other};

    return as_hash(&tally->seed, as_span_bytes(pair, sizeof(pair)));
}

/* ---------------------------------------------------------------- counters ------------------- */

static bool is_over(const struct as_tally *tally, const struct counter *counter, int64_t now)
{
    return counter->count == 0 || now - counter->since_ms >= tally->window_ms;
}

/* The counter of a key in a window that is not over; NULL: none. */
static struct counter *find(struct as_tally *tally, uint64_t key, int64_t now)
{
    struct counter *set = tally->counters[key % tally->sets];

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key && !is_over(tally, &set[i], now)) {
            return &set[i];
        }
    }
    return NULL;
}

/* Which of the two does a new key displace? */
static struct counter *lesser(const struct as_tally *tally, struct counter *a, struct counter *b,
                              int64_t now)
{
    bool a_over = is_over(tally, a, now), b_over = is_over(tally, b, now);

    if (a_over != b_over) {
        return a_over ? a : b;
    }
    if (a->count != b->count) {
        return a->count < b->count ? a : b;
    }
    return a->since_ms <= b->since_ms ? a : b;
}

static void add_one(struct as_tally *tally, uint64_t key, int64_t now)
{
    struct counter *set = tally->counters[key % tally->sets];
    struct counter *place = find(tally, key, now);

    if (place != NULL) {
        place->count++;
        return;
    }
    place = &set[0];
    for (size_t i = 1; i < WAYS; i++) {
        place = lesser(tally, place, &set[i], now);
    }
    *place = (struct counter){key, now, 1};
}

/* Under the lock, like what follows. */
static int64_t wait_of(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                       int64_t now)
{
    int64_t longest = 0;

    for (size_t i = 0; i < count; i++) {
        const struct counter *counter = find(tally, shares[i].key, now);
        uint64_t had = counter != NULL ? counter->count : 0;
        int64_t since = counter != NULL ? counter->since_ms : now;
        int64_t left = had < shares[i].most ? 0 : since + tally->window_ms - now;

        longest = left > longest ? left : longest;
    }
    return longest;
}

static void add(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        add_one(tally, shares[i].key, now);
    }
    if (atomic_load(&tally->last_ms) < now) {
        atomic_store(&tally->last_ms, now);
    }
}

/* ---------------------------------------------------------------- questions ------------------ */

bool as_tally_is_quiet(const struct as_tally *tally, int64_t mono_ms)
{
    return mono_ms - atomic_load(&tally->last_ms) >= tally->window_ms;
}

int64_t as_tally_wait(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                      int64_t mono_ms)
{
    (void)pthread_mutex_lock(&tally->lock);
    int64_t wait = wait_of(tally, shares, count, mono_ms);
    (void)pthread_mutex_unlock(&tally->lock);
    return wait;
}

void as_tally_add(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                  int64_t mono_ms)
{
    (void)pthread_mutex_lock(&tally->lock);
    add(tally, shares, count, mono_ms);
    (void)pthread_mutex_unlock(&tally->lock);
}

int64_t as_tally_take(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                      int64_t mono_ms)
{
    (void)pthread_mutex_lock(&tally->lock);
    int64_t wait = wait_of(tally, shares, count, mono_ms);
    if (wait == 0) {
        add(tally, shares, count, mono_ms);
    }
    (void)pthread_mutex_unlock(&tally->lock);
    return wait;
}
