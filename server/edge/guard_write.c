/* SPDX-License-Identifier: Apache-2.0 */
/* What a READY request holds, and the one form in which it goes to the engine. */
#include "guard_parts.h"

#include <string.h>

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
        .field_count = guard->field_count,
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

static void add_lower(struct as_buf *out, as_span name)
{
    if (!as_buf_reserve(out, name.len)) {
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        out->ptr[out->len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
}

static void add_field(struct as_buf *out, as_span name, as_span value)
{
    add_lower(out, name);
    as_buf_add_text(out, ": ");
    as_buf_add(out, value);
    as_buf_add_text(out, "\r\n");
}

static void add_fields(const struct as_guard *guard, const struct as_buf *in, struct as_buf *out)
{
    as_span name;
    as_span value;

    for (size_t at = 0; as_guard_field(guard, in, &at, &name, &value);) {
        if (!as_guard_drops(name)) {
            add_field(out, name, value);
        }
    }
}

as_err as_guard_write(const struct as_guard *guard, const struct as_buf *in, struct as_buf *out)
{
    struct as_guard_request request;
    size_t before = out->len;

    as_guard_request(guard, in, &request);
    as_buf_add(out, request.method);
    as_buf_add_byte(out, ' ');
    as_buf_add(out, request.target);
    as_buf_add_text(out, " HTTP/1.1\r\n");
    add_field(out, AS_LIT("host"), request.host);
    add_fields(guard, in, out);
    if (guard->has_length || guard->has_coding) {
        as_buf_printf(out, "content-length: %zu\r\n", request.body.len);
    }
    as_buf_add_text(out, request.keep_alive ? "\r\n" : "connection: close\r\n\r\n");
    as_buf_add(out, request.body);
    if (out->full) {
        out->len = before; /* never half a request */
    }
    AS_NEED(!out->full, AS_SERVER_ERROR, "admitted request does not fit its buffer");
    return AS_OK;
}
