/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: how many there are, and who may take them. A part is kept for the listeners without
 * TLS, so that an operator gets in and is told how things are when strangers have taken the rest.
 */
#include "parts.h"

#include <stdio.h>
#include <sys/resource.h>

#define WORKER_FDS 6 /* epoll and eventfd; the engine's epoll and pair; one to spare */
#define LANE_FDS   4 /* the store's files, of each worker and job thread */

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

/* Where there are listeners of both classes; where there is little, half of it. */
static size_t kept_of(const struct as_edge_conf *conf, size_t all)
{
    size_t tls = 0;

    for (size_t i = 0; i < conf->listener_count; i++) {
        tls += conf->listeners[i].kind == AS_LISTENER_TLS ? 1 : 0;
    }
    if (tls == 0 || tls == conf->listener_count) {
        return 0;
    }
    return all / 2 < AS_LIMIT_FD_ADMIN ? all / 2 : AS_LIMIT_FD_ADMIN;
}

static size_t asked_of(const struct as_edge_conf *conf)
{
    size_t asked = 0;

    for (size_t i = 0; i < conf->listener_count; i++) {
        asked += conf->listeners[i].max_connections;
    }
    return asked;
}

enum as_edge_failure as_fds_count(struct as_edge *edge, const struct as_edge_conf *conf,
                                  as_edge_tell tell, void *arg)
{
    size_t limit = (size_t)raise_limit();
    size_t own = AS_LIMIT_FD_RESERVE + conf->listener_count +
                 (size_t)edge->worker_count * WORKER_FDS +
                 (edge->worker_count + (size_t)AS_LIMIT_JOBS) * LANE_FDS;
    char text[256];

    if (limit < own + 2) { /* one connection of either class */
        tell(arg, "", "the limit of open files (RLIMIT_NOFILE) is too low to serve anybody");
        return AS_EDGE_UNAVAILABLE;
    }
    edge->fds_max = limit - own;
    edge->fds_tls_max = edge->fds_max - kept_of(conf, edge->fds_max);
    bool asks_for_more = asked_of(conf) > edge->fds_max;
    (void)snprintf(text, sizeof(text), "%s%zu open files allow %zu connections%s",
                   asks_for_more ? "warning: " : "", limit, edge->fds_tls_max,
                   asks_for_more ? "; max_connections asks for more: raise LimitNOFILE (ulimit -n)"
                                 : "");
    tell(arg, "", text);
    return AS_EDGE_FINE;
}

static bool add(atomic_size_t *taken, size_t max)
{
    if (atomic_fetch_add(taken, 1) < max) {
        return true;
    }
    (void)atomic_fetch_sub(taken, 1);
    return false;
}

bool as_fds_take(struct as_edge *edge, enum as_listener_kind kind)
{
    if (!add(&edge->fds, edge->fds_max)) {
        return false;
    }
    if (kind == AS_LISTENER_TLS && !add(&edge->fds_tls, edge->fds_tls_max)) {
        (void)atomic_fetch_sub(&edge->fds, 1);
        return false;
    }
    return true;
}

void as_fds_give(struct as_edge *edge, enum as_listener_kind kind)
{
    if (kind == AS_LISTENER_TLS) {
        (void)atomic_fetch_sub(&edge->fds_tls, 1);
    }
    (void)atomic_fetch_sub(&edge->fds, 1);
}

bool as_fds_left(const struct as_edge *edge, enum as_listener_kind kind)
{
    return atomic_load(&edge->fds) < edge->fds_max &&
           (kind != AS_LISTENER_TLS || atomic_load(&edge->fds_tls) < edge->fds_tls_max);
}
