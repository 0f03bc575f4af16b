/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/buf.h"

#include "as/base/memory.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_ROOM 512 /* twice it holds most answers and audit lines: they need not grow */
#define NUMBER_MAX     20  /* characters of INT64_MIN */

void as_buf_free(struct as_buf *buf)
{
    if (buf->ptr != NULL) {
        explicit_bzero(buf->ptr, buf->room);
        free(buf->ptr);
    }
    *buf = AS_BUF(buf->max);
}

/* Not realloc(): that would leave an unwiped copy behind. */
static bool grow(struct as_buf *buf, size_t room)
{
    char *ptr = as_memory_get(room);

    if (ptr == NULL) {
        return false;
    }
    if (buf->ptr != NULL) {
        memcpy(ptr, buf->ptr, buf->len);
        explicit_bzero(buf->ptr, buf->room);
        free(buf->ptr);
    }
    buf->ptr = ptr;
    buf->room = room;
    return true;
}

/* Twice the room or what is needed, whichever is more, and at most the maximum. */
static size_t next_room(const struct as_buf *buf, size_t need)
{
    size_t room = buf->room > 0 ? buf->room : BUF_FIRST_ROOM;

    room = room > buf->max / 2 ? buf->max : room * 2;
    return room > need ? room : need;
}

bool as_buf_reserve(struct as_buf *buf, size_t size)
{
    if (buf->full || size > buf->max - buf->len) {
        buf->full = true;
        return false;
    }
    if (size > buf->room - buf->len && !grow(buf, next_room(buf, buf->len + size))) {
        buf->full = buf->starved = true;
    }
    return !buf->full;
}

bool as_buf_add(struct as_buf *buf, as_span bytes)
{
    if (!as_buf_reserve(buf, bytes.len)) {
        return false;
    }
    if (bytes.len > 0) {
        memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
        buf->len += bytes.len;
    }
    return true;
}

bool as_buf_add_text(struct as_buf *buf, const char *text)
{
    return as_buf_add(buf, as_span_of(text));
}

bool as_buf_add_byte(struct as_buf *buf, char byte)
{
    return as_buf_add(buf, (as_span){&byte, 1});
}

bool as_buf_printf(struct as_buf *buf, const char *format, ...)
{
    va_list args;
    size_t room = buf->room - buf->len;

    va_start(args, format);
    int len = vsnprintf(room > 0 ? buf->ptr + buf->len : NULL, room, format, args);
    va_end(args);
    /* One octet more for the NUL of vsnprintf, unless the text ends exactly at the maximum. */
    if (len < 0 || buf->full || (size_t)len > buf->max - buf->len) {
        buf->full = true;
        return false;
    }
    if ((size_t)len < room) {
        buf->len += (size_t)len;
        return true;
    }
    char *text = NULL;
    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        buf->full = buf->starved = true;
        return false;
    }
    bool added = as_buf_add(buf, (as_span){text, (size_t)len});
    explicit_bzero(text, (size_t)len);
    free(text);
    return added;
}

bool as_buf_add_number(struct as_buf *buf, int64_t number)
{
    char text[NUMBER_MAX];
    size_t at = sizeof(text);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        text[--at] = '-';
    }
    return as_buf_add(buf, (as_span){text + at, sizeof(text) - at});
}

/* ---------------------------------------------------------------- JSON ----------------------- */

static bool add_escaped(struct as_buf *buf, unsigned char c)
{
    static const char *const named[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
    };

    if (c < sizeof(named) / sizeof(named[0]) && named[c] != NULL) {
        return as_buf_add_text(buf, named[c]);
    }
    return as_buf_printf(buf, "\\u%04x", c);
}

/*
 * One character at `p`, *used octets long. Escaped besides what JSON asks for: DEL and the C1
 * controls, which a terminal would obey, and octets that are no UTF-8.
 */
static bool add_json_char(struct as_buf *buf, const unsigned char *p, size_t left, size_t *used)
{
    size_t len = as_utf8_char(p, left);

    *used = len > 0 ? len : 1;
    if (len == 2 && p[0] == 0xC2 && p[1] < 0xA0) {
        return add_escaped(buf, p[1]);
    }
    if (len == 0 || p[0] < 0x20 || p[0] == 0x7F || p[0] == '"' || p[0] == '\\') {
        return add_escaped(buf, p[0]);
    }
    return as_buf_add(buf, as_span_bytes(p, len));
}

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* Is one of the eight octets zero? Exact, if not in telling which. */
static uint64_t has_zero(uint64_t octets)
{
    return (octets - EACH(0x01)) & ~octets & EACH(0x80);
}

/* Of eight octets at once: is each of them printable ASCII, no quote and no backslash? */
static bool are_plain(const unsigned char *p)
{
    uint64_t octets;

    memcpy(&octets, p, sizeof(octets));
    uint64_t low = (octets - EACH(0x20)) & ~octets & EACH(0x80); /* one is below 0x20 */
    return ((octets & EACH(0x80)) | low | has_zero(octets ^ EACH(0x7F)) |
            has_zero(octets ^ EACH('"')) | has_zero(octets ^ EACH('\\'))) == 0;
}

/* How many octets at the start need no escape: most texts are one such run, added at once. */
static size_t plain_run(const unsigned char *p, size_t left)
{
    size_t run = 0;

    while (left - run >= 8 && are_plain(p + run)) {
        run += 8;
    }
    while (run < left && p[run] >= 0x20 && p[run] < 0x7F && p[run] != '"' && p[run] != '\\') {
        run++;
    }
    return run;
}

static bool add_json_chars(struct as_buf *buf, as_span text)
{
    for (size_t at = 0, used = 0; at < text.len; at += used) {
        const unsigned char *p = as_span_u8(text) + at;

        used = plain_run(p, text.len - at);
        if (!(used > 0 ? as_buf_add(buf, as_span_bytes(p, used))
                       : add_json_char(buf, p, text.len - at, &used))) {
            return false;
        }
    }
    return true;
}

bool as_buf_add_json_string(struct as_buf *buf, as_span text)
{
    size_t before = buf->len;

    if (as_buf_add_byte(buf, '"') && add_json_chars(buf, text) && as_buf_add_byte(buf, '"')) {
        return true;
    }
    buf->len = before; /* never half a string */
    return false;
}

bool as_buf_add_json_name(struct as_buf *buf, const char *name)
{
    bool first = buf->len == 0;
    bool after = !first && buf->ptr[buf->len - 1] != '{'; /* a member stands before it */

    (void)(!first || as_buf_add_byte(buf, '{'));
    (void)(!after || as_buf_add_byte(buf, ','));
    return as_buf_add_byte(buf, '"') && as_buf_add_text(buf, name) && as_buf_add_text(buf, "\":");
}

bool as_buf_add_json_text(struct as_buf *buf, const char *name, as_span text)
{
    return as_buf_add_json_name(buf, name) && as_buf_add_json_string(buf, text);
}

bool as_buf_add_json_number(struct as_buf *buf, const char *name, int64_t number)
{
    return as_buf_add_json_name(buf, name) && as_buf_add_number(buf, number);
}

/* ---------------------------------------------------------------- the front ------------------ */

void as_buf_drop(struct as_buf *buf, size_t count)
{
    if (count == 0) {
        return;
    }
    size_t left = count < buf->len ? buf->len - count : 0;
    if (left > 0) {
        memmove(buf->ptr, buf->ptr + count, left);
    }
    if (buf->len > left) {
        explicit_bzero(buf->ptr + left, buf->len - left);
    }
    buf->len = left;
}
