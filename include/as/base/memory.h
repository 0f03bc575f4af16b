/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for libraries that do not tell when they had none. Where OpenSSL needs memory to find
 * something good (a signature, a certification path) and there is none, it says "not good", often
 * with an empty error queue; jansson says that a text is malformed. A certificate would be refused
 * or a token be none for our want. So they ask here (as_crypto_watch_memory, as_json_watch_memory),
 * and whoever is told "not good" looks whether as_memory_shortages() has grown meanwhile: then it
 * says nothing of what was judged.
 *
 * Threads: any; each has a count of its own.
 */
#ifndef AS_BASE_MEMORY_H
#define AS_BASE_MEMORY_H

#include <stddef.h>

/* malloc() and realloc(); what they give is for free(). */
void *as_memory_get(size_t size);
void *as_memory_resize(void *old, size_t size);
/* How often this thread asked them in vain. */
unsigned long as_memory_shortages(void);

#endif
