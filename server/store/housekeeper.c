/* SPDX-License-Identifier: Apache-2.0 */
#include "housekeeper.h"

#include "session.h"

#include <pthread.h>
#include <stdlib.h>

#define RETRY_MS 1000 /* between two tries to write after a failed commit */

struct as_housekeeper {
    struct as_store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    bool woken;
    bool stopping;
    int64_t next_sweep_ms;
    int64_t next_recheck_ms;
    /* A wall clock that jumps ahead must not delete revocations that are still needed when it is
     * put right: swept is by the earlier of the clocks since here (design 6). */
    struct as_moment start;
};

/* ------------------------------------------------------------ what it does -------------------- */

struct sweep_ask {
    as_time now;
    struct as_swept swept;
};

static as_err run_sweep(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                        unsigned *touched)
{
    struct sweep_ask *ask = arg;

    AS_TRY(ops->sweep(backend, ask->now, &ask->swept));
    *touched |= ask->swept.revocations > 0 ? 1U << AS_TABLE_REVOCATION : 0;
    *touched |= ask->swept.certificates > 0 ? 1U << AS_TABLE_CERTIFICATE : 0;
    return AS_OK;
}

as_err as_store_sweep(struct as_store *store, as_time now, bool *more)
{
    struct sweep_ask ask = {.now = now};

    AS_TRY(as_committer_do(store->committer, run_sweep, &ask, false));
    const struct as_swept *swept = &ask.swept;
    *more = swept->revocations >= AS_LIMIT_SWEEP_ROWS ||
            swept->certificates >= AS_LIMIT_SWEEP_ROWS || swept->iats >= AS_LIMIT_SWEEP_ROWS ||
            swept->audits >= AS_LIMIT_SWEEP_ROWS;
    return AS_OK;
}

static as_err run_touch(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                        unsigned *touched)
{
    (void)arg;
    (void)touched;
    return ops->touch(backend);
}

static void sweep_if_due(struct as_housekeeper *keeper)
{
    const struct as_moment at = as_clock_moment();
    bool more = false;

    if (at.mono_ms < keeper->next_sweep_ms) {
        return;
    }
    as_err err = as_store_sweep(keeper->store, as_moment_earlier(keeper->start, at), &more);
    if (as_failed(err)) {
        as_log_err(AS_LOG_WARNING, "store_sweep_failed", err);
    }
    keeper->next_sweep_ms =
        as_clock_mono_ms() + (more ? AS_LIMIT_SWEEP_STEP_MS : AS_LIMIT_SWEEP_MS);
}

static void recheck_if_due(struct as_housekeeper *keeper)
{
    struct as_store *store = keeper->store;

    if (store->ops->is_damaged(store->backend) && as_clock_mono_ms() >= keeper->next_recheck_ms) {
        store->ops->recheck(store->backend);
        keeper->next_recheck_ms = as_clock_mono_ms() + AS_LIMIT_STORE_RECHECK_MS;
    }
}

static void keep_house(struct as_housekeeper *keeper)
{
    struct as_store *store = keeper->store;

    if (store->ops->wants_tidy(store->backend)) {
        store->ops->tidy(store->backend);
    }
    if (atomic_load(&store->commits_fail)) {
        (void)as_committer_do(store->committer, run_touch, NULL, false);
    }
    recheck_if_due(keeper);
    sweep_if_due(keeper);
}

/* ------------------------------------------------------------ its thread ---------------------- */

/* A doubt may come up while nobody but a reader is awake: it is looked for now and then. */
static int64_t next_turn_ms(const struct as_housekeeper *keeper)
{
    const struct as_store *store = keeper->store;
    int64_t look_ms = store->ops->is_damaged(store->backend)
                          ? keeper->next_recheck_ms
                          : as_clock_mono_ms() + AS_LIMIT_STORE_RECHECK_MS;

    return look_ms < keeper->next_sweep_ms ? look_ms : keeper->next_sweep_ms;
}

static void rest(struct as_housekeeper *keeper)
{
    int64_t until_ms = next_turn_ms(keeper);
    bool failing = atomic_load(&keeper->store->commits_fail);
    bool early = true;

    if (failing) { /* a wake-up by the next failure is not news */
        keeper->woken = false;
        until_ms = as_clock_mono_ms() + RETRY_MS;
    }
    while (!keeper->stopping && (!keeper->woken || failing) && early) {
        early = as_thread_cond_wait(&keeper->work, &keeper->lock, until_ms);
    }
    keeper->woken = false;
}

static void *keeper_main(void *arg)
{
    struct as_housekeeper *keeper = arg;

    pthread_mutex_lock(&keeper->lock);
    rest(keeper);
    while (!keeper->stopping) {
        pthread_mutex_unlock(&keeper->lock);
        keep_house(keeper);
        pthread_mutex_lock(&keeper->lock);
        rest(keeper);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

void as_housekeeper_wake(struct as_housekeeper *housekeeper)
{
    pthread_mutex_lock(&housekeeper->lock);
    housekeeper->woken = true;
    pthread_cond_signal(&housekeeper->work);
    pthread_mutex_unlock(&housekeeper->lock);
}

/* The store points at the housekeeper before its thread runs: the committer reads that pointer
 * only when a batch is done, and the first job comes from this thread or after as_store_open. */
as_err as_housekeeper_start(struct as_store *store, struct as_housekeeper **out)
{
    struct as_housekeeper *keeper = calloc(1, sizeof(*keeper));

    AS_NEED_MEM(keeper);
    keeper->store = store;
    keeper->start = as_clock_moment();
    /* not at once: a clock that is wrong at the start may yet be put right */
    keeper->next_sweep_ms = keeper->start.mono_ms + AS_LIMIT_SWEEP_MS;
    if (!as_thread_cond_init(&keeper->work)) {
        free(keeper);
        return AS_FAIL(AS_UNAVAILABLE, "out of memory");
    }
    pthread_mutex_init(&keeper->lock, NULL);
    *out = keeper;
    if (!as_thread_start(&keeper->thread, "fapid-keeper", 0, keeper_main, keeper)) {
        *out = NULL;
        as_housekeeper_free(keeper);
        return AS_FAIL(AS_UNAVAILABLE, "no thread for the housekeeper");
    }
    return AS_OK;
}

void as_housekeeper_stop(struct as_housekeeper *housekeeper)
{
    pthread_mutex_lock(&housekeeper->lock);
    housekeeper->stopping = true;
    pthread_cond_signal(&housekeeper->work);
    pthread_mutex_unlock(&housekeeper->lock);
    pthread_join(housekeeper->thread, NULL);
}

void as_housekeeper_free(struct as_housekeeper *housekeeper)
{
    if (housekeeper == NULL) {
        return;
    }
    pthread_cond_destroy(&housekeeper->work);
    pthread_mutex_destroy(&housekeeper->lock);
    free(housekeeper);
}
