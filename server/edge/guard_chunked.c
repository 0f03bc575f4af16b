/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chunked coding (RFC 9112 7.1) in its plainest form: hex digits CRLF data CRLF ... 0 CRLF
 * CRLF, without extensions and trailers. Decoded in place: the body grows from body_at, the octets
 * still to be decoded stand at raw_at, and what lies between is squeezed out before we return.
 */
#include "guard_parts.h"

#include <string.h>

#define SIZE_DIGITS 8

/* A step looks at the octets at raw_at; *used 0 means that it needs more of them. */
typedef as_guard_no (*chunk_step)(struct as_guard *guard, as_span raw, char *body, size_t *used);

static as_guard_no take_crlf(as_span raw, size_t *used)
{
    GUARD_NEED(raw.len < 1 || raw.ptr[0] == '\r', AS_REFUSE_CHUNK);
    GUARD_NEED(raw.len < 2 || raw.ptr[1] == '\n', AS_REFUSE_CHUNK);
    *used = raw.len < 2 ? 0 : 2;
    return NULL;
}

static as_guard_no step_size(struct as_guard *guard, as_span raw, char *body, size_t *used)
{
    size_t size = 0;
    size_t digits = 0;

    (void)body;
    for (; digits < raw.len && digits < SIZE_DIGITS; digits++) {
        int digit = as_ascii_hex(raw.ptr[digits]);
        if (digit < 0) {
            break;
        }
        size = size << 4 | (size_t)digit;
    }
    GUARD_NEED(digits > 0, AS_REFUSE_CHUNK);
    GUARD_TRY(take_crlf(as_span_from(raw, digits), used));
    if (*used == 0) {
        return NULL;
    }
    GUARD_NEED(size <= guard->body_cap - guard->body_len, AS_REFUSE_BODY_SIZE);
    *used += digits;
    guard->raw_left = size;
    guard->chunk = size > 0 ? AS_CHUNK_DATA : AS_CHUNK_LAST;
    return NULL;
}

static as_guard_no step_data(struct as_guard *guard, as_span raw, char *body, size_t *used)
{
    size_t len = raw.len < guard->raw_left ? raw.len : guard->raw_left;

    memmove(body + guard->body_len, raw.ptr, len);
    guard->body_len += len;
    guard->raw_left -= len;
    guard->chunk = guard->raw_left > 0 ? AS_CHUNK_DATA : AS_CHUNK_DATA_END;
    *used = len;
    return NULL;
}

static as_guard_no step_data_end(struct as_guard *guard, as_span raw, char *body, size_t *used)
{
    (void)body;
    GUARD_TRY(take_crlf(raw, used));
    guard->chunk = *used > 0 ? AS_CHUNK_SIZE : AS_CHUNK_DATA_END;
    return NULL;
}

static as_guard_no step_last(struct as_guard *guard, as_span raw, char *body, size_t *used)
{
    (void)body;
    GUARD_TRY(take_crlf(raw, used));
    guard->chunk = *used > 0 ? AS_CHUNK_DONE : AS_CHUNK_LAST;
    return NULL;
}

static const chunk_step chunk_steps[] = {
    [AS_CHUNK_SIZE] = step_size,
    [AS_CHUNK_DATA] = step_data,
    [AS_CHUNK_DATA_END] = step_data_end,
    [AS_CHUNK_LAST] = step_last,
};

/* Moves what is not decoded yet up to the end of the body, and wipes what that leaves behind. */
static void squeeze(struct as_guard *guard, struct as_buf *in)
{
    size_t body_end = guard->body_at + guard->body_len;
    size_t gap = guard->raw_at - body_end;

    if (gap > 0) {
        memmove(in->ptr + body_end, in->ptr + guard->raw_at, in->len - guard->raw_at);
        explicit_bzero(in->ptr + in->len - gap, gap);
        in->len -= gap;
        guard->raw_at = body_end;
    }
}

as_guard_no as_guard_take_chunks(struct as_guard *guard, struct as_buf *in)
{
    while (guard->chunk != AS_CHUNK_DONE && guard->raw_at < in->len) {
        as_span raw = as_guard_span(in, guard->raw_at, in->len - guard->raw_at);
        size_t used = 0;
        GUARD_TRY(chunk_steps[guard->chunk](guard, raw, in->ptr + guard->body_at, &used));
        if (used == 0) {
            break;
        }
        guard->raw_at += used;
    }
    squeeze(guard, in);
    return NULL;
}
