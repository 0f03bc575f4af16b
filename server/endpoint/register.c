/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /register (RFC 7591): a client registers itself, with an initial access token or, in mode
 * open, without. The token is looked at before anything else is read; one use of it is taken in the
 * transaction that writes the client.
 */
#include "register.h"

#include <string.h>

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

/* ---------------------------------------------------------------- what both share ------------ */

bool as_register_is_off(const struct as_visit *visit, as_span path)
{
    return visit->ctx.settings->registration_mode == AS_REGISTRATION_OFF &&
           (as_span_is(path, "/register") || as_span_starts(path, AS_LIT("/register/")));
}

as_err as_register_read_body(const struct as_http_call *call, json_t **out)
{
    AS_NEED(as_http_is_json(call->request), AS_INVALID_CLIENT_METADATA,
            "the body must be application/json");
    as_err err = as_json_parse(call->request->body, out);
    return as_err_is(err, AS_INVALID_REQUEST) ? AS_FAIL(AS_INVALID_CLIENT_METADATA, err.why) : err;
}

/* What a certificate lacks, in words for whoever registers. */
static const struct {
    const char *reason, *says;
} lacks[] = {
    {"cert_missing", "a client registers with the certificate that it names; none was shown."},
    {"cert_malformed", "the certificate shown is malformed"},
    {"cert_weak_key",
     "the certificate shown has a key other than RSA 2048 to 4096, P-256, P-384 or Ed25519"},
    {"cert_chain_too_long", "the certificate shown comes with too long a chain"},
    {"cert_untrusted",
     "the certificate shown leads to no authority that this server trusts for this client"},
    {"cert_purpose", "the certificate shown is not meant for clients"},
    {"cert_not_yet_valid", "the certificate shown is not valid yet"},
    {"cert_expired", "the certificate shown has expired"},
    {"cert_subject_mismatch", "the certificate shown does not carry the name to be registered"},
    {"cert_not_registered", "the certificate shown is not one of those in jwks"},
};

/* Each certificate in jwks is claimed for this client alone (MTLS-114), so that each is to be
 * proved, and a connection proves one. */
static bool proves_all(const struct as_cert *cert, const struct as_party *was,
                       const struct as_party *party)
{
    for (size_t i = 0; i < party->certificate_count; i++) {
        const unsigned char *one = party->certificates[i];

        if (memcmp(one, cert->thumbprint, AS_THUMBPRINT) != 0 &&
            (was == NULL || !as_party_has_certificate(was, one))) {
            return false;
        }
    }
    return true;
}

static as_err explain_lack(const char *reason)
{
    for (size_t i = 0; i < AS_COUNT(lacks); i++) {
        if (strcmp(lacks[i].reason, reason) == 0) {
            return AS_FAIL(AS_INVALID_CLIENT_METADATA, lacks[i].says);
        }
    }
    return AS_FAIL(AS_INVALID_CLIENT_METADATA, "the certificate shown would not be accepted");
}

as_err as_register_prove(struct as_http_call *call, const struct as_party *was,
                         const struct as_party *party)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_cert *cert = visit->peer->cert;
    struct as_who who;

    if (!visit->ctx.settings->registration_certificate_proof) {
        return AS_OK;
    }
    as_err err = as_client_prove(&visit->ctx, party, cert, &who);
    if (as_err_is(err, AS_INVALID_CLIENT)) {
        visit->wants_certificate = cert == NULL;
        return explain_lack(err.why);
    }
    AS_TRY(err);
    AS_NEED(proves_all(cert, was, party), AS_INVALID_CLIENT_METADATA,
            "jwks holds a certificate other than the one shown: add each by a PUT that shows it");
    return AS_OK;
}

as_err as_register_refusal(as_err err)
{
    return as_err_is(err, AS_INVALID_CLIENT_METADATA)
               ? AS_FAIL(AS_INVALID_CLIENT_METADATA,
                         "another party is registered with this name, certificate, key or software")
               : err;
}

/*
 * <registration_endpoint>/<client_id> (REG-95), of the metadata itself or of its alias for mTLS:
 * what changes a certificate needs one to be shown, so the URI is where that can be done.
 */
static as_err make_uri(struct as_http_call *call, as_span id, as_span *out)
{
    const struct as_settings *settings = as_visit_of(call)->ctx.settings;
    as_span origin = as_url_cut(settings->issuer).origin;

    if (settings->mtls_origin != NULL && settings->registration_certificate_proof) {
        origin = as_span_of(settings->mtls_origin);
    }
    return as_arena_printf(call->mem, out, "%.*s/register/%.*s", (int)origin.len, origin.ptr,
                           (int)id.len, id.ptr);
}

as_err as_register_reply(struct as_http_call *call, unsigned status, const struct as_party *party,
                         as_span rat)
{
    AS_AUTO(json_decref) json_t *view = NULL;
    as_span uri;

    AS_TRY(make_uri(call, party->id, &uri));
    AS_TRY(as_registration_view_for_client(party, &view));
    AS_NEED(json_object_set_new(view, "registration_client_uri", json_stringn(uri.ptr, uri.len)) ==
                    0 &&
                json_object_set_new(view, "registration_access_token",
                                    json_stringn(rat.ptr, rat.len)) == 0,
            AS_SERVER_ERROR, "out of memory");
    return as_reply_json(call, status, view);
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

/* REG-16: counted when nothing but the store can refuse any more; as an effect, only where the
 * write can follow (D10). */
static as_err ration(const struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_throttle *throttle = visit->generation->registrations;
    int64_t now = visit->ctx.mono_ms;

    AS_NEED(call->may_wait, AS_ELSEWHERE, "a registration is counted once");
    if (throttle != NULL && !as_throttle_take(throttle, visit->peer->address, now)) {
        visit->retry_after_s = (unsigned)(as_throttle_wait_ms(throttle, now) / 1000 + 1);
        return AS_FAIL(AS_TOO_MANY_REGISTRATIONS, "too_many_registrations");
    }
    return AS_OK;
}

static as_err write_client(struct as_http_call *call, const struct terms *terms,
                           const struct as_party_write *write)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_audit audit = as_audit_row(visit, visit->event, visit->subject_id);
    bool taken = false;

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
    as_span rat;

    visit->event = "client_registered";
    AS_TRY(find_terms(call, &terms));
    AS_TRY(read_client(call, &terms, &write));
    if (!terms.has_iat) {
        AS_TRY(ration(call));
    }
    struct as_party party = *write.party;
    AS_TRY(as_bearer_make(call->mem, AS_BEARER_RAT, &rat, party.rat));
    party.has_rat = true;
    write.party = &party;
    visit->subject_id = party.id;
    AS_TRY(write_client(call, &terms, &write));
    return as_register_reply(call, 201, &party, rat);
}
