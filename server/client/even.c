/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MTLS-06: a refusal that came before any certification path was asked for asks for one all the
 * same, with the certificate that was shown or else a decoy. The look-up of the party has been made
 * by then; so every refusal has done the same work.
 */
#include "client.h"

as_err as_attempt_even_out(struct as_attempt *attempt)
{
    static const struct as_party stranger = {.kind = AS_PARTY_CLIENT};
    const struct as_ctx *ctx = attempt->ctx;
    const struct as_party *party = attempt->who->party;
    struct as_trust_verdict ignored;

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
