/* SPDX-License-Identifier: Apache-2.0 */
/* The edge as a whole: listeners opened, workers started, all taken down in reverse. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct as_edge_bounds as_edge_bounds_usual = {
    .handshake_ms = AS_LIMIT_HANDSHAKE_MS,
    .head_ms = AS_LIMIT_HEAD_MS,
    .body_ms = AS_LIMIT_BODY_MS,
    .request_ms = AS_LIMIT_REQUEST_MS,
    .idle_ms = AS_LIMIT_IDLE_MS,
    .rest_ms = AS_LIMIT_REST_MS,
    .linger_ms = AS_LIMIT_LINGER_MS,
    .yield_ms = AS_LIMIT_YIELD_MS,
    .farewell_ms = AS_LIMIT_FAREWELL_MS,
    .worker_bytes = AS_LIMIT_WORKER_BYTES,
};

/* ---------------------------------------------------------------- life ----------------------- */

static unsigned worker_count(const struct as_edge_conf *conf)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (conf->workers > 0) {
        return conf->workers;
    }
    return cores > 0 ? (unsigned)cores : 1;
}

static enum as_edge_failure make_failing(struct as_edge *edge, const struct as_edge_conf *conf,
                                         as_edge_tell tell, void *arg)
{
    struct as_ip_list *exempt = NULL;

    if (as_failed(as_failing_new(&edge->failing))) {
        tell(arg, "", "out of memory");
        return AS_EDGE_UNAVAILABLE;
    }
    if (as_failed(as_ip_list_new(conf->exempt, conf->exempt_count, &exempt))) {
        tell(arg, "", "an address that is exempt is no IP address");
        return AS_EDGE_BAD_CONFIGURATION;
    }
    as_failing_use(edge->failing, conf->failed_handshakes, exempt);
    return AS_EDGE_FINE;
}

static enum as_edge_failure open_edge(struct as_edge *edge, const struct as_edge_conf *conf,
                                      as_edge_tell tell, void *arg)
{
    enum as_edge_failure failure = make_failing(edge, conf, tell, arg);

    if (failure == AS_EDGE_FINE) {
        failure = as_places_count(edge, conf, tell, arg);
    }
    for (size_t i = 0; i < conf->listener_count && failure == AS_EDGE_FINE; i++) {
        failure =
            as_listener_open(&edge->listeners[i], &conf->listeners[i], conf->trust, tell, arg);
        as_front_keep(&edge->listeners[i].front, as_places_sessions(edge, conf));
        edge->listener_count++; /* a half-opened one is closed too */
    }
    return failure;
}

enum as_edge_failure as_edge_new(const struct as_edge_conf *conf, as_edge_tell tell, void *arg,
                                 struct as_edge **out)
{
    struct as_edge *edge = calloc(1, sizeof(*edge));

    if (edge == NULL) {
        tell(arg, "", "out of memory");
        return AS_EDGE_UNAVAILABLE;
    }
    edge->jobs = conf->jobs;
    edge->bounds = conf->bounds != NULL ? *conf->bounds : as_edge_bounds_usual;
    if (edge->bounds.memory == 0) {
        edge->bounds.memory = as_memory_limit(AS_MEMORY_GROUPS, AS_MEMORY_TREE);
    }
    edge->worker_count = worker_count(conf);
    edge->listeners = calloc(conf->listener_count, sizeof(*edge->listeners));
    edge->workers = calloc(edge->worker_count, sizeof(*edge->workers));
    edge->guests = as_guests_new(edge->worker_count);
    enum as_edge_failure failure = AS_EDGE_UNAVAILABLE;
    if (edge->listeners != NULL && edge->workers != NULL && edge->guests != NULL &&
        !as_failed(as_hash_seed_make(&edge->seed))) {
        failure = open_edge(edge, conf, tell, arg);
    } else {
        tell(arg, "", "no memory or no random numbers");
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

/* ---------------------------------------------------------------- the end -------------------- */

static void wake_workers(struct as_edge *edge)
{
    for (unsigned i = 0; i < edge->worker_count; i++) {
        if (edge->workers[i].started) {
            as_worker_wake(&edge->workers[i]);
        }
    }
}

void as_edge_drain(struct as_edge *edge)
{
    if (atomic_exchange(&edge->draining, true)) {
        return;
    }
    AS_LOG(AS_LOG_NOTICE, "closing_connections",
           AS_LOG_NUMBER("open", as_metric_get(AS_METRIC_connections_open)));
}

static unsigned started_workers(const struct as_edge *edge)
{
    unsigned count = 0;

    for (unsigned i = 0; i < edge->worker_count; i++) {
        count += edge->workers[i].started ? 1 : 0;
    }
    return count;
}

void as_edge_stop(struct as_edge *edge, int grace_ms)
{
    as_edge_drain(edge);
    atomic_store(&edge->stop_by, as_clock_mono_ms() + grace_ms);
    atomic_store(&edge->accepting, started_workers(edge));
    atomic_store(&edge->stopping, true);
    wake_workers(edge);
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
    as_failing_free(edge->failing);
    as_guests_free(edge->guests, edge->worker_count);
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
