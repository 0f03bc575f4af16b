/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some work of an operator takes longer than a request should: a request starts a job and is
 * answered, others ask how it goes. There is one job of a family at a time, on a thread of its own;
 * how each ended is kept until AS_LIMIT_JOBS_KEPT others and one more have begun, and no longer
 * than the process lives.
 *
 * Threads: any, but for a job's own work, which has its thread, its arena and its session alone.
 */
#ifndef AS_ENDPOINT_ADMIN_JOB_H
#define AS_ENDPOINT_ADMIN_JOB_H

#include "admin.h"

/* What the work of a job sees. */
struct as_task {
    struct as_app *app;
    struct as_store_session *store; /* NULL where the kind works without */
    struct as_arena *mem;
    const char *path;           /* NULL where the kind takes none */
    struct as_audit audit;      /* who asked for it */
    char why[AS_STORE_MESSAGE]; /* with an error, what the store says of it */
};

struct as_job_kind {
    const char *name;
    const char *event; /* of the audit line at its end; NULL: none */
    bool takes_path;
    bool no_store;
    /* It is a way out for an operator whose audit file cannot be written: it goes on all the same,
     * and nobody waits for its line where that is so at its end too. */
    bool despite_audit;
    /* *result is what the job is answered with when it is done; with an error, members that its
     * view has besides, or NULL. */
    as_err (*run)(struct as_task *task, json_t **result);
};

/* Jobs that exclude each other. */
struct as_job_family {
    const char *event; /* of the log, at the end of each */
    const char *url;   /* of one, before its id */
    const char *busy;  /* why there is no second one */
};

extern const struct as_job_family as_admin_db_family;     /* database.c */
extern const struct as_job_family as_admin_reload_family; /* reloads.c */

/* The texts of an error's description obey RFC 6749 5.2; a path, or a page, may hold anything. */
void as_job_make_printable(char *text);

as_err as_jobs_new(struct as_app *app, const struct as_job_family *family, struct as_jobs **out);
/* Cancels what the job that runs, if any, does in the store, and waits for its end. NULL is
 * allowed. */
void as_jobs_free(struct as_jobs *jobs);

/*
 * Begins one for this call, whose request id becomes the job's, and answers 202 with it. What is
 * refused here is told to the audit by the visit; what has begun, by the job at its end.
 * AS_CONFLICT: one runs; AS_UNAVAILABLE: there is no thread for it, or the audit's file would not
 * take its line.
 */
as_err as_jobs_start(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                     struct as_http_call *call);
/* Answers with the job of this id. AS_NOT_FOUND. */
as_err as_jobs_reply(struct as_jobs *jobs, struct as_http_call *call, unsigned status, as_span id);
/* The last one as {id, url, kind, state, ...}; `whole` adds its result. NULL: there is none, or
 * none of this id (ptr NULL: whatever its id). */
as_err as_jobs_view(struct as_jobs *jobs, as_span id, bool whole, struct as_arena *mem,
                    json_t **out);

#endif
