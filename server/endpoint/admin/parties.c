/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API of clients and resource servers: the same verbs on /v1/clients and /v1/resources.
 * POST takes one object, or an array that is imported all or none (imports.c).
 */
#include "parties.h"

#define LIST_OCTETS (1024 * 1024) /* with the answer's text it fits into AS_LIMIT_ARENA */

/* Appends parties until there is no more, or enough for one answer; *next is then the id to go on
 * after. One at a time, since one may be as large as a request. */
static as_err list_some(struct as_http_call *call, as_span after, json_t *list, as_span *next)
{
    struct as_store_session *store = as_visit_of(call)->ctx.store;
    const struct as_party *const *one = NULL;
    size_t count = 0, octets = 0;

    for (size_t i = 0; i < AS_LIMIT_PAGE_ITEMS && octets < LIST_OCTETS; i++) {
        json_t *view = NULL;

        AS_TRY(as_store_party_list(store, call->mem, as_admin_kind(call), after, 1, &one, &count));
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
    AS_TRY(as_admin_reply_party(call, 201, write.party));
    return as_admin_write_new(call, &write, 1);
}

as_err as_admin_create(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;

    visit->event = as_admin_words(call)->created;
    AS_TRY(as_admin_read_body(call, &json));
    return json_is_array(json) ? as_admin_import(call, json) : create_one(call, json);
}

as_err as_admin_show(struct as_http_call *call)
{
    const struct as_party *party = NULL;

    AS_TRY(as_admin_find(call, &party));
    return as_admin_reply_party(call, 200, party);
}
