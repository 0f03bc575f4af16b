/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <malloc.h>
#include <unistd.h>

/* Main thread, committer and housekeeper of the store, keeper of the keys; the audit's writer asks
 * for no memory. */
#define STEADY 4
#define JOBS   2

/* Of what lies free at the end of an arena so much may stay, and malloc_trim leaves it alone but in
 * the first: glibc's default, which it otherwise raises to twice the largest block ever freed. */
#define END_OCTETS (128 * 1024)

/* The first threads that ask have one each, and the workers are the last to be started: one that
 * had to share its own with another worker would wait for it a few times a handshake. */
void as_memory_set_up(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    (void)mallopt(M_ARENA_MAX, (cores > 0 ? (int)cores : 1) + STEADY + JOBS);
    (void)mallopt(M_TRIM_THRESHOLD, END_OCTETS);
}

void as_memory_trim(void)
{
    (void)malloc_trim(0);
}
