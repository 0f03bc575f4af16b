/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /register (RFC 7591): a client registers itself, with an initial access token or, in mode
 * open, without. The token is looked at before anything else is read, in the worker, so that a
 * stranger costs no job; one use of it is taken in the transaction that writes the client.
 */
#include "register.h"

/* What the caller may have. */
struct terms {
    unsigned char iat[AS_DIGEST];
    bool has_iat;
    const struct as_profile *profile;
    as_span scope;
};

/* ---------------------------------------------------------------- the initial access token --- */

/* Why it is not good for a registration now; NULL: it is. */
static const char *iat_fault(const struct as_iat *iat, as_time now)
{
    if (iat == NULL) {
        return "iat_unknown";
    }
    if (iat->uses <= 0) {
        return "iat_used_up";
    }
    if (iat->expires_at <= now) {
        return "iat_expired";
    }
    return as_profile_named(iat->profile) != NULL ? NULL : "iat_profile_unknown";
}

static as_err take_iat(struct as_http_call *call, as_span token, struct terms *out)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_iat *iat = NULL;

    AS_TRY(as_sha256(token, out->iat));
    AS_TRY(as_store_iat_get(visit->ctx.store, call->mem, out->iat, &iat));
    const char *fault = iat_fault(iat, visit->ctx.now);
    if (fault != NULL) {
        return as_bearer_refuse(call, AS_BEARER_NOBODY, fault);
    }
    out->has_iat = true;
    out->profile = as_profile_named(iat->profile);
    out->scope = iat->scope;
    return as_arena_printf(call->mem, &visit->actor, "iat:%.*s", (int)iat->id.len, iat->id.ptr);
}

/* A stranger does not choose how strictly he is treated: the first profile that is enabled, which
 * is fapi1 where that is. */
static as_err open_terms(const struct as_settings *settings, struct terms *out)
{
    for (unsigned id = 0; id < AS_PROFILE_COUNT && out->profile == NULL; id++) {
        const struct as_profile *profile = as_profile_get((enum as_profile_id)id);

        out->profile = as_profile_is_on(profile, settings->profiles) ? profile : NULL;
    }
    AS_NEED(out->profile != NULL, AS_SERVER_ERROR, "no profile is enabled");
    out->scope = as_span_of(settings->registration_scope);
    return AS_OK;
}

static as_err find_terms(struct as_http_call *call, struct terms *out)
{
    const struct as_settings *settings = as_visit_of(call)->ctx.settings;
    as_span token;

    as_err err = as_bearer_read(call, AS_BEARER_NOBODY, &token);
    if (as_err_is(err, AS_TOKEN_MISSING) && settings->registration_mode == AS_REGISTRATION_OPEN) {
        return open_terms(settings, out);
    }
    AS_TRY(err);
    return take_iat(call, token, out);
}

/* ---------------------------------------------------------------- the registration ----------- */

static as_err read_client(struct as_http_call *call, const struct terms *terms,
                          struct as_party_write *out)
{
    struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    const struct as_registration_ask ask = {
        .mem = call->mem,
        .settings = visit->ctx.settings,
        .trust = visit->ctx.trust,
        .kind = AS_PARTY_CLIENT,
        .by = AS_BY_CLIENT,
        .profile = terms->profile,
        .scope = terms->scope,
        .now = visit->ctx.now,
        .member = &visit->member,
    };

    AS_TRY(as_register_read_body(call, &json));
    AS_TRY(as_registration_read(&ask, json, out));
    return as_register_prove(call, NULL, out->party);
}

static as_err write_client(struct as_http_call *call, const struct terms *terms,
                           const struct as_party_write *write)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_audit audit;
    bool taken = false;

    AS_TRY(as_audit_change(visit, visit->subject_id, &audit));
    AS_TRY(as_register_refusal(as_store_party_register(visit->ctx.store, write,
                                                       terms->has_iat ? terms->iat : NULL,
                                                       visit->ctx.now, &audit, &taken)));
    AS_NEED(taken, AS_INVALID_TOKEN, "iat_used_up");
    return AS_OK;
}

as_err as_endpoint_register(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    struct terms terms = {.has_iat = false};
    struct as_party_write write = {0};
    struct as_ip ip;
    as_span rat;

    visit->event = "client_registered";
    AS_TRY(find_terms(call, &terms));
    AS_NEED(call->may_wait, AS_ELSEWHERE, "a registration writes"); /* D10: read once, there */
    AS_TRY(read_client(call, &terms, &write));
    if (!terms.has_iat) {
        AS_TRY(as_register_ration(call, as_ip_caller(as_span_of(visit->peer->address), &ip)));
    }
    struct as_party party = *write.party;
    AS_TRY(as_bearer_make(call->mem, AS_BEARER_RAT, &rat, party.rat));
    party.has_rat = true;
    write.party = &party;
    visit->subject_id = party.id;
    /* made before it is true: the token is told once, or the client is nobody's */
    AS_TRY(as_register_reply(call, 201, &party, rat));
    return write_client(call, &terms, &write);
}
