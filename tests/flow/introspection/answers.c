/* SPDX-License-Identifier: Apache-2.0 */
/* POST /introspect as a resource server sees it, from the token's birth to its many ends. */
#include "support/flow.h"

static struct flow *f;
static const struct as_cert *cert, *rs, *rs2;
static char *token;

#define AUDIENCE "https://api.example"

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    rs2 = world_leaf(f->w, f->w->shops_ca, "CN=rs2");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read write pay"});
    world_add(f->w, (struct world_party){
                        .id = "rs", .dn = "CN=rs", .audience = {AUDIENCE}, .scope = "read write"});
    world_add(f->w, (struct world_party){
                        .id = "rs2", .dn = "CN=rs2", .audience = {"urn:pay"}, .scope = "pay"});
    struct flow_answer *answer =
        flow_post(f, cert, "/token", "grant_type=client_credentials&client_id=c1&scope=write+read");
    flow_status(answer, 200);
    token = strdup(flow_text(answer, "access_token"));
}

static void stop(void)
{
    free(token);
    flow_free(f);
}

/* MTLS-79: exactly this, whatever the reason, which the log has. */
static void is_inactive(const struct flow_answer *answer, const char *reason)
{
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, "{\"active\":false}");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\n"));
    flow_last_has(f->log_fd, "reason", reason);
}

START_TEST(MTLS_78_MTLS_88_an_active_token)
{
    char x5t[AS_X5T_TEXT];
    struct flow_answer *answer = flow_introspect(f, rs, "rs", token);

    as_cert_x5t(cert->thumbprint, x5t);
    ck_assert(flow_active(answer));
    ck_assert(!answer->elsewhere);
    ck_assert_uint_eq(json_object_size(answer->json), 12);
    ck_assert_str_eq(flow_text(answer, "iss"), WORLD_ISSUER);
    ck_assert_str_eq(flow_text(answer, "sub"), "c1");
    ck_assert_str_eq(flow_text(answer, "client_id"), "c1");
    ck_assert_str_eq(flow_text(answer, "aud"), AUDIENCE);
    ck_assert_str_eq(flow_text(answer, "scope"), "write read");
    ck_assert_str_eq(flow_text(answer, "token_type"), "Bearer");
    ck_assert_uint_eq(strlen(flow_text(answer, "jti")), 22);
    json_int_t iat = json_integer_value(json_object_get(answer->json, "iat"));
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "exp")), iat + 300);
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "nbf")), iat);
    json_t *cnf = json_object_get(answer->json, "cnf");
    ck_assert_uint_eq(json_object_size(cnf), 1); /* MTLS-88 */
    ck_assert_str_eq(json_string_value(json_object_get(cnf, "x5t#S256")), x5t);
}
END_TEST

/* To everybody whom it is not meant for, and to clients, a token is inactive (TOK-142). */
START_TEST(TOK_142_only_its_audience_sees_it)
{
    is_inactive(flow_introspect(f, rs2, "rs2", token), "token is meant for another audience");
    is_inactive(flow_introspect(f, cert, "c1", token), "caller is no resource server");
    flow_refused(flow_introspect(f, NULL, "rs", token), 401, "invalid_client");
    flow_refused(flow_introspect(f, rs2, "rs", token), 401, "invalid_client");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
}
END_TEST

/* A token for two resource servers shows each the scopes that are its own. */
START_TEST(TOK_145_each_sees_its_scopes)
{
    struct flow_answer *answer =
        flow_post(f, cert, "/token",
                  "grant_type=client_credentials&client_id=c1&scope=read+pay"
                  "&resource=" AUDIENCE "&resource=urn:pay");

    flow_status(answer, 200);
    char *both = strdup(flow_text(answer, "access_token"));
    answer = flow_introspect(f, rs, "rs", both);
    ck_assert(flow_active(answer));
    ck_assert_str_eq(flow_text(answer, "scope"), "read");
    ck_assert_uint_eq(json_array_size(json_object_get(answer->json, "aud")), 2);
    answer = flow_introspect(f, rs2, "rs2", both);
    ck_assert(flow_active(answer));
    ck_assert_str_eq(flow_text(answer, "scope"), "pay");
    free(both);
}
END_TEST

START_TEST(TOK_146_MTLS_79_what_is_no_token_of_ours)
{
    char *changed = strdup(token);

    changed[30] = changed[30] == 'A' ? 'B' : 'A';
    is_inactive(flow_introspect(f, rs, "rs", changed), "token_unknown");
    is_inactive(flow_introspect(f, rs, "rs", "x"), "token_unknown");
    is_inactive(flow_introspect(f, rs, "rs", "fat1."), "token_unknown");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    free(changed);
}
END_TEST

START_TEST(TOK_143_TOK_144_the_form)
{
    char body[AS_LIMIT_TOKEN_TEXT + 256];

    flow_refused(flow_post(f, rs, "/introspect", "client_id=rs"), 400, "invalid_request");
    flow_refused(flow_post(f, rs, "/introspect", "client_id=rs&token="), 400, "invalid_request");
    flow_refused(flow_post(f, rs, "/introspect", "client_id=rs&token=a&token=b"), 400,
                 "invalid_request");
    /* authentication comes first */
    flow_refused(flow_post(f, NULL, "/introspect", "client_id=rs"), 401, "invalid_client");
    static const char *const hints[] = {"access_token", "refresh_token", "foo"};
    for (size_t i = 0; i < AS_COUNT(hints); i++) {
        snprintf(body, sizeof(body), "client_id=rs&token=%s&token_type_hint=%s", token, hints[i]);
        ck_assert(flow_active(flow_post(f, rs, "/introspect", body)));
    }
}
END_TEST

START_TEST(TOK_147_expiry)
{
    struct flow_answer *answer = flow_introspect(f, rs, "rs", token);
    const as_time end = json_integer_value(json_object_get(answer->json, "exp"));

    f->now = end - 1;
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    f->now = end;
    is_inactive(flow_introspect(f, rs, "rs", token), "token_expired");
}
END_TEST

START_TEST(TOK_149_the_client_as_it_is_today)
{
    world_set_status(f->w, AS_PARTY_CLIENT, "c1", AS_PARTY_DISABLED);
    is_inactive(flow_introspect(f, rs, "rs", token), "client_disabled");
    world_set_status(f->w, AS_PARTY_CLIENT, "c1", AS_PARTY_ENABLED);
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    world_replace(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    is_inactive(flow_introspect(f, rs, "rs", token), "scope_not_allowed");
    world_replace(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read write pay"});
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    world_delete(f->w, AS_PARTY_CLIENT, "c1");
    is_inactive(flow_introspect(f, rs, "rs", token), "client_unknown");
    /* the same id again is another client */
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read write"});
    is_inactive(flow_introspect(f, rs, "rs", token), "client_tokens_revoked");
}
END_TEST

/* D9: the bound certificate as it stands today. */
START_TEST(MTLS_20_the_anchor_is_withdrawn)
{
    world_replace(f->w, (struct world_party){
                            .id = "c1", .dn = "CN=c1", .scope = "read write", .trust = "others"});
    is_inactive(flow_introspect(f, rs, "rs", token), "cert_untrusted");
    world_replace(f->w, (struct world_party){
                            .id = "c1", .dn = "CN=c1", .scope = "read write", .trust = "banks"});
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
}
END_TEST

START_TEST(MTLS_54_a_certificate_is_unregistered)
{
    const struct as_cert *old = world_leaf(f->w, NULL, "CN=self");
    const struct as_cert *new = world_leaf(f->w, NULL, "CN=self");

    world_add(f->w, (struct world_party){.id = "self", .certs = {old}, .scope = "read"});
    char *first = flow_token(f, old, "self");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", first)));
    world_replace(f->w, (struct world_party){.id = "self", .certs = {new}, .scope = "read"});
    is_inactive(flow_introspect(f, rs, "rs", first), "cert_not_registered");
    char *second = flow_token(f, new, "self");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", second)));
    free(first);
    free(second);
}
END_TEST

/* MTLS-01a: the certificate alone names exactly one resource server; elsewhere it names nobody. */
START_TEST(MTLS_01a_the_certificate_alone)
{
    char body[AS_LIMIT_TOKEN_TEXT];

    snprintf(body, sizeof(body), "token=%s", token);
    ck_assert(flow_active(flow_post(f, rs, "/introspect", body)));
    flow_last_has(f->log_fd, "client_id", "rs");
    flow_refused(flow_post(f, cert, "/introspect", body), 401, "invalid_client");
    flow_refused(flow_post(f, NULL, "/introspect", body), 401, "invalid_client");
    flow_refused(flow_post(f, cert, "/token", "grant_type=client_credentials"), 401,
                 "invalid_client");
    flow_refused(flow_post(f, cert, "/revoke", body), 401, "invalid_client");
    f->w->settings.introspection_by_certificate = false;
    flow_refused(flow_post(f, rs, "/introspect", body), 401, "invalid_client");
    f->w->settings.introspection_by_certificate = true;
    world_add(f->w, (struct world_party){.id = "twin",
                                         .dn = "CN=rs",
                                         .audience = {"urn:twin"},
                                         .scope = "twin",
                                         .shared = true});
    flow_refused(flow_post(f, rs, "/introspect", body), 401, "invalid_client");
    flow_last_has(f->log_fd, "reason", "cert_shared");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
}
END_TEST

/* The key gone, a token of before is none; the next one is (REG-147). */
START_TEST(TOK_147_another_key)
{
    const struct as_audit audit = world_audit(f->w, "asked");
    const struct as_key_row *rows = NULL;
    size_t count = 0;

    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    ck_ok(as_store_keys(f->w->session, f->w->mem, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (as_span_is(rows[i].purpose, AS_PURPOSE_ACCESS_TOKEN)) {
            ck_ok(as_keys_revoke(f->w->keys, f->w->session, rows[i].kid, &audit));
        }
    }
    is_inactive(flow_introspect(f, rs, "rs", token), "token_unknown");
    struct flow_answer *answer =
        flow_post(f, cert, "/token", "grant_type=client_credentials&client_id=c1&scope=write+read");
    flow_status(answer, 200);
    char *next = strdup(flow_text(answer, "access_token"));
    ck_assert(flow_active(flow_introspect(f, rs, "rs", next)));
    free(next);
}
END_TEST

/* Introspection is not audited: it would drown what an auditor looks for. It is logged and counted.
 */
START_TEST(TOK_140_counted_once)
{
    size_t audited = flow_lines(f->audit_fd);

    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    is_inactive(flow_introspect(f, rs, "rs", "x"), "token_unknown");
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_introspected_total), 2);
    ck_assert_uint_eq(flow_lines(f->audit_fd), audited);
}
END_TEST

/* Scope values of 1,024 octets down to one, each only if the token still has room for it: no scope
 * can be longer by more than one. `scope` holds 2 KiB. */
static void longest_scope(char *scope)
{
    char letters[1025], more[2100], body[2200];

    scope[0] = '\0';
    for (int i = 0; i <= 10; i++) {
        memset(letters, 'a' + i, sizeof(letters));
        letters[1024 >> i] = '\0';
        (void)snprintf(more, sizeof(more), "%s%s%s", scope, scope[0] != '\0' ? " " : "", letters);
        (void)snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=big&scope=%s",
                       more);
        for (char *at = strchr(body, ' '); at != NULL; at = strchr(at, ' ')) {
            *at = '+';
        }
        struct flow_answer *answer = flow_post(f, cert, "/token", body);
        if (answer->status == 200) {
            memcpy(scope, more, strlen(more) + 1);
            free(token);
            token = strdup(flow_text(answer, "access_token"));
        } else {
            flow_refused(answer, 400, "invalid_scope");
        }
    }
}

/* Whatever scope fits into a token of a form is told again. */
START_TEST(the_longest_scope_of_a_token_is_told)
{
    static const enum as_token_format formats[] = {AS_TOKEN_SEALED, AS_TOKEN_JWT};
    static const size_t at_least[] = {AS_LIMIT_TOKEN_PLAIN / 2, AS_LIMIT_TOKEN_PLAIN + 1};
    char all[2100] = "", scope[2100];

    for (int i = 0; i <= 10; i++) {
        memset(all + strlen(all), 'a' + i, (size_t)1024 >> i);
        all[strlen(all)] = ' ';
    }
    all[strlen(all) - 1] = '\0';
    world_replace(f->w, (struct world_party){.id = "c1", .dn = "CN=gone", .scope = "read"});
    world_add(f->w, (struct world_party){.id = "big", .dn = "CN=c1", .scope = all});
    world_replace(f->w, (struct world_party){.id = "rs",
                                             .dn = "CN=rs",
                                             .audience = {AUDIENCE},
                                             .scope = all,
                                             .token_format = formats[_i]});
    longest_scope(scope);
    ck_assert_uint_ge(strlen(scope), at_least[_i]);
    struct flow_answer *answer = flow_introspect(f, rs, "rs", token);
    ck_assert(flow_active(answer));
    ck_assert_str_eq(flow_text(answer, "scope"), scope);
}
END_TEST

AS_TESTS("flow/introspection/answers", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_78_MTLS_88_an_active_token);
    tcase_add_test(t, TOK_142_only_its_audience_sees_it);
    tcase_add_test(t, TOK_145_each_sees_its_scopes);
    tcase_add_test(t, TOK_146_MTLS_79_what_is_no_token_of_ours);
    tcase_add_test(t, TOK_143_TOK_144_the_form);
    tcase_add_test(t, TOK_147_expiry);
    tcase_add_test(t, TOK_149_the_client_as_it_is_today);
    tcase_add_test(t, MTLS_20_the_anchor_is_withdrawn);
    tcase_add_test(t, MTLS_54_a_certificate_is_unregistered);
    tcase_add_test(t, MTLS_01a_the_certificate_alone);
    tcase_add_test(t, TOK_147_another_key);
    tcase_add_test(t, TOK_140_counted_once);
    tcase_add_loop_test(t, the_longest_scope_of_a_token_is_told, 0, 2);
})
