/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that turns an error into HTTP, and a JSON value into a reply. */
#include "app.h"

#include <string.h>

static as_err set_body(struct as_http_call *call, unsigned status, const char *type, as_span body)
{
    call->reply->status = status;
    call->reply->body = body;
    return as_http_reply_field(call->reply, "Content-Type", as_span_of(type));
}

as_err as_reply_json(struct as_http_call *call, unsigned status, const json_t *json)
{
    as_span body;

    AS_TRY(as_json_write(call->mem, json, &body));
    return set_body(call, status, "application/json", body);
}

as_err as_reply_written(struct as_http_call *call, const struct as_buf *json)
{
    as_span body;

    AS_NEED(!json->full, AS_SERVER_ERROR, "no room for an answer");
    AS_TRY(as_arena_copy(call->mem, as_buf_span(json), &body));
    return set_body(call, 200, "application/json", body);
}

as_err as_reply_empty(struct as_http_call *call, unsigned status)
{
    call->reply->status = status;
    return AS_OK;
}

as_err as_reply_text(struct as_http_call *call, const char *type, as_span body)
{
    return set_body(call, 200, type, body);
}

as_err as_reply_describe(struct as_arena *mem, as_err error, const char *member, as_span *out)
{
    if (!error.fault->show_why || error.why == NULL) {
        *out = as_span_of(error.fault->says);
        return AS_OK;
    }
    bool named = member != NULL && strncmp(error.why, member, strlen(member)) != 0;
    return as_arena_printf(mem, out, "%s %s%s%s.", error.fault->says, named ? member : "",
                           named ? ": " : "", error.why);
}

/* The text shown; at a listener that asks for no certificate also where to go with one, whoever the
 * client is (MTLS-106). */
static as_err describe(struct as_http_call *call, as_err error, as_span *out)
{
    const struct as_visit *visit = as_visit_of(call);
    const char *mtls_origin = visit->peer->listener->note;

    if (as_err_is(error, AS_INVALID_CLIENT) && mtls_origin != NULL) {
        return as_arena_printf(call->mem, out, "%s Clients with a certificate are served at %s",
                               error.fault->says, mtls_origin);
    }
    AS_TRY(as_reply_describe(call->mem, error, visit->member, out));
    if (error.fault->show_why && visit->wants_certificate && mtls_origin != NULL) {
        return as_arena_printf(call->mem, out, "%.*s Clients with a certificate are served at %s",
                               (int)out->len, out->ptr, mtls_origin);
    }
    return AS_OK;
}

/* RFC 6750 3.1: whoever sent no token is told of no error (REG-14, TOK-191). */
static const struct {
    enum as_fault_id fault;
    as_span challenge;
} challenges[] = {
    {AS_TOKEN_MISSING, AS_LIT_ROW("Bearer realm=\"fapid\"")},
    {AS_INVALID_TOKEN, AS_LIT_ROW("Bearer realm=\"fapid\", error=\"invalid_token\"")},
};

/* RFC 6749 5.2: the scheme that was used (TOK-11). */
static as_span challenge_of_client(as_span used)
{
    bool bearer = used.len >= 6 && as_span_equal_nocase((as_span){used.ptr, 6}, AS_LIT("bearer"));

    return bearer ? AS_LIT("Bearer") : AS_LIT("Basic realm=\"fapid\"");
}

static as_err add_challenge(struct as_http_call *call, as_err error)
{
    as_span used = as_http_field(call->request, "authorization");

    for (size_t i = 0; i < AS_COUNT(challenges); i++) {
        if (as_err_is(error, challenges[i].fault)) {
            return as_http_reply_field(call->reply, "WWW-Authenticate", challenges[i].challenge);
        }
    }
    if (as_err_is(error, AS_INVALID_CLIENT) && used.ptr != NULL) {
        return as_http_reply_field(call->reply, "WWW-Authenticate", challenge_of_client(used));
    }
    return AS_OK;
}

static as_err add_retry_after(struct as_http_call *call)
{
    unsigned seconds = as_visit_of(call)->retry_after_s;
    as_span text = AS_LIT(AS_LIMIT_RETRY_AFTER);

    if (seconds > 0) {
        AS_TRY(as_arena_printf(call->mem, &text, "%u", seconds));
    }
    return as_http_reply_field(call->reply, "Retry-After", text);
}

static as_err add_error_fields(struct as_http_call *call, as_err error)
{
    AS_TRY(add_challenge(call, error));
    return error.fault->status == 503 || error.fault->status == 429 ? add_retry_after(call) : AS_OK;
}

static as_err reply_error(struct as_http_call *call, as_err error)
{
    as_span description, body;

    AS_TRY(describe(call, error, &description));
    /* both texts are ours and hold nothing that JSON would escape (TOK-10) */
    AS_TRY(as_arena_printf(call->mem, &body, "{\"error\":\"%s\",\"error_description\":\"%.*s\"}",
                           error.fault->code, (int)description.len, description.ptr));
    AS_TRY(add_error_fields(call, error));
    return set_body(call, error.fault->status, "application/json", body);
}

void as_reply_error(struct as_http_call *call, as_err error)
{
    size_t kept = 0;

    /* what a handler had prepared before it failed is void; Allow belongs to the refusal */
    for (size_t i = 0; i < call->reply->field_count; i++) {
        if (as_span_is(call->reply->fields[i].name, "Allow")) {
            call->reply->fields[kept++] = call->reply->fields[i];
        }
    }
    call->reply->field_count = kept;
    as_err err = reply_error(call, error);
    if (as_failed(err)) { /* constants alone: there may be no memory */
        call->reply->status = 500;
        call->reply->body = AS_LIT("{\"error\":\"server_error\"}");
        call->reply->field_count = 1;
        call->reply->fields[0] =
            (struct as_http_field){AS_LIT("Content-Type"), AS_LIT("application/json")};
        as_log_err(AS_LOG_ERROR, "reply", err);
    }
}
