/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator should hear of a party that is sound but of no use as things stand: the admin
 * API shows it as `warnings` beside the members. It is about today and is never stored, so that an
 * export holds none.
 */
#include "parties.h"

static bool is_owned(const struct as_resource_set *set, as_span scope)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i]->party->status == AS_PARTY_ENABLED &&
            as_scope_holds(set->items[i]->scope, scope)) {
            return true;
        }
    }
    return false;
}

static as_err add(json_t *answer, const struct as_party *party, const char *format, as_span what)
{
    json_t *list = json_object_get(answer, "warnings");
    json_t *text = json_sprintf(format, (int)what.len, what.ptr);

    if (list == NULL) {
        list = json_array();
        AS_TRY(as_json_put(answer, "warnings", list));
    }
    return as_json_append(
        list, json_pack("{s:s%, s:o}", "client_id", party->id.ptr, party->id.len, "warning", text));
}

/* The values of its scope that no resource server would take (design D13). */
static as_err check_scope(struct as_http_call *call, const struct as_party *party,
                          const struct as_resource_set *set, json_t *answer)
{
    AS_AUTO_BUF struct as_buf orphans = AS_BUF(AS_LIMIT_JSON_STRING);
    as_span *values = NULL;
    size_t count = 0;

    AS_TRY(as_scope_parse(call->mem, party->client->scope, &values, &count));
    for (size_t i = 0; i < count; i++) {
        if (!is_owned(set, values[i])) {
            as_buf_add_text(&orphans, orphans.len > 0 ? " " : "");
            as_buf_add(&orphans, values[i]);
        }
    }
    return orphans.len == 0 ? AS_OK
                            : add(answer, party,
                                  "No enabled resource server has the scope %.*s: a request for it "
                                  "is refused.",
                                  as_buf_span(&orphans));
}

static as_err check_default_resource(const struct as_party *party,
                                     const struct as_resource_set *set, json_t *answer)
{
    const as_span uri = party->client->default_resource;
    const struct as_resource *found = uri.len > 0 ? as_resource_of_audience(set, uri) : NULL;

    if (uri.len == 0 || (found != NULL && found->party->status == AS_PARTY_ENABLED)) {
        return AS_OK;
    }
    return add(answer, party, "No enabled resource server has the default_resource %.*s.", uri);
}

as_err as_admin_warn(struct as_http_call *call, const struct as_party *party, json_t *answer)
{
    const struct as_resource_set *set = NULL;

    if (party->client == NULL) {
        return AS_OK;
    }
    AS_TRY(as_store_resources(as_visit_of(call)->ctx.store, &set));
    AS_TRY(check_scope(call, party, set, answer));
    return check_default_resource(party, set, answer);
}
