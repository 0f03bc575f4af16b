/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_credentials (RFC 6749 4.4): the client acts for itself, so it is the subject (RFC 9068
 * 2.2). Every client here is confidential (TOK-64); there is no refresh token (TOK-65).
 */
#include "as/proof.h"
#include "grant.h"

/* TOK-68: scopes that are about a user mean nothing without one. */
static as_err check_no_user(as_span scope)
{
    AS_NEED(!as_scope_holds(scope, AS_LIT("openid")) &&
                !as_scope_holds(scope, AS_LIT("offline_access")),
            AS_INVALID_SCOPE, "scope is about a user");
    return AS_OK;
}

/* D9: no bound token outlives its certificate's path; a registered certificate has dates only
 * where the setting says so (MTLS-56). */
static as_time end_of_certificate(const struct as_grant_job *job)
{
    if (job->who->class_ == AS_CERTIFICATE_PKI) {
        return job->who->verdict.not_after;
    }
    return job->ctx->settings->check_self_signed_validity ? job->ask->cert->not_after : 0;
}

as_err as_grant_client_credentials(const struct as_grant_job *job, struct as_issue *out)
{
    const struct as_ctx *ctx = job->ctx;
    const struct as_client *client = job->who->party->client;
    struct as_target_ask wanted = {.client = client,
                                   .scope = job->ask->scope,
                                   .targets = job->ask->targets,
                                   .target_count = job->ask->target_count};
    struct as_target target;
    struct as_entitlement what = {.client = client, .subject = client->party->id};

    AS_TRY(check_no_user(wanted.scope));
    AS_TRY(as_store_resources(ctx->store, &wanted.resources));
    AS_TRY(as_policy_target(ctx->mem, &wanted, &target));
    AS_TRY(check_no_user(target.scope));
    AS_TRY(as_token_choose_format(ctx, client, target.resources, target.resource_count,
                                  &what.format, &what.alg));
    AS_TRY(as_proof_bind(ctx, job->who, job->ask->cert, &what.binding)); /* may write: last */
    what.audience = target.audience;
    what.audience_count = target.audience_count;
    what.scope = target.scope;
    what.not_after = what.binding.x5t ? end_of_certificate(job) : 0;
    return as_token_mint(ctx, &what, out);
}
