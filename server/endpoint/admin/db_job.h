/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on the whole database takes as long as the database is large, which no request should: a
 * request starts a job and is answered, others ask how it goes. One job at a time, on a thread and
 * with a store session of its own; how the last one ended is kept until the next begins, and no
 * longer than the process lives.
 *
 * Threads: any, but for a job's own work, which has its thread, its arena and its session alone.
 */
#ifndef AS_ENDPOINT_DB_JOB_H
#define AS_ENDPOINT_DB_JOB_H

#include "app.h"

/* What the work of a job sees. */
struct as_db_task {
    struct as_app *app;
    struct as_store_session *store;
    struct as_arena *mem;
    const char *path;           /* NULL where the kind takes none */
    struct as_audit audit;      /* who asked for it */
    char why[AS_STORE_MESSAGE]; /* with an error, what the store says of it */
};

struct as_db_kind {
    const char *name;
    const char *event; /* of the audit line at its end; NULL: none */
    bool takes_path;
    /* *result is what the job is answered with when it is done. */
    as_err (*run)(struct as_db_task *task, json_t **result);
};

/* The texts of an error's description obey RFC 6749 5.2; a path, or a page, may hold anything. */
void as_db_make_printable(char *text);

as_err as_db_jobs_new(struct as_app *app, struct as_db_jobs **out);
/* Cancels the job that runs, if any, and waits for its end. NULL is allowed. */
void as_db_jobs_free(struct as_db_jobs *jobs);

/* Begins one for this request, whose id becomes the job's. AS_CONFLICT: one runs; AS_UNAVAILABLE:
 * there is no thread for it, or the audit's file would not take its line. */
as_err as_db_jobs_start(struct as_db_jobs *jobs, const struct as_db_kind *kind, const char *path,
                        const struct as_visit *visit);
/* The last one as {id, url, kind, state, ...}; `whole` adds its result. NULL: there is none, or
 * none of this id (ptr NULL: whatever its id). */
as_err as_db_jobs_view(struct as_db_jobs *jobs, as_span id, bool whole, struct as_arena *mem,
                       json_t **out);

#endif
