/* SPDX-License-Identifier: Apache-2.0 */
/* What the token endpoint answers, what it refuses in which order, and what log and audit keep. */
#include "support/flow.h"

#define GRANT "grant_type=client_credentials"

static struct flow *f;
static const struct as_cert *cert, *stranger, *untrusted;

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    stranger = world_leaf(f->w, f->w->banks_ca, "CN=stranger");
    untrusted = world_leaf(f->w, f->w->others_ca, "CN=c1");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read write"});
    world_add(f->w, (struct world_party){.id = "off", .dn = "CN=off", .disabled = true});
    world_add(f->w, (struct world_party){.id = "rs",
                                         .dn = "CN=rs",
                                         .audience = {"https://api.example"},
                                         .scope = "read write"});
}

static void stop(void)
{
    flow_free(f);
}

START_TEST(TOK_63_MTLS_77_success)
{
    struct flow_answer *answer =
        flow_post(f, cert, "/token", GRANT "&client_id=c1&scope=read&resource=https://api.example");

    flow_status(answer, 200);
    ck_assert_uint_eq(json_object_size(answer->json), 4);
    ck_assert_str_eq(flow_text(answer, "token_type"), "Bearer");
    ck_assert_str_eq(flow_text(answer, "scope"), "read");
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "expires_in")), 300);
    ck_assert(strncmp(flow_text(answer, "access_token"), "fat1.", 5) == 0);
    ck_assert_str_eq(answer->fields, "Content-Type: application/json\n"
                                     "Cache-Control: no-store\nPragma: no-cache\n");
}
END_TEST

/* One wrong request may have several faults: the first in the order form, client, grant counts. */
static json_int_t lives(const char *id, const struct as_cert *by)
{
    char body[128];

    snprintf(body, sizeof(body), GRANT "&client_id=%s", id);
    struct flow_answer *answer = flow_post(f, by, "/token", body);
    flow_status(answer, 200);
    return json_integer_value(json_object_get(answer->json, "expires_in"));
}

START_TEST(TOK_127_bearer_tokens_end_within_ten_minutes)
{
    const struct as_cert *plain = world_leaf(f->w, f->w->banks_ca, "CN=plain");

    world_add(
        f->w,
        (struct world_party){
            .id = "plain", .dn = "CN=plain", .scope = "read", .profile = "oauth", .unbound = true});
    ck_assert_int_eq(lives("plain", plain), 300);
    f->w->settings.access_token_lifetime = 3600;
    ck_assert_int_eq(lives("plain", plain), 599);
    ck_assert_int_eq(lives("c1", cert), 3600);
}
END_TEST

START_TEST(TOK_62_form_then_client_then_grant)
{
    /* form before client */
    flow_refused(flow_post(f, NULL, "/token", "client_id=c1"), 400, "invalid_request");
    flow_refused(flow_post(f, stranger, "/token", "grant_type=nosuch&client_id=c1"), 400,
                 "unsupported_grant_type");
    flow_refused(flow_post(f, stranger, "/token", GRANT "&client_id=c1&client_id=c1"), 400,
                 "invalid_request");
    flow_refused(flow_send(f, (struct flow_ask){.path = "/token",
                                                .query = "client_id=c1",
                                                .body = GRANT "&client_id=c1"}),
                 400, "invalid_request");
    ck_assert_int_eq(as_metric_get(AS_METRIC_client_authentications_failed_total), 0);
    /* client before grant */
    flow_refused(flow_post(f, stranger, "/token", GRANT "&client_id=c1&scope=nosuch"), 401,
                 "invalid_client");
    flow_refused(flow_post(f, NULL, "/token", GRANT "&client_id=c1&resource=nosuch"), 401,
                 "invalid_client");
    ck_assert_int_eq(as_metric_get(AS_METRIC_client_authentications_failed_total), 2);
    /* grant */
    flow_refused(flow_post(f, cert, "/token", GRANT "&client_id=c1&scope=nosuch"), 400,
                 "invalid_scope");
    flow_refused(flow_post(f, cert, "/token", GRANT "&client_id=c1&resource=https://no.example"),
                 400, "invalid_target");
    flow_status(flow_post(f, cert, "/token", GRANT "&client_id=c1"), 200);
}
END_TEST

/* MTLS-06: as what nobody, anybody and the wrong one are answered, and what it has cost. */
static const struct {
    const char *reason;
    const char *body;
    int who; /* 0 none, 1 stranger, 2 untrusted, 3 the client's own */
} refusals[] = {
    {"client_unknown", GRANT "&client_id=nobody", 1},
    {"client_unknown", GRANT "&client_id=nobody", 0},
    {"client_unknown", GRANT, 3},
    {"cert_missing", GRANT "&client_id=c1", 0},
    {"cert_subject_mismatch", GRANT "&client_id=c1", 1},
    {"cert_untrusted", GRANT "&client_id=c1", 2},
    {"client_disabled", GRANT "&client_id=off", 1},
    {"client_disabled", GRANT "&client_id=off", 0},
    {"method_mismatch", GRANT "&client_id=c1&client_secret=s", 3},
};

START_TEST(MTLS_06_TOK_20_refusals_are_equal_and_cost_the_same)
{
    const struct as_cert *const certs[] = {NULL, stranger, untrusted, cert};
    static const enum as_metric costs[] = {AS_METRIC_store_reads_total, AS_METRIC_paths_asked_total,
                                           AS_METRIC_client_authentications_failed_total};
    char *body = NULL, *fields = NULL;
    int64_t cost[AS_COUNT(costs)] = {0};

    flow_status(flow_post(f, cert, "/token", GRANT "&client_id=c1"), 200);
    for (size_t i = 0; i < AS_COUNT(refusals); i++) {
        int64_t before[AS_COUNT(costs)];
        for (size_t m = 0; m < AS_COUNT(costs); m++) {
            before[m] = as_metric_get(costs[m]);
        }
        struct flow_answer *answer =
            flow_post(f, certs[refusals[i].who], "/token", refusals[i].body);
        flow_refused(answer, 401, "invalid_client");
        flow_last_has(f->log_fd, "reason", refusals[i].reason); /* it is told in the log alone */
        if (body == NULL) {
            body = strdup(answer->body);
            fields = strdup(answer->fields);
        }
        ck_assert_str_eq(answer->body, body);
        ck_assert_str_eq(answer->fields, fields);
        for (size_t m = 0; m < AS_COUNT(costs); m++) {
            int64_t spent = as_metric_get(costs[m]) - before[m];
            cost[m] = i == 0 ? spent : cost[m];
            ck_assert_msg(spent == cost[m], "row %zu costs %ld instead of %ld of %d", i,
                          (long)spent, (long)cost[m], (int)costs[m]);
            /* who is there comes from a cache, so a second look asks the database */
            ck_assert_int_eq(spent, costs[m] == AS_METRIC_store_reads_total ? 2 : 1);
        }
    }
    ck_assert_ptr_null(strstr(body, "cert"));
    free(body);
    free(fields);
}
END_TEST

/* A certificate proves nothing for a client registered for another method. */
START_TEST(MTLS_09_a_certificate_of_another_method)
{
    const struct as_cert *self = world_leaf(f->w, NULL, "CN=self");
    const struct as_cert *trusted = world_leaf(f->w, f->w->banks_ca, "CN=self");

    world_add(f->w, (struct world_party){.id = "self", .certs = {self}, .scope = "read"});
    flow_status(flow_post(f, self, "/token", GRANT "&client_id=self"), 200);
    flow_refused(flow_post(f, trusted, "/token", GRANT "&client_id=self"), 401, "invalid_client");
    flow_last_has(f->log_fd, "reason", "cert_not_registered");
    flow_refused(flow_post(f, self, "/token", GRANT "&client_id=c1"), 401, "invalid_client");
    flow_last_has(f->log_fd, "reason", "cert_untrusted");
}
END_TEST

/* Where no certificate is asked for, the answer says where to go, whoever the client is. */
START_TEST(MTLS_106_the_text_depends_on_the_listener_alone)
{
    static const char *const bodies[] = {GRANT "&client_id=c1", GRANT "&client_id=nobody", GRANT,
                                         GRANT "&client_id=off",
                                         GRANT "&client_id=c1&client_secret=s"};
    char *elsewhere = NULL, *here = NULL;

    for (size_t i = 0; i < AS_COUNT(bodies); i++) {
        struct flow_answer *answer = flow_send(
            f, (struct flow_ask){.from = FLOW_PUBLIC, .path = "/token", .body = bodies[i]});
        flow_refused(answer, 401, "invalid_client");
        ck_assert_ptr_nonnull(strstr(flow_text(answer, "error_description"), FLOW_MTLS_ORIGIN));
        elsewhere = elsewhere != NULL ? elsewhere : strdup(answer->body);
        ck_assert_str_eq(answer->body, elsewhere);
        answer = flow_post(f, NULL, "/token", bodies[i]);
        flow_refused(answer, 401, "invalid_client");
        here = here != NULL ? here : strdup(answer->body);
        ck_assert_str_eq(answer->body, here);
    }
    ck_assert_ptr_null(strstr(here, "https://"));
    free(elsewhere);
    free(here);
}
END_TEST

/* A second field would be a second mechanism, and be read by nobody. */
START_TEST(MTLS_10_two_authorization_fields)
{
    struct flow_ask ask = {.path = "/token", .cert = cert, .body = GRANT "&client_id=c1"};

    flow_status(flow_send(f, ask), 200);
    ask.authorization = "Basic YTpi";
    ask.authorization2 = "Basic YTpi";
    flow_refused(flow_send(f, ask), 400, "invalid_request");
    ask.authorization2 = "";
    flow_refused(flow_send(f, ask), 400, "invalid_request");
    ask.authorization2 = NULL;
    flow_refused(flow_send(f, ask), 401, "invalid_client");
}
END_TEST

START_TEST(TOK_12_eight_resources)
{
    char body[1024] = GRANT "&client_id=c1";

    for (int i = 0; i < AS_LIMIT_RESOURCES; i++) {
        strcat(body, "&resource=https://api.example");
    }
    flow_refused(flow_post(f, NULL, "/token", body), 401, "invalid_client");
    strcat(body, "&resource=https://api.example");
    flow_refused(flow_post(f, NULL, "/token", body), 400, "invalid_request");
}
END_TEST

START_TEST(TOK_11_the_scheme_that_was_used)
{
    struct flow_ask ask = {.path = "/token", .cert = cert, .body = GRANT "&client_id=c1"};

    ask.authorization = "Basic YTpi";
    struct flow_answer *answer = flow_send(f, ask);
    flow_refused(answer, 401, "invalid_client");
    ck_assert_ptr_nonnull(strstr(answer->fields, "WWW-Authenticate: Basic realm=\"fapid\"\n"));
    ask.authorization = "bearer x";
    answer = flow_send(f, ask);
    flow_refused(answer, 401, "invalid_client");
    ck_assert_ptr_nonnull(strstr(answer->fields, "WWW-Authenticate: Bearer\n"));
    answer = flow_post(f, stranger, "/token", GRANT "&client_id=c1");
    flow_refused(answer, 401, "invalid_client");
    ck_assert_ptr_null(strstr(answer->fields, "WWW-Authenticate"));
}
END_TEST

START_TEST(MTLS_118_audit_of_a_success)
{
    char x5t[AS_X5T_TEXT];

    as_cert_x5t(cert->thumbprint, x5t);
    char *token = flow_token(f, cert, "c1");
    flow_last_has(f->audit_fd, "event", "token_issued");
    flow_last_has(f->audit_fd, "actor", "c1");
    flow_last_has(f->audit_fd, "client_id", "c1");
    flow_last_has(f->audit_fd, "auth_method", "tls_client_auth");
    flow_last_has(f->audit_fd, "outcome", "success");
    flow_last_has(f->audit_fd, "reason", NULL);
    flow_last_has(f->audit_fd, "thumbprint", x5t);
    flow_last_has(f->audit_fd, "issuer", "CN=Banks CA");
    json_t *line = flow_last(f->audit_fd);
    char serial[128];
    snprintf(serial, sizeof(serial), "%.*s", (int)cert->serial.len, cert->serial.ptr);
    ck_assert_str_eq(json_string_value(json_object_get(line, "serial")), serial);
    ck_assert_str_eq(json_string_value(json_object_get(line, "request_id")), f->exchange->id);
    json_decref(line);
    free(token);
}
END_TEST

START_TEST(MTLS_118_audit_of_every_refused_authentication)
{
    const struct as_cert *const certs[] = {NULL, stranger, untrusted, cert};

    for (size_t i = 0; i < AS_COUNT(refusals); i++) {
        flow_refused(flow_post(f, certs[refusals[i].who], "/token", refusals[i].body), 401,
                     "invalid_client");
        ck_assert_uint_eq(flow_lines(f->audit_fd), i + 1);
        flow_last_has(f->audit_fd, "event", "client_authentication");
        flow_last_has(f->audit_fd, "outcome", "refused");
        flow_last_has(f->audit_fd, "reason", refusals[i].reason);
        flow_last_has(f->log_fd, "error", "invalid_client");
        flow_last_has(f->log_fd, "level", "notice");
    }
}
END_TEST

/* A stranger cannot keep itself out of the audit by what its certificate says. */
START_TEST(MTLS_118_long_names_are_cut)
{
    X509_NAME *name = X509_NAME_new();
    unsigned char value[128];

    for (size_t i = 0; i < sizeof(value); i += 2) {
        memcpy(value + i, "\xC2\x80", 2); /* written as \C2\80, which JSON escapes again */
    }
    for (int i = 0; i < 30; i++) {
        ck_assert_int_eq(
            X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8, value, sizeof(value), -1, 0), 1);
    }
    struct test_cert *made = test_cert(NULL, (struct test_cert_ask){.subject_name = name});
    flow_refused(flow_post(f, world_cert(f->w, made), "/token", GRANT "&client_id=c1"), 401,
                 "invalid_client");
    ck_assert_uint_eq(flow_lines(f->audit_fd), 1);
    flow_last_has(f->audit_fd, "event", "client_authentication");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_last_has(f->log_fd, "event", "request");
    flow_last_has(f->log_fd, "error", "invalid_client");
    X509_NAME_free(name);
}
END_TEST

/* MTLS-118, TOK-18, TOK-19: neither log nor audit holds a token or a credential. */
START_TEST(TOK_19_no_token_in_log_or_audit)
{
    char *token = flow_token(f, cert, "c1");
    char body[AS_LIMIT_TOKEN_TEXT];

    world_add(f->w, (struct world_party){
                        .id = "rs2", .dn = "CN=rs2", .audience = {"urn:rs2"}, .scope = "x"});
    flow_introspect(f, world_leaf(f->w, f->w->shops_ca, "CN=rs"), "rs", token);
    snprintf(body, sizeof(body), "client_id=c1&token=%s", token);
    flow_status(flow_post(f, cert, "/revoke", body), 200);
    flow_refused(flow_send(f, (struct flow_ask){.path = "/token",
                                                .cert = cert,
                                                .authorization = "Bearer s3cr3t-in-a-field",
                                                .body = GRANT "&client_id=c1"}),
                 401, "invalid_client");
    flow_refused(
        flow_post(f, cert, "/token", GRANT "&client_id=c1&client_secret=s3cr3t-in-the-form"), 401,
        "invalid_client");
    flow_refused(flow_send(f, (struct flow_ask){.method = "GET",
                                                .path = "/introspect",
                                                .query = "token=s3cr3t-in-the-query"}),
                 405, "invalid_request");
    ck_assert(flow_says(f->log_fd, "/introspect"));
    for (int i = 0; i < 2; i++) {
        int fd = i == 0 ? f->log_fd : f->audit_fd;
        token[25] = '\0';
        ck_assert(!flow_says(fd, token + 5));
        ck_assert(!flow_says(fd, "s3cr3t"));
    }
    free(token);
}
END_TEST

AS_TESTS("flow/token/answers", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_63_MTLS_77_success);
    tcase_add_test(t, TOK_127_bearer_tokens_end_within_ten_minutes);
    tcase_add_test(t, TOK_62_form_then_client_then_grant);
    tcase_add_test(t, MTLS_06_TOK_20_refusals_are_equal_and_cost_the_same);
    tcase_add_test(t, MTLS_09_a_certificate_of_another_method);
    tcase_add_test(t, MTLS_106_the_text_depends_on_the_listener_alone);
    tcase_add_test(t, MTLS_10_two_authorization_fields);
    tcase_add_test(t, TOK_12_eight_resources);
    tcase_add_test(t, TOK_11_the_scheme_that_was_used);
    tcase_add_test(t, MTLS_118_audit_of_a_success);
    tcase_add_test(t, MTLS_118_audit_of_every_refused_authentication);
    tcase_add_test(t, MTLS_118_long_names_are_cut);
    tcase_add_test(t, TOK_19_no_token_in_log_or_audit);
})
