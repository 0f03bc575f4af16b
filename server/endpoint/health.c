/* SPDX-License-Identifier: Apache-2.0 */
/* Health, metrics and version: what the plain loopback listener and the admin socket show. */
#include "app.h"
#include "as/version.h"

#define METRICS_MAX (64 * 1024)

/* Alive: the process answers. */
as_err as_endpoint_alive(struct as_http_call *call)
{
    return as_reply_text(call, "application/json", AS_LIT("{\"status\":\"alive\"}"));
}

/* Ready: the store can be read, its last commit was fine, and the end is not near. */
as_err as_endpoint_ready(struct as_http_call *call)
{
    if (atomic_load(&as_visit_of(call)->app->draining)) {
        AS_TRY(as_reply_text(call, "application/json", AS_LIT("{\"status\":\"draining\"}")));
        call->reply->status = 503;
        return as_http_reply_field(call->reply, "Retry-After", AS_LIT(AS_LIMIT_RETRY_AFTER));
    }
    AS_NEED(as_store_is_ready(as_visit_of(call)->ctx.store), AS_UNAVAILABLE, "store is not ready");
    return as_reply_text(call, "application/json", AS_LIT("{\"status\":\"ready\"}"));
}

as_err as_endpoint_metrics(struct as_http_call *call)
{
    struct as_buf text = AS_BUF(METRICS_MAX);
    as_span body;
    as_err err = as_metrics_write(&text) ? as_arena_copy(call->mem, as_buf_span(&text), &body)
                                         : AS_FAIL(AS_SERVER_ERROR, "metrics are too long");

    as_buf_free(&text);
    AS_TRY(err);
    return as_reply_text(call, "text/plain; version=0.0.4; charset=utf-8", body);
}

as_err as_endpoint_version(struct as_http_call *call)
{
    return as_reply_text(call, "application/json", AS_LIT("{\"version\":\"" AS_VERSION "\"}"));
}
