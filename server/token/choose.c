/* SPDX-License-Identifier: Apache-2.0 */
/* Which form a token gets (design D8): one token has one form for all of its audiences. */
#include "as/token.h"

static as_err choose_format(const struct as_resource *const *resources, size_t count,
                            enum as_token_format *format)
{
    *format = AS_TOKEN_UNSET;
    for (size_t i = 0; i < count; i++) {
        const enum as_token_format wanted = resources[i]->token_format;
        AS_NEED(*format == AS_TOKEN_UNSET || wanted == AS_TOKEN_UNSET || wanted == *format,
                AS_INVALID_TARGET, "the resource servers want tokens of different forms");
        *format = wanted != AS_TOKEN_UNSET ? wanted : *format;
    }
    return AS_OK;
}

static as_err choose_alg(const struct as_resource *const *resources, size_t count, enum as_alg *alg)
{
    *alg = AS_ALG_NONE;
    for (size_t i = 0; i < count; i++) {
        const enum as_alg wanted = resources[i]->token_alg;
        AS_NEED(*alg == AS_ALG_NONE || wanted == AS_ALG_NONE || wanted == *alg, AS_INVALID_TARGET,
                "the resource servers want tokens signed by different algorithms");
        *alg = wanted != AS_ALG_NONE ? wanted : *alg;
    }
    return AS_OK;
}

as_err as_token_choose_format(const struct as_ctx *ctx, const struct as_client *client,
                              const struct as_resource *const *resources, size_t count,
                              enum as_token_format *format, enum as_alg *alg)
{
    *alg = AS_ALG_NONE;
    AS_TRY(choose_format(resources, count, format));
    if (*format == AS_TOKEN_UNSET) {
        *format = client->token_format;
    }
    if (*format == AS_TOKEN_UNSET) {
        *format = ctx->settings->token_format;
    }
    return *format == AS_TOKEN_JWT ? choose_alg(resources, count, alg) : AS_OK;
}
