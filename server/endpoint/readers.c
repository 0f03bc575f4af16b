/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with the members that mean something to the server, one function each. */
#include "members.h"

#include <string.h>

as_err as_member_read_id(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, as_json_span(value), &reg->party->id);
}

as_err as_member_read_method(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    AS_NEED(as_method_named(as_json_span(value), &reg->party->method), AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is not one this server offers");
    AS_NEED(reg->ask->settings->methods & (1U << reg->party->method), AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is switched off here");
    reg->method_given = true;
    return AS_OK;
}

as_err as_member_read_name(struct as_registration *reg, const char *name, const json_t *value)
{
    for (unsigned kind = 0; kind < AS_NAME_KINDS; kind++) {
        if (strcmp(name, as_name_member((enum as_name_kind)kind)) == 0) {
            reg->name_count++;
            return as_name_parse((enum as_name_kind)kind, as_json_span(value), reg->ask->mem,
                                 &reg->names[kind]);
        }
    }
    return AS_FAIL(AS_SERVER_ERROR, "a name member without a kind");
}

/* REG-36: where keys are for signatures and for encryption, each says which. */
static as_err check_use(const struct as_jwks *set)
{
    bool encrypts = false, silent = false;

    for (size_t i = 0; i < set->count; i++) {
        encrypts = encrypts || as_span_is(set->keys[i].use, "enc");
        silent = silent || set->keys[i].use.len == 0;
    }
    AS_NEED(!encrypts || !silent, AS_INVALID_CLIENT_METADATA,
            "jwks has a key for encryption, so each of its keys needs use");
    return AS_OK;
}

as_err as_member_read_jwks(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    AS_TRY(as_jwks_read(reg->ask->mem, value, &reg->jwks));
    return check_use(&reg->jwks);
}

as_err as_member_read_scope(struct as_registration *reg, const char *name, const json_t *value)
{
    as_span *scopes = NULL, copy;
    size_t count = 0;

    (void)name;
    as_err err = as_scope_parse(reg->ask->mem, as_json_span(value), &scopes, &count);
    AS_NEED(!as_err_is(err, AS_INVALID_SCOPE), AS_INVALID_CLIENT_METADATA, "scope is malformed");
    AS_TRY(err);
    for (size_t i = 0; i < count && reg->ask->by == AS_BY_CLIENT; i++) {
        AS_NEED(as_scope_holds(reg->ask->scope, scopes[i]), AS_INVALID_CLIENT_METADATA,
                "scope holds a value that this client may not ask for");
    }
    AS_TRY(as_arena_copy(reg->ask->mem, as_json_span(value), &copy));
    reg->scope_given = true;
    if (reg->client != NULL) {
        reg->client->scope = copy;
    } else {
        reg->resource->scope = copy;
    }
    return AS_OK;
}

as_err as_member_read_grant_types(struct as_registration *reg, const char *name,
                                  const json_t *value)
{
    (void)name;
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum as_grant_type type;

        AS_NEED(as_grant_type_named(as_json_span(json_array_get(value, i)), &type),
                AS_INVALID_CLIENT_METADATA, "grant_types names a grant this server does not offer");
        reg->client->grants |= 1U << type;
    }
    AS_NEED(reg->client->grants != 0, AS_INVALID_CLIENT_METADATA, "grant_types is empty");
    return AS_OK;
}

/* Without an authorization endpoint no response type is offered (REG-26, REG-27). */
as_err as_member_read_response_types(struct as_registration *reg, const char *name,
                                     const json_t *value)
{
    (void)reg;
    (void)name;
    AS_NEED(json_array_size(value) == 0, AS_INVALID_CLIENT_METADATA,
            "response_types names a type this server does not offer");
    return AS_OK;
}

/* REG-51; it tells of redirect URIs alone, which nobody has yet. */
as_err as_member_read_application_type(struct as_registration *reg, const char *name,
                                       const json_t *value)
{
    as_span type = as_json_span(value);

    (void)reg;
    (void)name;
    AS_NEED(as_span_is(type, "web") || as_span_is(type, "native"), AS_INVALID_CLIENT_METADATA,
            "application_type must be web or native");
    return AS_OK;
}

as_err as_member_read_software_id(struct as_registration *reg, const char *name,
                                  const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, as_json_span(value), &reg->software_id);
}

as_err as_member_read_software_version(struct as_registration *reg, const char *name,
                                       const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, as_json_span(value), &reg->software_version);
}

/* A client has the profile it is given; it may name it. */
as_err as_member_read_profile(struct as_registration *reg, const char *name, const json_t *value)
{
    const struct as_profile *profile = as_profile_named(as_json_span(value));

    (void)name;
    AS_NEED(profile != NULL, AS_INVALID_CLIENT_METADATA, "profile is unknown");
    AS_NEED(reg->ask->by == AS_BY_OPERATOR || profile == reg->ask->profile,
            AS_INVALID_CLIENT_METADATA, "profile is not the one that this client is given");
    AS_NEED(as_profile_is_on(profile, reg->ask->settings->profiles), AS_INVALID_CLIENT_METADATA,
            "profile is not enabled on this server");
    reg->profile = profile;
    return AS_OK;
}

as_err as_member_read_status(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    AS_NEED(as_party_status_named(as_json_span(value), &reg->party->status),
            AS_INVALID_CLIENT_METADATA, "status must be enabled or disabled");
    return AS_OK;
}

as_err as_member_read_trust(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, as_json_span(value), &reg->party->trust);
}

as_err as_member_read_shared(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    reg->party->shared = json_is_true(value);
    return AS_OK;
}

as_err as_member_read_bound(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    reg->client->bound_access_tokens = json_is_true(value);
    reg->bound_given = true;
    return AS_OK;
}

as_err as_member_read_default_resource(struct as_registration *reg, const char *name,
                                       const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, as_json_span(value), &reg->client->default_resource);
}

as_err as_member_read_audience(struct as_registration *reg, const char *name, const json_t *value)
{
    size_t count = json_array_size(value);
    as_span *uris = as_arena_array(reg->ask->mem, count, sizeof(*uris));

    (void)name;
    AS_NEED_MEM(uris);
    for (size_t i = 0; i < count; i++) {
        as_span uri = as_json_span(json_array_get(value, i));

        AS_NEED(as_member_is_uri(uri), AS_INVALID_CLIENT_METADATA,
                "audience must hold absolute URIs without fragment");
        AS_TRY(as_arena_copy(reg->ask->mem, uri, &uris[i]));
        for (size_t j = 0; j < i; j++) {
            AS_NEED(!as_span_equal(uris[i], uris[j]), AS_INVALID_CLIENT_METADATA,
                    "audience repeats a URI");
        }
    }
    reg->resource->audience = uris;
    reg->resource->audience_count = count;
    return AS_OK;
}

/* ---------------------------------------------------------------- what tokens look like ------ */

as_err as_member_read_token_format(struct as_registration *reg, const char *name,
                                   const json_t *value)
{
    enum as_token_format *format =
        reg->client != NULL ? &reg->client->token_format : &reg->resource->token_format;

    (void)name;
    AS_NEED(as_token_format_named(as_json_span(value), format), AS_INVALID_CLIENT_METADATA,
            "token_format must be sealed or jwt");
    return AS_OK;
}

/* One that this server has a key of (REG-27, REG-62). */
static as_err read_alg(const struct as_registration *reg, const json_t *value, enum as_alg *out)
{
    AS_NEED(as_alg_named(as_json_span(value), out), AS_INVALID_CLIENT_METADATA,
            "an algorithm must be ES256, PS256 or EdDSA");
    AS_NEED(reg->ask->settings->key_algs & 1U << *out, AS_INVALID_CLIENT_METADATA,
            "an algorithm is switched off here");
    return AS_OK;
}

as_err as_member_read_token_alg(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return read_alg(reg, value, &reg->resource->token_alg);
}

as_err as_member_read_introspection_alg(struct as_registration *reg, const char *name,
                                        const json_t *value)
{
    (void)name;
    return read_alg(reg, value, &reg->resource->introspection_alg);
}

as_err as_member_read_scopes_hidden(struct as_registration *reg, const char *name,
                                    const json_t *value)
{
    (void)name;
    reg->resource->scopes_hidden = json_is_true(value);
    return AS_OK;
}
