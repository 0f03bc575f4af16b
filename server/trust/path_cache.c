/* SPDX-License-Identifier: Apache-2.0 */
#include "path_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <uthash.h>

struct entry {
    unsigned char key[AS_DIGEST];
    as_time made; /* by the `now` of the one who judged */
    struct as_trust_verdict verdict;
    UT_hash_handle hh;
};

/* uthash keeps the order of insertion: the head is the oldest. */
struct table {
    struct entry *head;
    size_t most;
};

struct as_path_cache {
    pthread_mutex_t lock;
    struct table paths;
    struct table failures;
};

static struct entry *find(struct table *table, const unsigned char *key)
{
    struct entry *found = NULL;

    HASH_FIND(hh, table->head, key, AS_DIGEST, found);
    return found;
}

static void drop(struct table *table, struct entry *entry)
{
    if (entry != NULL) {
        HASH_DELETE(hh, table->head, entry);
        free(entry);
    }
}

/* Takes the entry over, or frees it when the table cannot grow. */
static void add(struct table *table, struct entry *entry)
{
    if (HASH_COUNT(table->head) >= table->most) {
        drop(table, table->head);
    }
    HASH_ADD(hh, table->head, key, AS_DIGEST, entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
    }
}
#pragma GCC diagnostic pop

static void empty(struct table *table)
{
    while (table->head != NULL) {
        drop(table, table->head);
    }
}

struct as_path_cache *as_path_cache_new(size_t most_paths, size_t most_failures)
{
    struct as_path_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL || pthread_mutex_init(&cache->lock, NULL) != 0) {
        free(cache);
        return NULL;
    }
    cache->paths.most = most_paths;
    cache->failures.most = most_failures;
    return cache;
}

void as_path_cache_free(struct as_path_cache *cache)
{
    if (cache != NULL) {
        empty(&cache->paths);
        empty(&cache->failures);
        pthread_mutex_destroy(&cache->lock);
        free(cache);
    }
}

/* A path is asked for its dates each time; a clock that went back ends a refusal too. */
static bool holds(const struct entry *entry, as_time now)
{
    if (entry->verdict.reason == NULL) {
        return now >= entry->verdict.not_before && now <= entry->verdict.not_after;
    }
    return now >= entry->made && now < entry->made + AS_LIMIT_PATH_FAILURE_S;
}

bool as_path_cache_get(struct as_path_cache *cache, const unsigned char key[AS_DIGEST], as_time now,
                       struct as_trust_verdict *out)
{
    pthread_mutex_lock(&cache->lock);
    struct entry *found = find(&cache->paths, key);
    if (found == NULL || !holds(found, now)) {
        found = find(&cache->failures, key);
    }
    bool known = found != NULL && holds(found, now);
    if (known) {
        *out = found->verdict;
    }
    pthread_mutex_unlock(&cache->lock);
    return known;
}

void as_path_cache_put(struct as_path_cache *cache, const unsigned char key[AS_DIGEST], as_time now,
                       const struct as_trust_verdict *verdict)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL) {
        return;
    }
    memcpy(entry->key, key, AS_DIGEST);
    entry->made = now;
    entry->verdict = *verdict;
    pthread_mutex_lock(&cache->lock);
    drop(&cache->paths, find(&cache->paths, key));
    drop(&cache->failures, find(&cache->failures, key));
    add(verdict->reason == NULL ? &cache->paths : &cache->failures, entry);
    pthread_mutex_unlock(&cache->lock);
}

void as_path_cache_count(struct as_path_cache *cache, size_t *paths, size_t *failures)
{
    pthread_mutex_lock(&cache->lock);
    *paths = HASH_COUNT(cache->paths.head);
    *failures = HASH_COUNT(cache->failures.head);
    pthread_mutex_unlock(&cache->lock);
}
