/* SPDX-License-Identifier: Apache-2.0 */
/* The edge as a whole: listeners opened, workers started, all taken down in reverse. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WORKER_FDS 6 /* epoll and eventfd, ours and the engine's */
#define LANE_FDS   4 /* the store's files, of each worker and job thread */

const struct as_edge_bounds as_edge_bounds_usual = {
    .handshake_ms = AS_LIMIT_HANDSHAKE_MS,
    .head_ms = AS_LIMIT_HEAD_MS,
    .body_ms = AS_LIMIT_BODY_MS,
    .request_ms = AS_LIMIT_REQUEST_MS,
    .idle_ms = AS_LIMIT_IDLE_MS,
    .pair_idle_ms = AS_LIMIT_PAIR_IDLE_MS,
    .linger_ms = AS_LIMIT_LINGER_MS,
    .worker_bytes = AS_LIMIT_WORKER_BYTES,
    .failed_handshakes = AS_LIMIT_FAILED_HANDSHAKES,
};

/* ---------------------------------------------------------------- descriptors ---------------- */

/* The soft limit is for programs that use select(); this one does not. */
static rlim_t raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
            return raised.rlim_cur;
        }
    }
    return limit.rlim_cur;
}

static enum as_edge_failure count_descriptors(struct as_edge *edge, const struct as_edge_conf *conf,
                                              as_edge_tell tell, void *arg)
{
    size_t limit = (size_t)raise_limit();
    size_t own = AS_LIMIT_FD_RESERVE + conf->listener_count +
                 (size_t)edge->worker_count * WORKER_FDS +
                 (edge->worker_count + (size_t)AS_LIMIT_JOBS) * LANE_FDS;
    size_t asked = 0;
    char text[256];

    for (size_t i = 0; i < conf->listener_count; i++) {
        asked += conf->listeners[i].max_connections;
    }
    if (limit < own + 3) {
        tell(arg, "", "the limit of open files (RLIMIT_NOFILE) is too low to serve anybody");
        return AS_EDGE_UNAVAILABLE;
    }
    edge->fds_max = limit - own;
    (void)snprintf(text, sizeof(text),
                   "%zu open files allow %zu idle connections, %zu with a request each%s", limit,
                   edge->fds_max, edge->fds_max / 3,
                   asked > edge->fds_max ? "; max_connections asks for more" : "");
    tell(arg, "", text);
    return AS_EDGE_FINE;
}

/* ---------------------------------------------------------------- life ----------------------- */

static unsigned worker_count(const struct as_edge_conf *conf)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (conf->workers > 0) {
        return conf->workers;
    }
    return cores > 0 ? (unsigned)cores : 1;
}

static enum as_edge_failure open_edge(struct as_edge *edge, const struct as_edge_conf *conf,
                                      as_edge_tell tell, void *arg)
{
    enum as_edge_failure failure = count_descriptors(edge, conf, tell, arg);

    for (size_t i = 0; i < conf->listener_count && failure == AS_EDGE_FINE; i++) {
        failure =
            as_listener_open(&edge->listeners[i], &conf->listeners[i], conf->trust, tell, arg);
        edge->listener_count++; /* a half-opened one is closed too */
    }
    return failure;
}

enum as_edge_failure as_edge_new(const struct as_edge_conf *conf, as_edge_tell tell, void *arg,
                                 struct as_edge **out)
{
    struct as_edge *edge = calloc(1, sizeof(*edge));

    if (edge == NULL) {
        return AS_EDGE_UNAVAILABLE;
    }
    edge->jobs = conf->jobs;
    edge->bounds = conf->bounds != NULL ? *conf->bounds : as_edge_bounds_usual;
    edge->worker_count = worker_count(conf);
    edge->listeners = calloc(conf->listener_count, sizeof(*edge->listeners));
    edge->workers = calloc(edge->worker_count, sizeof(*edge->workers));
    enum as_edge_failure failure = AS_EDGE_UNAVAILABLE;
    if (edge->listeners != NULL && edge->workers != NULL) {
        failure = open_edge(edge, conf, tell, arg);
    }
    if (failure != AS_EDGE_FINE) {
        as_edge_free(edge);
        return failure;
    }
    *out = edge;
    return AS_EDGE_FINE;
}

as_err as_edge_start(struct as_edge *edge)
{
    for (unsigned i = 0; i < edge->worker_count; i++) {
        as_err err = as_worker_start(&edge->workers[i], edge);
        if (as_failed(err)) {
            as_edge_stop(edge, 0);
            return err;
        }
    }
    return AS_OK;
}

void as_edge_stop(struct as_edge *edge, int grace_ms)
{
    atomic_store(&edge->stop_by, as_clock_mono_ms() + grace_ms);
    atomic_store(&edge->stopping, true);
    for (size_t i = 0; i < edge->listener_count; i++) {
        (void)shutdown(edge->listeners[i].fd, SHUT_RDWR); /* no queue for those who come now */
    }
    for (unsigned i = 0; i < edge->worker_count; i++) {
        if (edge->workers[i].started) {
            as_worker_wake(&edge->workers[i]);
        }
    }
    for (unsigned i = 0; i < edge->worker_count; i++) {
        if (edge->workers[i].started) {
            as_worker_join(&edge->workers[i]);
        }
    }
}

void as_edge_free(struct as_edge *edge)
{
    if (edge == NULL) {
        return;
    }
    for (size_t i = 0; edge->listeners != NULL && i < edge->listener_count; i++) {
        as_listener_close(&edge->listeners[i]);
    }
    free(edge->workers);
    free(edge->listeners);
    free(edge);
}

as_err as_edge_address(const struct as_edge *edge, size_t listener, char *out, size_t room)
{
    AS_NEED(listener < edge->listener_count, AS_SERVER_ERROR, "no such listener");
    int put = snprintf(out, room, "%s", edge->listeners[listener].address);
    AS_NEED(put >= 0 && (size_t)put < room, AS_SERVER_ERROR, "the address does not fit");
    return AS_OK;
}
