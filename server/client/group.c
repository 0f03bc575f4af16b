/* SPDX-License-Identifier: Apache-2.0 */
/* Which trust group vouches for a party, and as what (design D5, MTLS-46). */
#include "client.h"

enum as_trust_use as_client_trust_use(const struct as_party *party)
{
    return party->kind == AS_PARTY_RESOURCE ? AS_USE_RESOURCE : AS_USE_CLIENT;
}

as_span as_client_trust_group(const struct as_ctx *ctx, const struct as_party *party)
{
    if (party->trust.len > 0) {
        return party->trust;
    }
    if (party->kind == AS_PARTY_CLIENT && ctx->settings->default_trust != NULL) {
        return as_span_of(ctx->settings->default_trust);
    }
    return as_trust_only_group(ctx->trust, as_client_trust_use(party));
}
