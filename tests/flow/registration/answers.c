/* SPDX-License-Identifier: Apache-2.0 */
/* POST /register: what is asked, what is answered (RFC 7591 3). */
#include "flow/registration/support/register.h"

static const struct as_cert *cert;

static void start(void)
{
    reg_start();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
}

static void shows(const char *member, const char *value)
{
    json_t *found = json_object_get(f->answer.json, member);
    char *text = found != NULL ? json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    for (char *c = text; c != NULL && *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    ck_assert_msg(value == NULL ? text == NULL : text != NULL && strcmp(text, value) == 0,
                  "%s is %s instead of %s", member, text != NULL ? text : "absent",
                  value != NULL ? value : "absent");
    free(text);
}

START_TEST(REG_03_REG_04_a_minimal_registration)
{
    char uri[128];

    flow_status(reg_post(cert, iat(NULL), BODY("a")), 201);
    ck_assert(f->answer.elsewhere);
    ck_assert_str_eq(f->answer.fields, "Content-Type: application/json\nCache-Control: no-store\n"
                                       "Pragma: no-cache\n");
    shows("token_endpoint_auth_method", "'tls_client_auth'");
    shows("grant_types", "['client_credentials']");
    shows("response_types", "[]");
    shows("scope", "'read write'");
    shows("tls_client_certificate_bound_access_tokens", "true");
    shows("use_mtls_endpoint_aliases", "false");
    shows("profile", "'fapi1'");
    ck_assert_int_ge(json_integer_value(json_object_get(f->answer.json, "client_id_issued_at")),
                     f->w->ctx.now);
    ck_assert_uint_eq(strlen(reg_id), 23);
    ck_assert_uint_eq(strlen(reg_rat), 4 + 32);
    snprintf(uri, sizeof(uri), "'" FLOW_MTLS_ORIGIN "/register/%s'", reg_id);
    shows("registration_client_uri", uri);
    shows("status", NULL);
    shows("client_secret", NULL);
    shows("client_secret_expires_at", NULL); /* REG-06: there is no secret */
    /* and the client works */
    world_add(f->w, (struct world_party){.id = "rs",
                                         .dn = "CN=rs",
                                         .audience = {"https://rs.example"},
                                         .scope = "read write"});
    free(flow_token(f, cert, reg_id));
}
END_TEST

/* Written out, some numbers are longer than they came: nothing is stored that is larger than a
 * request, since nobody could change it any more. */
START_TEST(REG_12_what_grows)
{
    enum { COUNT = 40000 };
    const char *const token = iat(NULL);
    const char head[] = "{" NAMED("a") ",'jwks':{'keys':[{'kty':'x','n':[1";
    char *body = malloc(sizeof(head) + 4 * COUNT + 8);
    char *end = body + sprintf(body, "%s", head);

    for (int i = 0; i < COUNT; i++) {
        end += sprintf(end, ",1e9");
    }
    sprintf(end, "]}]}}");
    ck_assert_uint_lt(strlen(body), AS_LIMIT_BODY);
    reg_refused(reg_post(cert, token, body), "larger than 256 KiB");
    sprintf(body + sizeof(head) - 1 + 4 * (size_t)(COUNT / 4), "]}]}}");
    flow_status(reg_post(cert, token, body), 201);
    free(body);
}
END_TEST

START_TEST(REG_05_ids_are_the_servers)
{
    char first[64];

    flow_status(reg_post(cert, iat(NULL), "{" NAMED("a") ",'client_id':'mine'}"), 201);
    snprintf(first, sizeof(first), "%s", reg_id);
    ck_assert_str_ne(first, "mine");
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");
    flow_status(reg_post(other, iat(NULL), "{" NAMED("b") ",'client_id':'mine'}"), 201);
    ck_assert_str_ne(first, reg_id);
}
END_TEST

START_TEST(REG_08_unknown_members)
{
    flow_status(reg_post(cert, iat(NULL),
                         "{" NAMED("a") ",'foo':1,'trust':'others','status':'disabled',"
                                        "'shared_identifier':true,'software_statement':'a.b.c',"
                                        "'client_secret':'x','client_name#ja-Jpan-JP':'k'}"),
                201);
    shows("foo", NULL);
    shows("trust", NULL);
    shows("status", NULL);
    shows("shared_identifier", NULL);
    shows("software_statement", NULL);
    shows("client_secret", NULL);
    shows("client_name#ja-Jpan-JP", "'k'");
}
END_TEST

START_TEST(REG_01_bodies)
{
    static const char *const bad[][2] = {
        {"", "the JSON text is empty"},
        {"[]", "the metadata is not a JSON object"},
        {"'x'", "the metadata is not a JSON object"},
        {"{", "the JSON text is malformed"},
        {"{} x", "the JSON text is malformed"},
        {"{'a':1,'a':1}", "the JSON text repeats a member name"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "the JSON text is nested too deeply"},
    };
    const char *token = iat(NULL);

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        reg_refused(reg_post(cert, token, bad[i][0]), bad[i][1]);
    }
    reg_refused(reg_send((struct flow_ask){.path = "/register",
                                           .cert = cert,
                                           .type = "application/x-www-form-urlencoded"},
                         token, BODY("a")),
                "the body must be application/json");
    /* none of these cost the one use */
    flow_status(reg_post(cert, token, BODY("a")), 201);
    flow_refused(reg_send((struct flow_ask){.method = "GET", .path = "/register"}, token, NULL),
                 405, "invalid_request");
    ck_assert_ptr_nonnull(strstr(f->answer.fields, "Allow: POST\n"));
}
END_TEST

START_TEST(REG_23_REG_24_what_must_be_said)
{
    const char *token = iat(NULL);

    reg_refused(reg_post(cert, token, "{" GRANTS ",'tls_client_auth_subject_dn':'CN=a'}"),
                "token_endpoint_auth_method is missing");
    reg_refused(reg_post(cert, token, "{" METHOD_TLS ",'tls_client_auth_subject_dn':'CN=a'}"),
                "grant_types is missing, which means authorization_code");
    reg_refused(reg_post(cert, token, "{" NAMED("a") ",'redirect_uris':['https://a.example']}"),
                ". redirect_uris is not offered");
    reg_refused(reg_post(cert, token, "{" NAMED("a") ",'dpop_bound_access_tokens':true}"),
                "dpop_bound_access_tokens: DPoP is not offered");
    reg_refused(reg_post(cert, token, "{" NAMED("a") ",'scope':'read admin'}"),
                ". scope holds a value that this client may not ask for");
    reg_refused(reg_post(cert, token, "{" NAMED("a") ",'profile':'oauth'}"),
                ". profile is not the one that this client is given");
    reg_refused(reg_post(cert, token, "{" NAMED("a") ",'client_uri':'javascript:x'}"),
                "client_uri: a member must be an https URI");
    flow_status(reg_post(cert, token, BODY("a")), 201);
}
END_TEST

/* MTLS-114: one who holds the name already is not told of, and neither is the use of the token. */
START_TEST(REG_15_a_refused_client_costs_no_use)
{
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=a", .scope = "read"});
    const char *token = iat(NULL);

    reg_refused(reg_post(cert, token, BODY("a")), "another party is registered with this name");
    ck_assert_ptr_null(strstr(f->answer.body, "c1"));
    world_delete(f->w, AS_PARTY_CLIENT, "c1");
    flow_status(reg_post(cert, token, BODY("a")), 201);
}
END_TEST

START_TEST(REG_17_software)
{
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");
    const char *token = iat("'uses':3");

    f->w->settings.registration_unique_software = true;
    flow_status(reg_post(cert, token, "{" NAMED("a") ",'software_id':'s'}"), 201);
    reg_refused(reg_post(other, token, "{" NAMED("b") ",'software_id':'s'}"),
                "another party is registered with this name, certificate, key or software");
    flow_status(reg_post(other, token, "{" NAMED("b") ",'software_id':'t'}"), 201);
}
END_TEST

START_TEST(MTLS_118_audit_and_log_hold_no_token)
{
    char token[64];

    snprintf(token, sizeof(token), "%s", iat(NULL));
    flow_status(reg_post(cert, token, BODY("a")), 201);
    flow_last_has(f->audit_fd, "event", "client_registered");
    flow_last_has(f->audit_fd, "outcome", "success");
    flow_last_has(f->audit_fd, "client_id", reg_id);
    ck_assert(flow_says(f->audit_fd, "\"actor\":\"iat:"));
    reg_unauthorized(reg_post(cert, token, BODY("a")), true, "iat_used_up");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_status(reg_at(cert, "GET", reg_rat, NULL), 200);
    flow_status(reg_put(cert, NAMED("a")), 200);
    reg_unauthorized(reg_at(cert, "GET", token, NULL), true, "rat_unknown");
    for (int i = 0; i < 2; i++) {
        const char *secret = i == 0 ? token : reg_rat;

        ck_assert(!flow_says(f->audit_fd, secret) && !flow_says(f->log_fd, secret));
        ck_assert(!flow_says(f->audit_fd, secret + 4) && !flow_says(f->log_fd, secret + 4));
    }
}
END_TEST

AS_TESTS("flow/registration/answers", {
    tcase_add_checked_fixture(t, start, reg_stop);
    tcase_add_test(t, REG_03_REG_04_a_minimal_registration);
    tcase_add_test(t, REG_12_what_grows);
    tcase_add_test(t, REG_05_ids_are_the_servers);
    tcase_add_test(t, REG_08_unknown_members);
    tcase_add_test(t, REG_01_bodies);
    tcase_add_test(t, REG_23_REG_24_what_must_be_said);
    tcase_add_test(t, REG_15_a_refused_client_costs_no_use);
    tcase_add_test(t, REG_17_software);
    tcase_add_test(t, MTLS_118_audit_and_log_hold_no_token);
})
