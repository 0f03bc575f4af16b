/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's keys for its operator: GET /v1/keys lists them, never a private part;
 * POST /v1/keys/rotations begins successors; POST /v1/keys/retirements lets one take over now;
 * DELETE /v1/keys/{id} revokes: the key and all that it made end at once (REG-147).
 */
#include "admin.h"

static const struct {
    const char *name;    /* as shown and asked for */
    const char *purpose; /* as stored */
} purposes[] = {
    {"access_token", AS_PURPOSE_ACCESS_TOKEN},
    {"signature", AS_PURPOSE_SIGNATURE},
};

static const char *const states[AS_KEY_STATES] = {
    [AS_KEY_PUBLISHED] = "published",
    [AS_KEY_ACTIVE] = "active",
    [AS_KEY_RETIRED] = "retired",
};

/* ------------------------------------------------------------ the list ------------------------ */

static as_span purpose_name(as_span purpose)
{
    for (size_t i = 0; i < AS_COUNT(purposes); i++) {
        if (as_span_is(purpose, purposes[i].purpose)) {
            return as_span_of(purposes[i].name);
        }
    }
    return purpose;
}

static as_err add_key(json_t *list, const struct as_key_row *row)
{
    json_t *key = json_object();

    AS_TRY(as_json_append(list, key));
    AS_TRY(as_json_put_text(key, "kid", row->kid));
    AS_TRY(as_json_put_text(key, "purpose", purpose_name(row->purpose)));
    if (row->alg.len > 0) {
        AS_TRY(as_json_put_text(key, "alg", row->alg));
    }
    AS_TRY(as_json_put(key, "state", json_string(states[row->state])));
    AS_TRY(as_json_put(key, "created_at", json_integer(row->created)));
    AS_TRY(as_json_put(key, "activates_at", json_integer(row->activates)));
    if (row->state == AS_KEY_RETIRED) {
        return as_json_put(key, "retired_at", json_integer(row->retired));
    }
    return AS_OK;
}

static as_err reply_list(struct as_http_call *call)
{
    AS_AUTO(json_decref) json_t *json = json_object();
    const struct as_key_row *rows = NULL;
    json_t *list = json_array();
    size_t count = 0;

    AS_TRY(as_json_put(json, "keys", list));
    AS_TRY(as_store_keys(as_visit_of(call)->ctx.store, call->mem, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        AS_TRY(add_key(list, &rows[i]));
    }
    return as_reply_json(call, 200, json);
}

as_err as_admin_keys_list(struct as_http_call *call)
{
    AS_TRY(as_admin_need_no_query(call));
    return reply_list(call);
}

/* ------------------------------------------------------------ what moves them ----------------- */

static as_err begin(struct as_http_call *call, const char *event)
{
    struct as_visit *visit = as_visit_of(call);

    visit->event = event;
    return as_admin_need_no_query(call);
}

/* Members that are texts; others are refused. */
static as_err read_texts(const json_t *json, const char *const *names, as_span *texts, size_t count)
{
    size_t found = 0;

    AS_NEED(json_is_object(json), AS_INVALID_REQUEST, "the body must be an object");
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(json, names[i]);
        AS_NEED(value == NULL || json_is_string(value), AS_INVALID_REQUEST,
                "a member must be a string");
        texts[i] = as_json_span(value);
        found += value != NULL;
    }
    AS_NEED(found == json_object_size(json), AS_INVALID_REQUEST,
            "the body has a member that is not known here");
    return AS_OK;
}

static as_err read_purpose(as_span name, const char **out)
{
    *out = NULL;
    for (size_t i = 0; i < AS_COUNT(purposes); i++) {
        if (as_span_is(name, purposes[i].name)) {
            *out = purposes[i].purpose;
        }
    }
    AS_NEED(name.ptr == NULL || *out != NULL, AS_INVALID_REQUEST,
            "purpose must be access_token or signature");
    return AS_OK;
}

static as_err read_alg(const struct as_visit *visit, as_span name, enum as_alg *out)
{
    *out = AS_ALG_NONE;
    AS_NEED(name.ptr == NULL ||
                (as_alg_named(name, out) && (visit->ctx.settings->key_algs & 1U << *out) != 0),
            AS_INVALID_REQUEST, "alg is not one of keys.algs");
    return AS_OK;
}

as_err as_admin_keys_rotate(struct as_http_call *call)
{
    static const char *const names[] = {"purpose", "alg"};
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    as_span texts[2];
    const char *purpose = NULL;
    enum as_alg alg = AS_ALG_NONE;
    size_t count = 0;

    AS_TRY(begin(call, "keys_rotated"));
    AS_TRY(as_admin_read_body(call, &json));
    AS_TRY(read_texts(json, names, texts, 2));
    AS_TRY(read_purpose(texts[0], &purpose));
    AS_TRY(read_alg(visit, texts[1], &alg));
    struct as_audit audit;
    AS_TRY(as_audit_change(visit, AS_SPAN_NONE, &audit));
    AS_TRY(as_keys_rotate(visit->app->conf.keys, visit->ctx.store, purpose, alg, &audit, &count));
    return reply_list(call);
}

as_err as_admin_keys_retire(struct as_http_call *call)
{
    static const char *const names[] = {"kid"};
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    as_span kid;

    AS_TRY(begin(call, "key_retired"));
    AS_TRY(as_admin_read_body(call, &json));
    AS_TRY(read_texts(json, names, &kid, 1));
    AS_NEED(kid.len > 0, AS_INVALID_REQUEST, "kid is missing");
    AS_TRY(as_arena_copy(call->mem, kid, &visit->subject_id));
    struct as_audit audit;
    AS_TRY(as_audit_change(visit, AS_SPAN_NONE, &audit));
    AS_TRY(as_keys_retire(visit->app->conf.keys, visit->ctx.store, visit->subject_id, &audit));
    return reply_list(call);
}

as_err as_admin_keys_revoke(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);

    AS_TRY(begin(call, "key_revoked"));
    AS_TRY(as_arena_copy(call->mem, call->param, &visit->subject_id));
    const struct as_audit audit = as_audit_ending(visit, AS_SPAN_NONE);
    AS_TRY(as_keys_revoke(visit->app->conf.keys, visit->ctx.store, visit->subject_id, &audit));
    return as_reply_empty(call, 204);
}
