/* SPDX-License-Identifier: Apache-2.0 */
/* What a READY request holds. */
#include "guard_parts.h"

static as_span target_of(const struct as_guard *guard, const struct as_buf *in)
{
    return as_guard_span(in, guard->method_len + 1, guard->target_len);
}

void as_guard_request(const struct as_guard *guard, const struct as_buf *in,
                      struct as_guard_request *out)
{
    as_span target = target_of(guard, in);
    as_span rest = target;
    as_span path;

    as_span_cut(&rest, '?', &path);
    *out = (struct as_guard_request){
        .method = as_guard_span(in, 0, guard->method_len),
        .target = target,
        .path = path,
        .host = as_guard_span(in, guard->host_at, guard->host_len),
        .body = as_guard_span(in, guard->body_at, guard->body_len),
        .keep_alive = !guard->close && !guard->http10,
        .http10 = guard->http10,
    };
}

bool as_guard_field(const struct as_guard *guard, const struct as_buf *in, size_t *at,
                    as_span *name, as_span *value)
{
    size_t from = *at > 0 ? *at : guard->fields_at;
    as_span rest = as_guard_span(in, from, guard->body_at - from);
    as_span line;

    as_span_cut(&rest, '\r', &line); /* judged: no CR within a line */
    if (line.len == 0) {
        return false; /* the blank line */
    }
    *at = from + line.len + 2;
    *value = line;
    as_span_cut(value, ':', name);
    *value = as_span_trim(*value);
    return true;
}
