/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/memory.h"

#include <stdlib.h>

static _Thread_local unsigned long shortages;

static void *noted(void *got, size_t size)
{
    shortages += got == NULL && size > 0 ? 1 : 0;
    return got;
}

void *as_memory_get(size_t size)
{
    return noted(malloc(size), size);
}

void *as_memory_zeroed(size_t size)
{
    return noted(calloc(1, size), size);
}

void *as_memory_resize(void *old, size_t size)
{
    return noted(realloc(old, size), size);
}

unsigned long as_memory_shortages(void)
{
    return shortages;
}

as_err as_memory_judged(as_err err, unsigned long before)
{
    return as_failed(err) && shortages != before ? AS_FAIL(AS_SERVER_ERROR, "out of memory") : err;
}
