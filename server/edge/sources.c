/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include "as/http.h"

#include <endian.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct as_source as_source_of(const struct sockaddr_storage *from)
{
    struct as_source source = {0, 0};

    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
        source = (struct as_source){1, v4->sin_addr.s_addr};
    }
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
        source.high = 2;
        memcpy(&source.low, &v6->sin6_addr, sizeof(source.low));
    }
    return source;
}

bool as_source_equal(struct as_source a, struct as_source b)
{
    return a.high == b.high && a.low == b.low;
}

/* Request ids are random; their text seeds as well as their bits. */
void as_seed_make(struct as_seed *seed)
{
    char id[AS_REQUEST_ID + 1];

    as_http_request_id(id);
    _Static_assert(sizeof(*seed) <= sizeof(id), "an id fills a seed");
    memcpy(seed, id, sizeof(*seed));
}

/* The two halves of a wide product, folded, twice. */
size_t as_seed_slot(const struct as_seed *seed, struct as_source source, size_t slots)
{
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(source.low ^ seed->words[0]) * (source.high ^ seed->words[1] ^ 0x9E3779B97F4A7C15U);

    uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);
    product = (wide)(folded ^ seed->words[1]) * 0xD6E8FEB86659FD93U;
    return (size_t)(((uint64_t)product ^ (uint64_t)(product >> 64)) % slots);
}

/* ---------------------------------------------------------------- connections per address ---- */

struct entry {
    struct entry *next;
    struct as_source source;
    unsigned count;
};

/* Entries are as many as addresses with an open connection. */
struct as_sources {
    pthread_mutex_t lock;
    struct as_seed seed;
    unsigned most;
    struct entry *buckets[BUCKETS];
};

struct as_sources *as_sources_new(unsigned most)
{
    struct as_sources *sources = calloc(1, sizeof(*sources));

    if (sources != NULL) {
        (void)pthread_mutex_init(&sources->lock, NULL);
        sources->most = most;
        as_seed_make(&sources->seed);
    }
    return sources;
}

void as_sources_free(struct as_sources *sources)
{
    if (sources == NULL) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (sources->buckets[i] != NULL) {
            struct entry *next = sources->buckets[i]->next;
            free(sources->buckets[i]);
            sources->buckets[i] = next;
        }
    }
    (void)pthread_mutex_destroy(&sources->lock);
    free(sources);
}

/* Where the entry hangs, or would. */
static struct entry **find(struct as_sources *sources, struct as_source source)
{
    struct entry **at = &sources->buckets[as_seed_slot(&sources->seed, source, BUCKETS)];

    while (*at != NULL && !as_source_equal((*at)->source, source)) {
        at = &(*at)->next;
    }
    return at;
}

static bool enter(struct as_sources *sources, struct as_source source)
{
    struct entry **at = find(sources, source);

    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL) {
            return false;
        }
        (*at)->source = source;
    }
    if (sources->most > 0 && (*at)->count >= sources->most) {
        return false;
    }
    (*at)->count++;
    return true;
}

bool as_sources_enter(struct as_sources *sources, struct as_source source)
{
    (void)pthread_mutex_lock(&sources->lock);
    bool entered = enter(sources, source);
    (void)pthread_mutex_unlock(&sources->lock);
    return entered;
}

unsigned as_sources_count(struct as_sources *sources, struct as_source source)
{
    (void)pthread_mutex_lock(&sources->lock);
    const struct entry *entry = *find(sources, source);
    unsigned count = entry != NULL ? entry->count : 0;
    (void)pthread_mutex_unlock(&sources->lock);
    return count;
}

void as_sources_leave(struct as_sources *sources, struct as_source source)
{
    (void)pthread_mutex_lock(&sources->lock);
    struct entry **at = find(sources, source);
    if (*at != NULL && --(*at)->count == 0) {
        struct entry *gone = *at;
        *at = gone->next;
        free(gone);
    }
    (void)pthread_mutex_unlock(&sources->lock);
}
