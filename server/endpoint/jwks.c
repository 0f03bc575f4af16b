/* SPDX-License-Identifier: Apache-2.0 */
/* GET /jwks: the public halves of the signing keys (REG-140, RFC 7517 5). What a cache may keep is
 * shorter than a new key is shown before it signs (REG-146). */
#include "app.h"

/* Weak comparison of any of the tags (RFC 9110 13.1.2). */
static bool has_tag(as_span tags, as_span etag)
{
    as_span tag;

    while (as_span_cut(&tags, ',', &tag)) {
        tag = as_span_trim(tag);
        tag = as_span_starts(tag, AS_LIT("W/")) ? as_span_from(tag, 2) : tag;
        if (as_span_equal(tag, etag) || as_span_is(tag, "*")) {
            return true;
        }
    }
    return false;
}

static as_err add_fields(struct as_http_call *call, const struct as_keyset *keys)
{
    as_span etag, control;

    AS_TRY(as_arena_copy(call->mem, keys->etag, &etag));
    AS_TRY(as_arena_printf(call->mem, &control, "public, max-age=%lld", (long long)keys->max_age));
    AS_TRY(as_http_reply_field(call->reply, "ETag", etag));
    AS_TRY(as_http_reply_field(call->reply, "Cache-Control", control));
    return as_http_reply_field(call->reply, "Access-Control-Allow-Origin", AS_LIT("*"));
}

/* All is copied: the answer may leave after the request has let its keyset go. */
as_err as_endpoint_jwks(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_keyset *keys = visit->ctx.keys;
    as_span body;

    visit->cacheable = true;
    AS_TRY(add_fields(call, keys));
    if (has_tag(as_http_field(call->request, "if-none-match"), keys->etag)) {
        return as_reply_empty(call, 304);
    }
    AS_TRY(as_arena_copy(call->mem, keys->jwks, &body));
    return as_reply_text(call, "application/jwk-set+json", body);
}
