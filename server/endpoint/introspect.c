/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /introspect (RFC 7662): resource servers learn what a token meant for them is good for now,
 * and which certificate it is bound to (RFC 8705 3.2). To everybody else every token is inactive.
 * A resource server that registered an algorithm and asks for it gets the answer signed (RFC 9701).
 */
#include "accept.h"
#include "app.h"
#include "as/token.h"

#define SIGNED      "token-introspection+jwt"
#define SIGNED_TYPE "application/" SIGNED

static const char *const once[] = {"token", "token_type_hint", AS_CREDENTIAL_PARAMETERS};

static bool is_meant_for(const struct as_token *token, const struct as_resource *resource)
{
    for (size_t i = 0; i < token->audience_count; i++) {
        if (as_resource_has_audience(resource, token->audience[i])) {
            return true;
        }
    }
    return false;
}

/* Of a token for several resource servers each sees the scopes that belong to it (RFC 7662 2.2). */
static as_err scope_for(struct as_arena *mem, const struct as_token *token,
                        const struct as_resource *resource, as_span *out)
{
    struct as_buf scope = AS_BUF(token->scope.len); /* which it is part of, whatever the form */
    as_span rest = token->scope, value;

    while (as_span_cut(&rest, ' ', &value)) {
        if (as_scope_holds(resource->scope, value)) {
            if (scope.len > 0) {
                as_buf_add_byte(&scope, ' ');
            }
            as_buf_add(&scope, value);
        }
    }
    as_err err = scope.full ? AS_FAIL(AS_SERVER_ERROR, "scope is too long")
                            : as_arena_copy(mem, as_buf_span(&scope), out);
    as_buf_free(&scope);
    return err;
}

/* The key that signs for this caller; NULL: the answer is JSON, since it did not ask for more, has
 * registered no algorithm, or that one is no longer switched on (TOK-155). */
static const struct as_jws_key *signer_for(const struct as_http_call *call,
                                           const struct as_party *caller)
{
    const struct as_resource *resource = caller->resource;

    if (resource == NULL || resource->introspection_alg == AS_ALG_NONE ||
        !as_accept_wants(call->request, SIGNED_TYPE, "application/json")) {
        return NULL;
    }
    return as_keyset_signer(as_visit_of(call)->ctx.keys, resource->introspection_alg);
}

/* RFC 9701 5. Neither sub nor exp at the top, so that it cannot pass for an access token. */
static as_err reply_signed(struct as_http_call *call, const struct as_jws_key *key,
                           const struct as_party *caller, const struct as_buf *answer)
{
    const struct as_ctx *ctx = &as_visit_of(call)->ctx;
    AS_AUTO_BUF struct as_buf claims = AS_BUF(2 * AS_LIMIT_TOKEN_ANSWER);
    as_span jws;

    as_buf_add_json_text(&claims, "iss", as_span_of(ctx->settings->issuer));
    as_buf_add_json_text(&claims, "aud", caller->id);
    as_buf_add_json_number(&claims, "iat", ctx->now);
    as_buf_add_json_name(&claims, "token_introspection");
    as_buf_add(&claims, as_buf_span(answer));
    as_buf_add_byte(&claims, '}');
    AS_NEED(!answer->full && !claims.full, AS_SERVER_ERROR, "no room for an answer");
    AS_TRY(as_jws_sign(key, SIGNED, as_buf_span(&claims), call->mem, &jws));
    return as_reply_text(call, SIGNED_TYPE, jws);
}

/* Counted with the answer: a look that has to go elsewhere is made again (D10). */
static as_err reply_with(struct as_http_call *call, const struct as_party *caller,
                         const struct as_buf *answer)
{
    const struct as_jws_key *key = signer_for(call, caller);

    AS_TRY(as_http_reply_field(call->reply, "Vary", AS_LIT("Accept")));
    AS_TRY(key != NULL ? reply_signed(call, key, caller, answer) : as_reply_written(call, answer));
    as_metric_add(AS_METRIC_tokens_introspected_total, 1);
    return AS_OK;
}

static void put_active(struct as_buf *to, const char *issuer, const struct as_token *token,
                       as_span scope)
{
    char jti[AS_BASE64URL_LEN(sizeof(token->jti)) + 1];

    as_base64url_write(as_span_bytes(token->jti, sizeof(token->jti)), jti);
    as_buf_add_json_name(to, "active");
    as_buf_add_text(to, "true");
    as_buf_add_json_text(to, "iss", as_span_of(issuer));
    as_buf_add_json_text(to, "sub", token->subject);
    as_token_put_audience(token, to);
    as_buf_add_json_text(to, "client_id", token->client_id);
    as_buf_add_json_text(to, "scope", scope);
    as_buf_add_json_number(to, "exp", token->expires_at);
    as_buf_add_json_number(to, "iat", token->issued_at);
    as_buf_add_json_number(to, "nbf", token->issued_at);
    as_buf_add_json_text(to, "jti", as_span_of(jti));
    as_buf_add_json_text(to, "token_type", AS_LIT("Bearer"));
    as_token_put_cnf(token, to);
    as_buf_add_byte(to, '}');
}

static as_err reply_active(struct as_http_call *call, const struct as_token *token,
                           const struct as_resource *resource)
{
    AS_AUTO_BUF struct as_buf answer = AS_BUF(AS_LIMIT_TOKEN_ANSWER);
    as_span scope;

    AS_TRY(scope_for(call->mem, token, resource, &scope));
    put_active(&answer, as_visit_of(call)->ctx.settings->issuer, token, scope);
    return reply_with(call, resource->party, &answer);
}

static as_err reply_inactive(struct as_http_call *call, const struct as_party *caller,
                             const char *reason)
{
    AS_AUTO_BUF struct as_buf answer = AS_BUF(AS_LIMIT_TOKEN_ANSWER);

    as_buf_add_text(&answer, "{\"active\":false}");
    as_visit_of(call)->reason = reason;
    return reply_with(call, caller, &answer);
}

as_err as_endpoint_introspect(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    const struct as_token *token = NULL;
    const char *reason = NULL;
    struct as_form *form = NULL;
    struct as_who who = {0};
    as_span text;

    AS_TRY(as_direct_form(call, once, AS_COUNT(once), &form));
    AS_TRY(as_direct_authenticate(call, form, visit->ctx.settings->introspection_by_certificate,
                                  &who));
    AS_TRY(as_form_one(form, "token", &text));
    AS_NEED(text.len > 0, AS_INVALID_REQUEST, "token is missing");
    if (who.party->resource == NULL) {
        return reply_inactive(call, who.party, "caller is no resource server"); /* TOK-142 */
    }
    AS_TRY(as_token_look(&visit->ctx, text, &token, &reason));
    if (token == NULL) {
        return reply_inactive(call, who.party, reason);
    }
    if (!is_meant_for(token, who.party->resource)) {
        return reply_inactive(call, who.party, "token is meant for another audience");
    }
    return reply_active(call, token, who.party->resource);
}
