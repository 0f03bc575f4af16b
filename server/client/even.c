/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MTLS-06: every refusal has done the same work. One that came before any certification path was
 * asked for asks for one all the same, with the certificate that was shown or else a decoy. And
 * where the party came from a cache, the database is asked for one that cannot be there: what is
 * absent is never cached, so that the time would tell who exists.
 */
#include "client.h"

/* No id begins with '-' (REG-05); the empty one is absent without a look, and counts the same. */
as_err as_client_even_out(const struct as_ctx *ctx, bool found)
{
    const struct as_party *nobody = NULL;

    return as_store_party_get(ctx->store, found ? AS_LIT("-") : AS_LIT(""), &nobody);
}

as_err as_attempt_even_out(struct as_attempt *attempt)
{
    static const struct as_party stranger = {.kind = AS_PARTY_CLIENT};
    const struct as_ctx *ctx = attempt->ctx;
    const struct as_party *party = attempt->who->party;
    struct as_trust_verdict ignored;

    AS_TRY(as_client_even_out(ctx, party != NULL));
    if (attempt->path_asked) {
        return AS_OK;
    }
    party = party != NULL ? party : &stranger;
    as_span group = as_client_trust_group(ctx, party);
    enum as_trust_use use = as_client_trust_use(party);
    attempt->path_asked = true;
    if (attempt->ask->cert == NULL) {
        return as_trust_judge_decoy(ctx->trust, group, use, ctx->now);
    }
    return as_trust_judge(ctx->trust, group, use, attempt->ask->cert, ctx->now, &ignored);
}
