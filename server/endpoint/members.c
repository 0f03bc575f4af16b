/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of metadata members. A member the table does not know is ignored and not shown (RFC
 * 7591 2), unless it would promise something that is not done (unoffered.c).
 */
#include "members.h"

#include <string.h>

#define BOTH      (1U << AS_PARTY_CLIENT | 1U << AS_PARTY_RESOURCE)
#define CLIENTS   (1U << AS_PARTY_CLIENT)
#define RESOURCES (1U << AS_PARTY_RESOURCE)
#define TEXT      AS_MEMBER_TEXT
#define URI       AS_MEMBER_URI
#define PAGE      AS_MEMBER_PAGE
#define TEXTS     AS_MEMBER_TEXTS
#define FLAG      AS_MEMBER_FLAG
#define OBJECT    AS_MEMBER_OBJECT
#define SHOWN     AS_MEMBER_SHOWN
#define NOT_KEPT  AS_MEMBER_NOT_KEPT
#define OPERATOR  AS_MEMBER_OPERATOR
#define TAGGED    AS_MEMBER_TAGGED

static const struct as_member members[] = {
    {"client_id", TEXT, BOTH, NOT_KEPT | OPERATOR, as_member_read_id},
    {"client_id_issued_at", SHOWN, BOTH, NOT_KEPT, NULL},
    {"updated_at", SHOWN, BOTH, NOT_KEPT, NULL},
    {"client_name", TEXT, BOTH, TAGGED, NULL},
    {"client_uri", PAGE, BOTH, TAGGED, NULL},
    {"logo_uri", PAGE, CLIENTS, TAGGED, NULL},
    {"tos_uri", PAGE, CLIENTS, TAGGED, NULL},
    {"policy_uri", PAGE, CLIENTS, TAGGED, NULL},
    {"contacts", TEXTS, BOTH, 0, NULL},
    {"application_type", TEXT, CLIENTS, 0, as_member_read_application_type},
    {"software_id", TEXT, CLIENTS, 0, as_member_read_software_id},
    {"software_version", TEXT, CLIENTS, 0, as_member_read_software_version},
    {"token_endpoint_auth_method", TEXT, BOTH, 0, as_member_read_method},
    {"tls_client_auth_subject_dn", TEXT, BOTH, 0, as_member_read_name},
    {"tls_client_auth_san_dns", TEXT, BOTH, 0, as_member_read_name},
    {"tls_client_auth_san_uri", TEXT, BOTH, 0, as_member_read_name},
    {"tls_client_auth_san_ip", TEXT, BOTH, 0, as_member_read_name},
    {"tls_client_auth_san_email", TEXT, BOTH, 0, as_member_read_name},
    {"jwks", OBJECT, BOTH, 0, as_member_read_jwks},
    {"grant_types", TEXTS, CLIENTS, 0, as_member_read_grant_types},
    {"response_types", TEXTS, CLIENTS, 0, as_member_read_response_types},
    {"scope", TEXT, BOTH, 0, as_member_read_scope},
    {"audience", TEXTS, RESOURCES, 0, as_member_read_audience},
    {"default_resource", URI, CLIENTS, 0, as_member_read_default_resource},
    {"tls_client_certificate_bound_access_tokens", FLAG, CLIENTS, 0, as_member_read_bound},
    {"use_mtls_endpoint_aliases", FLAG, CLIENTS, 0, NULL},
    {"token_format", TEXT, BOTH, 0, as_member_read_token_format},
    {"access_token_signing_alg", TEXT, RESOURCES, 0, as_member_read_token_alg},
    {"introspection_signed_response_alg", TEXT, RESOURCES, 0, as_member_read_introspection_alg},
    {"scopes_hidden", FLAG, RESOURCES, 0, as_member_read_scopes_hidden},
    {"profile", TEXT, CLIENTS, 0, as_member_read_profile},
    {"status", TEXT, BOTH, NOT_KEPT | OPERATOR, as_member_read_status},
    {"trust", TEXT, BOTH, OPERATOR, as_member_read_trust},
    {"shared_identifier", FLAG, BOTH, OPERATOR, as_member_read_shared},
};

bool as_member_is_uri(as_span uri)
{
    const char *colon = uri.len > 0 ? memchr(uri.ptr, ':', uri.len) : NULL;

    if (colon == NULL || colon == uri.ptr || (size_t)(colon - uri.ptr) + 1 == uri.len) {
        return false;
    }
    for (const char *p = uri.ptr; p < colon; p++) {
        bool other = as_ascii_is_digit(*p) || *p == '+' || *p == '-' || *p == '.';

        if (!as_ascii_is_letter(*p) && (p == uri.ptr || !other)) {
            return false;
        }
    }
    for (size_t i = 0; i < uri.len; i++) {
        if (!as_ascii_is_uri_char(uri.ptr[i]) || uri.ptr[i] == '#') {
            return false;
        }
    }
    return true;
}

static bool text_is_fine(const json_t *value)
{
    as_span text = as_json_span(value);

    return json_is_string(value) && text.len > 0 && text.len <= AS_LIMIT_JSON_STRING &&
           !as_span_has_control(text);
}

static as_err check_texts(const json_t *value)
{
    AS_NEED(json_is_array(value) && json_array_size(value) <= AS_LIMIT_JSON_ARRAY,
            AS_INVALID_CLIENT_METADATA,
            "a member must be an array of at most " AS_SAY(AS_LIMIT_JSON_ARRAY) " strings");
    for (size_t i = 0; i < json_array_size(value); i++) {
        AS_NEED(text_is_fine(json_array_get(value, i)), AS_INVALID_CLIENT_METADATA,
                "a member must be an array of non-empty strings");
    }
    return AS_OK;
}

static as_err check_page(const struct as_registration *reg, const json_t *value)
{
    static const as_span https = AS_LIT_ROW("https://");
    as_span uri = as_json_span(value);

    AS_NEED(text_is_fine(value) && as_member_is_uri(uri), AS_INVALID_CLIENT_METADATA,
            "a member must be an absolute URI without fragment");
    AS_NEED(reg->ask->by == AS_BY_OPERATOR || (as_span_starts(uri, https) && uri.len > https.len),
            AS_INVALID_CLIENT_METADATA, "a member must be an https URI");
    return AS_OK;
}

static as_err check_type(const struct as_registration *reg, const struct as_member *member,
                         const json_t *value)
{
    switch (member->type) {
    case AS_MEMBER_TEXT:
        AS_NEED(text_is_fine(value), AS_INVALID_CLIENT_METADATA,
                "a member must be a non-empty string of at most " AS_SAY(
                    AS_LIMIT_JSON_STRING) " octets without control characters");
        return AS_OK;
    case AS_MEMBER_URI:
        AS_NEED(text_is_fine(value) && as_member_is_uri(as_json_span(value)),
                AS_INVALID_CLIENT_METADATA, "a member must be an absolute URI without fragment");
        return AS_OK;
    case AS_MEMBER_PAGE:
        return check_page(reg, value);
    case AS_MEMBER_TEXTS:
        return check_texts(value);
    case AS_MEMBER_FLAG:
        AS_NEED(json_is_boolean(value), AS_INVALID_CLIENT_METADATA,
                "a member must be true or false");
        return AS_OK;
    case AS_MEMBER_OBJECT:
        AS_NEED(json_is_object(value), AS_INVALID_CLIENT_METADATA, "a member must be an object");
        return AS_OK;
    case AS_MEMBER_SHOWN:
        return AS_OK;
    }
    return AS_FAIL(AS_SERVER_ERROR, "a member of no type");
}

static as_err keep(struct as_registration *reg, const char *name, json_t *value)
{
    AS_NEED(json_object_set(reg->kept, name, value) == 0, AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

/* The member as this object gives it; null counts as absent (REG-12, MTLS-23). */
static as_err take_member(struct as_registration *reg, const struct as_member *member,
                          const json_t *from)
{
    json_t *value = json_object_get(from, member->name);

    if (value == NULL || json_is_null(value) || (member->kinds & 1U << reg->ask->kind) == 0) {
        return AS_OK;
    }
    *reg->ask->member = member->name;
    AS_TRY(check_type(reg, member, value));
    if (member->read != NULL) {
        AS_TRY(member->read(reg, member->name, value));
    }
    *reg->ask->member = NULL;
    return member->traits & NOT_KEPT ? AS_OK : keep(reg, member->name, value);
}

/* The row of name#language, where the language looks like one (RFC 5646 2.1). */
static const struct as_member *tagged_row(const char *name)
{
    as_span tag = as_span_of(name), base;

    (void)as_span_cut(&tag, '#', &base);
    if (tag.len == 0 || tag.len > 35) {
        return NULL;
    }
    for (size_t i = 0; i < tag.len; i++) {
        if (!as_ascii_is_letter(tag.ptr[i]) && !as_ascii_is_digit(tag.ptr[i]) &&
            tag.ptr[i] != '-') {
            return NULL;
        }
    }
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if ((members[i].traits & TAGGED) && as_span_is(base, members[i].name)) {
            return &members[i];
        }
    }
    return NULL;
}

/* REG-29: kept as given. */
static as_err take_tagged(struct as_registration *reg, const json_t *json)
{
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)json, name, value)
    {
        const struct as_member *row = tagged_row(name);

        if (row != NULL && !json_is_null(value) && (row->kinds & 1U << reg->ask->kind)) {
            *reg->ask->member = row->name;
            AS_NEED(++count <= AS_LIMIT_JSON_ARRAY, AS_INVALID_CLIENT_METADATA,
                    "there are more than " AS_SAY(AS_LIMIT_JSON_ARRAY) " members with a language");
            AS_TRY(check_type(reg, row, value));
            *reg->ask->member = NULL;
            AS_TRY(keep(reg, name, value));
        }
    }
    return AS_OK;
}

/* What a client cannot set stays as the operator left it. */
static as_err take_operators(struct as_registration *reg, const struct as_party *existing)
{
    AS_AUTO(json_decref) json_t *was = NULL;

    AS_TRY(as_json_parse(existing->metadata, &was));
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if (members[i].traits & OPERATOR) {
            AS_TRY(take_member(reg, &members[i], was));
        }
    }
    reg->party->status = existing->status;
    return AS_OK;
}

as_err as_registration_members(struct as_registration *reg, const json_t *json)
{
    bool by_operator = reg->ask->by == AS_BY_OPERATOR;

    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if (by_operator || !(members[i].traits & OPERATOR)) {
            AS_TRY(take_member(reg, &members[i], json));
        }
    }
    AS_TRY(take_tagged(reg, json));
    if (!by_operator && reg->ask->existing != NULL) {
        return take_operators(reg, reg->ask->existing);
    }
    return AS_OK;
}

void as_registration_leave_out_operators(json_t *view)
{
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if (members[i].traits & OPERATOR) {
            (void)json_object_del(view, members[i].name);
        }
    }
}
