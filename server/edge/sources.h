/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of the addresses that connect: how many connections each has (where a listener
 * bounds that), and whose handshakes keep failing (design D4). An IPv6 address counts by its /64,
 * which is what one caller has. Tables are seeded, so that nobody can aim at a slot.
 */
#ifndef AS_EDGE_SOURCES_H
#define AS_EDGE_SOURCES_H

#include "as/base.h"

#include <sys/socket.h>

struct as_source {
    uint64_t high; /* both 0: no address (a socket) */
    uint64_t low;
};

struct as_source as_source_of(const struct sockaddr_storage *from);

/* ---------------------------------------------------------------- failures of a worker ------- */

#define AS_FAILING_SLOTS 256

/* Slots are few and may collide: whoever fails more stays. Threads: one. */
struct as_failing {
    uint64_t seed[2];
    unsigned most;
    struct as_failing_row {
        struct as_source source;
        int64_t since_ms;
        unsigned count;
    } rows[AS_FAILING_SLOTS];
};

void as_failing_init(struct as_failing *failing, unsigned most);
void as_failing_note(struct as_failing *failing, struct as_source source, int64_t now_ms);
/* Has it failed `most` times in a window that is not over? */
bool as_failing_is(const struct as_failing *failing, struct as_source source, int64_t now_ms);

/* ---------------------------------------------------------------- connections per address ---- */

struct as_sources;

/* NULL: no memory. Threads: any, on all of these. */
struct as_sources *as_sources_new(unsigned most);
void as_sources_free(struct as_sources *sources);
/* One more; false: it has the most already, or memory is short. */
bool as_sources_enter(struct as_sources *sources, struct as_source source);
void as_sources_leave(struct as_sources *sources, struct as_source source);

#endif
