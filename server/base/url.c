/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/url.h"

#include <string.h>

#define HTTPS_PORT  443
#define PORT_DIGITS 5

static size_t find(as_span text, char c)
{
    size_t at = 0;

    while (at < text.len && text.ptr[at] != c) {
        at++;
    }
    return at;
}

bool as_host_port_cut(as_span text, struct as_host_port *out)
{
    bool bracketed = text.len > 0 && text.ptr[0] == '[';
    size_t end = find(text, bracketed ? ']' : ':');

    *out = (struct as_host_port){.bracketed = bracketed};
    if (bracketed && end == text.len) {
        return false;
    }
    out->host = (as_span){text.ptr, bracketed ? end + 1 : end};
    out->bare = bracketed ? (as_span){text.ptr + 1, end - 1} : out->host;
    as_span rest = as_span_from(text, out->host.len);
    out->has_port = rest.len > 0;
    out->port = as_span_from(rest, 1);
    return out->bare.len > 0 && !as_span_has_byte(out->bare, '[') &&
           !as_span_has_byte(out->bare, ']') &&
           (rest.len == 0 || (rest.ptr[0] == ':' && !as_span_has_byte(out->port, ':')));
}

bool as_port_parse(as_span text, uint16_t *out)
{
    uint64_t number = 0;

    if (text.len > PORT_DIGITS || !as_span_number(text, UINT16_MAX, &number)) {
        return false;
    }
    *out = (uint16_t)number;
    return true;
}

struct as_url as_url_cut(const char *url)
{
    const as_span whole = as_span_of(url);
    const as_span rest = as_span_from(whole, strlen("https://"));
    const as_span authority = {rest.ptr, find(rest, '/')};
    struct as_url parts = {.port = HTTPS_PORT, .path = as_span_from(rest, authority.len)};
    struct as_host_port cut;

    if (as_host_port_cut(authority, &cut)) {
        parts.host = cut.host;
        (void)as_port_parse(cut.port, &parts.port);
    }
    parts.origin = (as_span){whole.ptr, whole.len - parts.path.len};
    return parts;
}
