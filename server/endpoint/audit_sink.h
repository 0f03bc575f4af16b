/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of audit lines and its writer (the contract is in as/endpoint.h). Two buffers: lines
 * are added to one while the writer has the other, and when both are done they change places. So a
 * line costs a copy, nothing is allocated after the start, and what waits goes out in one write.
 *
 * Threads: `lock` guards all but what is the writer's own. Nothing waits under it.
 */
#ifndef AS_ENDPOINT_AUDIT_SINK_H
#define AS_ENDPOINT_AUDIT_SINK_H

#include "as/endpoint.h"

#include <pthread.h>

/* Lines of changes may pass the bound, so that none that was begun is lost: as many as there are
 * threads that make changes, the job of the database among them. */
#define AS_AUDIT_RESERVE ((size_t)(AS_LIMIT_JOBS + 1) * AS_LIMIT_AUDIT_LINE)
#define AS_AUDIT_ROOM    ((size_t)AS_LIMIT_AUDIT_OCTETS + AS_AUDIT_RESERVE)

struct as_audit_batch {
    char *ptr; /* AS_AUDIT_ROOM octets; pages that nothing was written to take no memory */
    size_t len;
    size_t lines;
};

struct as_audit_sink {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* the writer waits for it */
    pthread_cond_t progress; /* who waits for the writer */
    struct as_audit_batch filling;
    uint64_t accepted; /* octets ever put */
    uint64_t settled;  /* of those: written, or given up with the file */
    size_t lines;      /* that wait, in both buffers */
    int64_t moved_ms;  /* when something was written, or began to wait where nothing did */
    int failure;       /* errno of the last write; 0: it went well */
    struct as_audit_file next;
    bool has_next;
    bool has_file; /* `next`, or else what the writer has, is a file */
    bool idle;     /* the writer sleeps until it is called */
    bool urgent;   /* somebody waits for a line */
    bool stopping;
    bool ended;
    size_t lost_untold; /* lines, since the log was told */
    struct as_log_pace lost_told;
    pthread_t thread;
    /* The writer's own. */
    struct as_audit_batch writing;
    size_t done; /* octets of it */
    struct as_audit_file file;
    bool has_name; /* the file had one when it was taken over */
    struct as_log_pace failure_told;
};

/* audit_writer.c: the thread; `arg` is the sink. */
void *as_audit_writer(void *arg);

/* May a change begin? False while lines are not, or not soon, written. */
bool as_audit_sink_takes(struct as_audit_sink *sink);
/*
 * Puts a whole line. False: it is lost, which is counted and told. A change's line, if the sink
 * took it before, never is. *mark is what as_audit_sink_wait asks for.
 */
bool as_audit_sink_put(struct as_audit_sink *sink, as_span line, bool change, uint64_t *mark);
/* Waits until what was put up to the mark is written. False when it cannot be, or not in time.
 * Never in a worker. */
bool as_audit_sink_wait(struct as_audit_sink *sink, uint64_t mark, int64_t until_ms);
/* The same for all that was put until now. */
bool as_audit_sink_flush(struct as_audit_sink *sink, int64_t until_ms);

#endif
