/* SPDX-License-Identifier: Apache-2.0 */
/*
 * as_span: a pointer and a length; text or bytes that somebody else owns. Not NUL-terminated unless
 * a function says so. The empty span may have a NULL pointer. Threads: values only.
 */
#ifndef AS_BASE_SPAN_H
#define AS_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct as_span {
    const char *ptr;
    size_t len;
} as_span;

#define AS_SPAN_NONE ((as_span){NULL, 0})
/* The span of a string literal. */
#define AS_LIT(text) ((as_span){("" text), sizeof(text) - 1})
/* The same as the initializer of a static table. */
#define AS_LIT_ROW(text)                                                                           \
    {                                                                                              \
        ("" text), sizeof(text) - 1                                                                \
    }

/* The span of a C string; NULL gives the empty span. */
as_span as_span_of(const char *text);
as_span as_span_bytes(const void *bytes, size_t len);

/* The bytes as libraries want them. */
static inline const unsigned char *as_span_u8(as_span s)
{
    return (const unsigned char *)s.ptr;
}

/* Equal octet for octet. Not for secrets: see as_crypto_equal. */
bool as_span_equal(as_span a, as_span b);
bool as_span_is(as_span a, const char *text);
/* Equal when ASCII letters ignore case. */
bool as_span_equal_nocase(as_span a, as_span b);
bool as_span_starts(as_span s, as_span prefix);
bool as_span_has_byte(as_span s, char byte);

/* The part from `from` to the end; empty when `from` is past it. */
as_span as_span_from(as_span s, size_t from);
/* Without blanks and tabs at both ends (RFC 9110 5.6.3 OWS). */
as_span as_span_trim(as_span s);

/*
 * Cuts `rest` at the first `separator`: *head is what stands before it, *rest what follows.
 * False when rest was empty (then *head is empty too); the last piece has no separator after it.
 */
bool as_span_cut(as_span *rest, char separator, as_span *head);

/* Decimal digits only, no sign, no blanks, at most `max`. False otherwise. */
bool as_span_number(as_span s, uint64_t max, uint64_t *out);

/* A number and a letter that says of what: seconds of 90s, 30m, 12h, 7d; octets of 16k, 8M. At most
 * UINT32_MAX of the unit. False otherwise. */
bool as_span_duration(as_span s, int64_t *seconds);
bool as_span_size(as_span s, int64_t *octets);

/* Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF. */
bool as_span_is_utf8(as_span s);
/* Any of 0x00-0x1F or 0x7F? */
bool as_span_has_control(as_span s);

#endif
