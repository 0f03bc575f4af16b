/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

static bool is_its_own(const struct as_party *by, const struct as_token *token)
{
    return by->client != NULL && as_span_equal(token->client_id, by->id);
}

as_err as_token_revoke(const struct as_ctx *ctx, const struct as_party *by, as_span text,
                       const struct as_audit *audit, bool *ended)
{
    const struct as_token *token = NULL;
    bool revoked = false;

    *ended = false;
    /* The time is not asked: a token that seems over, or whose time has yet to come, is revoked
     * too. Once a clock that was wrong is put right, what was revoked meanwhile would be active
     * again.
     */
    AS_TRY(as_token_read(ctx, text, &token));
    if (token == NULL || (ctx->now >= token->expires_at && !is_its_own(by, token))) {
        return AS_OK; /* RFC 7009 2.2: the client's aim is reached */
    }
    AS_NEED(is_its_own(by, token), AS_INVALID_GRANT, "the token is another client's");
    AS_TRY(as_store_token_is_revoked(ctx->store, token->jti, &revoked));
    if (revoked) {
        return AS_OK;
    }
    AS_TRY(as_store_token_revoke(ctx->store, token->jti, token->expires_at, audit));
    *ended = true;
    return AS_OK;
}
