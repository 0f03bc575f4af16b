/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for libraries that do not tell when they had none. Where OpenSSL needs memory to find
 * something good (a signature, a certification path) and there is none, it says "not good", often
 * with an empty error queue; jansson says that a text is malformed. A certificate would be refused
 * or a token be none for our want. So they ask here (as_crypto_watch_memory, as_json_watch_memory),
 * arenas do too, and whoever is told "not good" looks whether as_memory_shortages() has grown
 * meanwhile: then it says nothing of what was judged (as_memory_judged).
 *
 * Threads: any; each has a count of its own.
 */
#ifndef AS_BASE_MEMORY_H
#define AS_BASE_MEMORY_H

#include "as/base/err.h"

#include <stddef.h>

/* malloc(), calloc() and realloc(); what they give is for free(). */
void *as_memory_get(size_t size);
void *as_memory_zeroed(size_t size);
void *as_memory_resize(void *old, size_t size);
/* How often this thread asked them in vain. */
unsigned long as_memory_shortages(void);
/* `err`; but AS_SERVER_ERROR for a refusal since which, or by which, memory ran short: `before` is
 * what as_memory_shortages() said when the judging began. */
as_err as_memory_judged(as_err err, unsigned long before);

#endif
