/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for libraries that do not tell when they had none. Where OpenSSL needs memory to find
 * something good (a signature, a certification path) and there is none, it says "not good", often
 * with an empty error queue; jansson says that a text is malformed. A certificate would be refused
 * or a token be none for our want. So they ask here (as_crypto_watch_memory, as_json_watch_memory),
 * arenas do too, and whoever is told "not good" looks whether as_memory_shortages() has grown
 * meanwhile: then it says nothing of what was judged (as_memory_judged).
 *
 * A thread that serves many sets some memory apart beforehand. Who asks here and is given none gets
 * it from there; the thread then makes room before it goes on (edge/displace.c), and those who were
 * being served notice nothing.
 *
 * Threads: any; each has a count, and memory set apart, of its own.
 */
#ifndef AS_BASE_MEMORY_H
#define AS_BASE_MEMORY_H

#include "as/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* malloc(), calloc() and realloc(); what they give is for free(). */
void *as_memory_get(size_t size);
void *as_memory_zeroed(size_t size);
void *as_memory_resize(void *old, size_t size);
/* Sets AS_LIMIT_MEMORY_APART octets apart for this thread, or makes that whole again: true, at no
 * cost where nothing is missing. False: there is not so much now; what there was of it is set
 * apart. */
bool as_memory_set_apart(void);
/* Gives it back, at the latest before the thread ends. */
void as_memory_release(void);
/* How often this thread asked in vain, with nothing set apart either. */
unsigned long as_memory_shortages(void);
/* `err`; but AS_SERVER_ERROR for a refusal since which, or by which, memory ran short: `before` is
 * what as_memory_shortages() said when the judging began. */
as_err as_memory_judged(as_err err, unsigned long before);

#define AS_MEMORY_GROUPS "/proc/self/cgroup"
#define AS_MEMORY_TREE   "/sys/fs/cgroup"
/* Octets that the process may have before the kernel ends it: the least of what the machine has and
 * of what the cgroups that `groups` names, and those above them, allow in `tree` (cgroups(7), both
 * versions). Those that cannot be read do not count. Not told: resource limits of the process, by
 * which it is refused memory but not ended. */
uint64_t as_memory_limit(const char *groups, const char *tree);

#endif
