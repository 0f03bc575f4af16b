/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload: everything new is made and probed first, beside what serves; then exchanged. What is
 * swapped out lives as long as a connection that was accepted under it.
 */
#include "parts.h"
#include "teller.h"

#include <stdlib.h>

/* What a reload makes. */
struct fresh {
    struct as_front *fronts;
    size_t count; /* made so far */
    struct as_ip_list *exempt;
};

static enum as_edge_failure check_one(struct as_listener *listener,
                                      const struct as_listener_conf *conf, as_edge_tell tell,
                                      void *arg)
{
    const struct as_teller teller = {tell, arg, conf->name};
    struct as_front front = as_listener_front(listener);
    const char *what = as_conf_difference(&front.conf->it, conf);

    as_front_drop(&front);
    if (what != NULL) {
        as_teller_say(&teller, "another %s needs a restart", what);
        return AS_EDGE_BAD_CONFIGURATION;
    }
    return AS_EDGE_FINE;
}

static enum as_edge_failure check_same(struct as_edge *edge, const struct as_edge_conf *conf,
                                       as_edge_tell tell, void *arg)
{
    if (conf->listener_count != edge->listener_count) {
        tell(arg, "", "another number of listeners needs a restart");
        return AS_EDGE_BAD_CONFIGURATION;
    }
    enum as_edge_failure failure = AS_EDGE_FINE;
    for (size_t i = 0; failure == AS_EDGE_FINE && i < edge->listener_count; i++) {
        failure = check_one(&edge->listeners[i], &conf->listeners[i], tell, arg);
    }
    return failure == AS_EDGE_FINE ? as_places_check(edge, conf, tell, arg) : failure;
}

static enum as_edge_failure make(const struct as_edge_conf *conf, as_edge_tell tell, void *arg,
                                 struct fresh *fresh)
{
    enum as_edge_failure failure = AS_EDGE_FINE;

    if (as_failed(as_ip_list_new(conf->exempt, conf->exempt_count, &fresh->exempt))) {
        tell(arg, "", "an address that is exempt is no IP address");
        return AS_EDGE_BAD_CONFIGURATION;
    }
    fresh->fronts = calloc(conf->listener_count + 1, sizeof(*fresh->fronts));
    if (fresh->fronts == NULL) {
        tell(arg, "", "out of memory");
        return AS_EDGE_UNAVAILABLE;
    }
    while (failure == AS_EDGE_FINE && fresh->count < conf->listener_count) {
        failure = as_front_make(&conf->listeners[fresh->count], conf->trust, tell, arg,
                                &fresh->fronts[fresh->count]);
        fresh->count++;
    }
    return failure;
}

static void swap(struct as_edge *edge, const struct as_edge_conf *conf, struct fresh *fresh)
{
    for (size_t i = 0; i < edge->listener_count; i++) {
        as_front_keep(&fresh->fronts[i], as_places_sessions(edge, conf));
        as_listener_swap(&edge->listeners[i], &fresh->fronts[i]);
    }
    as_failing_use(edge->failing, conf->failed_handshakes, fresh->exempt);
    fresh->exempt = NULL;
}

/* After a swap: what was swapped out. */
static void drop(struct fresh *fresh)
{
    for (size_t i = 0; i < fresh->count; i++) {
        as_front_drop(&fresh->fronts[i]);
    }
    free(fresh->fronts);
    as_ip_list_free(fresh->exempt);
}

/* All that can fail; `fresh` is to be dropped in any case. */
static enum as_edge_failure prepare(struct as_edge *edge, const struct as_edge_conf *conf,
                                    as_edge_tell tell, void *arg, struct fresh *fresh)
{
    enum as_edge_failure failure = check_same(edge, conf, tell, arg);

    return failure == AS_EDGE_FINE ? make(conf, tell, arg, fresh) : failure;
}

enum as_edge_failure as_edge_reload(struct as_edge *edge, const struct as_edge_conf *conf,
                                    as_edge_tell tell, void *arg)
{
    struct fresh fresh = {NULL, 0, NULL};
    enum as_edge_failure failure = prepare(edge, conf, tell, arg, &fresh);

    if (failure == AS_EDGE_FINE) {
        swap(edge, conf, &fresh);
    }
    drop(&fresh);
    return failure;
}

enum as_edge_failure as_edge_reload_check(struct as_edge *edge, const struct as_edge_conf *conf,
                                          as_edge_tell tell, void *arg)
{
    struct fresh fresh = {NULL, 0, NULL};
    enum as_edge_failure failure = prepare(edge, conf, tell, arg, &fresh);

    drop(&fresh);
    return failure;
}
