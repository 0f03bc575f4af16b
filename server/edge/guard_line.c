/* SPDX-License-Identifier: Apache-2.0 */
/* The request line (RFC 9112 3): method SP request-target SP HTTP-version, one blank each. */
#include "guard_parts.h"

#include <string.h>

static as_guard_no check_method(as_span method)
{
    GUARD_NEED(as_guard_is_token(method), AS_REFUSE_METHOD);
    GUARD_NEED(method.len <= AS_LIMIT_METHOD, AS_REFUSE_METHOD_SIZE);
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

static size_t scheme_len(as_span target)
{
    static const char *const schemes[] = {"https", "http"};

    for (size_t i = 0; i < AS_COUNT(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (target.len > len + 3 && memcmp(target.ptr + len, "://", 3) == 0 &&
            as_span_equal_nocase((as_span){target.ptr, len}, as_span_of(schemes[i]))) {
            return len;
        }
    }
    return 0;
}

static size_t authority_len(as_span rest)
{
    size_t len = 0;

    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?') {
        len++;
    }
    return len;
}

/* RFC 9112 3.2.2; an empty path is "/" (RFC 9110 4.2.3). */
static as_guard_no take_absolute(struct as_guard *guard, as_span *target)
{
    guard->scheme_len = scheme_len(*target);
    GUARD_NEED(guard->scheme_len > 0, AS_REFUSE_TARGET);
    *target = as_span_from(*target, guard->scheme_len + 3);
    guard->authority_len = authority_len(*target);
    GUARD_NEED(as_guard_is_host((as_span){target->ptr, guard->authority_len}), AS_REFUSE_TARGET);
    *target = as_span_from(*target, guard->authority_len);
    return NULL;
}

static as_guard_no take_target(struct as_guard *guard, as_span target)
{
    as_span rest = target;
    as_span path;

    guard->target_len = target.len;
    if (target.len > 0 && target.ptr[0] != '/') {
        GUARD_TRY(take_absolute(guard, &rest));
    }
    GUARD_NEED(target.len > 0, AS_REFUSE_TARGET);
    as_span_cut(&rest, '?', &path);
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
    guard->method_len = method.len;
    return take_target(guard, target);
}
