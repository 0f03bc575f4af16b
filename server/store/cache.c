/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#define HASH_NONFATAL_OOM 1
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* In the arena of its generation. */
struct entry {
    unsigned char key[AS_CACHE_KEY];
    const void *record;
    UT_hash_handle hh;
};

struct as_cache_generation {
    uint64_t stamp;
    struct as_arena *mem;
    struct entry *entries;
    struct as_cache_generation *next;
};

static void generation_free(struct as_cache_generation *old)
{
    HASH_CLEAR(hh, old->entries);
    as_arena_free(old->mem);
    free(old);
}

bool as_cache_empty(struct as_cache *cache)
{
    struct as_cache_generation *old = AS_MOVE(cache->current);

    if (old == NULL) {
        return false;
    }
    bool had = HASH_COUNT(old->entries) > 0;
    old->next = cache->retired;
    cache->retired = old;
    return had;
}

const void *as_cache_find(struct as_cache *cache, const unsigned char key[AS_CACHE_KEY],
                          uint64_t stamp)
{
    struct entry *hit = NULL;

    if (cache->current == NULL || cache->current->stamp != stamp) {
        return NULL;
    }
    HASH_FIND(hh, cache->current->entries, key, AS_CACHE_KEY, hit);
    return hit != NULL ? hit->record : NULL;
}

static as_err generation_start(struct as_cache *cache, uint64_t stamp)
{
    struct as_cache_generation *fresh = calloc(1, sizeof(*fresh));

    AS_NEED_MEM(fresh);
    fresh->stamp = stamp;
    fresh->mem = as_arena_new(cache->max_bytes);
    if (fresh->mem == NULL) {
        free(fresh);
        return AS_FAIL(AS_SERVER_ERROR, "out of memory");
    }
    cache->current = fresh;
    return AS_OK;
}

as_err as_cache_memory(struct as_cache *cache, uint64_t stamp, struct as_arena **out)
{
    if (cache->current != NULL && (cache->current->stamp != stamp ||
                                   HASH_COUNT(cache->current->entries) >= AS_LIMIT_CACHE_ENTRIES)) {
        (void)as_cache_empty(cache);
    }
    if (cache->current == NULL) {
        AS_TRY(generation_start(cache, stamp));
    }
    *out = cache->current->mem;
    return AS_OK;
}

as_err as_cache_put(struct as_cache *cache, const unsigned char key[AS_CACHE_KEY],
                    const void *record)
{
    struct as_cache_generation *now = cache->current;
    struct entry *entry = as_arena_alloc(now->mem, sizeof(*entry));

    AS_NEED_MEM(entry);
    memcpy(entry->key, key, AS_CACHE_KEY);
    entry->record = record;
    HASH_ADD(hh, now->entries, key, AS_CACHE_KEY, entry);
    AS_NEED_MEM(entry->hh.tbl);
    return AS_OK;
}

void as_cache_settle(struct as_cache *cache)
{
    while (cache->retired != NULL) {
        struct as_cache_generation *old = cache->retired;
        cache->retired = old->next;
        generation_free(old);
    }
}

void as_cache_free(struct as_cache *cache)
{
    (void)as_cache_empty(cache);
    as_cache_settle(cache);
}
