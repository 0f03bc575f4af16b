/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /.well-known/oauth-authorization-server (RFC 8414, RFC 8705 3.3 and 5): made once at start
 * from the settings and routes that are enforced, so that it cannot say anything else.
 */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/oauth-authorization-server"

/* What clients call directly, and may have an alias on the mTLS origin (MTLS-100, MTLS-101). */
static const struct {
    const char *member;
    const char *path;
} direct_endpoints[] = {
    {"token_endpoint", "/token"},
    {"introspection_endpoint", "/introspect"},
    {"revocation_endpoint", "/revoke"},
};

/* Members that list the client authentication methods of an endpoint (MTLS-13). */
static const char *const method_members[] = {
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
};

/* scheme://host[:port] of the issuer, and its path without the trailing slash (REG-100). */
static as_span issuer_origin(const char *issuer, as_span *path)
{
    as_span whole = as_span_of(issuer);
    size_t at = strlen("https://");

    while (at < whole.len && whole.ptr[at] != '/') {
        at++;
    }
    *path = as_span_from(whole, at);
    if (path->len > 0 && path->ptr[path->len - 1] == '/') {
        path->len--;
    }
    return (as_span){whole.ptr, at};
}

static bool add_endpoints(json_t *json, as_span origin)
{
    for (size_t i = 0; i < AS_COUNT(direct_endpoints); i++) {
        if (json_object_set_new(json, direct_endpoints[i].member,
                                json_sprintf("%.*s%s", (int)origin.len, origin.ptr,
                                             direct_endpoints[i].path)) != 0) {
            return false;
        }
    }
    return true;
}

static bool add_aliases(json_t *json, const char *mtls_origin)
{
    if (mtls_origin == NULL) {
        return true; /* left out, never empty (MTLS-102) */
    }
    json_t *aliases = json_object();
    return aliases != NULL && add_endpoints(aliases, as_span_of(mtls_origin)) &&
           json_object_set_new(json, "mtls_endpoint_aliases", aliases) == 0;
}

/* The methods of each endpoint; left out where there is none (RFC 8414 3.2, REG-102). */
static bool add_methods(json_t *json, unsigned methods)
{
    for (size_t m = 0; methods != 0 && m < AS_COUNT(method_members); m++) {
        json_t *list = json_array();

        for (unsigned i = 0; i < AS_METHODS; i++) {
            if (methods & 1U << i) {
                json_array_append_new(list, json_string(as_method_name((enum as_method)i)));
            }
        }
        if (json_object_set_new(json, method_members[m], list) != 0) {
            return false;
        }
    }
    return true;
}

static bool add_grants(json_t *json)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < AS_GRANT_TYPES; i++) {
        json_array_append_new(list, json_string(as_grant_type_name((enum as_grant_type)i)));
    }
    return json_object_set_new(json, "grant_types_supported", list) == 0;
}

/* Some listener asks for certificates: settings/ refuses a configuration where none does. */
static bool fill(json_t *json, const struct as_settings *settings, as_span origin)
{
    return json_object_set_new(json, "issuer", json_string(settings->issuer)) == 0 &&
           add_endpoints(json, origin) &&
           /* required by RFC 8414 2 even when empty: no authorization endpoint yet */
           json_object_set_new(json, "response_types_supported", json_array()) == 0 &&
           add_grants(json) && add_methods(json, settings->methods) &&
           json_object_set_new(json, "tls_client_certificate_bound_access_tokens", json_true()) ==
               0 &&
           add_aliases(json, settings->mtls_origin);
}

as_err as_metadata_make(struct as_generation *generation)
{
    const struct as_settings *settings = generation->conf.settings;
    as_span path, origin = issuer_origin(settings->issuer, &path), full;
    AS_AUTO(json_decref) json_t *json = json_object();

    AS_NEED(json != NULL && fill(json, settings, origin), AS_SERVER_ERROR, "out of memory");
    char *text = json_dumps(json, JSON_COMPACT);
    AS_NEED_MEM(text);
    as_err err = as_arena_copy(generation->mem, as_span_of(text), &generation->metadata);
    free(text);
    AS_TRY(err);
    AS_TRY(as_arena_printf(generation->mem, &full, WELL_KNOWN "%.*s", (int)path.len,
                           path.len > 0 ? path.ptr : ""));
    return as_arena_text(generation->mem, full, &generation->metadata_path);
}

as_err as_endpoint_metadata(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    as_span body;

    visit->cacheable = true;
    /* a copy: the answer may leave after the request has let its generation go */
    AS_TRY(as_arena_copy(call->mem, visit->generation->metadata, &body));
    AS_TRY(as_http_reply_field(call->reply, "Cache-Control", AS_LIT("public, max-age=3600")));
    AS_TRY(as_http_reply_field(call->reply, "Access-Control-Allow-Origin", AS_LIT("*")));
    return as_reply_text(call, "application/json", body);
}
