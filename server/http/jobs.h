/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the queue of the job threads. */
#ifndef AS_HTTP_JOBS_H
#define AS_HTTP_JOBS_H

#include "lanes.h"

struct as_job {
    struct as_job *next;
    /* On a job thread, with its lanes. The job may be gone when it returns. */
    void (*run)(struct as_job *job, struct as_lanes *lanes);
};

/* False when the queue is full. Any thread. */
bool as_jobs_put(struct as_http_jobs *jobs, struct as_job *job);

#endif
