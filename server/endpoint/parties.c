/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API of clients and resource servers: the same verbs on /v1/clients and /v1/resources.
 * POST takes one object, or an array that is imported all or none. ?dry_run=true checks everything,
 * conflicts with others too, and writes nothing.
 */
#include "parties.h"

#define LIST_MAX    1000
#define LIST_OCTETS (1024 * 1024) /* with the answer's text it fits into AS_LIMIT_ARENA */

static const struct as_party_words words[] = {
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

const struct as_party_words *as_admin_words(const struct as_http_call *call)
{
    return &words[kind_of(call)];
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

as_err as_admin_read_body(const struct as_http_call *call, json_t **out)
{
    AS_NEED(as_http_is_json(call->request), AS_INVALID_REQUEST,
            "the body must be application/json");
    return as_json_parse(call->request->body, out);
}

as_err as_admin_find(const struct as_http_call *call, const struct as_party **out)
{
    struct as_visit *visit = as_visit_of(call);

    AS_TRY(as_admin_check(visit));
    AS_TRY(as_store_party_get(visit->ctx.store, call->param, out));
    AS_NEED(*out != NULL && (*out)->kind == kind_of(call), AS_NOT_FOUND,
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
        .kind = kind_of(call),
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

    AS_TRY(as_registration_view(party, &view));
    AS_TRY(as_admin_warn(call, party, view));
    return as_reply_json(call, status, view);
}

as_err as_admin_write_new(struct as_http_call *call, const struct as_party_write *writes,
                          size_t count)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_audit audit = as_audit_row(visit, visit->event, visit->subject_id);
    size_t which = 0;
    bool dry_run;

    AS_TRY(as_admin_is_dry_run(call, &dry_run));
    as_err err = dry_run ? as_store_party_create_rehearse(visit->ctx.store, writes, count, &which)
                         : as_store_party_create(visit->ctx.store, writes, count, &audit, &which);
    if (as_failed(err) && which < count) {
        visit->subject_id = writes[which].party->id;
    }
    return err;
}

/* ---------------------------------------------------------------- the verbs ------------------ */

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
        AS_TRY(as_json_append(list, view));
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
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", as_admin_words(call)->member, list);
    as_span after, next;

    AS_TRY(as_admin_check(as_visit_of(call)));
    AS_NEED_MEM(json);
    AS_TRY(as_admin_read_after(call, &after));
    AS_TRY(list_some(call, after, list, &next));
    return as_admin_reply_page(call, json, next);
}

static as_err create_one(struct as_http_call *call, const json_t *json)
{
    struct as_party_write write = {0};

    AS_TRY(as_admin_read_party(call, NULL, json, &write));
    as_visit_of(call)->subject_id = write.party->id;
    AS_TRY(as_admin_reply_party(call, 201, write.party)); /* who is told of a fault may try again */
    return as_admin_write_new(call, &write, 1);
}

as_err as_admin_create(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;

    visit->event = as_admin_words(call)->created;
    AS_TRY(as_admin_check(visit));
    AS_TRY(as_admin_read_body(call, &json));
    return json_is_array(json) ? as_admin_import(call, json) : create_one(call, json);
}

as_err as_admin_show(struct as_http_call *call)
{
    const struct as_party *party = NULL;

    AS_TRY(as_admin_find(call, &party));
    return as_admin_reply_party(call, 200, party);
}
