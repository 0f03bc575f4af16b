/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The self-probe: asks a TLS context, in memory, what it really accepts, and compares that with the
 * profile (design 3, landing 2). Each protocol version and each suite that OpenSSL knows is offered
 * alone in a ClientHello of our own; the answer is read no further than the ServerHello. Run before
 * a listener listens and before a context is swapped; a difference stops that.
 */
#ifndef AS_EDGE_PROBE_H
#define AS_EDGE_PROBE_H

#include "tls_context.h"

/*
 * How many differences there are; each is told, by name. A question that could not be asked counts
 * as one. Threads: any; nothing of the context is changed.
 */
size_t as_tls_probe(const struct as_tls_context *context, as_edge_tell tell, void *arg);

#endif
