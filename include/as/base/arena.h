/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_arena: the memory of one request. Nothing is freed singly; everything is wiped and freed at
 * the end; the total has a cap, and an allocation past it gives NULL.
 *
 * Owner: whoever made it. Threads: one at a time.
 */
#ifndef AS_BASE_ARENA_H
#define AS_BASE_ARENA_H

#include "as/base/err.h"
#include "as/base/span.h"

struct as_arena;

/*
 * A new arena that will hand out at most `cap` bytes, each piece counted with what its alignment
 * takes. NULL when memory is short.
 */
struct as_arena *as_arena_new(size_t cap);
/* Another cap; what was handed out stays. */
void as_arena_set_cap(struct as_arena *mem, size_t cap);
/* Wipes and frees all it handed out. NULL is allowed. */
void as_arena_free(struct as_arena *mem);
/* Wipes and forgets all it handed out but stays usable. */
void as_arena_reset(struct as_arena *mem);

/* `size` zeroed bytes, aligned for any type; NULL at the cap. */
void *as_arena_alloc(struct as_arena *mem, size_t size);
/* count * size zeroed bytes; NULL on overflow and at the cap. */
void *as_arena_array(struct as_arena *mem, size_t count, size_t size);

/* A copy of the span, followed by a NUL that is not counted. Server error at the cap. */
as_err as_arena_copy(struct as_arena *mem, as_span from, as_span *out);
/* The same as a C string; a span with an inner NUL is refused as a server error. */
as_err as_arena_text(struct as_arena *mem, as_span from, const char **out);
/* printf into the arena. */
as_err as_arena_printf(struct as_arena *mem, as_span *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Raised when an arena gives NULL. */
#define AS_NEED_MEM(pointer) AS_NEED((pointer) != NULL, AS_SERVER_ERROR, "out of memory")

#endif
