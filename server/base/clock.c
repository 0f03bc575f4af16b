/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/clock.h"

#include <time.h>

#define YEAR_10000 INT64_C(253402300800)

as_time as_clock_now(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec;
}

int64_t as_clock_mono_us(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t as_clock_mono_ms(void)
{
    return as_clock_mono_us() / 1000;
}

struct as_moment as_clock_moment(void)
{
    return (struct as_moment){as_clock_now(), as_clock_mono_ms()};
}

static as_time steady(struct as_moment start, struct as_moment at)
{
    return start.wall + (at.mono_ms - start.mono_ms) / 1000;
}

as_time as_moment_earlier(struct as_moment start, struct as_moment at)
{
    return at.wall < steady(start, at) ? at.wall : steady(start, at);
}

as_time as_moment_later(struct as_moment start, struct as_moment at)
{
    return at.wall > steady(start, at) ? at.wall : steady(start, at);
}

static char *put_digits(char *to, long number, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        to[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + digits;
}

/*
 * 2026-01-02T03:04:05 and no more; returns its end. RFC 3339 knows the years 0 to 9999; what lies
 * outside 1970 to 9999 shows as the nearest end. Not strftime(), which costs ten times as much:
 * each request writes two of these.
 */
static char *put_time(char *to, as_time at)
{
    struct tm tm = {0};
    time_t seconds = at < 0 ? 0 : at < YEAR_10000 ? at : YEAR_10000 - 1;

    (void)gmtime_r(&seconds, &tm);
    const struct {
        long number;
        size_t digits;
        char after;
    } parts[] = {{tm.tm_year + 1900L, 4, '-'}, {tm.tm_mon + 1L, 2, '-'}, {tm.tm_mday, 2, 'T'},
                 {tm.tm_hour, 2, ':'},         {tm.tm_min, 2, ':'},      {tm.tm_sec, 2, '\0'}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        to = put_digits(to, parts[i].number, parts[i].digits);
        *to++ = parts[i].after;
    }
    return to - 1;
}

void as_clock_text(as_time at, char out[AS_CLOCK_TEXT])
{
    char *end = put_time(out, at);

    end[0] = 'Z';
    end[1] = '\0';
}

void as_clock_now_text(char out[AS_CLOCK_TEXT])
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    char *end = put_time(out, now.tv_sec);
    *end = '.';
    end = put_digits(end + 1, now.tv_nsec / 1000, 6);
    end[0] = 'Z';
    end[1] = '\0';
}
