/* SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <malloc.h>
#include <unistd.h>

void as_memory_set_up(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    (void)mallopt(M_ARENA_MAX, (cores > 0 ? (int)cores : 1) + 2);
}

void as_memory_trim(void)
{
    (void)malloc_trim(0);
}
