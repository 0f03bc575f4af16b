/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_buf: a growing buffer with a maximum stated when it is made. Past the maximum, or when memory
 * is short, it becomes `full`: it keeps what it has, takes no more, and says so until it is
 * freed. An addition that does not fit is left out whole.
 *
 * Owner: whoever declared it; as_buf_free wipes and frees. Threads: one at a time.
 */
#ifndef AS_BASE_BUF_H
#define AS_BASE_BUF_H

#include "as/base/err.h"
#include "as/base/span.h"

struct as_buf {
    char *ptr;
    size_t len;
    size_t room;
    size_t max;
    bool full;
    bool starved; /* full for want of memory */
};

#define AS_BUF(maximum) ((struct as_buf){NULL, 0, 0, (maximum), false, false})

/* Wipes and frees; the buffer is as it was made. */
void as_buf_free(struct as_buf *buf);
/* AS_AUTO_BUF struct as_buf text = AS_BUF(256): freed at the end of the block. */
#define AS_AUTO_BUF __attribute__((cleanup(as_buf_free)))

/* All false (and full) at the maximum. */
bool as_buf_add(struct as_buf *buf, as_span bytes);
bool as_buf_add_text(struct as_buf *buf, const char *text);
bool as_buf_add_byte(struct as_buf *buf, char byte);
bool as_buf_printf(struct as_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text as a quoted JSON string; controls (C1 too) and non-UTF-8 octets are written as \u00XX.
 */
bool as_buf_add_json_string(struct as_buf *buf, as_span text);
/* In decimal. */
bool as_buf_add_number(struct as_buf *buf, int64_t number);
/*
 * Members of a JSON object in their order: the first one in the buffer opens the object, the caller
 * closes it with a '}'. A value that is an object itself begins as as_buf_add_json_name() and '{'.
 * Names are ours and need no escape. For what each request writes: json_pack and json_dumps of
 * jansson took a fifth of the work of a token.
 */
bool as_buf_add_json_name(struct as_buf *buf, const char *name);
bool as_buf_add_json_text(struct as_buf *buf, const char *name, as_span text);
bool as_buf_add_json_number(struct as_buf *buf, const char *name, int64_t number);
/* At least `size` writable octets at ptr + len; the caller adds what it wrote to len. */
bool as_buf_reserve(struct as_buf *buf, size_t size);
/* Drops `count` octets from the front. */
void as_buf_drop(struct as_buf *buf, size_t count);

/* What it holds, until the next change. */
static inline as_span as_buf_span(const struct as_buf *buf)
{
    return (as_span){buf->ptr, buf->len};
}

#endif
