/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Only http/, the job and service threads and main read the clock; everything else gets `now`
 * through its context. as_time is seconds since 1970 UTC; monotonic times are milliseconds of no
 * particular origin, for deadlines.
 */
#ifndef AS_BASE_CLOCK_H
#define AS_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t as_time;

/* The wall clock, which may jump. */
as_time as_clock_now(void);
/* The monotonic clock in milli- and microseconds. */
int64_t as_clock_mono_ms(void);
int64_t as_clock_mono_us(void);

/* An instant by both clocks. */
struct as_moment {
    as_time wall;
    int64_t mono_ms;
};
struct as_moment as_clock_moment(void);
/*
 * The wall clock may jump; what it would show had it run evenly since `start` does not. The earlier
 * of the two: what is over by both is over. The later: nothing is written down as older than it is.
 */
as_time as_moment_earlier(struct as_moment start, struct as_moment at);
as_time as_moment_later(struct as_moment start, struct as_moment at);

/* 2026-01-02T03:04:05Z; `out` has room for AS_CLOCK_TEXT octets. */
#define AS_CLOCK_TEXT 32
void as_clock_text(as_time at, char out[AS_CLOCK_TEXT]);
/* The wall clock with its microseconds: 2026-01-02T03:04:05.678901Z */
void as_clock_now_text(char out[AS_CLOCK_TEXT]);

#endif
