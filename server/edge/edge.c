/* SPDX-License-Identifier: Apache-2.0 */
/* The edge as a whole: listeners opened, workers started, all taken down in reverse. */
#include "parts.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

static size_t body_cap(const void *arg, as_span method, as_span path)
{
    return as_http_body_cap(arg, method, path);
}

/* ---------------------------------------------------------------- listeners ------------------ */

static enum as_edge_failure open_tls(struct as_edge *edge, struct as_listener *listener,
                                     as_edge_tell tell, void *arg)
{
    if (as_failed(
            as_tls_context_new(listener->conf, edge->conf.trust, tell, arg, &listener->tls))) {
        return AS_EDGE_BAD_CONFIGURATION;
    }
    listener->always[0] = (struct as_http_field){
        AS_LIT("Strict-Transport-Security"),
        listener->conf->hsts_preload ? AS_LIT("max-age=31536000; includeSubDomains; preload")
                                     : AS_LIT("max-age=31536000; includeSubDomains")};
    listener->always_count = 1;
    return as_tls_probe(listener->tls, tell, arg) == 0 ? AS_EDGE_FINE : AS_EDGE_PROBE_FAILED;
}

static void note_file(struct as_listener *listener)
{
    struct stat found;

    if (listener->conf->kind == AS_LISTENER_SOCKET && stat(listener->address, &found) == 0) {
        listener->device = found.st_dev;
        listener->inode = found.st_ino;
    }
}

static enum as_edge_failure open_listener(struct as_edge *edge, struct as_listener *listener,
                                          const struct as_listener_conf *conf, as_edge_tell tell,
                                          void *arg)
{
    *listener = (struct as_listener){.event = {AS_EVENT_LISTENER}, .conf = conf, .fd = -1};
    listener->rules = AS_GUARD_RULES;
    listener->rules.body_cap = body_cap;
    listener->rules.body_arg = conf->site;
    if (conf->max_per_address > 0 && conf->kind != AS_LISTENER_SOCKET) {
        listener->sources = as_sources_new(conf->max_per_address);
        if (listener->sources == NULL) {
            return AS_EDGE_UNAVAILABLE;
        }
    }
    if (conf->kind == AS_LISTENER_TLS) {
        enum as_edge_failure failure = open_tls(edge, listener, tell, arg);
        if (failure != AS_EDGE_FINE) {
            return failure;
        }
    }
    enum as_edge_failure failure =
        as_listen(conf, tell, arg, &listener->fd, listener->address, sizeof(listener->address));
    if (failure == AS_EDGE_FINE) {
        note_file(listener);
    }
    return failure;
}

/* The file of a socket goes with it, unless another has taken its place. */
static void close_listener(struct as_listener *listener)
{
    struct stat found;

    if (listener->inode != 0 && lstat(listener->address, &found) == 0 &&
        found.st_dev == listener->device && found.st_ino == listener->inode) {
        (void)unlink(listener->address);
    }
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    as_tls_context_drop(listener->tls);
    as_sources_free(listener->sources);
}

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

static enum as_edge_failure count_descriptors(struct as_edge *edge, as_edge_tell tell, void *arg)
{
    size_t limit = (size_t)raise_limit();
    size_t own = AS_LIMIT_FD_RESERVE + edge->conf.listener_count +
                 (size_t)edge->worker_count * WORKER_FDS +
                 (edge->worker_count + (size_t)AS_LIMIT_JOBS) * LANE_FDS;
    size_t asked = 0;
    char text[256];

    for (size_t i = 0; i < edge->conf.listener_count; i++) {
        asked += edge->conf.listeners[i].max_connections;
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

static enum as_edge_failure open_edge(struct as_edge *edge, as_edge_tell tell, void *arg)
{
    enum as_edge_failure failure = count_descriptors(edge, tell, arg);

    for (size_t i = 0; i < edge->conf.listener_count && failure == AS_EDGE_FINE; i++) {
        failure = open_listener(edge, &edge->listeners[i], &edge->conf.listeners[i], tell, arg);
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
    edge->conf = *conf;
    edge->bounds = conf->bounds != NULL ? *conf->bounds : as_edge_bounds_usual;
    edge->worker_count = worker_count(conf);
    edge->listeners = calloc(conf->listener_count, sizeof(*edge->listeners));
    edge->workers = calloc(edge->worker_count, sizeof(*edge->workers));
    enum as_edge_failure failure = AS_EDGE_UNAVAILABLE;
    if (edge->listeners != NULL && edge->workers != NULL) {
        failure = open_edge(edge, tell, arg);
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
        close_listener(&edge->listeners[i]);
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
