/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often somebody did something of late, and whether that is too often: counters by key, each
 * for a window of time that begins with the first count in it. A tally has its memory from the
 * beginning and no more: sets of eight counters, of which a key has its place in one; a set that is
 * full gives up what is over, or else the counter that counted least, so that who does it most is
 * not driven out by others. Keys are hashes under a seed, so that a set cannot be filled on
 * purpose. While nobody is counted, which is nearly always, asking costs one atomic read.
 *
 * A tally knows no bounds: they come with the question, so that they may change while it counts.
 * Times are of the monotonic clock. Threads: any, at the same time.
 */
#ifndef AS_BASE_TALLY_H
#define AS_BASE_TALLY_H

#include "as/base/err.h"
#include "as/base/span.h"

struct as_tally;

/* Rounded up to whole sets. Errors: server error. */
as_err as_tally_new(size_t counters, int64_t window_ms, struct as_tally **out);
/* NULL is allowed. */
void as_tally_free(struct as_tally *tally);

/* Of whom something is counted (as_ip_caller, an identifier); and of the two together. */
uint64_t as_tally_key(const struct as_tally *tally, as_span who);
uint64_t as_tally_pair(const struct as_tally *tally, uint64_t one, uint64_t other);

/* A key, and how often is too often; 0: always. */
struct as_tally_share {
    uint64_t key;
    uint64_t most;
};

/* Was nothing counted for a whole window? Then no question needs to be asked. */
bool as_tally_is_quiet(const struct as_tally *tally, int64_t mono_ms);
/* Milliseconds until every one of them has less than its most; 0: now. */
int64_t as_tally_wait(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                      int64_t mono_ms);
/* One more for each. */
void as_tally_add(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                  int64_t mono_ms);
/* Asks, and where it says 0 adds, in one step, so that many at once are not more than may. */
int64_t as_tally_take(struct as_tally *tally, const struct as_tally_share *shares, size_t count,
                      int64_t mono_ms);

#endif
