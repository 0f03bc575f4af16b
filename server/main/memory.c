/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <malloc.h>
#include <unistd.h>

#define STEADY 4 /* main thread, committer and housekeeper of the store, keeper of the keys */
#define JOBS   2

/* The first threads that ask have one each, and the workers are the last to be started: one that
 * had to share its own with another worker would wait for it a few times a handshake. */
void as_memory_set_up(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    (void)mallopt(M_ARENA_MAX, (cores > 0 ? (int)cores : 1) + STEADY + JOBS);
}

void as_memory_trim(void)
{
    (void)malloc_trim(0);
}
