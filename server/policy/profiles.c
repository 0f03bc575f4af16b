/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profiles (design D12). A row holds only what this server offers so far: what a profile says
 * of codes, assertions and request objects comes with these. So all rows allow the same methods and
 * grants today, and the checks of both (at registration, at each authentication and each grant)
 * refuse nothing on their account: they are what makes it safe to add a method or a grant to one
 * row alone, while clients of the others are in the store.
 */
#include "as/policy.h"

#define METHOD(name) (1u << AS_METHOD_##name)
#define GRANT(name)  (1u << AS_GRANT_##name)

/* Of the methods of FAPI 1.0 Part 2 5.2.2-14 and FAPI 2.0 SP 5.3.2.1-6 the two of RFC 8705 2;
 * RFC 6749 leaves the method open. */
#define MTLS_METHODS (METHOD(TLS_CLIENT_AUTH) | METHOD(SELF_SIGNED_TLS_CLIENT_AUTH))

static const struct as_profile profiles[AS_PROFILE_COUNT] = {
    [AS_PROFILE_FAPI1] =
        {
            .name = "fapi1",
            .methods = MTLS_METHODS,             /* FAPI 1.0 P2 5.2.2-14 */
            .grants = GRANT(CLIENT_CREDENTIALS), /* RFC 6749 4.4; the profile leaves it open */
            .sender_constrained = true,          /* FAPI 1.0 P2 5.2.2-5 */
            .binding_is_implied = true,          /* REG-65 */
        },
    [AS_PROFILE_FAPI2] =
        {
            .name = "fapi2",
            .methods = MTLS_METHODS, /* FAPI 2.0 SP 5.3.2.1-6 */
            .grants = GRANT(CLIENT_CREDENTIALS),
            .sender_constrained = true, /* FAPI 2.0 SP 5.3.2.1-4 */
            .binding_is_implied = true, /* REG-65 */
        },
    [AS_PROFILE_FAPI2_MS] =
        {
            .name = "fapi2_ms",
            .methods = MTLS_METHODS, /* FAPI 2.0 MS builds on FAPI 2.0 SP 5.3.2.1-6 */
            .grants = GRANT(CLIENT_CREDENTIALS),
            .sender_constrained = true, /* FAPI 2.0 SP 5.3.2.1-4 */
            .binding_is_implied = true, /* REG-65 */
        },
    [AS_PROFILE_OAUTH] =
        {
            .name = "oauth",
            .methods = MTLS_METHODS, /* RFC 9700 2.5 recommends asymmetric methods */
            .grants = GRANT(CLIENT_CREDENTIALS),
            .sender_constrained = false, /* RFC 9700 2.2.1 recommends it; RFC 8705 3.4 leaves the
                                            choice to the client */
            .binding_is_implied = false,
        },
};

const struct as_profile *as_profile_named(as_span name)
{
    for (size_t i = 0; i < AS_PROFILE_COUNT; i++) {
        if (as_span_is(name, profiles[i].name)) {
            return &profiles[i];
        }
    }
    return NULL;
}

const struct as_profile *as_profile_get(enum as_profile_id id)
{
    return (unsigned)id < AS_PROFILE_COUNT ? &profiles[id] : NULL;
}

bool as_profile_is_on(const struct as_profile *profile, unsigned profiles_on)
{
    return profile != NULL && (profiles_on & 1u << (profile - profiles)) != 0;
}

bool as_policy_must_bind(const struct as_client *client)
{
    const struct as_profile *profile = as_profile_named(client->profile);

    return profile == NULL || profile->sender_constrained || client->bound_access_tokens;
}
