/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include <stdlib.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

struct job {
    const struct as_job_kind *kind; /* NULL: there was none yet */
    struct as_task task;
    char id[AS_REQUEST_ID + 1];
    as_time started;
    int64_t started_us;
    bool running;
    /* What follows is settled when it does not run any more. */
    as_time ended;
    as_err err;
    json_t *result;
};

struct as_jobs {
    struct as_app *app;
    const struct as_job_family *family;
    pthread_mutex_t lock; /* guards what follows; a running job's `task` is its thread's */
    struct job job;
    struct job before[AS_LIMIT_JOBS_KEPT]; /* how earlier ones ended; `next` is the oldest */
    size_t next;
    pthread_t thread;
    bool has_thread; /* to be joined */
};

/* ------------------------------------------------------------ its end ------------------------- */

void as_job_make_printable(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        *at = (char)(as_ascii_is_nqschar(*at) ? *at : '?');
    }
}

/* What the store says of it goes with the error; it has tried, and may do so again at once. */
static as_err explain(struct as_task *task, as_err err)
{
    as_job_make_printable(task->why);
    return as_err_is(err, AS_UNAVAILABLE) && task->why[0] != '\0'
               ? AS_FAIL(AS_NOT_DONE, "nothing has changed")
               : err;
}

/* Log and audit; that of a change that was made must be told before anybody is. */
static as_err tell(const struct as_jobs *jobs, as_err err)
{
    const struct job *job = &jobs->job;
    const struct as_fault *fault = err.fault;

    AS_LOG(fault != NULL ? fault->level : AS_LOG_NOTICE, jobs->family->event,
           AS_LOG_TEXT("request_id", job->id), AS_LOG_TEXT("kind", job->kind->name),
           AS_LOG_TEXT("path", job->task.path), AS_LOG_TEXT("error", fault ? fault->code : NULL),
           AS_LOG_TEXT("reason", err.why), AS_LOG_TEXT("message", job->task.why),
           AS_LOG_TEXT("where", err.where),
           AS_LOG_NUMBER("us", as_clock_mono_us() - job->started_us));
    if (job->kind->event == NULL) {
        return err;
    }
    struct as_audit row = job->task.audit;
    row.at = as_clock_now();
    if (fault != NULL) {
        row.outcome = "refused";
        row.reason = err.why;
    }
    as_err audited = as_audit_acknowledge_row(jobs->app, &row, job->kind->despite_audit);
    return as_failed(err) ? err : audited;
}

/* Whoever sees that it has ended finds the lines that tell of it. */
static void *work(void *arg)
{
    struct as_jobs *jobs = arg;
    struct job *job = &jobs->job;
    json_t *result = NULL;

    as_err err = explain(&job->task, job->kind->run(&job->task, &result));
    if (job->task.store != NULL) {
        as_store_session_done(job->task.store);
    }
    err = tell(jobs, err);
    (void)pthread_mutex_lock(&jobs->lock);
    struct as_store_session *store = AS_MOVE(job->task.store);
    job->ended = as_clock_now();
    job->err = err;
    job->result = result;
    job->running = false;
    (void)pthread_mutex_unlock(&jobs->lock);
    as_store_session_free(store); /* of no use to what is told of it later */
    return NULL;
}

/* ------------------------------------------------------------ its beginning ------------------- */

/* Of one that does not run. */
static void forget(struct job *job)
{
    as_store_session_free(job->task.store);
    as_arena_free(job->task.mem);
    json_decref(job->result);
    *job = (struct job){.kind = NULL};
}

/* Under the lock, or alone. */
static void join(struct as_jobs *jobs)
{
    if (jobs->has_thread) {
        (void)pthread_join(jobs->thread, NULL);
        jobs->has_thread = false;
    }
}

/* Under the lock: makes room for another. Whoever began the last one may still ask how it ended. */
static void put_away(struct as_jobs *jobs)
{
    join(jobs);
    if (jobs->job.kind == NULL) {
        return;
    }
    forget(&jobs->before[jobs->next]);
    jobs->before[jobs->next] = jobs->job;
    jobs->next = (jobs->next + 1) % AS_LIMIT_JOBS_KEPT;
    jobs->job = (struct job){.kind = NULL};
}

/* The visit ends before the job does: copies of all that it leaves. */
static as_err fill(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                   const struct as_visit *visit)
{
    struct job *job = &jobs->job;
    struct as_task *task = &job->task;
    const struct as_audit row = as_audit_row(visit, kind->event, AS_SPAN_NONE);

    *job = (struct job){.kind = kind, .started = visit->ctx.now};
    job->started_us = as_clock_mono_us();
    AS_NEED(visit->ctx.request_id.len < sizeof(job->id), AS_SERVER_ERROR, "a request id is long");
    memcpy(job->id, visit->ctx.request_id.ptr, visit->ctx.request_id.len);
    task->app = jobs->app;
    task->mem = as_arena_new(AS_LIMIT_ARENA);
    AS_NEED_MEM(task->mem);
    if (path != NULL) {
        AS_TRY(as_arena_text(task->mem, as_span_of(path), &task->path));
    }
    task->audit = (struct as_audit){.event = row.event,
                                    .outcome = row.outcome,
                                    .request_id = as_span_of(job->id),
                                    .at = row.at};
    AS_TRY(as_arena_copy(task->mem, row.actor, &task->audit.actor));
    return kind->no_store ? AS_OK : as_store_session_new(jobs->app->conf.store, true, &task->store);
}

static as_err run(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                  const struct as_visit *visit)
{
    AS_TRY(fill(jobs, kind, path, visit));
    jobs->job.running = true;
    jobs->has_thread = as_thread_start(&jobs->thread, "fapid-job", 0, work, jobs);
    AS_NEED(jobs->has_thread, AS_UNAVAILABLE, "no thread for a job");
    return AS_OK;
}

/* Under the lock. One that could not begin leaves nothing. */
static as_err begin(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                    const struct as_visit *visit)
{
    AS_NEED(!jobs->job.running, AS_CONFLICT, jobs->family->busy);
    if (kind->event != NULL && !kind->despite_audit) {
        AS_TRY(as_audit_check(jobs->app));
    }
    put_away(jobs);
    as_err err = run(jobs, kind, path, visit);
    if (as_failed(err)) {
        forget(&jobs->job);
    }
    return err;
}

static as_err begin_alone(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                          const struct as_visit *visit)
{
    (void)pthread_mutex_lock(&jobs->lock);
    as_err err = begin(jobs, kind, path, visit);
    (void)pthread_mutex_unlock(&jobs->lock);
    return err;
}

as_err as_jobs_start(struct as_jobs *jobs, const struct as_job_kind *kind, const char *path,
                     struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    as_span id = visit->ctx.request_id, url;

    AS_TRY(as_arena_printf(call->mem, &url, "%s%.*s", jobs->family->url, (int)id.len, id.ptr));
    AS_TRY(as_http_reply_field(call->reply, "Location", url));
    AS_TRY(begin_alone(jobs, kind, path, visit));
    visit->event = NULL;
    return as_jobs_reply(jobs, call, 202, id);
}

/* ------------------------------------------------------------ what is told of it -------------- */

static as_err add_end(const struct job *job, bool whole, struct as_arena *mem, json_t *view)
{
    as_span description;

    AS_TRY(as_json_put(view, "ended_at", json_integer(job->ended)));
    if (!as_failed(job->err)) {
        return whole ? as_json_put(view, "result", json_incref(job->result)) : AS_OK;
    }
    AS_TRY(as_json_put(view, "status", json_integer(job->err.fault->status)));
    AS_TRY(as_json_put(view, "error", json_string(job->err.fault->code)));
    AS_TRY(as_reply_describe(mem, job->err, job->task.why[0] != '\0' ? job->task.why : NULL,
                             &description));
    AS_TRY(as_json_put_text(view, "error_description", description));
    AS_NEED(job->result == NULL || json_object_update_missing(view, job->result) == 0,
            AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

static as_err view_job(const struct as_jobs *jobs, const struct job *job, bool whole,
                       struct as_arena *mem, json_t **out)
{
    const char *state = as_failed(job->err) ? "failed" : "done";
    AS_AUTO(json_decref)
    json_t *view = json_pack("{s:s, s:o, s:s, s:s, s:I}", "id", job->id, "url",
                             json_sprintf("%s%s", jobs->family->url, job->id), "kind",
                             job->kind->name, "state", job->running ? "running" : state,
                             "started_at", (json_int_t)job->started);

    AS_NEED_MEM(view);
    if (!job->running) {
        AS_TRY(add_end(job, whole, mem, view));
    }
    *out = AS_MOVE(view);
    return AS_OK;
}

static bool is_of(const struct job *job, as_span id)
{
    return job->kind != NULL && (id.ptr == NULL || as_span_is(id, job->id));
}

/* Under the lock. NULL: none. */
static const struct job *find(const struct as_jobs *jobs, as_span id)
{
    if (is_of(&jobs->job, id)) {
        return &jobs->job;
    }
    for (size_t i = 0; i < AS_LIMIT_JOBS_KEPT && id.ptr != NULL; i++) {
        if (is_of(&jobs->before[i], id)) {
            return &jobs->before[i];
        }
    }
    return NULL;
}

as_err as_jobs_view(struct as_jobs *jobs, as_span id, bool whole, struct as_arena *mem,
                    json_t **out)
{
    as_err err = AS_OK;

    *out = NULL;
    (void)pthread_mutex_lock(&jobs->lock);
    const struct job *job = find(jobs, id);
    if (job != NULL) {
        err = view_job(jobs, job, whole, mem, out);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return err;
}

as_err as_jobs_reply(struct as_jobs *jobs, struct as_http_call *call, unsigned status, as_span id)
{
    AS_AUTO(json_decref) json_t *json = NULL;

    AS_TRY(as_jobs_view(jobs, id, true, call->mem, &json));
    AS_NEED(json != NULL, AS_NOT_FOUND, "no such job, or many have followed it");
    return as_reply_json(call, status, json);
}

/* ------------------------------------------------------------ all of them --------------------- */

as_err as_jobs_new(struct as_app *app, const struct as_job_family *family, struct as_jobs **out)
{
    struct as_jobs *jobs = calloc(1, sizeof(*jobs));

    AS_NEED_MEM(jobs);
    jobs->app = app;
    jobs->family = family;
    (void)pthread_mutex_init(&jobs->lock, NULL);
    *out = jobs;
    return AS_OK;
}

void as_jobs_free(struct as_jobs *jobs)
{
    if (jobs == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&jobs->lock); /* nobody begins one any more */
    if (jobs->job.running && jobs->job.task.store != NULL) {
        as_store_session_cancel(jobs->job.task.store);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    join(jobs);
    forget(&jobs->job);
    for (size_t i = 0; i < AS_LIMIT_JOBS_KEPT; i++) {
        forget(&jobs->before[i]);
    }
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
