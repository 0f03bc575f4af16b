/* SPDX-License-Identifier: Apache-2.0 */
/* The document of RFC 8414: where it stands, what it says under which settings. */
#include "support/flow.h"

#define WELL_KNOWN "/.well-known/oauth-authorization-server"

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static struct flow_answer *get(const char *path)
{
    return flow_send(f, (struct flow_ask){.from = FLOW_PUBLIC, .method = "GET", .path = path});
}

/* The member's JSON text with ' for "; NULL when there is none. Free it. */
static char *member(const struct flow_answer *answer, const char *name)
{
    json_t *value = json_object_get(answer->json, name);
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    for (char *c = text; c != NULL && *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    return text;
}

static void says(const struct flow_answer *answer, const char *name, const char *value)
{
    char *text = member(answer, name);

    ck_assert_msg(value == NULL ? text == NULL : text != NULL && strcmp(text, value) == 0,
                  "%s is %s instead of %s", name, text != NULL ? text : "absent",
                  value != NULL ? value : "absent");
    free(text);
}

START_TEST(REG_102_fields)
{
    struct flow_answer *answer = get(WELL_KNOWN);

    flow_status(answer, 200);
    ck_assert(!answer->elsewhere);
    ck_assert_str_eq(answer->fields,
                     "Cache-Control: public, max-age=3600\nAccess-Control-Allow-Origin: *\n"
                     "Content-Type: application/json\n");
    char *body = strdup(answer->body);
    answer = flow_send(f, (struct flow_ask){.method = "HEAD", .path = WELL_KNOWN});
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, body); /* http/ leaves it out */
    flow_refused(flow_send(f, (struct flow_ask){.path = WELL_KNOWN, .body = "a=b"}), 405,
                 "invalid_request");
    ck_assert_ptr_nonnull(strstr(f->answer.fields, "Allow: GET, HEAD\n"));
    free(body);
}
END_TEST

START_TEST(REG_103_REG_112_REG_113_what_it_says)
{
    struct flow_answer *answer = get(WELL_KNOWN);

    ck_assert_uint_eq(json_object_size(answer->json), 14);
    says(answer, "issuer", "'" WORLD_ISSUER "'");
    says(answer, "token_endpoint", "'" WORLD_ISSUER "/token'");
    says(answer, "introspection_endpoint", "'" WORLD_ISSUER "/introspect'");
    says(answer, "revocation_endpoint", "'" WORLD_ISSUER "/revoke'");
    says(answer, "registration_endpoint", "'" WORLD_ISSUER "/register'");
    says(answer, "jwks_uri", "'" WORLD_ISSUER "/jwks'");
    says(answer, "introspection_signing_alg_values_supported", "['ES256']");
    says(answer, "response_types_supported", "[]"); /* RFC 8414 2 requires it */
    says(answer, "grant_types_supported", "['client_credentials']");
    says(answer, "tls_client_certificate_bound_access_tokens", "true");
    says(answer, "token_endpoint_auth_methods_supported",
         "['tls_client_auth','self_signed_tls_client_auth']");
    says(answer, "introspection_endpoint_auth_methods_supported",
         "['tls_client_auth','self_signed_tls_client_auth']");
    says(answer, "revocation_endpoint_auth_methods_supported",
         "['tls_client_auth','self_signed_tls_client_auth']");
}
END_TEST

START_TEST(MTLS_100_MTLS_101_aliases)
{
    says(get(WELL_KNOWN), "mtls_endpoint_aliases",
         "{'token_endpoint':'" FLOW_MTLS_ORIGIN "/token',"
         "'introspection_endpoint':'" FLOW_MTLS_ORIGIN "/introspect',"
         "'revocation_endpoint':'" FLOW_MTLS_ORIGIN "/revoke',"
         "'registration_endpoint':'" FLOW_MTLS_ORIGIN "/register'}");
}
END_TEST

START_TEST(MTLS_102_no_aliases)
{
    f->w->settings.mtls_origin = NULL;
    flow_restart(f);
    says(get(WELL_KNOWN), "mtls_endpoint_aliases", NULL);
    says(get(WELL_KNOWN), "tls_client_certificate_bound_access_tokens", "true");
}
END_TEST

START_TEST(MTLS_13_methods_follow_the_settings)
{
    f->w->settings.methods = 1u << AS_METHOD_TLS_CLIENT_AUTH;
    flow_restart(f);
    says(get(WELL_KNOWN), "token_endpoint_auth_methods_supported", "['tls_client_auth']");
    says(get(WELL_KNOWN), "introspection_endpoint_auth_methods_supported", "['tls_client_auth']");
    says(get(WELL_KNOWN), "revocation_endpoint_auth_methods_supported", "['tls_client_auth']");
}
END_TEST

START_TEST(REG_100_an_issuer_with_a_path)
{
    static const struct {
        const char *issuer, *path, *token;
    } rows[] = {
        {"https://as.example/brand1", WELL_KNOWN "/brand1", "'https://as.example/token'"},
        {"https://as.example:8443/a/b", WELL_KNOWN "/a/b", "'https://as.example:8443/token'"},
        {"https://as.example/brand1/", WELL_KNOWN "/brand1", "'https://as.example/token'"},
        {"https://[::1]:8443/x", WELL_KNOWN "/x", "'https://[::1]:8443/token'"},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        f->w->settings.issuer = rows[i].issuer;
        flow_restart(f);
        struct flow_answer *answer = get(rows[i].path);
        flow_status(answer, 200);
        ck_assert_str_eq(flow_text(answer, "issuer"), rows[i].issuer);
        says(answer, "token_endpoint", rows[i].token);
        flow_refused(get(WELL_KNOWN), 404, "not_found");
        flow_refused(get("/brand1" WELL_KNOWN), 404, "not_found");
    }
}
END_TEST

/* Clients fall through to RFC 8414 while there is no OpenID Connect. */
START_TEST(REG_101_no_openid_configuration)
{
    flow_status(get(WELL_KNOWN), 200);
    flow_refused(get("/.well-known/openid-configuration"), 404, "not_found");
    flow_refused(get("/authorize"), 404, "not_found");
    flow_refused(get("/userinfo"), 404, "not_found");
    says(get(WELL_KNOWN), "signed_metadata", NULL); /* REG-127 */
}
END_TEST

START_TEST(REG_107_registration_off)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH"};

    says(get(WELL_KNOWN), "registration_endpoint", "'" WORLD_ISSUER "/register'");
    flow_refused(get("/register"), 405, "invalid_request");
    f->w->settings.registration_mode = AS_REGISTRATION_OFF;
    flow_restart(f);
    struct flow_answer *answer = get(WELL_KNOWN);
    flow_status(answer, 200);
    says(answer, "registration_endpoint", NULL);
    ck_assert_ptr_null(json_object_get(json_object_get(answer->json, "mtls_endpoint_aliases"),
                                       "registration_endpoint"));
    for (size_t i = 0; i < AS_COUNT(methods); i++) {
        flow_refused(flow_send(f, (struct flow_ask){.method = methods[i], .path = "/register"}),
                     404, "not_found");
        flow_refused(flow_send(f, (struct flow_ask){.method = methods[i], .path = "/register/x"}),
                     404, "not_found");
    }
    f->w->settings.registration_mode = AS_REGISTRATION_OPEN;
    f->w->settings.registration_scope = "";
    flow_restart(f);
    says(get(WELL_KNOWN), "registration_endpoint", "'" WORLD_ISSUER "/register'");
}
END_TEST

START_TEST(REG_125_what_is_configured)
{
    f->w->settings.key_algs = 1u << AS_ALG_EDDSA | 1u << AS_ALG_ES256;
    f->w->settings.service_documentation = "https://as.example/doc";
    f->w->settings.op_policy_uri = "https://as.example/policy";
    f->w->settings.op_tos_uri = "https://as.example/tos";
    flow_restart(f);
    struct flow_answer *answer = get(WELL_KNOWN);
    says(answer, "introspection_signing_alg_values_supported", "['ES256','EdDSA']");
    says(answer, "service_documentation", "'https://as.example/doc'");
    says(answer, "op_policy_uri", "'https://as.example/policy'");
    says(answer, "op_tos_uri", "'https://as.example/tos'");
    f->w->settings.op_tos_uri = NULL;
    flow_restart(f);
    says(get(WELL_KNOWN), "op_tos_uri", NULL);
}
END_TEST

static void add_resource(const char *id, const char *scope, bool disabled)
{
    char dn[64], audience[64];

    snprintf(dn, sizeof(dn), "CN=%s", id);
    snprintf(audience, sizeof(audience), "https://%s.example", id);
    world_add(
        f->w,
        (struct world_party){
            .id = id, .dn = dn, .audience = {audience}, .scope = scope, .disabled = disabled});
}

/* Those of the moment, without those that an operator keeps to himself. */
START_TEST(REG_109_scopes)
{
    f->w->settings.metadata_scopes = true;
    flow_restart(f);
    says(get(WELL_KNOWN), "scopes_supported", NULL); /* REG-102: empty arrays are left out */
    add_resource("one", "write read", false);
    add_resource("two", "read admin", false);
    says(get(WELL_KNOWN), "scopes_supported", "['admin','read','write']");
    ck_assert(!f->answer.elsewhere);
    ck_assert_ptr_nonnull(strstr(f->answer.fields, "Cache-Control: public, max-age=3600\n"));
    add_resource("three", "off", true);
    says(get(WELL_KNOWN), "scopes_supported", "['admin','read','write']");
    flow_status(flow_admin(f, "POST", "/v1/resources",
                           "{'token_endpoint_auth_method':'tls_client_auth',"
                           "'tls_client_auth_subject_dn':'CN=four','audience':['urn:x:four'],"
                           "'scope':'internal','scopes_hidden':true}"),
                201);
    says(get(WELL_KNOWN), "scopes_supported", "['admin','read','write']");
    world_set_status(f->w, AS_PARTY_RESOURCE, "one", AS_PARTY_DISABLED);
    says(get(WELL_KNOWN), "scopes_supported", "['admin','read']");
    f->w->settings.metadata_scopes = false;
    flow_restart(f);
    says(get(WELL_KNOWN), "scopes_supported", NULL);
}
END_TEST

/* What is listed follows the profiles that are enabled. */
START_TEST(REG_112_no_profile_no_grant)
{
    f->w->settings.profiles = 0;
    flow_restart(f);
    says(get(WELL_KNOWN), "grant_types_supported", "[]");
    says(get(WELL_KNOWN), "token_endpoint_auth_methods_supported", NULL);
}
END_TEST

/* A reload may change anything else; clients hold tokens and pins of this issuer. */
START_TEST(REG_103_the_issuer_stays)
{
    struct as_settings other = f->w->settings;
    struct as_generation_conf conf = f->conf;
    struct as_generation *generation = NULL;

    conf.settings = &other;
    other.issuer = "https://other.example";
    ck_ok(as_generation_new(&conf, &generation));
    ck_refuses(as_app_use(f->app, generation), AS_BAD_CONFIGURATION,
               "the issuer cannot change while fapid runs");
    ck_assert_str_eq(flow_text(get(WELL_KNOWN), "issuer"), f->w->settings.issuer);
    other = f->w->settings;
    ck_ok(as_generation_new(&conf, &generation));
    ck_ok(as_app_use(f->app, generation));
    ck_assert_str_eq(flow_text(get(WELL_KNOWN), "issuer"), f->w->settings.issuer);
    flow_restart(f); /* nothing reads `other` any more */
}
END_TEST

AS_TESTS("flow/metadata/document", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, REG_102_fields);
    tcase_add_test(t, REG_103_REG_112_REG_113_what_it_says);
    tcase_add_test(t, MTLS_100_MTLS_101_aliases);
    tcase_add_test(t, MTLS_102_no_aliases);
    tcase_add_test(t, MTLS_13_methods_follow_the_settings);
    tcase_add_test(t, REG_100_an_issuer_with_a_path);
    tcase_add_test(t, REG_101_no_openid_configuration);
    tcase_add_test(t, REG_107_registration_off);
    tcase_add_test(t, REG_125_what_is_configured);
    tcase_add_test(t, REG_109_scopes);
    tcase_add_test(t, REG_112_no_profile_no_grant);
    tcase_add_test(t, REG_103_the_issuer_stays);
})
