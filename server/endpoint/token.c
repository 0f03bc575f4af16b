/* SPDX-License-Identifier: Apache-2.0 */
/* POST /token: form, client, grant, token (RFC 6749 3.2, 5.1). */
#include "app.h"
#include "as/grant.h"

static const char *const once[] = {"grant_type", "scope", AS_CREDENTIAL_PARAMETERS};

/* `resource` may repeat (RFC 8707 2). */
static as_err read_targets(struct as_arena *mem, const struct as_form *form,
                           struct as_grant_ask *ask)
{
    as_span *targets = as_arena_array(mem, AS_LIMIT_RESOURCES, sizeof(*targets));

    AS_NEED_MEM(targets);
    for (size_t i = 0; i < form->count; i++) {
        if (as_span_is(form->fields[i].name, "resource")) {
            AS_NEED(ask->target_count < AS_LIMIT_RESOURCES, AS_INVALID_REQUEST,
                    "more than " AS_SAY(AS_LIMIT_RESOURCES) " resource parameters");
            targets[ask->target_count++] = form->fields[i].value;
        }
    }
    ask->targets = targets;
    return AS_OK;
}

static as_err reply_issue(struct as_http_call *call, const struct as_issue *issue)
{
    AS_AUTO_BUF struct as_buf json = AS_BUF(AS_LIMIT_TOKEN_ANSWER);

    as_buf_add_json_text(&json, "access_token", issue->access_token);
    as_buf_add_json_text(&json, "token_type", AS_LIT("Bearer"));
    as_buf_add_json_number(&json, "expires_in", issue->expires_in);
    as_buf_add_json_text(&json, "scope", issue->scope);
    as_buf_add_byte(&json, '}');
    return as_reply_written(call, &json);
}

as_err as_endpoint_token(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_grant_ask ask = {.cert = visit->peer->cert};
    enum as_grant_type type;
    struct as_form *form = NULL;
    struct as_who who = {0};
    struct as_issue issue = {0};

    visit->event = "token_issued";
    AS_TRY(as_direct_form(call, once, AS_COUNT(once), &form));
    AS_TRY(as_form_one(form, "grant_type", &ask.grant_type));
    AS_TRY(as_form_one(form, "scope", &ask.scope));
    AS_TRY(read_targets(call->mem, form, &ask));
    AS_TRY(as_grant_find(ask.grant_type, &type));
    AS_TRY(as_direct_authenticate(call, form, false, &who));
    AS_TRY(as_grant_run(&visit->ctx, type, &who, &ask, &issue));
    AS_TRY(reply_issue(call, &issue));
    as_metric_add(AS_METRIC_tokens_issued_total, 1);
    return AS_OK;
}
