/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <string.h>

#define PARAM "{id}"

enum path_fit { FITS_NOT, FITS_PARAM, FITS_EXACT };

static enum path_fit path_fits(const struct as_http_route *route, as_span path, as_span *param)
{
    as_span pattern = as_span_of(route->path);
    size_t stem = pattern.len - strlen(PARAM);

    if (as_span_equal(pattern, path)) {
        return FITS_EXACT;
    }
    if (pattern.len <= strlen(PARAM) || strcmp(pattern.ptr + stem, PARAM) != 0) {
        return FITS_NOT;
    }
    if (path.len <= stem || memcmp(path.ptr, pattern.ptr, stem) != 0) {
        return FITS_NOT;
    }
    *param = as_span_from(path, stem);
    return as_span_has_byte(*param, '/') ? FITS_NOT : FITS_PARAM;
}

/* How this path is best met by any row; then only rows that meet it so count. */
static enum path_fit best_fit(const struct as_http_site *site, as_span path)
{
    enum path_fit best = FITS_NOT;
    as_span param;

    for (size_t i = 0; i < site->route_count && best != FITS_EXACT; i++) {
        enum path_fit fit = path_fits(&site->routes[i], path, &param);
        best = fit > best ? fit : best;
    }
    return best;
}

/* HEAD is answered by GET rows (RFC 9110 9.3.2). */
static bool method_fits(const struct as_http_route *route, as_span method)
{
    return as_span_is(method, route->method) ||
           (as_span_is(method, "HEAD") && strcmp(route->method, "GET") == 0);
}

struct as_http_match as_http_route_find(const struct as_http_site *site, as_span method,
                                        as_span path)
{
    enum path_fit best = best_fit(site, path);
    struct as_http_match match = {NULL, best != FITS_NOT, AS_SPAN_NONE};

    for (size_t i = 0; match.path_known && i < site->route_count; i++) {
        const struct as_http_route *route = &site->routes[i];
        as_span param = AS_SPAN_NONE;

        if (method_fits(route, method) && path_fits(route, path, &param) == best) {
            match.route = route;
            match.param = param;
            break;
        }
    }
    return match;
}

as_err as_http_route_allow(const struct as_http_site *site, as_span path, struct as_arena *mem,
                           const char **out)
{
    enum path_fit best = best_fit(site, path);
    as_span list = AS_LIT("");
    as_span param;

    for (size_t i = 0; i < site->route_count; i++) {
        const struct as_http_route *route = &site->routes[i];

        if (path_fits(route, path, &param) == best) {
            AS_TRY(as_arena_printf(mem, &list, "%.*s%s%s%s", (int)list.len, list.ptr,
                                   list.len > 0 ? ", " : "", route->method,
                                   strcmp(route->method, "GET") == 0 ? ", HEAD" : ""));
        }
    }
    *out = list.ptr;
    return AS_OK;
}

size_t as_http_body_cap(const struct as_http_site *site, as_span method, as_span path)
{
    struct as_http_match match = as_http_route_find(site, method, path);

    if (match.route == NULL) {
        return AS_HTTP_NO_ROUTE;
    }
    return match.route->body_max > 0 ? match.route->body_max : AS_LIMIT_ROUTE_BODY;
}
