/* SPDX-License-Identifier: Apache-2.0 */
/* A reply becomes an answer of the daemon, which adds Date, Content-Length and Connection. */
#include "engine.h"

AS_AUTO_DEFINE(struct MHD_Response, MHD_destroy_response)

/* Names and values end in a NUL here; the exchange's memory outlives the answer. */
static bool add(struct MHD_Response *response, struct as_arena *mem, as_span name, as_span value)
{
    const char *name_text = NULL;
    const char *value_text = NULL;

    return !as_failed(as_arena_text(mem, name, &name_text)) &&
           !as_failed(as_arena_text(mem, value, &value_text)) &&
           MHD_add_response_header(response, name_text, value_text) == MHD_YES;
}

static bool has_field(const struct as_http_reply *reply, as_span name)
{
    for (size_t i = 0; i < reply->field_count; i++) {
        if (as_span_equal_nocase(reply->fields[i].name, name)) {
            return true;
        }
    }
    return false;
}

static bool add_fields(struct MHD_Response *response, const struct as_http_link *link)
{
    const struct as_exchange *exchange = link->exchange;
    const struct as_http_reply *reply = &exchange->reply;
    bool fine = true;

    for (size_t i = 0; fine && i < reply->field_count; i++) {
        fine = add(response, exchange->own, reply->fields[i].name, reply->fields[i].value);
    }
    for (size_t i = 0; fine && i < link->conf.always_count; i++) {
        const struct as_http_field *field = &link->conf.always[i];
        fine = has_field(reply, field->name) ||
               add(response, exchange->own, field->name, field->value);
    }
    return fine &&
           add(response, exchange->own, AS_LIT("X-Request-Id"), exchange->request.request_id);
}

static bool is_draining(const struct as_http_engine *engine)
{
    return engine->conf.draining != NULL && atomic_load(engine->conf.draining);
}

enum MHD_Result as_answer_queue(struct as_http_link *link, struct MHD_Connection *mhd)
{
    struct as_exchange *exchange = link->exchange;
    as_span body = exchange->reply.body;
    /* Not copied: it lives in the exchange, which ends when the daemon is through with it. */
    AS_AUTO(MHD_destroy_response)
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)(body.len > 0 ? body.ptr : ""), MHD_RESPMEM_PERSISTENT);

    if (response == NULL || !add_fields(response, link)) {
        return MHD_NO;
    }
    /* where the request asked for it, the daemon says so by itself */
    bool drains = is_draining(link->engine) && !exchange->close;
    exchange->close = exchange->close || exchange->reply.close || drains;
    if ((exchange->reply.close || drains) &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
        return MHD_NO;
    }
    return MHD_queue_response(mhd, exchange->reply.status, response);
}
