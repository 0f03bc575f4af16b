/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds octets to a guard in one piece, one at a time or in random pieces, and keeps the end. */
#ifndef AS_TESTS_EDGE_DRIVE_H
#define AS_TESTS_EDGE_DRIVE_H

#include "edge/guard.h"
#include "harness.h"
#include "support/guard_write.h"

#define DRIVE_WHOLE  0 /* all octets in one piece */
#define DRIVE_OCTETS 1 /* one at a time; larger numbers seed random pieces */
#define DRIVE_CUTS   12

struct drive {
    struct as_guard guard;
    struct as_buf in;
    struct as_buf out; /* what a READY request is written as */
    enum as_guard_state state;
    size_t continues;
    size_t fed; /* octets given before the state was final */
};

static inline struct drive drive_new(const struct as_guard_rules *rules)
{
    struct drive drive = {.in = AS_BUF(as_guard_in_max(rules) + 4 * 1024 * 1024),
                          .out = AS_BUF(guard_out_max(rules))};
    as_guard_init(&drive.guard, rules);
    return drive;
}

static inline void drive_free(struct drive *drive)
{
    as_buf_free(&drive->in);
    as_buf_free(&drive->out);
}

/* A small xorshift, so that a failure can be had again. */
static inline size_t drive_piece(unsigned *seed, size_t most)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return 1 + *seed % most;
}

/* An assertion of check is a write to a pipe each time: not one for each octet. */
static inline void drive_feed(struct drive *drive, as_span piece)
{
    if (!as_buf_add(&drive->in, piece)) {
        ck_abort_msg("no room for what is fed");
    }
    drive->state = as_guard_feed(&drive->guard, &drive->in);
    if (drive->state == AS_GUARD_CONTINUE) {
        drive->continues++;
        drive->state = as_guard_feed(&drive->guard, &drive->in);
        ck_assert_int_eq(drive->state, AS_GUARD_MORE);
    }
}

/* Feeds until all is fed or the state is final; what is left is added without a look. */
static inline void drive_run(struct drive *drive, as_span octets, unsigned how)
{
    unsigned seed = how * 2654435761U;
    size_t at = 0;

    drive->state = AS_GUARD_MORE;
    while (at < octets.len && drive->state == AS_GUARD_MORE) {
        size_t left = octets.len - at;
        size_t len = how == DRIVE_WHOLE ? left : how == DRIVE_OCTETS ? 1 : drive_piece(&seed, 40);
        len = len < left ? len : left;
        drive_feed(drive, (as_span){octets.ptr + at, len});
        at += len;
    }
    drive->fed = at;
    ck_assert(as_buf_add(&drive->in, as_span_from(octets, at)));
    if (drive->state == AS_GUARD_READY) {
        ck_assert(guard_write(&drive->guard, &drive->in, &drive->out));
    }
}

#endif
