/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registration: one JSON object (RFC 7591 2, and our members `profile`, `status`, `trust`,
 * `shared_identifier`; `audience` of resource servers) becomes a party to be written. The same
 * validation serves every way of registration (MTLS-22); who asks decides what it may set. Nothing
 * here touches the store.
 */
#ifndef AS_ENDPOINT_REGISTRATION_H
#define AS_ENDPOINT_REGISTRATION_H

#include "as/crypto.h"
#include "as/jose.h"
#include "as/settings.h"
#include "as/store.h"
#include "json.h"

/*
 * An operator sets everything. A client (RFC 7591) sets what describes itself: what an operator
 * alone may set is ignored and stays as it is, its profile and the scope it may ask for are given.
 */
enum as_registrant { AS_BY_OPERATOR, AS_BY_CLIENT };

struct as_registration_ask {
    struct as_arena *mem;
    const struct as_settings *settings;
    const struct as_trust *trust;
    enum as_party_kind kind;
    enum as_registrant by;
    const struct as_party *existing;  /* to be replaced; NULL: a new one */
    const struct as_profile *profile; /* AS_BY_CLIENT: the one it gets */
    as_span scope;                    /* AS_BY_CLIENT: what it may ask for, and gets if it asks
                                         for none (REG-28) */
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
    as_span software_id, software_version;
    bool method_given, bound_given, scope_given;
    struct as_identifier *identifiers;
    size_t identifier_count;
};

/* Reads, checks and completes. Everything written to `out` lives in ask->mem.
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason. */
as_err as_registration_read(const struct as_registration_ask *ask, const json_t *json,
                            struct as_party_write *out);

/* members.c: walks the table of members. */
as_err as_registration_members(struct as_registration *reg, const json_t *json);
/* Takes away what is an operator's. */
void as_registration_leave_out_operators(json_t *view);

/* unoffered.c: refuses what would promise a thing that this version does not do. */
as_err as_registration_refuse_unoffered(const struct as_registration *reg, const json_t *json);

/* identity.c: how the party will authenticate, and the identifiers it claims. */
as_err as_registration_identity(struct as_registration *reg);

/* view.c: the object as the operator sees it: what was registered, with id, times and status of
 * today. The caller owns *out. */
as_err as_registration_view(const struct as_party *party, json_t **out);
/* The same as the client sees it: without what is the operator's. */
as_err as_registration_view_for_client(const struct as_party *party, json_t **out);

#endif
