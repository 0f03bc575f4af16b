/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registration: one JSON object (RFC 7591 2, and our members `profile`, `status`, `trust`,
 * `shared_identifier`; `audience` of resource servers) becomes a party to be written. The same
 * validation serves every way of registration (MTLS-22). Nothing here touches the store.
 */
#ifndef AS_ENDPOINT_REGISTRATION_H
#define AS_ENDPOINT_REGISTRATION_H

#include "as/crypto.h"
#include "as/jose.h"
#include "as/settings.h"
#include "as/store.h"
#include "json.h"

struct as_registration_ask {
    struct as_arena *mem;
    const struct as_settings *settings;
    const struct as_trust *trust;
    enum as_party_kind kind;
    as_span id;      /* of a party that exists; empty: take client_id of the JSON, or make one */
    as_time created; /* 0: now */
    as_time now;
    const char **member; /* on a refusal, the member it is about, or NULL */
};

/* Being filled, member by member. */
struct as_registration {
    const struct as_registration_ask *ask;
    json_t *kept; /* what is stored and shown: accepted members and defaults */
    struct as_party *party;
    struct as_client *client;     /* NULL for a resource server */
    struct as_resource *resource; /* NULL for a client */
    const struct as_profile *profile;
    as_span names[AS_NAME_KINDS]; /* canonical octets of the tls_client_auth_* members */
    unsigned name_count;
    struct as_jwks jwks;
    bool method_given, bound_given;
    struct as_identifier *identifiers;
    size_t identifier_count;
};

/* Reads, checks and completes. Everything written to `out` lives in ask->mem.
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason. */
as_err as_registration_read(const struct as_registration_ask *ask, const json_t *json,
                            struct as_party_write *out);

/* members.c: walks the table of members. */
as_err as_registration_members(struct as_registration *reg, const json_t *json);

/* identity.c: how the party will authenticate, and the identifiers it claims. */
as_err as_registration_identity(struct as_registration *reg);

/* view.c: the object as shown: what was registered, with id, times and status of today. The caller
 * owns *out. */
as_err as_registration_view(const struct as_party *party, json_t **out);

#endif
