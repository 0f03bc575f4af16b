/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may fail passes through a gate, which counts and, at the n-th passage, fails once or from
 * then on for good. Memory (memory.h), verbs of the store (verbs.h) and the disk (disk.h) do.
 *
 *     gate_arm(n, false);
 *     ... what is tried ...
 *     long seen = gate_disarm();      below n: nothing has failed
 *
 * Any thread may pass; one arms.
 */
#ifndef AS_TESTS_FAULT_GATE_H
#define AS_TESTS_FAULT_GATE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define GATE_NEVER LONG_MAX

static struct {
    atomic_bool armed;
    atomic_long seen;
    atomic_long at;
    atomic_bool for_good;
} gate;

__attribute__((unused)) static void gate_arm(long at, bool for_good)
{
    atomic_store(&gate.seen, 0);
    atomic_store(&gate.at, at);
    atomic_store(&gate.for_good, for_good);
    atomic_store(&gate.armed, true);
}

__attribute__((unused)) static long gate_disarm(void)
{
    atomic_store(&gate.armed, false);
    return atomic_load(&gate.seen);
}

__attribute__((unused)) static bool gate_fails(void)
{
    if (!atomic_load(&gate.armed)) {
        return false;
    }
    long now = atomic_fetch_add(&gate.seen, 1) + 1;
    long at = atomic_load(&gate.at);
    return atomic_load(&gate.for_good) ? now >= at : now == at;
}

/*
 * Which of `total` passages to fail: all of them, or `most`, one out of each of as many equal
 * stretches. The choice follows from the seed alone, which the test prints.
 */
#define GATE_SEED 20260704u

struct gate_sample {
    long total, most, index;
    uint32_t state;
};

__attribute__((unused)) static struct gate_sample gate_sample(long total, long most)
{
    return (struct gate_sample){total, total < most ? total : most, 0, GATE_SEED};
}

/* The next passage, counted from 1; 0: that was all. */
__attribute__((unused)) static long gate_next(struct gate_sample *sample)
{
    if (sample->index >= sample->most) {
        return 0;
    }
    long from = sample->total * sample->index / sample->most;
    long to = sample->total * (sample->index + 1) / sample->most;

    sample->index++;
    sample->state = sample->state * 1664525u + 1013904223u;
    return from + 1 + (long)(sample->state >> 8) % (to - from);
}

#endif
