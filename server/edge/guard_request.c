/* SPDX-License-Identifier: Apache-2.0 */
/* What a READY request holds. */
#include "guard_parts.h"

static void fill_target(const struct as_guard *guard, const struct as_buf *in,
                        struct as_guard_request *out)
{
    size_t at = guard->method_len + 1;
    size_t end = at + guard->target_len;

    if (guard->scheme_len > 0) {
        out->scheme = as_guard_span(in, at, guard->scheme_len);
        at += guard->scheme_len + 3;
        out->host = as_guard_span(in, at, guard->authority_len);
        at += guard->authority_len;
    }
    as_span whole = as_guard_span(in, at, end - at);
    as_span rest = whole;
    as_span_cut(&rest, '?', &out->path);
    if (out->path.len < whole.len) {
        size_t mark = out->path.len + 1; /* what follows it may be empty, and is a query still */
        out->query = (as_span){whole.ptr + mark, whole.len - mark};
    }
    if (out->path.len == 0) {
        out->path = AS_LIT("/");
    }
}

void as_guard_request(const struct as_guard *guard, const struct as_buf *in,
                      struct as_guard_request *out)
{
    *out = (struct as_guard_request){
        .method = as_guard_span(in, 0, guard->method_len),
        .host = as_guard_span(in, guard->host_at, guard->host_len),
        .body = as_guard_span(in, guard->body_at, guard->body_len),
        .keep_alive = !guard->close && !guard->http10 && !guard->unread,
        .http10 = guard->http10,
        .unread = guard->unread,
    };
    fill_target(guard, in, out);
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
