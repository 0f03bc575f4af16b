/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API of clients and resource servers: the same verbs on /v1/clients and /v1/resources.
 * POST takes one object, or an array that is imported all or none. ?dry_run=true checks everything,
 * conflicts with others too, and writes nothing.
 */
#include "app.h"
#include "registration.h"

#include <string.h>

#define LIST_MAX    1000
#define LIST_OCTETS (1024 * 1024) /* with the answer's text it fits into AS_LIMIT_ARENA */
#define IMPORT_MAX  1000

struct kind_words {
    const char *path;
    const char *member; /* of a list */
    const char *created, *replaced, *deleted, *status;
};

static const struct kind_words words[] = {
    [AS_PARTY_CLIENT] = {"/v1/clients", "clients", "client_created", "client_updated",
                         "client_deleted", "client_status_changed"},
    [AS_PARTY_RESOURCE] = {"/v1/resources", "resources", "resource_created", "resource_updated",
                           "resource_deleted", "resource_status_changed"},
};

static enum as_party_kind kind_of(const struct as_http_call *call)
{
    as_span path = as_span_of(words[AS_PARTY_RESOURCE].path);

    return as_span_starts(call->request->path, path) ? AS_PARTY_RESOURCE : AS_PARTY_CLIENT;
}

/* A dry run leaves no trace in the audit either. */
static as_err is_dry_run(const struct as_http_call *call, bool *out)
{
    *out = as_span_is(call->request->query, "dry_run=true");
    AS_NEED(*out || call->request->query.len == 0, AS_INVALID_REQUEST,
            "the query may be dry_run=true and nothing else");
    if (*out) {
        as_visit_of(call)->event = NULL;
    }
    return AS_OK;
}

/* What knows no dry run must not take one for the real thing. */
static as_err need_no_query(const struct as_http_call *call)
{
    AS_NEED(call->request->query.len == 0, AS_INVALID_REQUEST, "there is no query here");
    return AS_OK;
}

static as_err read_body(const struct as_http_call *call, json_t **out)
{
    AS_NEED(as_http_is_json(call->request), AS_INVALID_REQUEST,
            "the body must be application/json");
    return as_json_parse(call->request->body, out);
}

/* The party of the path, of the kind of the path. */
static as_err find(const struct as_http_call *call, const struct as_party **out)
{
    struct as_visit *visit = as_visit_of(call);

    AS_TRY(as_admin_check(visit));
    AS_TRY(as_store_party_get(visit->ctx.store, call->param, out));
    AS_NEED(*out != NULL && (*out)->kind == kind_of(call), AS_NOT_FOUND,
            "no client or resource server of this kind has this id");
    return as_arena_copy(call->mem, (*out)->id, &visit->subject_id);
}

static as_err read_one(struct as_http_call *call, const struct as_party *existing,
                       const json_t *json, struct as_party_write *out)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_registration_ask ask = {
        .mem = call->mem,
        .settings = visit->ctx.settings,
        .trust = visit->ctx.trust,
        .kind = kind_of(call),
        .id = existing != NULL ? existing->id : AS_SPAN_NONE,
        .created = existing != NULL ? existing->created : 0,
        .now = visit->ctx.now,
        .member = &visit->member,
    };

    return as_registration_read(&ask, json, out);
}

static as_err reply_party(struct as_http_call *call, unsigned status, const struct as_party *party)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(as_registration_view(party, &view));
    return as_reply_json(call, status, view);
}

static as_err reply_parties(struct as_http_call *call, unsigned status,
                            const struct as_party *const *parties, size_t count)
{
    json_t *list = json_array();
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", words[kind_of(call)].member, list);

    AS_NEED_MEM(json);
    for (size_t i = 0; i < count; i++) {
        json_t *view = NULL;

        AS_TRY(as_registration_view(parties[i], &view));
        AS_NEED(json_array_append_new(list, view) == 0, AS_SERVER_ERROR, "out of memory");
    }
    return as_reply_json(call, status, json);
}

/* Appends parties until there is no more, or enough for one answer; *next is then the id to go on
 * after. One at a time, since one may be as large as a request. */
static as_err list_some(struct as_http_call *call, as_span after, json_t *list, as_span *next)
{
    struct as_store_session *store = as_visit_of(call)->ctx.store;
    const struct as_party *const *one = NULL;
    size_t count = 0, octets = 0;

    for (size_t i = 0; i < LIST_MAX && octets < LIST_OCTETS; i++) {
        json_t *view = NULL;

        AS_TRY(as_store_party_list(store, call->mem, kind_of(call), after, 1, &one, &count));
        if (count == 0) {
            *next = AS_SPAN_NONE;
            return AS_OK;
        }
        AS_TRY(as_registration_view(one[0], &view));
        AS_NEED(json_array_append_new(list, view) == 0, AS_SERVER_ERROR, "out of memory");
        octets += one[0]->metadata.len;
        after = one[0]->id;
    }
    *next = after;
    return AS_OK;
}

/* GET ?after=ID: a page in the order of ids; `next` is where the following one begins. */
as_err as_admin_list(struct as_http_call *call)
{
    json_t *list = json_array();
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", words[kind_of(call)].member, list);
    as_span after = AS_SPAN_NONE, next;

    AS_TRY(as_admin_check(as_visit_of(call)));
    AS_NEED_MEM(json);
    if (call->request->query.len > 0) {
        AS_NEED(as_span_starts(call->request->query, AS_LIT("after=")), AS_INVALID_REQUEST,
                "the query may be after=ID and nothing else");
        after = as_span_from(call->request->query, strlen("after="));
    }
    AS_TRY(list_some(call, after, list, &next));
    if (next.len > 0) {
        AS_NEED(json_object_set_new(json, "next", json_stringn(next.ptr, next.len)) == 0,
                AS_SERVER_ERROR, "out of memory");
    }
    return as_reply_json(call, 200, json);
}

static as_err write_new(struct as_http_call *call, const struct as_party_write *writes,
                        size_t count)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_audit audit = as_audit_row(visit, visit->event, visit->subject_id);
    size_t which = 0;
    bool dry_run;

    AS_TRY(is_dry_run(call, &dry_run));
    as_err err = dry_run ? as_store_party_create_rehearse(visit->ctx.store, writes, count, &which)
                         : as_store_party_create(visit->ctx.store, writes, count, &audit, &which);
    if (as_failed(err) && which < count) {
        visit->subject_id = writes[which].party->id;
    }
    return err;
}

static as_err create_one(struct as_http_call *call, const json_t *json)
{
    struct as_party_write write = {0};

    AS_TRY(read_one(call, NULL, json, &write));
    as_visit_of(call)->subject_id = write.party->id;
    AS_TRY(write_new(call, &write, 1));
    return reply_party(call, 201, write.party);
}

/* May the id stand in an error's description as it is (TOK-10)? */
static bool is_plain(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (id[i] <= ' ' || id[i] > '~' || id[i] == '"' || id[i] == '\\') {
            return false;
        }
    }
    return len > 0 && len <= 128;
}

/* Says which of an import is at fault: its client_id, else its position (MTLS-22). */
static void name_culprit(struct as_http_call *call, const json_t *item, size_t index)
{
    struct as_visit *visit = as_visit_of(call);
    const char *id = json_string_value(json_object_get(item, "client_id"));
    as_span text;
    as_err err = id != NULL && is_plain(id)
                     ? as_arena_printf(call->mem, &text, "%s %s", id,
                                       visit->member != NULL ? visit->member : "")
                     : as_arena_printf(call->mem, &text, "number %zu %s", index + 1,
                                       visit->member != NULL ? visit->member : "");

    if (!as_failed(err)) {
        visit->member = text.ptr;
    }
}

static as_err create_many(struct as_http_call *call, const json_t *list)
{
    size_t count = json_array_size(list), i;
    struct as_party_write *writes = as_arena_array(call->mem, count, sizeof(*writes));
    const struct as_party **parties = as_arena_array(call->mem, count, sizeof(*parties));

    AS_NEED(count > 0 && count <= IMPORT_MAX, AS_INVALID_REQUEST,
            "an import holds one to 1000 objects");
    AS_NEED(writes != NULL && parties != NULL, AS_SERVER_ERROR, "out of memory");
    for (i = 0; i < count; i++) {
        as_err err = read_one(call, NULL, json_array_get(list, i), &writes[i]);

        if (as_failed(err)) {
            name_culprit(call, json_array_get(list, i), i);
            return err;
        }
        parties[i] = writes[i].party;
    }
    as_err err = write_new(call, writes, count);
    if (as_failed(err)) {
        as_span id = as_visit_of(call)->subject_id;

        as_visit_of(call)->member = id.ptr; /* arena text, ends in NUL */
        return err;
    }
    return reply_parties(call, 201, parties, count);
}

as_err as_admin_create(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;

    visit->event = words[kind_of(call)].created;
    AS_TRY(as_admin_check(visit));
    AS_TRY(read_body(call, &json));
    return json_is_array(json) ? create_many(call, json) : create_one(call, json);
}

as_err as_admin_show(struct as_http_call *call)
{
    const struct as_party *party = NULL;

    AS_TRY(find(call, &party));
    return reply_party(call, 200, party);
}

static as_err replace(struct as_http_call *call, const struct as_party *existing,
                      const json_t *json)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_party_write write = {0};
    bool found = false, dry_run;

    AS_TRY(is_dry_run(call, &dry_run));
    AS_TRY(read_one(call, existing, json, &write));
    struct as_audit audit = as_audit_row(visit, visit->event, existing->id);
    AS_TRY(dry_run ? as_store_party_replace_rehearse(visit->ctx.store, &write, &found)
                   : as_store_party_replace(visit->ctx.store, &write, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return reply_party(call, 200, write.party);
}

as_err as_admin_replace(struct as_http_call *call)
{
    AS_AUTO(json_decref) json_t *json = NULL;
    const struct as_party *existing = NULL;

    as_visit_of(call)->event = words[kind_of(call)].replaced;
    AS_TRY(find(call, &existing));
    AS_TRY(read_body(call, &json));
    return replace(call, existing, json);
}

/* The one change that need not read the whole object first, so that two operators cannot undo each
 * other: {"status": ...} alone. */
static as_err set_status(struct as_http_call *call, const struct as_party *existing,
                         const json_t *json)
{
    struct as_visit *visit = as_visit_of(call);
    as_span status = as_span_of(json_string_value(json_object_get(json, "status")));
    struct as_party after = *existing;
    bool found = false;

    visit->event = words[existing->kind].status;
    visit->member = "status";
    AS_NEED(as_party_status_named(status, &after.status), AS_INVALID_CLIENT_METADATA,
            "it must be enabled or disabled");
    visit->member = NULL;
    struct as_audit audit = as_audit_row(visit, visit->event, existing->id);
    AS_TRY(as_store_party_set_status(visit->ctx.store, existing->kind, existing->id, after.status,
                                     &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return reply_party(call, 200, &after);
}

/* JSON merge patch (RFC 7396) of the object as shown: members given replace, null removes. */
as_err as_admin_patch(struct as_http_call *call)
{
    AS_AUTO(json_decref) json_t *patch = NULL;
    AS_AUTO(json_decref) json_t *merged = NULL;
    const struct as_party *existing = NULL;

    as_visit_of(call)->event = words[kind_of(call)].replaced;
    AS_TRY(find(call, &existing));
    AS_TRY(read_body(call, &patch));
    AS_NEED(json_is_object(patch) && json_object_size(patch) > 0, AS_INVALID_REQUEST,
            "the patch must be an object with members");
    if (json_object_size(patch) == 1 && json_object_get(patch, "status") != NULL &&
        call->request->query.len == 0) {
        return set_status(call, existing, patch);
    }
    AS_TRY(as_registration_view(existing, &merged));
    AS_NEED(json_object_update(merged, patch) == 0, AS_SERVER_ERROR, "out of memory");
    return replace(call, existing, merged);
}

as_err as_admin_delete(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_party *existing = NULL;
    bool found = false;

    visit->event = words[kind_of(call)].deleted;
    AS_TRY(find(call, &existing));
    AS_TRY(need_no_query(call));
    struct as_audit audit = as_audit_row(visit, visit->event, existing->id);
    AS_TRY(as_store_party_delete(visit->ctx.store, existing->kind, existing->id, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "it was deleted meanwhile");
    return as_reply_empty(call, 204);
}

/* POST /v1/revocations {"client_id": ...}: every token of a client issued so far ends (D8). */
as_err as_admin_revoke(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    bool found = false;

    visit->event = "client_tokens_revoked";
    AS_TRY(as_admin_check(visit));
    AS_TRY(need_no_query(call));
    AS_TRY(read_body(call, &json));
    const json_t *id = json_object_get(json, "client_id");
    AS_NEED(json_is_string(id) && json_object_size(json) == 1, AS_INVALID_REQUEST,
            "the body must be an object with client_id");
    AS_TRY(as_arena_copy(call->mem, (as_span){json_string_value(id), json_string_length(id)},
                         &visit->subject_id));
    struct as_audit audit = as_audit_row(visit, visit->event, visit->subject_id);
    AS_TRY(as_store_party_revoke_tokens(visit->ctx.store, visit->subject_id, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "no client has this id");
    return as_reply_empty(call, 204);
}
