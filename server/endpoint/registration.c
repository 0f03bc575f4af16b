/* SPDX-License-Identifier: Apache-2.0 */
/* Orders the steps of a registration; what is left open gets its default here and is shown. */
#include "registration.h"

/* Not what a command line would take for a flag, nor `.` and `..`, which HTTP clients take out of a
 * path (RFC 3986 5.2.4), so that nobody could address such a party again. */
static bool id_is_fine(as_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && !as_ascii_is_one_of(c, "-._~")) {
            return false;
        }
    }
    return id.len > 0 && id.len <= 128 && id.ptr[0] != '-' && id.ptr[0] != '.';
}

/* An existing party keeps its id; an operator may choose one; otherwise it is random. */
static as_err settle_id(struct as_registration *reg)
{
    const struct as_party *existing = reg->ask->existing;
    struct as_party *party = reg->party;

    if (existing != NULL) {
        AS_NEED(party->id.len == 0 || as_span_equal(party->id, existing->id),
                AS_INVALID_CLIENT_METADATA, "client_id cannot be changed");
        party->id = existing->id;
        return AS_OK;
    }
    if (party->id.len > 0) {
        AS_NEED(id_is_fine(party->id), AS_INVALID_CLIENT_METADATA,
                "client_id must be 1 to 128 letters, digits or - . _ ~, not beginning with - or .");
        return AS_OK;
    }
    return as_random_id(reg->ask->mem, reg->client != NULL ? 'c' : 'r', &party->id);
}

/* What was left open is settled, stored and shown; takes `value`. */
static as_err keep(struct as_registration *reg, const char *name, json_t *value)
{
    return as_json_put(reg->kept, name, value);
}

static as_err settle_profile(struct as_registration *reg)
{
    if (reg->profile == NULL && reg->ask->by == AS_BY_CLIENT) {
        reg->profile = reg->ask->profile;
    }
    if (reg->profile == NULL) {
        reg->profile = as_profile_get(AS_PROFILE_FAPI1);
        AS_NEED(as_profile_is_on(reg->profile, reg->ask->settings->profiles),
                AS_INVALID_CLIENT_METADATA,
                "profile must be given: the default fapi1 is not enabled");
    }
    AS_NEED(as_profile_is_on(reg->profile, reg->ask->settings->profiles),
            AS_INVALID_CLIENT_METADATA,
            "the profile of this client is no longer enabled on this server");
    AS_NEED(reg->profile->methods & (1U << reg->party->method), AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is not allowed in this profile");
    reg->client->profile = as_span_of(reg->profile->name);
    return keep(reg, "profile", json_string(reg->profile->name));
}

/* Absent: from an operator client_credentials, the one grant type there is. From a client it means
 * authorization_code (RFC 7591 2), and to give it another would be to misunderstand it. */
static as_err settle_grants(struct as_registration *reg)
{
    if (reg->client->grants == 0) {
        AS_NEED(reg->ask->by == AS_BY_OPERATOR, AS_INVALID_CLIENT_METADATA,
                "grant_types is missing, which means authorization_code, and that is not offered: "
                "name client_credentials");
        reg->client->grants = 1U << AS_GRANT_CLIENT_CREDENTIALS;
        AS_TRY(keep(reg, "grant_types", json_pack("[s]", "client_credentials")));
    }
    AS_NEED((reg->client->grants & ~reg->profile->grants) == 0, AS_INVALID_CLIENT_METADATA,
            "a grant type is not allowed in this profile");
    return AS_OK;
}

/* REG-65: a profile that demands sender constraint sets it for mTLS methods, and shows it. */
static as_err settle_binding(struct as_registration *reg)
{
    struct as_client *client = reg->client;

    if (!reg->bound_given) {
        client->bound_access_tokens = reg->profile->binding_is_implied;
    }
    AS_NEED(client->bound_access_tokens || !reg->profile->sender_constrained,
            AS_INVALID_CLIENT_METADATA,
            "this profile needs tls_client_certificate_bound_access_tokens");
    return keep(reg, "tls_client_certificate_bound_access_tokens",
                json_boolean(client->bound_access_tokens));
}

/* REG-28: a client that asks for no scope gets all it may ask for. */
static as_err settle_scope(struct as_registration *reg)
{
    as_span scope = reg->ask->scope;

    if (reg->ask->by == AS_BY_OPERATOR || reg->scope_given || scope.len == 0) {
        return AS_OK;
    }
    AS_NEED(!as_failed(as_scope_check(scope)), AS_INVALID_CLIENT_METADATA,
            "scope is missing, and all that may be asked for is more than a client can hold");
    AS_TRY(as_arena_copy(reg->ask->mem, scope, &reg->client->scope));
    return keep(reg, "scope", json_stringn(scope.ptr, scope.len));
}

/* REG-04: the defaults of RFC 7591 2 that remain; without a redirect grant there is no response
 * type (REG-26). */
static as_err settle_rest(struct as_registration *reg)
{
    if (json_object_get(reg->kept, "response_types") == NULL) {
        AS_TRY(keep(reg, "response_types", json_array()));
    }
    if (json_object_get(reg->kept, "use_mtls_endpoint_aliases") == NULL) {
        return keep(reg, "use_mtls_endpoint_aliases", json_false());
    }
    return AS_OK;
}

static as_err settle_client(struct as_registration *reg)
{
    AS_TRY(settle_profile(reg));
    AS_TRY(settle_grants(reg));
    AS_TRY(settle_binding(reg));
    AS_TRY(settle_scope(reg));
    return settle_rest(reg);
}

static as_err settle_resource(struct as_registration *reg)
{
    AS_NEED(reg->resource->audience_count > 0, AS_INVALID_CLIENT_METADATA,
            "audience is missing: one or more absolute URIs");
    return AS_OK;
}

static as_err settle_trust(struct as_registration *reg)
{
    enum as_trust_use use = reg->ask->kind == AS_PARTY_CLIENT ? AS_USE_CLIENT : AS_USE_RESOURCE;

    if (reg->party->trust.len > 0) {
        AS_NEED(as_trust_has_group(reg->ask->trust, reg->party->trust, use),
                AS_INVALID_CLIENT_METADATA, "trust names no trust group of the right use");
    }
    return AS_OK;
}

/* As it is stored it may be longer than it came: numbers are written out. What is larger than a
 * request could not be sent back in a PUT, nor changed by an operator. */
static as_err keep_metadata(struct as_registration *reg)
{
    AS_TRY(as_json_write(reg->ask->mem, reg->kept, &reg->party->metadata));
    AS_NEED(reg->party->metadata.len <= AS_LIMIT_BODY, AS_INVALID_CLIENT_METADATA,
            "the object is larger than 256 KiB");
    return AS_OK;
}

static as_err make_records(struct as_registration *reg)
{
    struct as_arena *mem = reg->ask->mem;

    reg->party = as_arena_alloc(mem, sizeof(*reg->party));
    AS_NEED_MEM(reg->party);
    reg->party->kind = reg->ask->kind;
    reg->party->created = reg->ask->existing != NULL ? reg->ask->existing->created : reg->ask->now;
    reg->party->updated = reg->ask->now;
    if (reg->ask->kind == AS_PARTY_CLIENT) {
        reg->client = as_arena_alloc(mem, sizeof(*reg->client));
        AS_NEED_MEM(reg->client);
        reg->client->party = reg->party;
        reg->party->client = reg->client;
    } else {
        reg->resource = as_arena_alloc(mem, sizeof(*reg->resource));
        AS_NEED_MEM(reg->resource);
        reg->resource->party = reg->party;
        reg->party->resource = reg->resource;
    }
    return AS_OK;
}

static as_err complete(struct as_registration *reg, const json_t *json)
{
    AS_TRY(make_records(reg));
    AS_TRY(as_registration_refuse_unoffered(reg, json));
    AS_TRY(as_registration_members(reg, json));
    AS_NEED(reg->method_given, AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is missing: tls_client_auth or "
            "self_signed_tls_client_auth");
    AS_TRY(settle_id(reg));
    AS_TRY(settle_trust(reg));
    AS_TRY(as_registration_identity(reg));
    AS_TRY(reg->client != NULL ? settle_client(reg) : settle_resource(reg));
    return keep_metadata(reg);
}

as_err as_registration_read(const struct as_registration_ask *ask, const json_t *json,
                            struct as_party_write *out)
{
    AS_AUTO(json_decref) json_t *kept = json_object();
    struct as_registration reg = {.ask = ask, .kept = kept};

    AS_NEED_MEM(kept);
    AS_NEED(json_is_object(json), AS_INVALID_CLIENT_METADATA, "the metadata is not a JSON object");
    AS_TRY(complete(&reg, json));
    out->party = reg.party;
    out->identifiers = reg.identifiers;
    out->identifier_count = reg.identifier_count;
    return AS_OK;
}
