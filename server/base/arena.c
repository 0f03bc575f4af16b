/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena is a list of chunks, newest first. A chunk is zeroed when it is made and its used part
 * wiped when it is given up, so that what it hands out is always zero. AddressSanitizer sees the
 * edges of each allocation: what was not handed out is poisoned, with a gap between neighbours.
 */
#include "as/base/arena.h"

#include "as/base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define GAP 16U
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define GAP                                   0U
#endif

#define ALIGN      _Alignof(max_align_t)
#define CHUNK_ROOM ((size_t)16 * 1024 - sizeof(struct chunk))

struct chunk {
    struct chunk *next;
    size_t room;
    size_t used;
    max_align_t bytes[];
};

struct as_arena {
    struct chunk *head;
    size_t cap;
    size_t used; /* handed out, rounded up: the real memory is what has to be bounded */
};

static bool round_up(size_t size, size_t *out)
{
    if (size > SIZE_MAX / 2) {
        return false;
    }
    *out = (size + ALIGN - 1) / ALIGN * ALIGN;
    return true;
}

struct as_arena *as_arena_new(size_t cap)
{
    struct as_arena *mem = as_memory_zeroed(sizeof(*mem));

    if (mem != NULL) {
        as_arena_set_cap(mem, cap);
    }
    return mem;
}

void as_arena_set_cap(struct as_arena *mem, size_t cap)
{
    if (!round_up(cap, &mem->cap)) {
        mem->cap = SIZE_MAX / 2;
    }
}

static void chunk_wipe(struct chunk *chunk)
{
    ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->room);
    explicit_bzero(chunk->bytes, chunk->used);
    chunk->used = 0;
}

static void chunks_free(struct chunk *chunk)
{
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        chunk_wipe(chunk);
        free(chunk);
        chunk = next;
    }
}

void as_arena_free(struct as_arena *mem)
{
    if (mem != NULL) {
        chunks_free(mem->head);
        free(mem);
    }
}

/* The newest chunk stays, so that a connection's next request need not ask for memory again. */
void as_arena_reset(struct as_arena *mem)
{
    struct chunk *kept = mem->head;

    mem->used = 0;
    if (kept == NULL) {
        return;
    }
    chunks_free(kept->next);
    kept->next = NULL;
    chunk_wipe(kept);
    if (kept->room > CHUNK_ROOM) {
        free(kept);
        mem->head = NULL;
        return;
    }
    ASAN_POISON_MEMORY_REGION(kept->bytes, kept->room);
}

static struct chunk *chunk_new(size_t room)
{
    struct chunk *chunk = as_memory_zeroed(sizeof(*chunk) + room);

    if (chunk != NULL) {
        chunk->room = room;
        ASAN_POISON_MEMORY_REGION(chunk->bytes, room);
    }
    return chunk;
}

/* A chunk with `need` octets left. One made for a large piece stands behind a head with more left.
 */
static struct chunk *chunk_with(struct as_arena *mem, size_t need)
{
    struct chunk *head = mem->head;

    if (head != NULL && head->room - head->used >= need) {
        return head;
    }
    struct chunk *chunk = chunk_new(need > CHUNK_ROOM ? need : CHUNK_ROOM);
    if (chunk == NULL) {
        return NULL;
    }
    if (head != NULL && chunk->room - need < head->room - head->used) {
        chunk->next = head->next;
        head->next = chunk;
    } else {
        chunk->next = head;
        mem->head = chunk;
    }
    return chunk;
}

void *as_arena_alloc(struct as_arena *mem, size_t size)
{
    size_t rounded = 0;

    if (!round_up(size > 0 ? size : 1, &rounded) || mem->used > mem->cap ||
        rounded > mem->cap - mem->used) {
        return NULL;
    }
    struct chunk *chunk = chunk_with(mem, rounded + GAP);
    if (chunk == NULL) {
        return NULL;
    }
    void *at = (char *)chunk->bytes + chunk->used;
    chunk->used += rounded + GAP;
    mem->used += rounded;
    ASAN_UNPOISON_MEMORY_REGION(at, size);
    return at;
}

void *as_arena_array(struct as_arena *mem, size_t count, size_t size)
{
    size_t total = 0;

    return __builtin_mul_overflow(count, size, &total) ? NULL : as_arena_alloc(mem, total);
}

as_err as_arena_copy(struct as_arena *mem, as_span from, as_span *out)
{
    AS_NEED(from.len < SIZE_MAX, AS_SERVER_ERROR, "out of memory");
    char *copy = as_arena_alloc(mem, from.len + 1);
    AS_NEED_MEM(copy);
    if (from.len > 0) {
        memcpy(copy, from.ptr, from.len);
    }
    *out = (as_span){copy, from.len};
    return AS_OK;
}

as_err as_arena_text(struct as_arena *mem, as_span from, const char **out)
{
    as_span copy = AS_SPAN_NONE;

    AS_NEED(!as_span_has_byte(from, '\0'), AS_SERVER_ERROR, "text holds a NUL");
    AS_TRY(as_arena_copy(mem, from, &copy));
    *out = copy.ptr;
    return AS_OK;
}

as_err as_arena_printf(struct as_arena *mem, as_span *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    AS_NEED(len >= 0, AS_SERVER_ERROR, "text cannot be formatted");

    char *text = as_arena_alloc(mem, (size_t)len + 1);
    AS_NEED_MEM(text);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    *out = (as_span){text, (size_t)len};
    return AS_OK;
}
