/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/revocations: the operator ends what was issued to a client. */
#include "admin.h"

/* POST /v1/revocations {"client_id": ...}: every token of a client issued so far ends (D8). */
as_err as_admin_revoke(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    bool found = false;

    visit->event = "client_tokens_revoked";
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_admin_read_body(call, &json));
    const json_t *id = json_object_get(json, "client_id");
    AS_NEED(json_is_string(id) && json_object_size(json) == 1, AS_INVALID_REQUEST,
            "the body must be an object with client_id");
    AS_TRY(as_arena_copy(call->mem, as_json_span(id), &visit->subject_id));
    const struct as_audit audit = as_audit_ending(visit, visit->subject_id);
    AS_TRY(as_store_client_revoke_tokens(visit->ctx.store, visit->subject_id, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "no client has this id");
    return as_reply_empty(call, 204);
}
