/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/memory.h"

#include "as/base/limits.h"

#include <stdlib.h>

#define PIECE  ((size_t)32 * 1024) /* holds each thing but the buffers of large requests */
#define PIECES (AS_LIMIT_MEMORY_APART / PIECE)

static _Thread_local unsigned long shortages;
static _Thread_local void *apart[PIECES];
static _Thread_local size_t pieces;

/* ---------------------------------------------------------------- set apart ------------------ */

/* Nobody writes there: the system gives pages to it only when somebody else has it. */
bool as_memory_set_apart(void)
{
    while (pieces < PIECES) {
        void *piece = malloc(PIECE);
        if (piece == NULL) {
            return false;
        }
        apart[pieces++] = piece;
    }
    return true;
}

void as_memory_release(void)
{
    while (pieces > 0) {
        free(apart[--pieces]);
    }
}

/* All at once, so that they become one again; false: there was nothing. */
static bool use_apart(void)
{
    bool had = pieces > 0;

    as_memory_release();
    return had;
}

/* ---------------------------------------------------------------- asking --------------------- */

static void *noted(void *got, size_t size)
{
    shortages += got == NULL && size > 0 ? 1 : 0;
    return got;
}

void *as_memory_get(size_t size)
{
    void *got = malloc(size);

    if (got == NULL && size > 0 && use_apart()) {
        got = malloc(size);
    }
    return noted(got, size);
}

void *as_memory_zeroed(size_t size)
{
    void *got = calloc(1, size);

    if (got == NULL && size > 0 && use_apart()) {
        got = calloc(1, size);
    }
    return noted(got, size);
}

void *as_memory_resize(void *old, size_t size)
{
    void *got = realloc(old, size);

    if (got == NULL && size > 0 && use_apart()) {
        got = realloc(old, size);
    }
    return noted(got, size);
}

/* ---------------------------------------------------------------- shortages ------------------ */

unsigned long as_memory_shortages(void)
{
    return shortages;
}

as_err as_memory_judged(as_err err, unsigned long before)
{
    return as_failed(err) && shortages != before ? AS_FAIL(AS_SERVER_ERROR, "out of memory") : err;
}
