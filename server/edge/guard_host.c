/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Host field (RFC 9110 7.2). Narrower than RFC 3986 3.2.2: no userinfo, no percent escapes, no
 * sub-delims, no zone of an IPv6 address, no empty port; nothing that names a server needs them.
 */
#include "guard_parts.h"

#include <netinet/in.h>
#include <string.h>

static bool is_name(as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && c != '-' && c != '.' && c != '_') {
            return false;
        }
    }
    return text.len > 0;
}

/* Nothing, or ':' and a port. */
static bool is_port(as_span text)
{
    uint64_t port = 0;

    if (text.len == 0) {
        return true;
    }
    return text.ptr[0] == ':' && text.len <= 6 &&
           as_span_number(as_span_from(text, 1), UINT16_MAX, &port);
}

bool as_guard_is_host(as_span text)
{
    if (text.len == 0 || text.len > AS_GUARD_HOST_MAX) {
        return false;
    }
    bool bracket = text.ptr[0] == '[';
    const char *end = memchr(text.ptr, bracket ? ']' : ':', text.len);
    if (bracket) {
        struct in6_addr unused;
        as_span inner = {text.ptr + 1, end != NULL ? (size_t)(end - text.ptr) - 1 : 0};
        return end != NULL && as_ip_parse(AF_INET6, inner, &unused) &&
               is_port(as_span_from(text, (size_t)(end - text.ptr) + 1));
    }
    size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;
    return is_name((as_span){text.ptr, len}) && is_port(as_span_from(text, len));
}
