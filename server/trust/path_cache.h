/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judgements already made (design D5): accepted paths with their time window, and refusals for a
 * few seconds. The two are kept apart, so that a flood of refused certificates displaces no path.
 * One for all threads, where D5 has one per worker: a path is built once, and a look under the lock
 * costs nothing beside building one.
 * Keys are digests that we made (uthash is unseeded). Threads: any.
 */
#ifndef AS_TRUST_PATH_CACHE_H
#define AS_TRUST_PATH_CACHE_H

#include "as/trust.h"

struct as_path_cache;

/* NULL when memory is short. */
struct as_path_cache *as_path_cache_new(size_t most_paths, size_t most_failures);
void as_path_cache_free(struct as_path_cache *cache);

/*
 * What is known at `now`: an accepted path inside its window, or a refusal of the last
 * AS_LIMIT_PATH_FAILURE_S seconds. False when it must be judged anew.
 */
bool as_path_cache_get(struct as_path_cache *cache, const unsigned char key[AS_DIGEST], as_time now,
                       struct as_trust_verdict *out);

/* Keeps a verdict in place of the one of that key; at the bound the oldest goes. Nothing is kept
 * when memory is short. */
void as_path_cache_put(struct as_path_cache *cache, const unsigned char key[AS_DIGEST], as_time now,
                       const struct as_trust_verdict *verdict);

/* How many are kept, for tests. */
void as_path_cache_count(struct as_path_cache *cache, size_t *paths, size_t *failures);

#endif
