/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the log may show of a path. Somebody who takes a token for an identifier asks for
 * /register/<token>, or for /<token>; the log is no place for it (RFC 6750 5.3). What is ours has
 * its prefix, and a JWT begins like `{"`; so an operator still sees which kind it was.
 */
#include "bearer.h"

static const as_span prefixes[] = {
    AS_LIT_ROW(AS_BEARER_IAT),
    AS_LIT_ROW(AS_BEARER_RAT),
    AS_LIT_ROW("fat1."), /* a sealed access token (design D8) */
    AS_LIT_ROW("eyJ"),
};

/* Within base64url anything may stand by chance. */
static bool begins_here(as_span path, size_t at)
{
    char before = at > 0 ? path.ptr[at - 1] : '/';

    return !as_ascii_is_letter(before) && !as_ascii_is_digit(before) && before != '-' &&
           before != '_';
}

as_span as_visit_path(const struct as_http_request *request)
{
    const as_span path = request->path;

    for (size_t at = 0; at < path.len; at++) {
        for (size_t i = 0; begins_here(path, at) && i < AS_COUNT(prefixes); i++) {
            if (as_span_starts(as_span_from(path, at), prefixes[i])) {
                return (as_span){path.ptr, at + prefixes[i].len};
            }
        }
    }
    return path;
}
