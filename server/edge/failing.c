/* SPDX-License-Identifier: Apache-2.0 */
#include "failing.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct place {
    int family;
    unsigned char octets[16];
};

struct as_exempt {
    size_t count;
    struct place places[];
};

struct row {
    struct as_source source;
    int64_t since_ms;
    unsigned count;
};

struct as_failing {
    pthread_mutex_t lock;
    struct as_seed seed;
    unsigned most;
    struct as_exempt *exempt;
    struct row rows[AS_FAILING_SLOTS];
};

/* ---------------------------------------------------------------- who is exempt -------------- */

static bool read_place(const char *text, struct place *out)
{
    out->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return as_ip_parse(out->family, as_span_of(text), out->octets);
}

as_err as_exempt_new(const char *const *addresses, size_t count, struct as_exempt **out)
{
    struct as_exempt *exempt = calloc(1, sizeof(*exempt) + count * sizeof(exempt->places[0]));

    AS_NEED_MEM(exempt);
    exempt->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!read_place(addresses[i], &exempt->places[i])) {
            as_exempt_free(exempt);
            return AS_FAIL(AS_BAD_CONFIGURATION, "an exempt address is no IP address");
        }
    }
    *out = exempt;
    return AS_OK;
}

void as_exempt_free(struct as_exempt *exempt)
{
    free(exempt);
}

static struct place place_of(const struct sockaddr_storage *from)
{
    struct place place = {.family = from->ss_family};

    if (from->ss_family == AF_INET) {
        memcpy(place.octets, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        memcpy(place.octets, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    }
    return place;
}

static bool is_exempt(const struct as_exempt *exempt, const struct place *place)
{
    for (size_t i = 0; exempt != NULL && i < exempt->count; i++) {
        if (memcmp(&exempt->places[i], place, sizeof(*place)) == 0) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- life ----------------------- */

struct as_failing *as_failing_new(void)
{
    struct as_failing *failing = calloc(1, sizeof(*failing));

    if (failing != NULL) {
        (void)pthread_mutex_init(&failing->lock, NULL);
        as_seed_make(&failing->seed);
    }
    return failing;
}

void as_failing_free(struct as_failing *failing)
{
    if (failing != NULL) {
        as_exempt_free(failing->exempt);
        (void)pthread_mutex_destroy(&failing->lock);
        free(failing);
    }
}

void as_failing_use(struct as_failing *failing, unsigned most, struct as_exempt *exempt)
{
    (void)pthread_mutex_lock(&failing->lock);
    struct as_exempt *old = failing->exempt;
    failing->exempt = exempt;
    failing->most = most;
    (void)pthread_mutex_unlock(&failing->lock);
    as_exempt_free(old);
}

/* ---------------------------------------------------------------- counting ------------------- */

bool as_failing_counts(struct as_failing *failing, const struct sockaddr_storage *from)
{
    const struct place place = place_of(from);

    (void)pthread_mutex_lock(&failing->lock);
    bool counts = failing->most > 0 && !is_exempt(failing->exempt, &place);
    (void)pthread_mutex_unlock(&failing->lock);
    return counts;
}

static struct row *row_of(struct as_failing *failing, struct as_source source)
{
    return &failing->rows[as_seed_slot(&failing->seed, source, AS_FAILING_SLOTS)];
}

static bool window_is_over(const struct row *row, int64_t now_ms)
{
    return row->count == 0 || now_ms - row->since_ms >= AS_LIMIT_FAILED_WINDOW_MS;
}

static void note(struct as_failing *failing, struct as_source source, int64_t now_ms)
{
    struct row *row = row_of(failing, source);

    if (window_is_over(row, now_ms)) {
        *row = (struct row){source, now_ms, 0};
    }
    if (as_source_equal(row->source, source)) {
        row->count++;
    } else if (row->count < failing->most) {
        *row = (struct row){source, now_ms, 1};
    }
}

void as_failing_note(struct as_failing *failing, struct as_source source, int64_t now_ms)
{
    if (source.high == 0) {
        return;
    }
    (void)pthread_mutex_lock(&failing->lock);
    note(failing, source, now_ms);
    (void)pthread_mutex_unlock(&failing->lock);
}

bool as_failing_is(struct as_failing *failing, struct as_source source, int64_t now_ms)
{
    (void)pthread_mutex_lock(&failing->lock);
    const struct row *row = row_of(failing, source);
    bool fails = failing->most > 0 && !window_is_over(row, now_ms) &&
                 as_source_equal(row->source, source) && row->count >= failing->most;
    (void)pthread_mutex_unlock(&failing->lock);
    return fails;
}
