/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a client or resource server by an operator: all of it, a part, its status, its end. */
#include "parties.h"

/* Others may change it between reading and writing; then a part is changed of what it is by then.
 */
#define ATTEMPTS 64

/* What both changes begin with: whom it is about, and what is said of it. */
static as_err begin(struct as_http_call *call, const struct as_party **existing, json_t **json)
{
    as_visit_of(call)->event = as_admin_words(call)->replaced;
    AS_TRY(as_admin_find(call, existing));
    return as_admin_read_body(call, json);
}

/* What is to be written, what is told of it, and the answer: all that comes before the write. */
static as_err prepare(struct as_http_call *call, const struct as_party *existing,
                      const json_t *json, struct as_party_write *write, struct as_audit *audit)
{
    AS_TRY(as_admin_read_party(call, existing, json, write));
    AS_TRY(as_audit_change(as_visit_of(call), existing->id, audit));
    return as_admin_reply_party(call, 200, write->party);
}

static as_err replace(struct as_http_call *call, const struct as_party *existing,
                      const json_t *json, bool dry_run)
{
    struct as_store_session *store = as_visit_of(call)->ctx.store;
    struct as_party_write write = {0};
    struct as_audit audit;
    bool found = false;

    AS_TRY(prepare(call, existing, json, &write, &audit));
    AS_TRY(dry_run ? as_store_party_replace_rehearse(store, &write, &found)
                   : as_store_party_replace(store, &write, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return AS_OK;
}

as_err as_admin_replace(struct as_http_call *call)
{
    AS_AUTO(json_decref) json_t *json = NULL;
    const struct as_party *existing = NULL;
    bool dry_run;

    AS_TRY(begin(call, &existing, &json));
    AS_TRY(as_admin_is_dry_run(call, &dry_run));
    return replace(call, existing, json, dry_run);
}

static as_err begin_status(struct as_visit *visit, const struct as_party *after,
                           struct as_audit *audit)
{
    if (after->status != AS_PARTY_DISABLED) {
        return as_audit_change(visit, after->id, audit);
    }
    *audit = as_audit_ending(visit, after->id);
    return AS_OK;
}

/* The one change that need not read the whole object first: {"status": ...} alone. */
static as_err set_status(struct as_http_call *call, const struct as_party *existing,
                         const json_t *json)
{
    struct as_visit *visit = as_visit_of(call);
    as_span status = as_json_span(json_object_get(json, "status"));
    struct as_party after = *existing;
    bool found = false;

    visit->event = as_admin_words(call)->status;
    visit->member = "status";
    AS_NEED(as_party_status_named(status, &after.status), AS_INVALID_CLIENT_METADATA,
            "it must be enabled or disabled");
    visit->member = NULL;
    struct as_audit audit;
    AS_TRY(begin_status(visit, &after, &audit));
    after.updated = audit.at > after.updated ? audit.at : after.updated; /* as the store does */
    AS_TRY(as_admin_reply_party(call, 200, &after));
    AS_TRY(as_store_party_set_status(visit->ctx.store, existing->kind, existing->id, after.status,
                                     &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return AS_OK;
}

/* The object as it would be then. */
static as_err merge(const struct as_party *existing, const json_t *patch, json_t **out)
{
    AS_AUTO(json_decref) json_t *merged = NULL;

    AS_TRY(as_registration_view(existing, &merged));
    AS_NEED(json_object_update(merged, (json_t *)patch) == 0, AS_SERVER_ERROR, "out of memory");
    *out = AS_MOVE(merged);
    return AS_OK;
}

/* *done is false when it is no longer what it was when it was read. */
static as_err try_amend(struct as_http_call *call, const json_t *patch, bool *done)
{
    AS_AUTO(json_decref) json_t *merged = NULL;
    const struct as_party *existing = NULL;
    struct as_party_write write = {0};
    struct as_audit audit;

    AS_TRY(as_admin_find(call, &existing));
    AS_TRY(merge(existing, patch, &merged));
    AS_TRY(prepare(call, existing, merged, &write, &audit));
    return as_store_party_amend(as_visit_of(call)->ctx.store, &write, existing, &audit, done);
}

static as_err amend(struct as_http_call *call, const struct as_party *existing, const json_t *patch)
{
    bool done = false, dry_run;

    AS_TRY(as_admin_is_dry_run(call, &dry_run));
    if (dry_run) {
        AS_AUTO(json_decref) json_t *merged = NULL;
        AS_TRY(merge(existing, patch, &merged));
        return replace(call, existing, merged, true);
    }
    for (int i = 0; i < ATTEMPTS && !done; i++) {
        AS_TRY(try_amend(call, patch, &done));
    }
    AS_NEED(done, AS_UNAVAILABLE, "it does not stay as it is");
    return AS_OK;
}

/* JSON merge patch (RFC 7396) of the object as shown: members given replace, null removes. */
as_err as_admin_patch(struct as_http_call *call)
{
    AS_AUTO(json_decref) json_t *patch = NULL;
    const struct as_party *existing = NULL;

    AS_TRY(begin(call, &existing, &patch));
    AS_NEED(json_is_object(patch) && json_object_size(patch) > 0, AS_INVALID_REQUEST,
            "nothing is given to change: the patch must be an object with members");
    if (json_object_size(patch) == 1 && json_object_get(patch, "status") != NULL &&
        call->request->query.len == 0) {
        return set_status(call, existing, patch);
    }
    return amend(call, existing, patch);
}

as_err as_admin_delete(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_party *existing = NULL;
    bool found = false;

    visit->event = as_admin_words(call)->deleted;
    AS_TRY(as_admin_find(call, &existing));
    AS_TRY(as_admin_need_no_query(call));
    const struct as_audit audit = as_audit_ending(visit, existing->id);
    AS_TRY(as_store_party_delete(visit->ctx.store, existing->kind, existing->id, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return as_reply_empty(call, 204);
}
