/* SPDX-License-Identifier: Apache-2.0 */
#include "sources.h"

#include <stdlib.h>

#define BUCKETS 1024

struct as_source as_source_of(const struct sockaddr_storage *from)
{
    struct as_ip ip;

    (void)as_ip_of(from, &ip);
    return (struct as_source){as_ip_network(ip)};
}

bool as_source_equal(struct as_source a, struct as_source b)
{
    return as_ip_equal(&a.network, &b.network);
}

size_t as_source_slot(const struct as_hash_seed *seed, struct as_source source, size_t slots)
{
    as_span octets = as_span_bytes(source.network.octets, sizeof(source.network.octets));

    return (size_t)(as_hash(seed, octets) % slots);
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
    struct as_hash_seed seed;
    unsigned most;
    struct entry *buckets[BUCKETS];
};

struct as_sources *as_sources_new(unsigned most)
{
    struct as_sources *sources = as_memory_zeroed(sizeof(*sources));

    if (sources == NULL || as_failed(as_hash_seed_make(&sources->seed))) {
        free(sources);
        return NULL;
    }
    (void)pthread_mutex_init(&sources->lock, NULL);
    sources->most = most;
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
    struct entry **at = &sources->buckets[as_source_slot(&sources->seed, source, BUCKETS)];

    while (*at != NULL && !as_source_equal((*at)->source, source)) {
        at = &(*at)->next;
    }
    return at;
}

static bool enter(struct as_sources *sources, struct as_source source)
{
    struct entry **at = find(sources, source);

    if (*at == NULL) {
        *at = as_memory_zeroed(sizeof(**at));
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
