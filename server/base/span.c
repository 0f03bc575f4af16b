/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/span.h"

#include "as/base/ascii.h"
#include "as/base/auto.h"
#include "utf8.h"

#include <string.h>

as_span as_span_of(const char *text)
{
    return text == NULL ? AS_SPAN_NONE : (as_span){text, strlen(text)};
}

as_span as_span_bytes(const void *bytes, size_t len)
{
    return (as_span){(const char *)bytes, len};
}

bool as_span_equal(as_span a, as_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool as_span_is(as_span a, const char *text)
{
    return as_span_equal(a, as_span_of(text));
}

bool as_span_equal_nocase(as_span a, as_span b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (as_ascii_lower(a.ptr[i]) != as_ascii_lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool as_span_starts(as_span s, as_span prefix)
{
    return s.len >= prefix.len && as_span_equal((as_span){s.ptr, prefix.len}, prefix);
}

bool as_span_has_byte(as_span s, char byte)
{
    return s.len > 0 && memchr(s.ptr, byte, s.len) != NULL;
}

as_span as_span_from(as_span s, size_t from)
{
    if (from >= s.len) {
        return AS_SPAN_NONE;
    }
    return (as_span){s.ptr + from, s.len - from};
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

as_span as_span_trim(as_span s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool as_span_cut(as_span *rest, char separator, as_span *head)
{
    if (rest->len == 0) {
        *head = AS_SPAN_NONE;
        return false;
    }
    const char *at = memchr(rest->ptr, separator, rest->len);
    if (at == NULL) {
        *head = *rest;
        *rest = AS_SPAN_NONE;
        return true;
    }
    size_t len = (size_t)(at - rest->ptr);
    *head = (as_span){rest->ptr, len};
    *rest = as_span_from(*rest, len + 1);
    return true;
}

bool as_span_number(as_span s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!as_ascii_is_digit(s.ptr[i])) {
            return false;
        }
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (value > (UINT64_MAX - digit) / 10 || value * 10 + digit > max) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

struct unit {
    char letter;
    int64_t worth;
};

static bool quantity(as_span s, const struct unit *units, size_t count, int64_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; s.len > 0 && i < count; i++) {
        if (s.ptr[s.len - 1] == units[i].letter) {
            bool fine = as_span_number((as_span){s.ptr, s.len - 1}, UINT32_MAX, &number);

            *out = fine ? (int64_t)number * units[i].worth : 0;
            return fine;
        }
    }
    return false;
}

bool as_span_duration(as_span s, int64_t *seconds)
{
    static const struct unit units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

    return quantity(s, units, AS_COUNT(units), seconds);
}

bool as_span_size(as_span s, int64_t *octets)
{
    static const struct unit units[] = {{'k', 1024}, {'M', 1024 * 1024}};

    return quantity(s, units, AS_COUNT(units), octets);
}

bool as_span_is_utf8(as_span s)
{
    for (size_t at = 0; at < s.len;) {
        const unsigned char *p = as_span_u8(s) + at;
        size_t len = *p < 0x80 ? 1 : as_utf8_char(p, s.len - at); /* mostly ASCII: no call */
        if (len == 0) {
            return false;
        }
        at += len;
    }
    return true;
}

bool as_span_has_control(as_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = as_span_u8(s)[i];
        if (c < 0x20 || c == 0x7F) {
            return true;
        }
    }
    return false;
}
