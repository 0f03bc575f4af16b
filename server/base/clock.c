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

/* RFC 3339 knows the years 0 to 9999; what lies outside 1970 to 9999 shows as the nearest end. */
void as_clock_text(as_time at, char out[AS_CLOCK_TEXT])
{
    struct tm tm = {0};
    time_t seconds = at < 0 ? 0 : at < YEAR_10000 ? at : YEAR_10000 - 1;

    (void)gmtime_r(&seconds, &tm);
    (void)strftime(out, AS_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
