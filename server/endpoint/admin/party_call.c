/* SPDX-License-Identifier: Apache-2.0 */
/* What every call of the admin API about a client or resource server goes through. */
#include "parties.h"

static const struct as_party_words words[] = {
    [AS_PARTY_CLIENT] = {"/v1/clients", "clients", "client_created", "client_updated",
                         "client_deleted", "client_status_changed"},
    [AS_PARTY_RESOURCE] = {"/v1/resources", "resources", "resource_created", "resource_updated",
                           "resource_deleted", "resource_status_changed"},
};

enum as_party_kind as_admin_kind(const struct as_http_call *call)
{
    as_span path = as_span_of(words[AS_PARTY_RESOURCE].path);

    return as_span_starts(call->request->path, path) ? AS_PARTY_RESOURCE : AS_PARTY_CLIENT;
}

const struct as_party_words *as_admin_words(const struct as_http_call *call)
{
    return &words[as_admin_kind(call)];
}

as_err as_admin_find(const struct as_http_call *call, const struct as_party **out)
{
    struct as_visit *visit = as_visit_of(call);

    AS_TRY(as_store_party_get(visit->ctx.store, call->param, out));
    AS_NEED(*out != NULL && (*out)->kind == as_admin_kind(call), AS_NOT_FOUND,
            "no client or resource server of this kind has this id");
    return as_arena_copy(call->mem, (*out)->id, &visit->subject_id);
}

as_err as_admin_read_party(struct as_http_call *call, const struct as_party *existing,
                           const json_t *json, struct as_party_write *out)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_registration_ask ask = {
        .mem = call->mem,
        .settings = visit->ctx.settings,
        .trust = visit->ctx.trust,
        .kind = as_admin_kind(call),
        .by = AS_BY_OPERATOR,
        .existing = existing,
        .now = visit->ctx.now,
        .member = &visit->member,
    };

    return as_registration_read(&ask, json, out);
}

as_err as_admin_reply_party(struct as_http_call *call, unsigned status,
                            const struct as_party *party)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    *call->reply = (struct as_http_reply){0};
    AS_TRY(as_registration_view(party, &view));
    AS_TRY(as_admin_warn(call, party, view));
    return as_reply_json(call, status, view);
}

as_err as_admin_write_new(struct as_http_call *call, const struct as_party_write *writes,
                          size_t count)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_audit audit;
    size_t which = 0;
    bool dry_run;

    AS_TRY(as_admin_is_dry_run(call, &dry_run));
    AS_TRY(as_audit_change(visit, visit->subject_id, &audit));
    as_err err = dry_run ? as_store_party_create_rehearse(visit->ctx.store, writes, count, &which)
                         : as_store_party_create(visit->ctx.store, writes, count, &audit, &which);
    if (as_failed(err) && which < count) {
        visit->subject_id = writes[which].party->id;
    }
    return err;
}
