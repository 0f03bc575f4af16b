/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/url.h"

#include <string.h>

#define HTTPS_PORT 443

/* Cuts ":port" off: behind the last colon that is not in brackets. */
static unsigned cut_port(as_span *host)
{
    size_t at = host->len;
    uint64_t port = HTTPS_PORT;

    while (at > 0 && host->ptr[at - 1] != ':' && host->ptr[at - 1] != ']') {
        at--;
    }
    if (at > 0 && host->ptr[at - 1] == ':') {
        (void)as_span_number(as_span_from(*host, at), UINT16_MAX, &port);
        host->len = at - 1;
    }
    return (unsigned)port;
}

struct as_url as_url_cut(const char *url)
{
    const as_span whole = as_span_of(url);
    struct as_url parts = {.host = as_span_from(whole, strlen("https://"))};
    size_t end = 0;

    while (end < parts.host.len && parts.host.ptr[end] != '/') {
        end++;
    }
    parts.path = as_span_from(parts.host, end);
    parts.host.len = end;
    parts.origin = (as_span){whole.ptr, whole.len - parts.path.len};
    parts.port = cut_port(&parts.host);
    return parts;
}
