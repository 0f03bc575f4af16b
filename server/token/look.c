/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a token active (design D9, RFC 7662 4, TOK-147): not what was true when it was made,
 * but what is true now of the token, its client, its resource servers and its certificate. Each
 * check is a row of a table; it gives NULL or the reason for the log.
 */
#include "form.h"

struct sight {
    const struct as_ctx *ctx;
    const struct as_token *token;
    const struct as_party *party; /* the token's client, from check_client on */
};

typedef as_err (*look_check)(struct sight *sight, const char **reason);

static as_err check_time(struct sight *sight, const char **reason)
{
    const as_time now = sight->ctx->now;

    *reason = NULL;
    if (now >= sight->token->expires_at) { /* RFC 7519 4.1.4: on or after */
        *reason = "token_expired";
    } else if (sight->token->issued_at - now > AS_LIMIT_CLOCK_SKEW) {
        /* clocks of several nodes differ, and a clock may be set back a little */
        *reason = "token_not_yet_valid";
    }
    return AS_OK;
}

static as_err check_revoked(struct sight *sight, const char **reason)
{
    bool revoked = false;

    AS_TRY(as_store_token_is_revoked(sight->ctx->store, sight->token->jti, &revoked));
    *reason = revoked ? "token_revoked" : NULL;
    return AS_OK;
}

/* TOK-149. An epoch that has moved on revoked all tokens before (D8); an id that was deleted and
 * made anew has another one too. */
static as_err check_client(struct sight *sight, const char **reason)
{
    const struct as_party *party = NULL;

    AS_TRY(as_store_party_get(sight->ctx->store, sight->token->client_id, &party));
    if (party == NULL || party->client == NULL) {
        *reason = "client_unknown";
    } else if (party->status != AS_PARTY_ENABLED) {
        *reason = "client_disabled";
    } else if (party->epoch != sight->token->client_epoch) {
        *reason = "client_tokens_revoked";
    }
    sight->party = party;
    return AS_OK;
}

/* What the client is allowed today: its profile, a bound token or not, each scope. */
static as_err check_allowed(struct sight *sight, const char **reason)
{
    const struct as_client *client = sight->party->client;
    as_span rest = sight->token->scope;
    as_span value;

    if (!as_profile_is_on(as_profile_named(client->profile), sight->ctx->settings->profiles)) {
        *reason = "profile_not_enabled";
        return AS_OK;
    }
    if (!sight->token->binding.x5t && as_policy_must_bind(client)) {
        *reason = "binding_required";
        return AS_OK;
    }
    while (as_span_cut(&rest, ' ', &value)) {
        if (!as_scope_holds(client->scope, value)) {
            *reason = "scope_not_allowed";
        }
    }
    return AS_OK;
}

/* Somebody it is meant for must still be there. Whether that is the caller is the caller's check:
 * to open a token is not yet to ask for somebody. */
static as_err check_audience(struct sight *sight, const char **reason)
{
    const struct as_resource_set *set = NULL;

    AS_TRY(as_store_resources(sight->ctx->store, &set));
    for (size_t i = 0; i < sight->token->audience_count; i++) {
        const struct as_resource *resource =
            as_resource_of_audience(set, sight->token->audience[i]);
        if (resource != NULL && resource->party->status == AS_PARTY_ENABLED) {
            return AS_OK;
        }
    }
    *reason = "audience_gone";
    return AS_OK;
}

/* Class pki: the group that judges the client today holds the anchor, and nothing on the path has
 * ended. */
static const char *judge_pki(const struct sight *sight, const struct as_certificate_row *row)
{
    const struct as_ctx *ctx = sight->ctx;
    const as_span group = as_client_trust_group(ctx, sight->party);

    if (sight->party->method != AS_METHOD_TLS_CLIENT_AUTH) {
        return "method_mismatch";
    }
    if (!as_trust_holds_anchor(ctx->trust, group, as_client_trust_use(sight->party), row->anchor)) {
        return "cert_untrusted";
    }
    for (size_t i = 0; i < row->path_count; i++) {
        if (ctx->now > row->path[i].not_after) {
            return "cert_expired";
        }
    }
    return NULL;
}

/* Class registered: still one of the client's certificates. No path and no revocation (MTLS-55);
 * dates only where the setting asks for them (MTLS-56). */
static const char *judge_registered(const struct sight *sight, const struct as_certificate_row *row)
{
    const struct as_party *party = sight->party;

    if (party->method != AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH) {
        return "method_mismatch";
    }
    if (!as_party_has_certificate(party, row->binding.thumbprint)) {
        return "cert_not_registered";
    }
    return sight->ctx->settings->check_self_signed_validity && sight->ctx->now > row->not_after
               ? "cert_expired"
               : NULL;
}

/* No row: nothing can be said for the certificate. A registered one is forgotten with its
 * registration. */
static const char *judge_absent(const struct sight *sight)
{
    const struct as_token *token = sight->token;
    const bool unregistered = token->binding.class_ == AS_CERTIFICATE_REGISTERED &&
                              !as_party_has_certificate(sight->party, token->binding.thumbprint);

    return unregistered ? "cert_not_registered" : "cert_unknown";
}

/* Of the certificate as it was proven for this token: others may prove the same one otherwise,
 * under another group or as registered, and have rows of their own. */
static as_err check_certificate(struct sight *sight, const char **reason)
{
    static const char *(*const judges[])(const struct sight *,
                                         const struct as_certificate_row *) = {
        [AS_CERTIFICATE_PKI] = judge_pki,
        [AS_CERTIFICATE_REGISTERED] = judge_registered,
    };
    const struct as_token *token = sight->token;
    const struct as_certificate_row *row = NULL;

    if (!token->binding.x5t) {
        return AS_OK;
    }
    AS_TRY(as_store_certificate_get(sight->ctx->store, &token->binding, &row));
    *reason = row != NULL ? judges[token->binding.class_](sight, row) : judge_absent(sight);
    return AS_OK;
}

static const look_check checks[] = {check_time,    check_revoked,  check_client,
                                    check_allowed, check_audience, check_certificate};

as_err as_token_look(const struct as_ctx *ctx, as_span text, const struct as_token **out,
                     const char **reason)
{
    struct sight sight = {.ctx = ctx};

    *out = NULL;
    *reason = NULL;
    AS_TRY(as_token_read(ctx, text, &sight.token));
    if (sight.token == NULL) {
        *reason = "token_unknown";
        return AS_OK;
    }
    for (size_t i = 0; i < AS_COUNT(checks); i++) {
        AS_TRY(checks[i](&sight, reason));
        if (*reason != NULL) {
            return AS_OK;
        }
    }
    *out = sight.token;
    return AS_OK;
}
