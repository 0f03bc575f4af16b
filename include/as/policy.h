/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy/: what a profile demands, as const rows, and pure verdicts on structs. No storage, no
 * network, no clock: structs and `now` in, verdict out. No code asks for a profile's name; it reads
 * a field of the row. Threads: any.
 */
#ifndef AS_POLICY_H
#define AS_POLICY_H

#include "as/base.h"
#include "as/model.h"

enum as_profile_id {
    AS_PROFILE_FAPI1,    /* FAPI 1.0 Advanced: the default of a client */
    AS_PROFILE_FAPI2,    /* FAPI 2.0 Security Profile */
    AS_PROFILE_FAPI2_MS, /* FAPI 2.0 Message Signing */
    AS_PROFILE_OAUTH,    /* RFC 6749 and RFC 9700 with mTLS */
    AS_PROFILE_COUNT
};

struct as_profile {
    const char *name;        /* as in the configuration and the member `profile` */
    unsigned methods;        /* bit 1 << as_method: client authentication methods allowed */
    unsigned grants;         /* bit 1 << as_grant_type */
    bool sender_constrained; /* only bound tokens (FAPI 1.0 P2 5.2.2-5, FAPI 2.0 SP 5.3.2.1-4) */
    bool binding_is_implied; /* REG-65: mTLS methods get bound tokens without asking */
};

/* NULL when there is no such profile. */
const struct as_profile *as_profile_named(as_span name);
const struct as_profile *as_profile_get(enum as_profile_id id);
/* Is the profile among those switched on (bits 1 << as_profile_id)? False for NULL. */
bool as_profile_is_on(const struct as_profile *profile, unsigned profiles_on);

/*
 * Must every token of the client be bound to its key (RFC 8705 3.4, TOK-70)? A profile that nobody
 * knows any more cannot be one that is lenient.
 */
bool as_policy_must_bind(const struct as_client *client);

/*
 * Which audience a token gets (design D13): the `resource` parameters if given (each the audience
 * of an enabled resource server, octet for octet); else the one resource server whose scopes cover
 * the request, by its first audience; else the client's default_resource; else AS_INVALID_TARGET.
 * A scope nobody owns, or not owned by one of the chosen resource servers, or not registered for
 * the client, is AS_INVALID_SCOPE; scopes asked for are never reduced (TOK-66). No scope asked: the
 * client's registered scope as far as the chosen resource servers own it (TOK-67). A resource
 * server chosen for which no scope is left: AS_INVALID_SCOPE, since a token says something to each
 * of its audiences (RFC 9068 3).
 */
struct as_target_ask {
    const struct as_client *client;
    const struct as_resource_set *resources;
    as_span scope;          /* as sent; empty: absent */
    const as_span *targets; /* the `resource` parameters */
    size_t target_count;
};

struct as_target {
    as_span *audience; /* in the arena; what goes into `aud` */
    size_t audience_count;
    as_span scope; /* normalised, in the order asked, each value once */
    const struct as_resource *resources[AS_LIMIT_RESOURCES];
    size_t resource_count;
};

/* The decision of struct as_target_ask above; pure. The result lives in `mem`. */
as_err as_policy_target(struct as_arena *mem, const struct as_target_ask *ask,
                        struct as_target *out);

/* Each scope value consists of %x21 %x23-5B %x5D-7E, one blank between two (RFC 6749 3.3), at most
 * AS_LIMIT_SCOPES. Puts the values, each once, in the order asked, into an array; the empty text
 * has none. AS_INVALID_SCOPE. */
as_err as_scope_parse(struct as_arena *mem, as_span text, as_span **values, size_t *count);
/* May the text be registered as a scope? Then it has at most AS_LIMIT_JSON_STRING octets too.
 * AS_INVALID_SCOPE. */
as_err as_scope_check(as_span text);
/* Is the value one of the space-separated values of the text? */
bool as_scope_holds(as_span text, as_span value);

#endif
