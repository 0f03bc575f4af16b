/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The committer: the one thread that writes. It takes what is queued, at most AS_LIMIT_COMMIT_BATCH
 * verbs, runs each in a savepoint of its own, commits once, and answers after COMMIT (design D10).
 * While one batch is being made durable the next one gathers, so that batches grow with the load
 * and nobody waits for company. When nothing came for AS_LIMIT_COMMIT_REST_MS, it has the backend
 * give back the memory that the last writes filled.
 */
#ifndef AS_STORE_COMMITTER_H
#define AS_STORE_COMMITTER_H

#include "ops.h"

struct as_committer;

/* A verb. Runs on the committer's thread while its caller waits; `ask` is the caller's, and is
 * looked at by the caller only when the verb was acknowledged. It sets a bit 1 << as_table in
 * *touched for each cached table that it changed. */
typedef as_err (*as_job_run)(const struct as_store_ops *ops, struct as_backend *backend, void *ask,
                             unsigned *touched);

as_err as_committer_start(struct as_store *store, struct as_committer **out);
/* Refuses new jobs, finishes the queued ones, ends the thread. */
void as_committer_stop(struct as_committer *committer);
/* Call when it is stopped and no caller is left in as_committer_do. */
void as_committer_free(struct as_committer *committer);

/*
 * Queues and waits. The error of the verb itself; AS_UNAVAILABLE without effect when the queue is
 * full, when the verb has not begun within AS_LIMIT_COMMIT_WAIT_MS, or when the store is closing;
 * AS_UNAVAILABLE when COMMIT failed. `alone`: in a transaction without others and without a
 * savepoint, for what changes so much that keeping the old pages at hand would not do.
 */
as_err as_committer_do(struct as_committer *committer, as_job_run run, void *ask, bool alone);

#endif
