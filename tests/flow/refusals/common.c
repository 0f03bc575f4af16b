/* SPDX-License-Identifier: Apache-2.0 */
/* What every site refuses, and what every answer carries. */
#include "support/flow.h"

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static const struct {
    enum flow_listener from;
    const char *method, *path, *allow;
    unsigned status;
} rows[] = {
    {FLOW_MTLS, "GET", "/token", "POST", 405},
    {FLOW_MTLS, "PUT", "/token", "POST", 405},
    {FLOW_MTLS, "HEAD", "/introspect", "POST", 405},
    {FLOW_MTLS, "GET", "/revoke", "POST", 405},
    {FLOW_PUBLIC, "OPTIONS", "/token", "POST", 405},
    {FLOW_MTLS, "GET", "/", NULL, 404},
    {FLOW_MTLS, "POST", "/token/", NULL, 404},
    {FLOW_MTLS, "POST", "/Token", NULL, 404},
    {FLOW_MTLS, "POST", "/%74oken", NULL, 404},
    /* what is served elsewhere is not served here */
    {FLOW_MTLS, "GET", "/v1/clients", NULL, 404},
    {FLOW_MTLS, "GET", "/metrics", NULL, 404},
    {FLOW_PUBLIC, "GET", "/health/alive", NULL, 404},
    {FLOW_PUBLIC, "GET", "/version", NULL, 404},
    {FLOW_HEALTH, "GET", "/v1/clients", NULL, 404},
    {FLOW_HEALTH, "POST", "/token", NULL, 404},
    {FLOW_HEALTH, "POST", "/metrics", "GET, HEAD", 405},
    {FLOW_SOCKET, "POST", "/token", NULL, 404},
    {FLOW_SOCKET, "GET", "/.well-known/oauth-authorization-server", NULL, 404},
    {FLOW_SOCKET, "PUT", "/v1/clients", "GET, HEAD, POST", 405},
    {FLOW_SOCKET, "POST", "/v1/clients/a", "GET, HEAD, PUT, PATCH, DELETE", 405},
    {FLOW_SOCKET, "GET", "/v1/clients/a/b", NULL, 404},
    {FLOW_SOCKET, "GET", "/v1/clients/", NULL, 404},
    {FLOW_SOCKET, "GET", "/v1/revocations", "POST", 405},
};

START_TEST(TOK_01_methods_and_paths)
{
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct flow_answer *answer =
            flow_send(f, (struct flow_ask){
                             .from = rows[i].from, .method = rows[i].method, .path = rows[i].path});
        char allow[128];

        flow_refused(answer, rows[i].status,
                     rows[i].status == 404 ? "not_found" : "invalid_request");
        snprintf(allow, sizeof(allow), "Allow: %s\n", rows[i].allow);
        ck_assert_msg((rows[i].allow == NULL) == (strstr(answer->fields, "Allow:") == NULL) &&
                          (rows[i].allow == NULL || strstr(answer->fields, allow) != NULL),
                      "%s %s: %s", rows[i].method, rows[i].path, answer->fields);
    }
}
END_TEST

/* On refusals and on successes, whoever asks. */
START_TEST(TOK_09_fields_of_every_answer)
{
    struct flow_answer *answer = flow_post(f, NULL, "/nowhere", "a=b");

    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\nPragma: no-cache\n"));
    answer = flow_admin(f, "GET", "/v1/clients", NULL);
    flow_status(answer, 200);
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\nPragma: no-cache\n"));
    answer = flow_send(
        f, (struct flow_ask){.from = FLOW_HEALTH, .method = "GET", .path = "/health/alive"});
    flow_status(answer, 200);
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\nPragma: no-cache\n"));
}
END_TEST

START_TEST(TOK_02_the_body_is_a_form)
{
    static const char *const types[] = {"application/json", "text/plain", "", "multipart/form-data",
                                        "application/x-www-form-urlencoded2"};
    static const char *const fine[] = {"application/x-www-form-urlencoded; charset=UTF-8",
                                       "Application/X-WWW-Form-URLencoded"};
    struct flow_ask ask = {.path = "/token", .body = "grant_type=client_credentials&client_id=a"};

    for (size_t i = 0; i < AS_COUNT(types); i++) {
        ask.type = types[i];
        flow_refused(flow_send(f, ask), 400, "invalid_request");
    }
    for (size_t i = 0; i < AS_COUNT(fine); i++) {
        ask.type = fine[i];
        flow_refused(flow_send(f, ask), 401, "invalid_client");
    }
}
END_TEST

/* TOK-10: whatever is sent, the answer is JSON of printable ASCII, and repeats nothing of it. */
START_TEST(TOK_10_descriptions_are_plain)
{
    static const char *const bodies[] = {
        "grant_type=%22%5C%C3%A4",
        "grant_type=client_credentials&client_id=%C3%A4%22",
        "grant_type=client_credentials&scope=%22&client_id=a",
        "grant_type=client_credentials&grant_type=%22",
        "grant_type=%00",
        "grant_type=%zz",
        "grant_type=%ff",
    };

    for (size_t i = 0; i < AS_COUNT(bodies); i++) {
        struct flow_answer *answer = flow_post(f, NULL, "/token", bodies[i]);
        ck_assert_uint_ge(answer->status, 400);
        ck_assert_uint_eq(json_object_size(answer->json), 2);
        const char *text = flow_text(answer, "error_description");
        ck_assert_uint_gt(strlen(text), 0);
        for (const char *c = text; *c != '\0'; c++) {
            ck_assert(*c >= 0x20 && *c <= 0x7E && *c != '"' && *c != '\\');
        }
    }
}
END_TEST

/* One line per request, with what design 3 lists. */
START_TEST(MTLS_118_one_log_line)
{
    flow_post(f, world_leaf(f->w, f->w->banks_ca, "CN=x"), "/token",
              "grant_type=client_credentials&client_id=nobody");
    json_t *line = flow_last(f->log_fd);
    static const char *const fields[] = {"ts",       "level",  "event",     "request_id",
                                         "listener", "peer",   "method",    "path",
                                         "error",    "reason", "thumbprint"};
    for (size_t i = 0; i < AS_COUNT(fields); i++) {
        ck_assert_msg(json_is_string(json_object_get(line, fields[i])), "no %s", fields[i]);
    }
    ck_assert_int_eq(json_integer_value(json_object_get(line, "status")), 401);
    ck_assert(json_is_integer(json_object_get(line, "us")));
    ck_assert_uint_eq(flow_lines(f->log_fd), 1);
    json_decref(line);
}
END_TEST

START_TEST(MTLS_118_a_log_line_cannot_be_forged)
{
    flow_post(f, NULL, "/nowhere\"\n{\"event\":\"x\"}", "a=b");
    ck_assert_uint_eq(flow_lines(f->log_fd), 1);
    flow_last_has(f->log_fd, "event", "request");
    flow_last_has(f->log_fd, "path", "/nowhere\"\n{\"event\":\"x\"}");
}
END_TEST

/* RFC 6750 5.3: a token that somebody takes for a part of the path. */
START_TEST(a_token_in_the_path_stays_out_of_the_log)
{
    static const struct {
        const char *path, *logged;
    } asked[] = {
        {"/register/rat.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/register/rat."},
        {"/register/iat.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB/x", "/register/iat."},
        {"/fat1.CCCC", "/fat1."},
        {"/introspect/eyJhbGciOiJFUzI1NiJ9.e30.x", "/introspect/eyJ"},
        {"/register/x=rat.DDDD", "/register/x=rat."},
        {"/register/QeyJ-eyJ_fat1.x", "/register/QeyJ-eyJ_fat1.x"}, /* an identifier, by chance */
        {"/register/1eyJ0", "/register/1eyJ0"},
        {"/rat", "/rat"},
    };

    for (size_t i = 0; i < AS_COUNT(asked); i++) {
        flow_post(f, NULL, asked[i].path, "a=b");
        flow_last_has(f->log_fd, "path", asked[i].logged);
    }
}
END_TEST

static void lacks_field(const char *name)
{
    ck_assert_msg(strstr(f->answer.fields, name) == NULL, "%s", f->answer.fields);
}

/* RFC 6749 5.2: a challenge answers who could not be authenticated, by the scheme that was used,
 * and nobody else; a time to come back stands where coming back may help. */
START_TEST(TOK_11_fields_of_a_refusal_alone)
{
    struct flow_ask ask = {
        .path = "/token", .body = "grant_type=client_credentials", .authorization = "Basic YTpi"};

    flow_refused(flow_send(f, ask), 401, "invalid_client");
    ck_assert_ptr_nonnull(strstr(f->answer.fields, "WWW-Authenticate: Basic realm=\"fapid\"\n"));
    lacks_field("Retry-After");
    ask.body = "grant_type=%zz";
    flow_refused(flow_send(f, ask), 400, "invalid_request");
    lacks_field("WWW-Authenticate");
    lacks_field("Retry-After");
    ask.path = "/nowhere";
    flow_refused(flow_send(f, ask), 404, "not_found");
    lacks_field("WWW-Authenticate");
    lacks_field("Retry-After");
    ask.authorization = NULL;
    ask.path = "/token";
    ask.body = "grant_type=client_credentials&client_id=a";
    flow_refused(flow_send(f, ask), 401, "invalid_client");
    lacks_field("WWW-Authenticate");
}
END_TEST

/* The audit tells about whom it was asked; who asked is known of nobody that proved nothing. */
START_TEST(a_name_that_is_merely_claimed_is_no_actor)
{
    const char *ask = "grant_type=client_credentials&client_id=c1";

    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    flow_refused(flow_post(f, world_leaf(f->w, f->w->others_ca, "CN=c1"), "/token", ask), 401,
                 "invalid_client");
    json_t *line = flow_last(f->audit_fd);
    ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "client_authentication");
    ck_assert_str_eq(json_string_value(json_object_get(line, "outcome")), "refused");
    ck_assert_str_eq(json_string_value(json_object_get(line, "client_id")), "c1");
    ck_assert_ptr_null(json_object_get(line, "actor"));
    json_decref(line);
    flow_refused(
        flow_post(f, world_leaf(f->w, f->w->banks_ca, "CN=c1"), "/revoke", "client_id=c1&token="),
        400, "invalid_request");
    line = flow_last(f->audit_fd);
    ck_assert_str_eq(json_string_value(json_object_get(line, "event")), "token_revoked");
    ck_assert_str_eq(json_string_value(json_object_get(line, "outcome")), "refused");
    ck_assert_str_eq(json_string_value(json_object_get(line, "actor")), "c1");
    json_decref(line);
}
END_TEST

/* TOK-13, as the endpoint answers it. */
START_TEST(TOK_13_too_many_failures)
{
    const struct as_cert *cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    const char *ask = "grant_type=client_credentials&client_id=c1";

    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    world_add(f->w, (struct world_party){
                        .id = "rs", .dn = "CN=rs", .audience = {"urn:rs"}, .scope = "read"});
    world_throttle(f->w, 2, NULL, 0);
    flow_restart(f);
    for (int i = 0; i < 5; i++) {
        flow_status(flow_post(f, cert, "/token", ask), 200);
    }
    flow_refused(flow_post(f, NULL, "/token", ask), 401, "invalid_client");
    flow_refused(flow_post(f, NULL, "/token", ask), 401, "invalid_client");
    struct flow_answer *answer = flow_post(f, NULL, "/token", ask);
    flow_refused(answer, 429, "temporarily_unavailable");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
    flow_last_has(f->audit_fd, "event", "client_authentication");
    flow_last_has(f->audit_fd, "reason", "too_many_failures");
}
END_TEST

AS_TESTS("flow/refusals/common", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_01_methods_and_paths);
    tcase_add_test(t, TOK_09_fields_of_every_answer);
    tcase_add_test(t, TOK_02_the_body_is_a_form);
    tcase_add_test(t, TOK_10_descriptions_are_plain);
    tcase_add_test(t, MTLS_118_one_log_line);
    tcase_add_test(t, MTLS_118_a_log_line_cannot_be_forged);
    tcase_add_test(t, a_token_in_the_path_stays_out_of_the_log);
    tcase_add_test(t, TOK_11_fields_of_a_refusal_alone);
    tcase_add_test(t, a_name_that_is_merely_claimed_is_no_actor);
    tcase_add_test(t, TOK_13_too_many_failures);
})
