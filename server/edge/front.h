/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reload replaces of a listener: its configuration, and the TLS context made of it and of
 * the files it names. A connection keeps those it was accepted under.
 */
#ifndef AS_EDGE_FRONT_H
#define AS_EDGE_FRONT_H

#include "as/http.h"
#include "tls_context.h"

struct as_front {
    struct as_conf *conf;
    struct as_tls_context *tls; /* NULL without TLS */
};

/*
 * Copies the configuration, and with TLS makes the context and probes it. What is wrong is told,
 * and then *out is empty. Threads: any.
 */
enum as_edge_failure as_front_make(const struct as_listener_conf *conf,
                                   const struct as_trust *trust, as_edge_tell tell, void *arg,
                                   struct as_front *out);
struct as_front as_front_hold(const struct as_front *front);
/* Of an empty one too. */
void as_front_drop(struct as_front *front);

/* See as_tls_context_keep; nothing without TLS. */
void as_front_keep(const struct as_front *front, uint64_t sessions);

/* Fields of every answer: Strict-Transport-Security over TLS (TLS-41). Static. */
const struct as_http_field *as_front_always(const struct as_listener_conf *conf, size_t *count);

#endif
