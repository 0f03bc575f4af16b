/* SPDX-License-Identifier: Apache-2.0 */
/* What a reply says at its head, with what every answer of its link says. */
#include "engine.h"

#include <string.h>

#define FIELDS_MAX (AS_HTTP_REPLY_FIELDS + 4)

static bool has_field(const struct as_http_reply *reply, as_span name)
{
    for (size_t i = 0; i < reply->field_count; i++) {
        if (as_span_equal_nocase(reply->fields[i].name, name)) {
            return true;
        }
    }
    return false;
}

static as_err put_fields(const struct as_http_link *link, struct as_http_field *to, size_t *count)
{
    const struct as_http_reply *reply = &link->exchange->reply;

    *count = reply->field_count;
    memcpy(to, reply->fields, reply->field_count * sizeof(*to));
    for (size_t i = 0; i < link->conf.always_count; i++) {
        if (!has_field(reply, link->conf.always[i].name)) {
            AS_NEED(*count < FIELDS_MAX, AS_SERVER_ERROR, "too many fields of a link");
            to[(*count)++] = link->conf.always[i];
        }
    }
    return AS_OK;
}

/* The request id is of this answer alone, and so it is no part of what the engine writes. */
static as_err end_head(struct as_exchange *exchange, as_span head, as_span *out)
{
    const as_span parts[] = {head, AS_LIT("X-Request-Id: "), exchange->request.request_id,
                             AS_LIT("\r\n\r\n")};
    char *text = as_arena_alloc(exchange->own, head.len + 64);
    size_t len = 0;

    _Static_assert(sizeof("X-Request-Id: \r\n\r\n") + AS_REQUEST_ID <= 64,
                   "room for what is added");
    AS_NEED_MEM(text);
    for (size_t i = 0; i < AS_COUNT(parts); i++) {
        memcpy(text + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    *out = (as_span){text, len};
    return AS_OK;
}

static bool is_draining(const struct as_http_engine *engine)
{
    return engine->conf.draining != NULL && atomic_load(engine->conf.draining);
}

as_err as_answer_head(struct as_http_link *link, as_span *out)
{
    struct as_exchange *exchange = link->exchange;
    struct as_http_field fields[FIELDS_MAX];
    struct as_head head = {
        .status = exchange->reply.status, .fields = fields, .body_len = exchange->reply.body.len};
    as_span text;

    exchange->close = exchange->close || exchange->reply.close || is_draining(link->engine);
    head.close = exchange->close;
    AS_TRY(put_fields(link, fields, &head.field_count));
    AS_TRY(as_heads_write(link->engine->heads, &head, exchange->own, &text));
    return end_head(exchange, text, out);
}
