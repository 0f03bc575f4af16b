/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /register/{id} (RFC 7592): a client reads, replaces or ends its own registration with its
 * registration access token, which does nothing else. Whatever is wrong with the token or the id is
 * one refusal: who it is asked for shows neither in the answer nor in the time it takes (REG-91).
 */
#include "register.h"

/* An operator may change the client while it replaces itself; then it is looked at again. */
#define ATTEMPTS 8

static as_err check_rat(struct as_http_call *call, const struct as_party *party, as_span token)
{
    static const unsigned char nobody[AS_DIGEST];
    unsigned char digest[AS_DIGEST];
    bool has = party != NULL && party->kind == AS_PARTY_CLIENT && party->has_rat;

    AS_TRY(as_sha256(token, digest));
    if (as_crypto_equal(digest, has ? party->rat : nobody, AS_DIGEST) && has) {
        return AS_OK;
    }
    AS_TRY(as_client_even_out(&as_visit_of(call)->ctx, party != NULL));
    return as_bearer_refuse(call, call->param, "rat_unknown");
}

/* The client of the path, if the token is its own. */
static as_err find(struct as_http_call *call, const struct as_party **out, as_span *token)
{
    struct as_visit *visit = as_visit_of(call);

    AS_TRY(as_bearer_read(call, call->param, token));
    AS_TRY(as_store_party_get(visit->ctx.store, call->param, out));
    AS_TRY(check_rat(call, *out, *token));
    AS_TRY(as_arena_copy(call->mem, (*out)->id, &visit->client_id));
    visit->actor = visit->client_id;
    AS_NEED((*out)->status == AS_PARTY_ENABLED, AS_NOT_ALLOWED, "this client is disabled");
    return AS_OK;
}

as_err as_endpoint_register_show(struct as_http_call *call)
{
    const struct as_party *party = NULL;
    as_span token;

    AS_TRY(find(call, &party, &token));
    return as_register_reply(call, 200, party, token);
}

/* ---------------------------------------------------------------- PUT ------------------------ */

/* RFC 7592 2.2: what must and what must not be in it (REG-84 to REG-86). */
static as_err check_put(struct as_http_call *call, const json_t *json)
{
    static const char *const shown[] = {"registration_access_token", "registration_client_uri",
                                        "client_secret_expires_at", "client_id_issued_at"};
    struct as_visit *visit = as_visit_of(call);
    const char *id = json_string_value(json_object_get(json, "client_id"));

    AS_NEED(json_is_object(json), AS_INVALID_CLIENT_METADATA, "the metadata is not a JSON object");
    for (size_t i = 0; i < AS_COUNT(shown); i++) {
        visit->member = shown[i];
        AS_NEED(json_object_get(json, shown[i]) == NULL, AS_INVALID_REQUEST,
                "it may not be sent back");
    }
    visit->member = "client_secret";
    AS_NEED(json_object_get(json, "client_secret") == NULL, AS_INVALID_CLIENT_METADATA,
            "this client has none");
    visit->member = "client_id";
    AS_NEED(id != NULL && as_span_is(call->param, id), AS_INVALID_CLIENT_METADATA,
            "it must be the client's own");
    visit->member = NULL;
    return AS_OK;
}

/* Does the party claim a name or a certificate that it has not proved before? */
static bool claims_more(const struct as_party *was, const struct as_party *now)
{
    if (was->method != now->method || was->name_kind != now->name_kind ||
        !as_span_equal(was->name_canon, now->name_canon)) {
        return true;
    }
    for (size_t i = 0; i < now->certificate_count; i++) {
        if (!as_party_has_certificate(was, now->certificates[i])) {
            return true;
        }
    }
    return false;
}

/* A registration like the first, but for what was given then: the profile, and the scope, of which
 * a client may give up some (REG-87). */
static as_err read_again(struct as_http_call *call, const struct as_party *was, const json_t *json,
                         struct as_party_write *out)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_registration_ask ask = {
        .mem = call->mem,
        .settings = visit->ctx.settings,
        .trust = visit->ctx.trust,
        .kind = AS_PARTY_CLIENT,
        .by = AS_BY_CLIENT,
        .existing = was,
        .profile = as_profile_named(was->client->profile),
        .scope = was->client->scope,
        .now = visit->ctx.now,
        .member = &visit->member,
    };

    AS_NEED(ask.profile != NULL, AS_INVALID_CLIENT_METADATA,
            "the profile of this client is no longer known");
    AS_TRY(as_registration_read(&ask, json, out));
    return claims_more(was, out->party) ? as_register_prove(call, was, out->party) : AS_OK;
}

/* *done is false when the client is no longer what it was when it was read. Counted once. */
static as_err try_replace(struct as_http_call *call, const json_t *json, bool first, bool *done)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_party *was = NULL;
    struct as_party_write write = {0};
    as_span token;

    AS_TRY(find(call, &was, &token));
    AS_TRY(check_put(call, json));
    AS_TRY(read_again(call, was, json, &write));
    AS_TRY(first ? as_register_ration(call, was->id) : AS_OK);
    *call->reply = (struct as_http_reply){0}; /* of the attempt before */
    AS_TRY(as_register_reply(call, 200, write.party, token));
    struct as_audit audit;
    AS_TRY(as_audit_change(visit, was->id, &audit));
    return as_register_refusal(
        as_store_party_replace_own(visit->ctx.store, &write, was, &audit, done));
}

as_err as_endpoint_register_replace(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    const struct as_party *party = NULL;
    as_span token;
    bool done = false;

    visit->event = "client_updated";
    AS_TRY(find(call, &party, &token)); /* before anything is read, in the worker */
    AS_NEED(call->may_wait, AS_ELSEWHERE, "a replacement writes"); /* D10 */
    AS_TRY(as_register_read_body(call, &json));
    for (int i = 0; i < ATTEMPTS && !done; i++) {
        AS_TRY(try_replace(call, json, i == 0, &done));
    }
    AS_NEED(done, AS_UNAVAILABLE, "the client does not stay as it is");
    return AS_OK;
}

as_err as_endpoint_register_delete(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_party *party = NULL;
    bool found = false;
    as_span token;

    visit->event = "client_deleted";
    AS_TRY(find(call, &party, &token));
    const struct as_audit audit = as_audit_ending(visit, party->id);
    AS_TRY(as_store_party_delete(visit->ctx.store, AS_PARTY_CLIENT, party->id, &audit, &found));
    AS_NEED(found, AS_INVALID_TOKEN, "rat_unknown"); /* deleted meanwhile */
    return as_reply_empty(call, 204);
}
