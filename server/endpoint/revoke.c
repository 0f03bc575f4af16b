/* SPDX-License-Identifier: Apache-2.0 */
/* POST /revoke (RFC 7009): a client ends one of its own tokens. */
#include "app.h"
#include "as/token.h"

static const char *const once[] = {"token", "token_type_hint", AS_CREDENTIAL_PARAMETERS};

as_err as_endpoint_revoke(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_form *form = NULL;
    struct as_who who = {0};
    as_span text;
    bool ended = false;

    visit->event = "token_revoked";
    AS_TRY(as_direct_form(call, once, AS_COUNT(once), &form));
    AS_TRY(as_direct_authenticate(call, form, false, &who));
    AS_TRY(as_form_one(form, "token", &text));
    AS_NEED(text.len > 0, AS_INVALID_REQUEST, "token is missing");
    struct as_audit audit = as_audit_row(visit, "token_revoked", who.party->id);
    AS_TRY(as_token_revoke(&visit->ctx, who.party, text, &audit, &ended));
    if (ended) {
        as_metric_add(AS_METRIC_tokens_revoked_total, 1);
    } else {
        visit->event = NULL; /* nothing ended, so the audit tells of nothing */
    }
    return as_reply_empty(call, 200);
}
