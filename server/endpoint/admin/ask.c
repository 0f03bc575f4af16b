/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies, which are JSON, and queries of the admin API, where one is one parameter: ?dry_run=true
 * checks everything, conflicts with others too, and writes nothing; ?after=ID is the page that
 * follows.
 */
#include "admin.h"

as_err as_admin_read_body(const struct as_http_call *call, json_t **out)
{
    AS_NEED(as_http_is_json(call->request), AS_INVALID_REQUEST,
            "the body must be application/json");
    return as_json_parse(call->request->body, out);
}

as_err as_admin_is_dry_run(const struct as_http_call *call, bool *out)
{
    *out = as_span_is(call->request->query, "dry_run=true");
    AS_NEED(*out || call->request->query.len == 0, AS_INVALID_REQUEST,
            "the query may be dry_run=true and nothing else");
    if (*out) {
        as_visit_of(call)->event = NULL;
    }
    return AS_OK;
}

as_err as_admin_need_no_query(const struct as_http_call *call)
{
    AS_NEED(call->request->query.len == 0, AS_INVALID_REQUEST, "there is no query here");
    return AS_OK;
}

as_err as_admin_read_after(const struct as_http_call *call, as_span *out)
{
    as_span query = call->request->query, name = AS_LIT("after=");

    AS_NEED(query.len == 0 || as_span_starts(query, name), AS_INVALID_REQUEST,
            "the query may be after=ID and nothing else");
    *out = as_span_from(query, name.len);
    return AS_OK;
}

as_err as_admin_reply_page(struct as_http_call *call, json_t *page, as_span next)
{
    if (next.len > 0) {
        AS_TRY(as_json_put_text(page, "next", next));
    }
    return as_reply_json(call, 200, page);
}
