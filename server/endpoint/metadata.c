/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /.well-known/oauth-authorization-server (RFC 8414, RFC 8705 3.3 and 5): made once for a
 * reading of the configuration, from the settings, profiles and routes that are enforced, so that
 * it cannot say anything else. The scopes come from the resource servers of the moment.
 */
#include "app.h"

#include <stdlib.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/oauth-authorization-server"

/* What clients call directly, and may have an alias on the mTLS origin (MTLS-100, MTLS-101). */
static const struct {
    const char *member;
    const char *path;
    bool registration; /* there unless that is off (REG-107) */
} direct_endpoints[] = {
    {"token_endpoint", "/token", false},
    {"introspection_endpoint", "/introspect", false},
    {"revocation_endpoint", "/revoke", false},
    {"registration_endpoint", "/register", true},
};

/* Members that list the client authentication methods of an endpoint (MTLS-13). */
static const char *const method_members[] = {
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
};

static bool put(json_t *json, const char *member, json_t *value)
{
    return json_object_set_new(json, member, value) == 0;
}

static bool put_url(json_t *json, const char *member, as_span origin, const char *path)
{
    return put(json, member, json_sprintf("%.*s%s", (int)origin.len, origin.ptr, path));
}

static bool add_endpoints(json_t *json, const struct as_settings *settings, as_span origin)
{
    bool registers = settings->registration_mode != AS_REGISTRATION_OFF;

    for (size_t i = 0; i < AS_COUNT(direct_endpoints); i++) {
        if ((registers || !direct_endpoints[i].registration) &&
            !put_url(json, direct_endpoints[i].member, origin, direct_endpoints[i].path)) {
            return false;
        }
    }
    return true;
}

static bool add_aliases(json_t *json, const struct as_settings *settings)
{
    if (settings->mtls_origin == NULL) {
        return true; /* left out, never empty (MTLS-102) */
    }
    json_t *aliases = json_object();
    return aliases != NULL && add_endpoints(aliases, settings, as_span_of(settings->mtls_origin)) &&
           put(json, "mtls_endpoint_aliases", aliases);
}

/* What any of the enabled profiles allows. */
static struct as_profile union_of(unsigned profiles_on)
{
    struct as_profile all = {.methods = 0};

    for (unsigned id = 0; id < AS_PROFILE_COUNT; id++) {
        const struct as_profile *profile = as_profile_get((enum as_profile_id)id);

        if (as_profile_is_on(profile, profiles_on)) {
            all.methods |= profile->methods;
            all.grants |= profile->grants;
        }
    }
    return all;
}

/* ---------------------------------------------------------------- lists of names -------------- */

static const char *method_of(unsigned bit)
{
    return as_method_name((enum as_method)bit);
}

static const char *grant_type_of(unsigned bit)
{
    return as_grant_type_name((enum as_grant_type)bit);
}

static const char *alg_of(unsigned bit)
{
    return as_alg_name((enum as_alg)bit);
}

/* The names of the bits that are set, of `end`. */
static bool put_names(json_t *json, const char *member, unsigned bits, unsigned end,
                      const char *(*name_of)(unsigned bit))
{
    AS_AUTO(json_decref) json_t *list = json_array();

    for (unsigned bit = 0; bit < end; bit++) {
        if ((bits & 1U << bit) != 0 &&
            json_array_append_new(list, json_string(name_of(bit))) != 0) {
            return false;
        }
    }
    return put(json, member, AS_MOVE(list));
}

/* The methods of each endpoint; left out where there is none (RFC 8414 3.2, REG-102). */
static bool add_methods(json_t *json, unsigned methods)
{
    for (size_t i = 0; methods != 0 && i < AS_COUNT(method_members); i++) {
        if (!put_names(json, method_members[i], methods, AS_METHODS, method_of)) {
            return false;
        }
    }
    return true;
}

/* For people, as configured. */
static bool add_pages(json_t *json, const struct as_settings *settings)
{
    const struct {
        const char *member, *url;
    } pages[] = {
        {"service_documentation", settings->service_documentation},
        {"op_policy_uri", settings->op_policy_uri},
        {"op_tos_uri", settings->op_tos_uri},
    };

    for (size_t i = 0; i < AS_COUNT(pages); i++) {
        if (pages[i].url != NULL && !put(json, pages[i].member, json_string(pages[i].url))) {
            return false;
        }
    }
    return true;
}

/* Some listener asks for certificates: settings/ refuses a configuration where none does. */
static bool fill(json_t *json, const struct as_settings *settings, as_span origin)
{
    const struct as_profile all = union_of(settings->profiles);

    return put(json, "issuer", json_string(settings->issuer)) &&
           add_endpoints(json, settings, origin) && put_url(json, "jwks_uri", origin, "/jwks") &&
           /* required by RFC 8414 2 even when empty: no authorization endpoint yet */
           put(json, "response_types_supported", json_array()) &&
           put_names(json, "grant_types_supported", all.grants, AS_GRANT_TYPES, grant_type_of) &&
           add_methods(json, settings->methods & all.methods) &&
           /* RFC 9701 7 (REG-125): whatever has a key */
           put_names(json, "introspection_signing_alg_values_supported", settings->key_algs,
                     AS_ALGS, alg_of) &&
           put(json, "tls_client_certificate_bound_access_tokens", json_true()) &&
           add_aliases(json, settings) && add_pages(json, settings);
}

/* The path of the issuer, without a slash at its end, stands behind the well-known one (REG-100).
 */
static as_err make_path(struct as_generation *generation, as_span path)
{
    as_span full;

    if (path.len > 0 && path.ptr[path.len - 1] == '/') {
        path.len--;
    }
    AS_TRY(as_arena_printf(generation->mem, &full, WELL_KNOWN "%.*s", (int)path.len,
                           path.len > 0 ? path.ptr : ""));
    return as_arena_text(generation->mem, full, &generation->metadata_path);
}

as_err as_metadata_make(struct as_generation *generation)
{
    const struct as_settings *settings = generation->conf.settings;
    const struct as_url issuer = as_url_cut(settings->issuer);
    AS_AUTO(json_decref) json_t *json = json_object();

    AS_NEED(json != NULL && fill(json, settings, issuer.origin), AS_SERVER_ERROR, "out of memory");
    AS_TRY(as_json_write(generation->mem, json, &generation->metadata));
    return make_path(generation, issuer.path);
}

/* ---------------------------------------------------------------- scopes (REG-109) ----------- */

static int compare(const void *a, const void *b)
{
    const as_span *one = a, *other = b;
    int order = memcmp(one->ptr, other->ptr, one->len < other->len ? one->len : other->len);

    return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

/* What one shows of its scopes: nothing while it is disabled, or hides them. */
static as_span shown_scope(const struct as_resource *resource)
{
    bool shown = resource->party->status == AS_PARTY_ENABLED && !resource->scopes_hidden;

    return shown ? resource->scope : AS_SPAN_NONE;
}

/* At least as many values as there are, without looking at them. */
static size_t count_scopes(const struct as_resource_set *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        as_span scope = shown_scope(set->items[i]);

        for (size_t k = 0; k < scope.len; k++) {
            count += k == 0 || scope.ptr[k] == ' ';
        }
    }
    return count < AS_LIMIT_METADATA_SCOPES ? count : AS_LIMIT_METADATA_SCOPES;
}

/* Each once, in the order of octets. A server may leave some out (RFC 8414 2), as this one does
 * beyond its bounds. */
static as_err gather_scopes(struct as_arena *mem, const struct as_resource_set *set, as_span **out,
                            size_t *count)
{
    const size_t room = count_scopes(set);
    as_span *scopes = as_arena_array(mem, room + 1, sizeof(*scopes)), value;
    size_t found = 0, octets = 0;

    AS_NEED_MEM(scopes);
    for (size_t i = 0; i < set->count; i++) {
        as_span rest = shown_scope(set->items[i]);

        while (found < room && octets < AS_LIMIT_METADATA_OCTETS &&
               as_span_cut(&rest, ' ', &value)) {
            scopes[found++] = value;
            octets += value.len;
        }
    }
    qsort(scopes, found, sizeof(*scopes), compare);
    *count = 0;
    for (size_t i = 0; i < found; i++) {
        if (*count == 0 || !as_span_equal(scopes[*count - 1], scopes[i])) {
            scopes[(*count)++] = scopes[i];
        }
    }
    *out = scopes;
    return AS_OK;
}

/* Scope values need no escapes (RFC 6749 3.3). The member takes the place of the last brace. */
static as_err with_scopes(struct as_arena *mem, as_span document, const as_span *scopes,
                          size_t count, as_span *out)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(2 * AS_LIMIT_METADATA_OCTETS);

    as_buf_add(&text, (as_span){document.ptr, document.len - 1});
    as_buf_add_text(&text, ",\"scopes_supported\":[");
    for (size_t i = 0; i < count; i++) {
        as_buf_printf(&text, "%s\"%.*s\"", i > 0 ? "," : "", (int)scopes[i].len, scopes[i].ptr);
    }
    as_buf_add_text(&text, "]}");
    AS_NEED(!text.full, AS_SERVER_ERROR, "the metadata is too long");
    return as_arena_copy(mem, as_buf_span(&text), out);
}

static as_err document_of(struct as_http_call *call, as_span *out)
{
    const struct as_visit *visit = as_visit_of(call);
    const struct as_resource_set *set = NULL;
    as_span *scopes = NULL;
    size_t count = 0;

    *out = visit->generation->metadata;
    if (!visit->ctx.settings->metadata_scopes) {
        return AS_OK;
    }
    AS_TRY(as_store_resources(visit->ctx.store, &set));
    AS_TRY(gather_scopes(call->mem, set, &scopes, &count));
    return count > 0 ? with_scopes(call->mem, *out, scopes, count, out) : AS_OK;
}

as_err as_endpoint_metadata(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    as_span document;

    AS_TRY(document_of(call, &document));
    visit->cacheable = true;
    AS_TRY(as_http_reply_field(call->reply, "Cache-Control", AS_LIT("public, max-age=3600")));
    AS_TRY(as_http_reply_field(call->reply, "Access-Control-Allow-Origin", AS_LIT("*")));
    return as_reply_text(call, "application/json", document);
}
