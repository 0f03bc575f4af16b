/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of job threads (design D10): one queue, first come first served, bounded. A job waits
 * for the disk or for another server; its number of threads is what bounds that, not the cores.
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

struct as_http_jobs {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct as_job *head;
    struct as_job *tail;
    size_t count;
    size_t max;
    bool stopping;
    size_t thread_count;
    pthread_t threads[];
};

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
        (void)pthread_cond_signal(&jobs->filled);
    }
    (void)pthread_mutex_unlock(&jobs->lock);
    return taken;
}

/* NULL: the pool ends, and nothing is left. */
static struct as_job *take(struct as_http_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    while (jobs->head == NULL && !jobs->stopping) {
        (void)pthread_cond_wait(&jobs->filled, &jobs->lock);
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

    for (struct as_job *job = take(jobs); job != NULL; job = take(jobs)) {
        job->run(job, &lanes);
    }
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
    (void)pthread_cond_init(&jobs->filled, NULL);
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
    (void)pthread_cond_broadcast(&jobs->filled);
    (void)pthread_mutex_unlock(&jobs->lock);
    for (size_t i = 0; i < jobs->thread_count; i++) {
        (void)pthread_join(jobs->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&jobs->filled);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}
