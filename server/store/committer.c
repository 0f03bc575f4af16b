/* SPDX-License-Identifier: Apache-2.0 */
#include "committer.h"

#include "session.h"

#include <pthread.h>
#include <stdlib.h>

#define NEVER INT64_MAX

/* On the stack of its caller, who leaves only when it is done or was never taken. */
struct job {
    as_job_run run;
    void *ask;
    as_err err;
    int64_t deadline_ms;
    bool alone;
    bool taken;
    bool done;
    pthread_cond_t answered;
    struct job *next;
};

struct as_committer {
    struct as_store *store;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, and taken, done and next of queued jobs */
    pthread_cond_t work;
    struct job *first;
    struct job **last;
    size_t queued;
    int64_t rest_ms; /* if nothing comes until then, it rests */
    bool stopping;
};

struct batch {
    struct job *jobs[AS_LIMIT_COMMIT_BATCH];
    size_t count;
    unsigned touched; /* bits 1 << as_table */
    bool dropped;     /* rolled back without a fault of the store: nothing was committed */
};

/* ------------------------------------------------------------ the committer's thread ---------- */

static bool is_late(struct job *job)
{
    if (as_clock_mono_ms() < job->deadline_ms) {
        return false;
    }
    job->err = AS_FAIL(AS_UNAVAILABLE, "a write waited too long");
    return true;
}

/* False when the transaction is lost as a whole. */
static bool job_run(struct as_store *store, struct job *job, unsigned *touched)
{
    const struct as_store_ops *ops = store->ops;

    if (is_late(job)) {
        return true;
    }
    job->err = ops->mark(store->backend);
    if (as_failed(job->err)) {
        return false;
    }
    job->err = job->run(ops, store->backend, job->ask, touched);
    if (as_failed(job->err)) {
        return !as_failed(ops->undo(store->backend));
    }
    job->err = ops->keep(store->backend);
    return !as_failed(job->err);
}

/* Did the store let the verb down, or has the verb refused? */
static bool is_let_down(as_err err)
{
    return as_err_is(err, AS_UNAVAILABLE) || as_err_is(err, AS_SERVER_ERROR);
}

/* A refusal undoes the transaction, and nobody else's work with it. */
static as_err alone_run(struct as_store *store, struct batch *batch)
{
    const struct as_store_ops *ops = store->ops;
    struct job *job = batch->jobs[0];
    bool late = is_late(job);

    if (!late) {
        job->err = job->run(ops, store->backend, job->ask, &batch->touched);
    }
    if (!late && is_let_down(job->err)) {
        return job->err;
    }
    batch->dropped = as_failed(job->err);
    if (batch->dropped) {
        ops->rollback(store->backend);
        return AS_OK;
    }
    return ops->commit(store->backend);
}

static as_err batch_run(struct as_store *store, struct batch *batch)
{
    AS_TRY(store->ops->begin(store->backend));
    if (batch->jobs[0]->alone) {
        return alone_run(store, batch);
    }
    for (size_t i = 0; i < batch->count; i++) {
        AS_NEED(job_run(store, batch->jobs[i], &batch->touched), AS_UNAVAILABLE,
                "the transaction was lost");
    }
    return store->ops->commit(store->backend);
}

/* A refusal of one verb may rest on what another one of the batch did: when the batch fails, all
 * answers are void. One alone knows best what it met. */
static void batch_fail(struct as_store *store, struct batch *batch, as_err err)
{
    store->ops->rollback(store->backend);
    as_log_err(AS_LOG_ERROR, "store_commit_failed", err);
    for (size_t i = 0; i < batch->count; i++) {
        struct job *job = batch->jobs[i];
        if (!job->alone || !as_failed(job->err)) {
            job->err = AS_FAIL(AS_UNAVAILABLE, "the change could not be made durable");
        }
    }
}

/* Counters move before anybody is answered (session.h). */
static void batch_settle(struct as_store *store, struct batch *batch, bool failed)
{
    for (unsigned table = 0; table < AS_TABLES; table++) {
        if ((batch->touched & (1U << table)) != 0) {
            atomic_fetch_add(&store->counters[table], 1);
        }
    }
    if (!batch->dropped) {
        atomic_store(&store->commits_fail, failed);
        as_metric_add(failed ? AS_METRIC_store_commits_failed_total : AS_METRIC_store_commits_total,
                      1);
    }
    if (failed || store->ops->wants_tidy(store->backend)) {
        as_housekeeper_wake(store->housekeeper);
    }
}

static void batch_take(struct as_committer *committer, struct batch *batch)
{
    batch->count = 0;
    batch->touched = 0;
    batch->dropped = false;
    while (committer->first != NULL && batch->count < AS_LIMIT_COMMIT_BATCH) {
        struct job *job = committer->first;
        if (batch->count > 0 && (job->alone || batch->jobs[0]->alone)) {
            break;
        }
        committer->first = job->next;
        job->taken = true;
        batch->jobs[batch->count++] = job;
    }
    committer->queued -= batch->count;
    if (committer->first == NULL) {
        committer->last = &committer->first;
    }
}

static void batch_answer(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        batch->jobs[i]->done = true;
        pthread_cond_signal(&batch->jobs[i]->answered);
    }
}

/* The pages that a large job went through are of use to one that follows, and to nobody after. */
static void wait_for_work(struct as_committer *committer)
{
    if (committer->rest_ms == NEVER) {
        pthread_cond_wait(&committer->work, &committer->lock);
        return;
    }
    if (!as_thread_cond_wait(&committer->work, &committer->lock, committer->rest_ms) &&
        committer->first == NULL) {
        committer->rest_ms = NEVER;
        pthread_mutex_unlock(&committer->lock);
        committer->store->ops->rest(committer->store->backend);
        pthread_mutex_lock(&committer->lock);
    }
}

static void *committer_main(void *arg)
{
    struct as_committer *committer = arg;
    struct batch batch;

    pthread_mutex_lock(&committer->lock);
    while (!committer->stopping || committer->first != NULL) {
        if (committer->first == NULL) {
            wait_for_work(committer);
            continue;
        }
        batch_take(committer, &batch);
        pthread_mutex_unlock(&committer->lock);
        as_err err = batch_run(committer->store, &batch);
        if (as_failed(err)) {
            batch_fail(committer->store, &batch, err);
        }
        batch_settle(committer->store, &batch, as_failed(err));
        pthread_mutex_lock(&committer->lock);
        committer->rest_ms = as_clock_mono_ms() + AS_LIMIT_COMMIT_REST_MS;
        batch_answer(&batch);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

/* ------------------------------------------------------------ callers ------------------------- */

static void withdraw(struct as_committer *committer, struct job *job)
{
    struct job **at = &committer->first;

    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    if (*at == NULL) {
        committer->last = at;
    }
    committer->queued--;
    job->err = AS_FAIL(AS_UNAVAILABLE, "a write waited too long");
}

/* Once taken, a job runs to its end: its outcome is worth waiting for. */
static void await(struct as_committer *committer, struct job *job)
{
    while (!job->done && !job->taken) {
        if (!as_thread_cond_wait(&job->answered, &committer->lock, job->deadline_ms) &&
            !job->taken) {
            withdraw(committer, job);
            return;
        }
    }
    while (!job->done) {
        pthread_cond_wait(&job->answered, &committer->lock);
    }
}

static as_err queue_up(struct as_committer *committer, struct job *job)
{
    AS_NEED(!committer->stopping, AS_UNAVAILABLE, "the store is closing");
    AS_NEED(committer->queued < AS_LIMIT_COMMIT_QUEUE, AS_UNAVAILABLE, "too many writes wait");
    *committer->last = job;
    committer->last = &job->next;
    committer->queued++;
    pthread_cond_signal(&committer->work);
    return AS_OK;
}

as_err as_committer_do(struct as_committer *committer, as_job_run run, void *ask, bool alone)
{
    struct job job = {.run = run,
                      .ask = ask,
                      .alone = alone,
                      .deadline_ms = as_clock_mono_ms() + AS_LIMIT_COMMIT_WAIT_MS};

    AS_NEED(as_thread_cond_init(&job.answered), AS_SERVER_ERROR, "out of memory");
    pthread_mutex_lock(&committer->lock);
    as_err queued = queue_up(committer, &job);
    if (as_failed(queued)) {
        job.err = queued;
    } else {
        await(committer, &job);
    }
    pthread_mutex_unlock(&committer->lock);
    pthread_cond_destroy(&job.answered);
    return job.err;
}

/* ------------------------------------------------------------ life ---------------------------- */

as_err as_committer_start(struct as_store *store, struct as_committer **out)
{
    struct as_committer *committer = calloc(1, sizeof(*committer));

    AS_NEED_MEM(committer);
    committer->store = store;
    committer->last = &committer->first;
    committer->rest_ms = NEVER;
    if (!as_thread_cond_init(&committer->work)) {
        free(committer);
        return AS_FAIL(AS_UNAVAILABLE, "out of memory");
    }
    pthread_mutex_init(&committer->lock, NULL);
    if (!as_thread_start(&committer->thread, "fapid-committer", 0, committer_main, committer)) {
        as_committer_free(committer);
        return AS_FAIL(AS_UNAVAILABLE, "no thread for the committer");
    }
    *out = committer;
    return AS_OK;
}

void as_committer_stop(struct as_committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->stopping = true;
    pthread_cond_signal(&committer->work);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
}

void as_committer_free(struct as_committer *committer)
{
    pthread_cond_destroy(&committer->work);
    pthread_mutex_destroy(&committer->lock);
    free(committer);
}
