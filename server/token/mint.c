/* SPDX-License-Identifier: Apache-2.0 */
/* Making an access token: nothing is written, all that is needed later is inside (design D8). */
#include "form.h"

/* Whoever finds a token that is bound to nothing can use it: it lives under 10 minutes (TOK-127).
 */
static as_time end_of_life(const struct as_ctx *ctx, const struct as_entitlement *what)
{
    const int64_t wanted = ctx->settings->access_token_lifetime;
    const as_time end = ctx->now + (!what->binding.x5t && wanted > AS_LIMIT_BEARER_LIFETIME_S
                                        ? AS_LIMIT_BEARER_LIFETIME_S
                                        : wanted);

    return what->not_after > 0 && what->not_after < end ? what->not_after : end;
}

as_err as_token_mint(const struct as_ctx *ctx, const struct as_entitlement *what,
                     struct as_issue *out)
{
    const struct as_token_form *form = as_token_form_of(what->format);
    struct as_issue issue = {.scope = what->scope};
    struct as_token *token = &issue.token;

    AS_NEED(form != NULL, AS_SERVER_ERROR, "a token of no form");
    /* TOK-70: the last look before a token leaves */
    AS_NEED(what->binding.x5t || !as_policy_must_bind(what->client), AS_SERVER_ERROR,
            "an unbound token for a client that must have bound ones");
    *token = (struct as_token){
        .client_id = what->client->party->id,
        .subject = what->subject,
        .audience = what->audience,
        .audience_count = what->audience_count,
        .scope = what->scope,
        .issued_at = ctx->now,
        .expires_at = end_of_life(ctx, what),
        .binding = what->binding,
        .client_epoch = what->client->party->epoch,
    };
    AS_NEED(token->expires_at > token->issued_at, AS_INVALID_REQUEST,
            "the client certificate ends too soon for a token");
    AS_TRY(as_random_open(token->jti, sizeof(token->jti)));
    AS_TRY(form->write(ctx, token, what->alg, &issue.access_token));
    issue.expires_in = token->expires_at - token->issued_at;
    *out = issue;
    return AS_OK;
}
