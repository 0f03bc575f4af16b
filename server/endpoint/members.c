/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of metadata members: name, JSON type, who may have it, and what is done with it. A row
 * without a reader is checked for its type, kept and shown. A member the table does not know is
 * ignored and not shown (RFC 7591 2).
 */
#include "registration.h"

#include <string.h>

enum member_type { TEXT, URI, TEXTS, FLAG, OBJECT, ABSENT };

#define BOTH      (1U << AS_PARTY_CLIENT | 1U << AS_PARTY_RESOURCE)
#define CLIENTS   (1U << AS_PARTY_CLIENT)
#define RESOURCES (1U << AS_PARTY_RESOURCE)

struct member {
    const char *name;
    enum member_type type;
    unsigned kinds;
    bool not_kept; /* today's value is shown from the record instead */
    as_err (*read)(struct as_registration *reg, const char *name, const json_t *value);
};

static as_span text_of(const json_t *value)
{
    return (as_span){json_string_value(value), json_string_length(value)};
}

/* RFC 3986 absolute-URI, checked as far as we rely on it: a scheme, something after it, printable
 * ASCII, no fragment (RFC 8707 2). */
static bool is_absolute_uri(as_span uri)
{
    const char *colon = uri.len > 0 ? memchr(uri.ptr, ':', uri.len) : NULL;

    if (colon == NULL || colon == uri.ptr || (size_t)(colon - uri.ptr) + 1 == uri.len) {
        return false;
    }
    for (const char *p = uri.ptr; p < colon; p++) {
        bool alpha = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        bool other = (*p >= '0' && *p <= '9') || *p == '+' || *p == '-' || *p == '.';

        if (!alpha && (p == uri.ptr || !other)) {
            return false;
        }
    }
    for (size_t i = 0; i < uri.len; i++) {
        if (uri.ptr[i] <= ' ' || uri.ptr[i] > '~' || strchr("#\"<>\\^`{|}", uri.ptr[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static as_err read_id(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, text_of(value), &reg->party->id);
}

static as_err read_method(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    AS_NEED(as_method_named(text_of(value), &reg->party->method), AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is not one this server offers");
    AS_NEED(reg->ask->settings->methods & (1U << reg->party->method), AS_INVALID_CLIENT_METADATA,
            "token_endpoint_auth_method is switched off here");
    reg->method_given = true;
    return AS_OK;
}

static as_err read_name(struct as_registration *reg, const char *name, const json_t *value)
{
    for (unsigned kind = 0; kind < AS_NAME_KINDS; kind++) {
        if (strcmp(name, as_name_member((enum as_name_kind)kind)) == 0) {
            reg->name_count++;
            return as_name_parse((enum as_name_kind)kind, text_of(value), reg->ask->mem,
                                 &reg->names[kind]);
        }
    }
    return AS_FAIL(AS_SERVER_ERROR, "a name member without a kind");
}

static as_err read_jwks(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return as_jwks_read(reg->ask->mem, value, &reg->jwks);
}

static as_err read_scope(struct as_registration *reg, const char *name, const json_t *value)
{
    as_span *scopes = NULL, copy;
    size_t count = 0;

    (void)name;
    as_err err = as_scope_parse(reg->ask->mem, text_of(value), &scopes, &count);
    AS_NEED(!as_err_is(err, AS_INVALID_SCOPE), AS_INVALID_CLIENT_METADATA, "scope is malformed");
    AS_TRY(err);
    AS_TRY(as_arena_copy(reg->ask->mem, text_of(value), &copy));
    if (reg->client != NULL) {
        reg->client->scope = copy;
    } else {
        reg->resource->scope = copy;
    }
    return AS_OK;
}

static as_err read_grant_types(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    for (size_t i = 0; i < json_array_size(value); i++) {
        enum as_grant_type type;

        AS_NEED(as_grant_type_named(text_of(json_array_get(value, i)), &type),
                AS_INVALID_CLIENT_METADATA, "grant_types names a grant this server does not offer");
        reg->client->grants |= 1U << type;
    }
    AS_NEED(reg->client->grants != 0, AS_INVALID_CLIENT_METADATA, "grant_types is empty");
    return AS_OK;
}

/* Without an authorization endpoint no response type is offered (REG-26, REG-27). */
static as_err read_response_types(struct as_registration *reg, const char *name,
                                  const json_t *value)
{
    (void)reg;
    (void)name;
    AS_NEED(json_array_size(value) == 0, AS_INVALID_CLIENT_METADATA,
            "response_types names a type this server does not offer");
    return AS_OK;
}

static as_err read_profile(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    for (unsigned id = 0; id < AS_PROFILE_COUNT; id++) {
        const struct as_profile *profile = as_profile_get((enum as_profile_id)id);

        if (as_span_is(text_of(value), profile->name)) {
            AS_NEED(reg->ask->settings->profiles & (1U << id), AS_INVALID_CLIENT_METADATA,
                    "profile is not enabled on this server");
            reg->profile = profile;
            return AS_OK;
        }
    }
    return AS_FAIL(AS_INVALID_CLIENT_METADATA, "profile is unknown");
}

static as_err read_status(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    AS_NEED(as_party_status_named(text_of(value), &reg->party->status), AS_INVALID_CLIENT_METADATA,
            "status must be enabled or disabled");
    return AS_OK;
}

static as_err read_trust(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, text_of(value), &reg->party->trust);
}

static as_err read_shared(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    reg->party->shared = json_is_true(value);
    return AS_OK;
}

static as_err read_bound(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)name;
    reg->client->bound_access_tokens = json_is_true(value);
    reg->bound_given = true;
    return AS_OK;
}

static as_err read_default_resource(struct as_registration *reg, const char *name,
                                    const json_t *value)
{
    (void)name;
    return as_arena_copy(reg->ask->mem, text_of(value), &reg->client->default_resource);
}

static as_err read_audience(struct as_registration *reg, const char *name, const json_t *value)
{
    size_t count = json_array_size(value);
    as_span *uris = as_arena_array(reg->ask->mem, count, sizeof(*uris));

    (void)name;
    AS_NEED_MEM(uris);
    for (size_t i = 0; i < count; i++) {
        AS_NEED(is_absolute_uri(text_of(json_array_get(value, i))), AS_INVALID_CLIENT_METADATA,
                "audience must hold absolute URIs without fragment");
        AS_TRY(as_arena_copy(reg->ask->mem, text_of(json_array_get(value, i)), &uris[i]));
        for (size_t j = 0; j < i; j++) {
            AS_NEED(!as_span_equal(uris[i], uris[j]), AS_INVALID_CLIENT_METADATA,
                    "audience repeats a URI");
        }
    }
    reg->resource->audience = uris;
    reg->resource->audience_count = count;
    return AS_OK;
}

static as_err refuse(struct as_registration *reg, const char *name, const json_t *value)
{
    (void)reg;
    (void)value;
    AS_NEED(strcmp(name, "jwks_uri") != 0, AS_INVALID_CLIENT_METADATA,
            "jwks_uri is not offered by this version; register jwks");
    return AS_FAIL(AS_INVALID_CLIENT_METADATA,
                   "redirect_uris is not offered by this version: it has no redirect grant");
}

static const struct member members[] = {
    {"client_id", TEXT, BOTH, true, read_id},
    {"client_id_issued_at", ABSENT, BOTH, true, NULL},
    {"updated_at", ABSENT, BOTH, true, NULL},
    {"client_name", TEXT, BOTH, false, NULL},
    {"client_uri", URI, BOTH, false, NULL},
    {"logo_uri", URI, CLIENTS, false, NULL},
    {"tos_uri", URI, CLIENTS, false, NULL},
    {"policy_uri", URI, CLIENTS, false, NULL},
    {"contacts", TEXTS, BOTH, false, NULL},
    {"software_id", TEXT, CLIENTS, false, NULL},
    {"software_version", TEXT, CLIENTS, false, NULL},
    {"token_endpoint_auth_method", TEXT, BOTH, false, read_method},
    {"tls_client_auth_subject_dn", TEXT, BOTH, false, read_name},
    {"tls_client_auth_san_dns", TEXT, BOTH, false, read_name},
    {"tls_client_auth_san_uri", TEXT, BOTH, false, read_name},
    {"tls_client_auth_san_ip", TEXT, BOTH, false, read_name},
    {"tls_client_auth_san_email", TEXT, BOTH, false, read_name},
    {"jwks", OBJECT, BOTH, false, read_jwks},
    {"jwks_uri", TEXT, BOTH, false, refuse},
    {"redirect_uris", TEXTS, CLIENTS, false, refuse},
    {"grant_types", TEXTS, CLIENTS, false, read_grant_types},
    {"response_types", TEXTS, CLIENTS, false, read_response_types},
    {"scope", TEXT, BOTH, false, read_scope},
    {"audience", TEXTS, RESOURCES, false, read_audience},
    {"default_resource", URI, CLIENTS, false, read_default_resource},
    {"tls_client_certificate_bound_access_tokens", FLAG, CLIENTS, false, read_bound},
    {"use_mtls_endpoint_aliases", FLAG, CLIENTS, false, NULL},
    {"profile", TEXT, CLIENTS, false, read_profile},
    {"status", TEXT, BOTH, true, read_status},
    {"trust", TEXT, BOTH, false, read_trust},
    {"shared_identifier", FLAG, BOTH, false, read_shared},
};

static bool text_is_fine(const json_t *value)
{
    as_span text = text_of(value);

    return json_is_string(value) && text.len > 0 && text.len <= AS_LIMIT_JSON_STRING &&
           !as_span_has_control(text);
}

static as_err check_type(const struct member *member, const json_t *value)
{
    switch (member->type) {
    case TEXT:
        AS_NEED(text_is_fine(value), AS_INVALID_CLIENT_METADATA,
                "a member must be a non-empty string of at most 2048 octets without control "
                "characters");
        return AS_OK;
    case URI:
        AS_NEED(text_is_fine(value) && is_absolute_uri(text_of(value)), AS_INVALID_CLIENT_METADATA,
                "a member must be an absolute URI without fragment");
        return AS_OK;
    case TEXTS:
        AS_NEED(json_is_array(value) && json_array_size(value) <= AS_LIMIT_JSON_ARRAY,
                AS_INVALID_CLIENT_METADATA, "a member must be an array of at most 64 strings");
        for (size_t i = 0; i < json_array_size(value); i++) {
            AS_NEED(text_is_fine(json_array_get(value, i)), AS_INVALID_CLIENT_METADATA,
                    "a member must be an array of non-empty strings");
        }
        return AS_OK;
    case FLAG:
        AS_NEED(json_is_boolean(value), AS_INVALID_CLIENT_METADATA,
                "a member must be true or false");
        return AS_OK;
    case OBJECT:
        AS_NEED(json_is_object(value), AS_INVALID_CLIENT_METADATA, "a member must be an object");
        return AS_OK;
    case ABSENT: /* shown by us, so that what was shown may be sent back; not the sender's to set */
        return AS_OK;
    }
    return AS_FAIL(AS_SERVER_ERROR, "a member of no type");
}

static as_err take_member(struct as_registration *reg, const struct member *member, json_t *value)
{
    AS_TRY(check_type(member, value));
    if (member->read != NULL) {
        AS_TRY(member->read(reg, member->name, value));
    }
    if (!member->not_kept) {
        AS_NEED(json_object_set(reg->kept, member->name, value) == 0, AS_SERVER_ERROR,
                "out of memory");
    }
    return AS_OK;
}

as_err as_registration_members(struct as_registration *reg, const json_t *json)
{
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        json_t *value = json_object_get(json, members[i].name);

        /* null counts as absent (REG-12, MTLS-23) */
        if (value != NULL && !json_is_null(value) && (members[i].kinds & 1U << reg->ask->kind)) {
            *reg->ask->member = members[i].name;
            AS_TRY(take_member(reg, &members[i], value));
            *reg->ask->member = NULL;
        }
    }
    return AS_OK;
}
