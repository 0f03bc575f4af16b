/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of job threads (design D10): one queue, first come first served, bounded. A job waits
 * for the disk or for another server; its number of threads is what bounds that, not the cores.
 * Woken is whoever has rested least: where one thread is enough, one thread's caches are filled.
 */
#include "jobs.h"

#include <pthread.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define JOB_STACK ((size_t)2 * 1024 * 1024)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define JOB_STACK ((size_t)2 * 1024 * 1024)
#endif
#endif
#ifndef JOB_STACK
#define JOB_STACK ((size_t)256 * 1024)
#endif

/* A thread that waits for a job, until `called`. */
struct rest {
    pthread_cond_t end;
    bool called;
    struct rest *next;
};

struct as_http_jobs {
    pthread_mutex_t lock;
    struct rest *resting; /* the last to have come first */
    struct as_job *head;
    struct as_job *tail;
    size_t count;
    size_t max;
    bool stopping;
    size_t thread_count;
    pthread_t threads[];
};

static void call_one(struct as_http_jobs *jobs)
{
    struct rest *rest = jobs->resting;

    if (rest != NULL) {
        jobs->resting = rest->next;
        rest->called = true;
        (void)pthread_cond_signal(&rest->end);
    }
}

static void wait_for_call(struct as_http_jobs *jobs, struct rest *rest)
{
    rest->called = false;
    rest->next = jobs->resting;
    jobs->resting = rest;
    while (!rest->called) {
        (void)pthread_cond_wait(&rest->end, &jobs->lock);
    }
}

bool as_jobs_put(struct as_http_jobs *jobs, struct as_job *job)
{
    (void)pthread_mutex_lock(&jobs->lock);
    bool taken = jobs->count < jobs->max;
    if (taken) {
        job->next = NULL;
        if (jobs->tail != NULL) {
            jobs->tail->next = job;
        } else {
            jobs->head = job;
        }
        jobs->tail = job;
        jobs->count++;
        call_one(jobs);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return taken;
}

/* NULL: the pool ends, and nothing is left. */
static struct as_job *take(struct as_http_jobs *jobs, struct rest *rest)
{
    (void)pthread_mutex_lock(&jobs->lock);
    while (jobs->head == NULL && !jobs->stopping) {
        wait_for_call(jobs, rest);
    }
    struct as_job *job = jobs->head;
    if (job != NULL) {
        jobs->head = job->next;
        jobs->tail = jobs->head != NULL ? jobs->tail : NULL;
        jobs->count--;
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return job;
}

static void *work(void *arg)
{
    struct as_http_jobs *jobs = arg;
    struct as_lanes lanes = {.may_wait = true};
    struct rest rest = {.end = PTHREAD_COND_INITIALIZER};

    for (struct as_job *job = take(jobs, &rest); job != NULL; job = take(jobs, &rest)) {
        job->run(job, &lanes);
    }
    (void)pthread_cond_destroy(&rest.end);
    as_lanes_close(&lanes);
    return NULL;
}

static bool start_threads(struct as_http_jobs *jobs, size_t count)
{
    while (jobs->thread_count < count && as_thread_start(&jobs->threads[jobs->thread_count],
                                                         "fapid-job", JOB_STACK, work, jobs)) {
        jobs->thread_count++;
    }
    return jobs->thread_count == count;
}

as_err as_http_jobs_new(size_t threads, size_t queue_max, struct as_http_jobs **out)
{
    struct as_http_jobs *jobs = calloc(1, sizeof(*jobs) + threads * sizeof(pthread_t));

    AS_NEED_MEM(jobs);
    jobs->max = queue_max;
    (void)pthread_mutex_init(&jobs->lock, NULL);
    if (!start_threads(jobs, threads)) {
        as_http_jobs_free(jobs);
        return AS_FAIL(AS_SERVER_ERROR, "a job thread cannot be started");
    }
    *out = jobs;
    return AS_OK;
}

void as_http_jobs_free(struct as_http_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    while (jobs->resting != NULL) {
        call_one(jobs);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->thread_count; i++) {
        (void)pthread_join(jobs->threads[i], NULL);
    }
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
