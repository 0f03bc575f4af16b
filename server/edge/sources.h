/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who connects, and how many connections each address has, which a listener may bound. An IPv6
 * address counts by its /64, which is what one caller has. Tables are seeded, so that nobody can
 * aim at a slot.
 */
#ifndef AS_EDGE_SOURCES_H
#define AS_EDGE_SOURCES_H

#include "as/base.h"

#include <sys/socket.h>

/* What the caller has (as_ip_network); all zero: no address (a socket). */
struct as_source {
    struct as_ip network;
};

struct as_source as_source_of(const struct sockaddr_storage *from);

/* Is it the same address, or network? */
bool as_source_equal(struct as_source a, struct as_source b);

/* Which of so many slots of a table is its. */
size_t as_source_slot(const struct as_hash_seed *seed, struct as_source source, size_t slots);

/* ---------------------------------------------------------------- connections per address ---- */

struct as_sources;

/* `most` for each; 0: no bound. NULL: no memory. Threads: any, on all of these. */
struct as_sources *as_sources_new(unsigned most);
void as_sources_free(struct as_sources *sources);
/* One more; false: it has the most already, or memory is short. */
bool as_sources_enter(struct as_sources *sources, struct as_source source);
void as_sources_leave(struct as_sources *sources, struct as_source source);
/* How many it has. */
unsigned as_sources_count(struct as_sources *sources, struct as_source source);

#endif
