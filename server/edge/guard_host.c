/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Host field (RFC 9110 7.2). Narrower than RFC 3986 3.2.2: no userinfo, no percent escapes, no
 * sub-delims, no zone of an IPv6 address, no empty port; nothing that names a server needs them.
 */
#include "guard_parts.h"

#include <netinet/in.h>

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

bool as_guard_is_host(as_span text)
{
    struct as_host_port cut;
    struct in6_addr unused;
    uint16_t port;

    return text.len <= AS_LIMIT_HOST && as_host_port_cut(text, &cut) &&
           (!cut.has_port || as_port_parse(cut.port, &port)) &&
           (cut.bracketed ? as_ip_parse(AF_INET6, cut.bare, &unused) : is_name(cut.bare));
}
