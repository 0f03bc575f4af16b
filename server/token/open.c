/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

const char *as_token_check_time(const struct as_token *token, as_time now)
{
    if (now >= token->expires_at) { /* RFC 7519 4.1.4: on or after */
        return "token_expired";
    }
    /* clocks of several nodes differ, and a clock may be set back a little */
    return token->issued_at - now > AS_LIMIT_CLOCK_SKEW ? "token_not_yet_valid" : NULL;
}

as_err as_token_open(const struct as_ctx *ctx, as_span text, const struct as_token **out)
{
    const struct as_token *token = NULL;

    *out = NULL;
    AS_TRY(as_token_read(ctx, text, &token));
    if (token != NULL && as_token_check_time(token, ctx->now) == NULL) {
        *out = token;
    }
    return AS_OK;
}
