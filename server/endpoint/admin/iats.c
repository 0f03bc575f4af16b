/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial access tokens for their operator (REG-15): /v1/initial-access-tokens. Each says what may
 * be registered with it, how often and until when. It is shown once, when it is made.
 */
#include "admin.h"
#include "bearer.h"

#define USES_DEFAULT 1
#define EXPIRES_S    86400

static as_err view_of(const struct as_iat *iat, json_t **out)
{
    AS_AUTO(json_decref) json_t *json = json_object();

    AS_TRY(as_json_put_text(json, "id", iat->id));
    AS_TRY(as_json_put_text(json, "profile", iat->profile));
    AS_TRY(as_json_put_text(json, "scope", iat->scope));
    AS_TRY(as_json_put(json, "uses", json_integer(iat->uses)));
    AS_TRY(as_json_put(json, "created_at", json_integer(iat->created)));
    AS_TRY(as_json_put(json, "expires_at", json_integer(iat->expires_at)));
    *out = AS_MOVE(json);
    return AS_OK;
}

/* ---------------------------------------------------------------- create --------------------- */

static as_err read_profile(const struct as_visit *visit, const json_t *value, struct as_iat *out)
{
    const struct as_profile *profile = as_profile_get(AS_PROFILE_FAPI1);

    if (value != NULL) {
        profile = as_profile_named(as_json_span(value));
        AS_NEED(profile != NULL, AS_INVALID_REQUEST, "profile is unknown");
    }
    AS_NEED(as_profile_is_on(profile, visit->ctx.settings->profiles), AS_INVALID_REQUEST,
            value != NULL ? "profile is not enabled on this server"
                          : "profile must be given: the default fapi1 is not enabled");
    out->profile = as_span_of(profile->name);
    return AS_OK;
}

static as_err read_scope(struct as_arena *mem, const json_t *value, struct as_iat *out)
{
    if (value == NULL) {
        return AS_OK;
    }
    AS_NEED(json_is_string(value), AS_INVALID_REQUEST, "scope must be a string");
    AS_NEED(!as_failed(as_scope_check(as_json_span(value))), AS_INVALID_REQUEST,
            "scope is malformed or too long");
    return as_arena_copy(mem, as_json_span(value), &out->scope);
}

static as_err read_number(const json_t *value, int64_t otherwise, int64_t most, const char *why,
                          int64_t *out)
{
    *out = value != NULL ? json_integer_value(value) : otherwise;
    AS_NEED(*out >= 1 && *out <= most, AS_INVALID_REQUEST, why); /* 0 for what is no integer */
    return AS_OK;
}

/* A member that nobody knows may be a bound that is misspelt. */
static as_err need_known(const json_t *json)
{
    static const char *const known[] = {"profile", "scope", "uses", "expires_in"};
    size_t count = 0;

    for (size_t i = 0; i < AS_COUNT(known); i++) {
        count += json_object_get(json, known[i]) != NULL;
    }
    AS_NEED(json_is_object(json) && json_object_size(json) == count, AS_INVALID_REQUEST,
            "the body must be an object with profile, scope, uses, expires_in or none of these");
    return AS_OK;
}

static as_err read_iat(struct as_http_call *call, const json_t *json, struct as_iat *out)
{
    const struct as_visit *visit = as_visit_of(call);
    int64_t expires_in = 0;

    AS_TRY(need_known(json));
    AS_TRY(read_profile(visit, json_object_get(json, "profile"), out));
    AS_TRY(read_scope(call->mem, json_object_get(json, "scope"), out));
    AS_TRY(read_number(json_object_get(json, "uses"), USES_DEFAULT, AS_LIMIT_IAT_USES,
                       "uses must be a number from 1 to 100000", &out->uses));
    AS_TRY(read_number(json_object_get(json, "expires_in"), EXPIRES_S, AS_LIMIT_IAT_S,
                       "expires_in must be a number of seconds, at most 366 days", &expires_in));
    out->created = visit->ctx.now;
    out->expires_at = visit->ctx.now + expires_in;
    return as_random_id(call->mem, 'i', &out->id);
}

static as_err reply_new(struct as_http_call *call, const struct as_iat *iat, as_span token)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(view_of(iat, &view));
    AS_TRY(as_json_put_text(view, "initial_access_token", token));
    return as_reply_json(call, 201, view);
}

as_err as_admin_iats_create(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    struct as_iat iat = {.uses = 0};
    as_span token;

    visit->event = "iat_created";
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_admin_read_body(call, &json));
    AS_TRY(read_iat(call, json, &iat));
    AS_TRY(as_bearer_make(call->mem, AS_BEARER_IAT, &token, iat.digest));
    visit->subject_id = iat.id;
    struct as_audit audit;
    AS_TRY(as_audit_change(visit, iat.id, &audit));
    AS_TRY(reply_new(call, &iat, token)); /* before it is true: the token is told once */
    return as_store_iat_create(visit->ctx.store, &iat, &audit);
}

/* ---------------------------------------------------------------- list, revoke --------------- */

static as_err reply_list(struct as_http_call *call, const struct as_iat *iats, size_t count)
{
    json_t *list = json_array();
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", "initial_access_tokens", list);

    AS_NEED_MEM(json);
    for (size_t i = 0; i < count && i < AS_LIMIT_PAGE_ITEMS; i++) {
        json_t *view = NULL;

        AS_TRY(view_of(&iats[i], &view));
        AS_TRY(as_json_append(list, view));
    }
    return as_admin_reply_page(
        call, json, count > AS_LIMIT_PAGE_ITEMS ? iats[AS_LIMIT_PAGE_ITEMS - 1].id : AS_SPAN_NONE);
}

/* GET ?after=ID: a page in the order of their making; `next` is where the following one begins. */
as_err as_admin_iats_list(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_iat *iats = NULL;
    as_span after;
    size_t count = 0;

    AS_TRY(as_admin_read_after(call, &after));
    AS_TRY(as_store_iat_list(visit->ctx.store, call->mem, after, AS_LIMIT_PAGE_ITEMS + 1, &iats,
                             &count));
    return reply_list(call, iats, count);
}

as_err as_admin_iats_revoke(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    bool found = false;

    visit->event = "iat_revoked";
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_arena_copy(call->mem, call->param, &visit->subject_id));
    const struct as_audit audit = as_audit_ending(visit, visit->subject_id);
    AS_TRY(as_store_iat_revoke(visit->ctx.store, visit->subject_id, &audit, &found));
    AS_NEED(found, AS_NOT_FOUND, "no initial access token has this id");
    return as_reply_empty(call, 204);
}
