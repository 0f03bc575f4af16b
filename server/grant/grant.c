/* SPDX-License-Identifier: Apache-2.0 */
#include "grant.h"

static as_err (*const grants[AS_GRANT_TYPES])(const struct as_grant_job *, struct as_issue *) = {
    [AS_GRANT_CLIENT_CREDENTIALS] = as_grant_client_credentials,
};

as_err as_grant_find(as_span grant_type, enum as_grant_type *out)
{
    AS_NEED(grant_type.len > 0, AS_INVALID_REQUEST, "grant_type is missing");
    AS_NEED(as_grant_type_named(grant_type, out), AS_UNSUPPORTED_GRANT_TYPE, "grant_type");
    return AS_OK;
}

/* RFC 6749 5.2: the client's own registration, within its profile, within what is switched on. */
static as_err check_allowed(const struct as_ctx *ctx, const struct as_party *party,
                            enum as_grant_type type)
{
    const unsigned bit = 1u << type;

    AS_NEED(party->client != NULL, AS_UNAUTHORIZED_CLIENT, "the caller is not a client");
    const struct as_profile *profile = as_profile_named(party->client->profile);
    AS_NEED(as_profile_is_on(profile, ctx->settings->profiles), AS_UNAUTHORIZED_CLIENT,
            "profile_not_enabled");
    AS_NEED((profile->grants & party->client->grants & bit) != 0, AS_UNAUTHORIZED_CLIENT,
            "grant_not_registered");
    return AS_OK;
}

as_err as_grant_run(const struct as_ctx *ctx, enum as_grant_type type, const struct as_who *who,
                    const struct as_grant_ask *ask, struct as_issue *out)
{
    const struct as_grant_job job = {ctx, who, ask};

    AS_TRY(check_allowed(ctx, who->party, type));
    return grants[type](&job, out);
}
