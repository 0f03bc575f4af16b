/* SPDX-License-Identifier: Apache-2.0 */
/* The request line (RFC 9112 3): method SP origin-form SP HTTP-version, one blank each. */
#include "guard_parts.h"

#include <string.h>

static as_guard_no check_method(as_span method)
{
    GUARD_NEED(as_guard_is_token(method), AS_REFUSE_METHOD);
    GUARD_NEED(method.len <= AS_GUARD_METHOD_MAX, AS_REFUSE_METHOD_SIZE);
    return NULL;
}

/* RFC 9112 2.3. No version between 1.1 and 2 exists, so none is taken for 1.1. */
static as_guard_no take_version(struct as_guard *guard, as_span text)
{
    GUARD_NEED(text.len == 8 && as_span_starts(text, AS_LIT("HTTP/")) &&
                   as_ascii_is_digit(text.ptr[5]) && text.ptr[6] == '.' &&
                   as_ascii_is_digit(text.ptr[7]),
               AS_REFUSE_REQUEST_LINE);
    guard->http10 = as_span_is(text, "HTTP/1.0");
    GUARD_NEED(guard->http10 || as_span_is(text, "HTTP/1.1"), AS_REFUSE_VERSION);
    return NULL;
}

static as_guard_no check_target(as_span target)
{
    as_span rest = target;
    as_span path;

    as_span_cut(&rest, '?', &path);
    GUARD_NEED(path.len > 0 && path.ptr[0] == '/', AS_REFUSE_TARGET);
    GUARD_NEED(as_guard_is_path(path) && as_guard_is_query(rest), AS_REFUSE_TARGET);
    return NULL;
}

/* The version comes before the target: the preface of HTTP/2 is `PRI * HTTP/2.0`. */
as_guard_no as_guard_take_line(struct as_guard *guard, as_span line)
{
    as_span rest = line;
    as_span method;
    as_span target;

    GUARD_NEED(as_span_cut(&rest, ' ', &method) && as_span_cut(&rest, ' ', &target),
               AS_REFUSE_REQUEST_LINE);
    GUARD_TRY(check_method(method));
    GUARD_TRY(take_version(guard, rest));
    GUARD_TRY(check_target(target));
    guard->method_len = method.len;
    guard->target_len = target.len;
    return NULL;
}
