/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded cache of records of one table, of one session and so of one thread. All that it holds
 * carries one stamp (session.h); at another stamp, or when it is full, it is emptied as a whole.
 * What was emptied during a request stays readable until as_cache_settle, since the request may
 * hold pointers into it.
 *
 * Keys are digests or ids that we made, never a client's text (uthash is unseeded).
 */
#ifndef AS_STORE_CACHE_H
#define AS_STORE_CACHE_H

#include "as/model.h"

/* The longest: of a certificate, as it was proven. Shorter ones are filled up with zeros. */
#define AS_CACHE_KEY (AS_DIGEST + AS_WAY + 1)

struct as_cache_generation;

struct as_cache {
    struct as_cache_generation *current; /* NULL: empty */
    struct as_cache_generation *retired; /* emptied in this request */
    size_t max_bytes;
};

/* The record, or NULL when there is none of that stamp. */
const void *as_cache_find(struct as_cache *cache, const unsigned char key[AS_CACHE_KEY],
                          uint64_t stamp);
/* The memory in which a record of that stamp is to be made. */
as_err as_cache_memory(struct as_cache *cache, uint64_t stamp, struct as_arena **out);
/* Keeps a record made in that memory. */
as_err as_cache_put(struct as_cache *cache, const unsigned char key[AS_CACHE_KEY],
                    const void *record);
/* Empties. False when there was nothing in it. */
bool as_cache_empty(struct as_cache *cache);
/* The request is over. */
void as_cache_settle(struct as_cache *cache);
void as_cache_free(struct as_cache *cache);

#endif
