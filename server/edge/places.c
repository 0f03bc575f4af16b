/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places for connections: how many there are, by descriptors and by memory, and who may take them.
 * A part is kept for the listeners without TLS, so that an operator gets in and is told how things
 * are when strangers have taken the rest.
 *
 * Of memory half is for connections, a quarter for what they send (conn_room.c) and an eighth for
 * sessions: strangers who may have as many as they like would otherwise let the kernel end the
 * process.
 */
#include "parts.h"
#include "teller.h"

#include <inttypes.h>
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

/* Descriptors for connections, of `limit`; 0: not one of either class. */
static size_t by_files(const struct as_edge *edge, const struct as_edge_conf *conf, size_t limit)
{
    size_t own = AS_LIMIT_FD_RESERVE + conf->listener_count +
                 (size_t)edge->worker_count * WORKER_FDS +
                 (edge->worker_count + (size_t)AS_LIMIT_JOBS) * LANE_FDS;

    return limit < own + 2 ? 0 : limit - own;
}

static uint64_t keeping_sessions(const struct as_edge_conf *conf)
{
    uint64_t count = 0;

    for (size_t i = 0; i < conf->listener_count; i++) {
        count += as_tls_keeps_sessions(&conf->listeners[i]) ? 1 : 0;
    }
    return count;
}

static void take_memory(struct as_edge *edge, uint64_t memory)
{
    uint64_t octets = memory / 4 / edge->worker_count;

    if (octets < edge->bounds.worker_bytes) {
        edge->bounds.worker_bytes = (size_t)octets;
    }
}

uint64_t as_places_sessions(const struct as_edge *edge, const struct as_edge_conf *conf)
{
    uint64_t all = edge->bounds.memory / 8 / AS_LIMIT_SESSION_BYTES;
    uint64_t listeners = keeping_sessions(conf);

    return listeners > 0 ? all / listeners : 0;
}

static void tell_places(const struct as_edge *edge, const struct as_edge_conf *conf,
                        const char *what, const char *mend, as_edge_tell tell, void *arg)
{
    bool asks_for_more = asked_of(conf) > edge->places_max;
    char text[256];

    (void)snprintf(text, sizeof(text), "%s%s allow %zu connections%s%s",
                   asks_for_more ? "warning: " : "", what, edge->places_tls_max,
                   asks_for_more ? "; max_connections asks for more: " : "",
                   asks_for_more ? mend : "");
    tell(arg, "", text);
}

static uint64_t certificate_octets(const struct as_listener_conf *conf)
{
    bool asks =
        conf->kind == AS_LISTENER_TLS && conf->client_certificate != AS_CLIENT_CERTIFICATE_NONE;

    return asks ? conf->max_cert_list : 0;
}

/* The listener whose clients may show most. */
static size_t heaviest(const struct as_edge_conf *conf)
{
    size_t found = 0;

    for (size_t i = 1; i < conf->listener_count; i++) {
        if (certificate_octets(&conf->listeners[i]) > certificate_octets(&conf->listeners[found])) {
            found = i;
        }
    }
    return found;
}

/* How many connections half of the memory holds. Apart from buffers, OpenSSL keeps for each what
 * its client has shown, decoded. */
static uint64_t by_memory(const struct as_edge *edge, const struct as_edge_conf *conf)
{
    uint64_t most =
        conf->listener_count > 0 ? certificate_octets(&conf->listeners[heaviest(conf)]) : 0;

    return edge->bounds.memory / 2 / (AS_LIMIT_CONNECTION_BYTES + AS_LIMIT_CERT_GROWTH * most);
}

enum as_edge_failure as_places_count(struct as_edge *edge, const struct as_edge_conf *conf,
                                     as_edge_tell tell, void *arg)
{
    size_t limit = (size_t)raise_limit();
    uint64_t memory = edge->bounds.memory;
    uint64_t fit = by_memory(edge, conf);
    char what[64];

    edge->places_max = by_files(edge, conf, limit);
    if (edge->places_max == 0) {
        tell(arg, "", "the limit of open files (RLIMIT_NOFILE) is too low to serve anybody");
        return AS_EDGE_UNAVAILABLE;
    }
    if (fit < 2) {
        tell(arg, "", "the limit of memory is too low to serve anybody");
        return AS_EDGE_UNAVAILABLE;
    }
    take_memory(edge, memory);
    bool less = fit < edge->places_max;
    edge->places_max = less ? (size_t)fit : edge->places_max;
    edge->places_tls_max = edge->places_max - kept_of(conf, edge->places_max);
    (void)snprintf(what, sizeof(what), "%" PRIu64 " %s", less ? memory >> 20 : (uint64_t)limit,
                   less ? "MiB of memory" : "open files");
    tell_places(edge, conf, what,
                less ? "give it more (MemoryMax)" : "raise LimitNOFILE (ulimit -n)", tell, arg);
    return AS_EDGE_FINE;
}

enum as_edge_failure as_places_check(struct as_edge *edge, const struct as_edge_conf *conf,
                                     as_edge_tell tell, void *arg)
{
    size_t asked = asked_of(conf);
    size_t most = asked < edge->places_max ? asked : edge->places_max;
    uint64_t fit = by_memory(edge, conf);

    if (fit >= most) {
        return AS_EDGE_FINE;
    }
    size_t at = heaviest(conf);
    const struct as_teller teller = {tell, arg, conf->listeners[at].name};
    struct as_front before = as_listener_front(&edge->listeners[at]);
    bool asks_newly = before.conf->it.client_certificate == AS_CLIENT_CERTIFICATE_NONE;

    as_front_drop(&before);
    as_teller_say(&teller,
                  "%s: there may be %zu connections, and memory is for %" PRIu64
                  " such: restart fapid, or lower max_connections",
                  asks_newly ? "client_certificate" : "max_cert_list", most, fit);
    return AS_EDGE_BAD_CONFIGURATION;
}

static bool add(atomic_size_t *taken, size_t max)
{
    if (atomic_fetch_add(taken, 1) < max) {
        return true;
    }
    (void)atomic_fetch_sub(taken, 1);
    return false;
}

bool as_place_take(struct as_edge *edge, enum as_listener_kind kind)
{
    if (!add(&edge->places, edge->places_max)) {
        return false;
    }
    if (kind == AS_LISTENER_TLS && !add(&edge->places_tls, edge->places_tls_max)) {
        (void)atomic_fetch_sub(&edge->places, 1);
        return false;
    }
    return true;
}

void as_place_give(struct as_edge *edge, enum as_listener_kind kind)
{
    if (kind == AS_LISTENER_TLS) {
        (void)atomic_fetch_sub(&edge->places_tls, 1);
    }
    (void)atomic_fetch_sub(&edge->places, 1);
}

bool as_places_left(const struct as_edge *edge, enum as_listener_kind kind)
{
    return atomic_load(&edge->places) < edge->places_max &&
           (kind != AS_LISTENER_TLS || atomic_load(&edge->places_tls) < edge->places_tls_max);
}
