/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge's own copy of a listener's configuration: what the caller gave need not outlive the
 * call, and connections of before a reload keep what they were accepted under.
 *
 * Immutable once made, and counted: held by the listener, its TLS context and each peer. Threads:
 * any.
 */
#ifndef AS_EDGE_CONF_H
#define AS_EDGE_CONF_H

#include "as/edge.h"

#include <stdatomic.h>

struct as_conf {
    struct as_listener_conf it;
    struct as_arena *mem; /* what `it` points to, but `site` */
    atomic_uint holders;
};

/* A deep copy with one holder; NULL: no memory. */
struct as_conf *as_conf_new(const struct as_listener_conf *from);
struct as_conf *as_conf_hold(struct as_conf *conf);
/* One holder less. NULL is allowed. */
void as_conf_drop(struct as_conf *conf);

/*
 * What a reload cannot change, since a socket hangs on it: name, kind, address, group of the
 * socket, bound per address and what is served. NULL: all the same; else a static phrase that names
 * what is not.
 */
const char *as_conf_difference(const struct as_listener_conf *a, const struct as_listener_conf *b);

#endif
