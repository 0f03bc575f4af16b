/* SPDX-License-Identifier: Apache-2.0 */
/* Which row of a site's route table a method and path mean. Pure. Threads: any. */
#ifndef AS_HTTP_ROUTE_H
#define AS_HTTP_ROUTE_H

#include "as/http.h"

struct as_http_match {
    const struct as_http_route *route; /* NULL: none has this method and path */
    bool path_known;                   /* some row has this path */
    as_span param;                     /* what stands at {id} */
};

/*
 * Paths are compared octet for octet, as sent: an escape makes another path. A row that is exact
 * goes before one with {id}, which takes one segment that is not empty.
 */
struct as_http_match as_http_route_find(const struct as_http_site *site, as_span method,
                                        as_span path);

/* The methods of a known path for the Allow field (RFC 9110 10.2.1), in the order of the table. */
as_err as_http_route_allow(const struct as_http_site *site, as_span path, struct as_arena *mem,
                           const char **out);

#endif
