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
    struct as_buf scope = AS_BUF(AS_LIMIT_TOKEN_PLAIN);
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

static json_t *audience_json(const struct as_token *token)
{
    if (token->audience_count == 1) {
        return json_stringn(token->audience[0].ptr, token->audience[0].len);
    }
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < token->audience_count; i++) {
        json_array_append_new(list, json_stringn(token->audience[i].ptr, token->audience[i].len));
    }
    return list;
}

static bool add_cnf(json_t *json, const struct as_token *token)
{
    char x5t[AS_X5T_TEXT];

    if (!token->binding.x5t) {
        return true;
    }
    as_cert_x5t(token->binding.thumbprint, x5t);
    return json_object_set_new(json, "cnf", json_pack("{s:s}", "x5t#S256", x5t)) == 0;
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
                           const struct as_party *caller, json_t *json)
{
    const struct as_ctx *ctx = &as_visit_of(call)->ctx;
    AS_AUTO(json_decref)
    json_t *claims =
        json_pack("{s:s, s:s%, s:I, s:O}", "iss", ctx->settings->issuer, "aud", caller->id.ptr,
                  caller->id.len, "iat", (json_int_t)ctx->now, "token_introspection", json);
    as_span jws;

    AS_NEED_MEM(claims);
    char *text = json_dumps(claims, JSON_COMPACT);
    AS_NEED_MEM(text);
    as_err err = as_jws_sign(key, SIGNED, as_span_of(text), call->mem, &jws);
    free(text);
    AS_TRY(err);
    return as_reply_text(call, SIGNED_TYPE, jws);
}

/* Counted with the answer: a look that has to go elsewhere is made again (D10). */
static as_err reply_with(struct as_http_call *call, const struct as_party *caller, json_t *json)
{
    const struct as_jws_key *key = signer_for(call, caller);

    as_metric_add(AS_METRIC_tokens_introspected_total, 1);
    AS_TRY(as_http_reply_field(call->reply, "Vary", AS_LIT("Accept")));
    return key != NULL ? reply_signed(call, key, caller, json) : as_reply_json(call, 200, json);
}

static as_err reply_active(struct as_http_call *call, const struct as_token *token,
                           const struct as_resource *resource)
{
    const struct as_ctx *ctx = &as_visit_of(call)->ctx;
    char jti[AS_BASE64URL_LEN(sizeof(token->jti)) + 1];
    as_span scope;

    as_base64url_write(as_span_bytes(token->jti, sizeof(token->jti)), jti);
    AS_TRY(scope_for(call->mem, token, resource, &scope));
    AS_AUTO(json_decref)
    json_t *json =
        json_pack("{s:b, s:s, s:s%, s:o, s:s%, s:s%, s:I, s:I, s:I, s:s, s:s}", "active", 1, "iss",
                  ctx->settings->issuer, "sub", token->subject.ptr, token->subject.len, "aud",
                  audience_json(token), "client_id", token->client_id.ptr, token->client_id.len,
                  "scope", scope.ptr, scope.len, "exp", (json_int_t)token->expires_at, "iat",
                  (json_int_t)token->issued_at, "nbf", (json_int_t)token->issued_at, "jti", jti,
                  "token_type", "Bearer");
    AS_NEED(json != NULL && add_cnf(json, token), AS_SERVER_ERROR, "out of memory");
    return reply_with(call, resource->party, json);
}

static as_err reply_inactive(struct as_http_call *call, const struct as_party *caller,
                             const char *reason)
{
    AS_AUTO(json_decref) json_t *json = json_pack("{s:b}", "active", 0);

    AS_NEED_MEM(json);
    as_visit_of(call)->reason = reason;
    return reply_with(call, caller, json);
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
