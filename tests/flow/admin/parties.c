/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a client and of a resource server at the admin API. */
#include "support/flow.h"

#define MEMBERS(name)                                                                              \
    "'token_endpoint_auth_method':'tls_client_auth','tls_client_auth_subject_dn':'CN=" name "'"
#define CLIENT(name) "{" MEMBERS(name) ",'scope':'read','client_name':'" name "'}"
#define RESOURCE(name)                                                                             \
    "{" MEMBERS(name) ",'scope':'read','audience':['https://" name ".example'],'client_id':'" name \
                      "'}"

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

/* Creates, and gives the id; free it. */
static char *create(const char *body)
{
    struct flow_answer *answer = flow_admin(f, "POST", "/v1/clients", body);

    flow_status(answer, 201);
    return strdup(flow_text(answer, "client_id"));
}

static const char *path_of(const char *id)
{
    static char path[256];

    snprintf(path, sizeof(path), "/v1/clients/%s", id);
    return path;
}

/* Rows about clients; keys have theirs. */
static size_t audit_rows(void)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0, found = 0;

    ck_ok(as_store_audit_list(f->w->session, f->w->mem, 0, 1000, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        found += strncmp(rows[i].audit.event, "client_", 7) == 0;
    }
    world_next(f->w);
    return found;
}

static bool error_says(const char *text)
{
    return strstr(flow_text(&f->answer, "error_description"), text) != NULL;
}

START_TEST(REG_04_create_and_show)
{
    char *id = create(CLIENT("a"));

    ck_assert_uint_eq(strlen(id), 23);
    ck_assert_str_eq(flow_text(&f->answer, "profile"), "fapi1");
    ck_assert_str_eq(flow_text(&f->answer, "status"), "enabled");
    ck_assert(json_is_true(
        json_object_get(f->answer.json, "tls_client_certificate_bound_access_tokens")));
    char *body = strdup(f->answer.body);
    flow_last_has(f->audit_fd, "event", "client_created");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    flow_last_has(f->audit_fd, "client_id", id);
    flow_last_has(f->audit_fd, "outcome", "success");
    ck_assert_uint_eq(audit_rows(), 1);
    struct flow_answer *answer = flow_admin(f, "GET", path_of(id), NULL);
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, body); /* REG-10 */
    flow_refused(flow_admin(f, "GET", "/v1/clients/nobody", NULL), 404, "not_found");
    /* one id space, but a client is no resource server */
    char path[64];
    snprintf(path, sizeof(path), "/v1/resources/%s", id);
    flow_refused(flow_admin(f, "GET", path, NULL), 404, "not_found");
    free(body);
    free(id);
}
END_TEST

START_TEST(REG_01_bodies)
{
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"", "the JSON text is empty"},
        {"{", "the JSON text is malformed"},
        {"{} x", "the JSON text is malformed"},
        {"{'a':1,'a':2}", "the JSON text repeats a member name"},
        {"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "the JSON text is nested too deeply"},
        {"[]", "an import holds one to 1000 objects"},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        flow_refused(flow_admin(f, "POST", "/v1/clients", rows[i].body), 400, "invalid_request");
        ck_assert_msg(error_says(rows[i].says), "%s", f->answer.body);
    }
    flow_refused(flow_admin(f, "POST", "/v1/clients", "'text'"), 400, "invalid_client_metadata");
    flow_refused(flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                                .path = "/v1/clients",
                                                .type = "text/plain",
                                                .body = "{}"}),
                 400, "invalid_request");
    ck_assert_uint_eq(audit_rows(), 0);
}
END_TEST

/* The refusal names the member, and repeats nothing that was sent. */
START_TEST(REG_09_refusals_name_the_member)
{
    flow_refused(flow_admin(f, "POST", "/v1/clients", "{" MEMBERS("a") ",'scope':['x']}"), 400,
                 "invalid_client_metadata");
    ck_assert(error_says("scope: a member must be a non-empty string"));
    flow_last_has(f->audit_fd, "event", "client_created");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_refused(flow_admin(f, "POST", "/v1/clients", "{'foo\\u00e4':1}"), 400,
                 "invalid_client_metadata");
    ck_assert_uint_eq(audit_rows(), 0);
}
END_TEST

START_TEST(MTLS_114_an_identifier_of_another)
{
    char *id = create(CLIENT("a"));
    char *again;

    flow_refused(flow_admin(f, "POST", "/v1/clients", CLIENT("a")), 400, "invalid_client_metadata");
    flow_refused(flow_admin(f, "POST", "/v1/resources", RESOURCE("a")), 400,
                 "invalid_client_metadata"); /* of either kind */
    again = create("{" MEMBERS("a") ",'shared_identifier':true}");
    flow_status(flow_admin(f, "DELETE", path_of(id), NULL), 204);
    flow_status(flow_admin(f, "DELETE", path_of(again), NULL), 204);
    free(again);
    again = create(CLIENT("a")); /* free again */
    free(again);
    free(id);
}
END_TEST

/* Sharing is said of who came later: whoever was there first is changed as before. */
START_TEST(MTLS_114_what_others_share_holds_up_nobody)
{
    char *id = create(CLIENT("a"));
    char *later = create("{" MEMBERS("a") ",'shared_identifier':true}");

    flow_status(flow_admin(f, "PUT", path_of(id), "{" MEMBERS("a") ",'client_name':'A'}"), 200);
    ck_assert_ptr_null(json_object_get(f->answer.json, "shared_identifier"));
    flow_status(flow_admin(f, "PATCH", path_of(id), "{'client_name':'B'}"), 200);
    flow_refused(flow_admin(f, "PUT", path_of(later), CLIENT("a")), 400, "invalid_client_metadata");
    ck_assert(error_says("shared_identifier true allows it"));
    flow_refused(flow_admin(f, "PATCH", path_of(later), "{'shared_identifier':false}"), 400,
                 "invalid_client_metadata");
    free(later);
    later = create(CLIENT("b"));
    flow_refused(flow_admin(f, "PUT", path_of(id), CLIENT("b")), 400, "invalid_client_metadata");
    free(later);
    free(id);
}
END_TEST

START_TEST(D13_one_id_space)
{
    flow_status(flow_admin(f, "POST", "/v1/resources", RESOURCE("rs")), 201);
    flow_refused(flow_admin(f, "POST", "/v1/clients", "{" MEMBERS("x") ",'client_id':'rs'}"), 409,
                 "already_exists");
    flow_refused(flow_admin(f, "POST", "/v1/resources",
                            "{" MEMBERS("y") ",'audience':['https://rs.example']}"),
                 409, "already_exists"); /* an audience belongs to one */
    flow_refused(flow_admin(f, "GET", "/v1/clients/rs", NULL), 404, "not_found");
    flow_status(flow_admin(f, "GET", "/v1/resources/rs", NULL), 200);
}
END_TEST

START_TEST(REG_83_put_replaces)
{
    char *id = create("{" MEMBERS("a") ",'scope':'read write','contacts':['a@a.example']}");
    char *created;

    created = json_dumps(json_object_get(f->answer.json, "client_id_issued_at"), JSON_ENCODE_ANY);
    struct flow_answer *answer =
        flow_admin(f, "PUT", path_of(id), "{" MEMBERS("b") ",'client_name':'B'}");
    flow_status(answer, 200);
    ck_assert_ptr_null(json_object_get(answer->json, "contacts"));
    ck_assert_ptr_null(json_object_get(answer->json, "scope"));
    ck_assert_str_eq(flow_text(answer, "client_id"), id);
    char *body = strdup(answer->body);
    flow_last_has(f->audit_fd, "event", "client_updated");
    answer = flow_admin(f, "GET", path_of(id), NULL);
    ck_assert_str_eq(answer->body, body);
    char *now = json_dumps(json_object_get(answer->json, "client_id_issued_at"), JSON_ENCODE_ANY);
    ck_assert_str_eq(now, created);
    /* the old name is free, the new one is not (MTLS-22: the same rules) */
    flow_refused(flow_admin(f, "POST", "/v1/clients", CLIENT("b")), 400, "invalid_client_metadata");
    free(create(CLIENT("a")));
    flow_refused(flow_admin(f, "PUT", path_of(id),
                            "{" MEMBERS("b") ",'tls_client_auth_san_dns':'b.example'}"),
                 400, "invalid_client_metadata");
    flow_refused(flow_admin(f, "PUT", path_of(id), "{" MEMBERS("b") ",'client_id':'other'}"), 400,
                 "invalid_client_metadata");
    flow_refused(flow_admin(f, "PUT", "/v1/clients/nobody", CLIENT("n")), 404, "not_found");
    answer = flow_admin(f, "GET", path_of(id), NULL);
    ck_assert_str_eq(answer->body, body); /* REG-87 */
    free(now);
    free(created);
    free(body);
    free(id);
}
END_TEST

START_TEST(REG_89_patch_merges)
{
    char *id = create("{" MEMBERS("a") ",'scope':'read write','client_name':'A'}");

    flow_status(flow_admin(f, "PATCH", path_of(id), "{'scope':'read','contacts':['x']}"), 200);
    struct flow_answer *answer = flow_admin(f, "GET", path_of(id), NULL);
    ck_assert_str_eq(flow_text(answer, "scope"), "read");
    ck_assert_str_eq(flow_text(answer, "client_name"), "A");
    ck_assert_str_eq(flow_text(answer, "tls_client_auth_subject_dn"), "CN=a");
    flow_status(flow_admin(f, "PATCH", path_of(id), "{'contacts':null,'client_name':null}"), 200);
    answer = flow_admin(f, "GET", path_of(id), NULL);
    ck_assert_ptr_null(json_object_get(answer->json, "contacts"));
    ck_assert_ptr_null(json_object_get(answer->json, "client_name"));
    /* another method, in one step */
    flow_status(flow_admin(f, "PATCH", path_of(id),
                           "{'tls_client_auth_subject_dn':null,"
                           "'tls_client_auth_san_dns':'a.example'}"),
                200);
    flow_last_has(f->audit_fd, "event", "client_updated");
    /* a status beside another member takes neither's place */
    answer = flow_admin(f, "PATCH", path_of(id), "{'status':'disabled','client_name':'C'}");
    flow_status(answer, 200);
    ck_assert_str_eq(flow_text(answer, "status"), "disabled");
    ck_assert_str_eq(flow_text(answer, "client_name"), "C");
    char *before = strdup(flow_admin(f, "GET", path_of(id), NULL)->body);
    ck_assert_str_eq(before, answer->body);
    static const struct {
        const char *body, *error;
    } bad[] = {
        {"{}", "invalid_request"},
        {"[]", "invalid_request"},
        {"'x'", "invalid_request"},
        {"{'tls_client_auth_subject_dn':'CN=b'}", "invalid_client_metadata"},
        {"{'token_endpoint_auth_method':null}", "invalid_client_metadata"},
        {"{'client_id':'x'}", "invalid_client_metadata"},
        {"{'profile':'nosuch'}", "invalid_client_metadata"},
    };
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        flow_refused(flow_admin(f, "PATCH", path_of(id), bad[i].body), 400, bad[i].error);
    }
    ck_assert_str_eq(flow_admin(f, "GET", path_of(id), NULL)->body, before);
    free(before);
    free(id);
}
END_TEST

START_TEST(MTLS_15_status)
{
    char *id = create("{" MEMBERS("a") ",'scope':'read'}");
    const struct as_cert *cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
    char ask[128];

    flow_status(flow_admin(f, "POST", "/v1/resources", RESOURCE("rs")), 201);
    snprintf(ask, sizeof(ask), "grant_type=client_credentials&client_id=%s", id);
    flow_status(flow_post(f, cert, "/token", ask), 200);
    struct flow_answer *answer = flow_admin(f, "PATCH", path_of(id), "{'status':'disabled'}");
    flow_status(answer, 200);
    ck_assert_str_eq(flow_text(answer, "status"), "disabled");
    flow_last_has(f->audit_fd, "event", "client_status_changed");
    flow_refused(flow_post(f, cert, "/token", ask), 401, "invalid_client");
    /* another change leaves it as it is */
    flow_status(flow_admin(f, "PATCH", path_of(id), "{'client_name':'A'}"), 200);
    ck_assert_str_eq(flow_text(&f->answer, "status"), "disabled");
    flow_refused(flow_post(f, cert, "/token", ask), 401, "invalid_client");
    flow_status(flow_admin(f, "PATCH", path_of(id), "{'status':'enabled'}"), 200);
    flow_status(flow_post(f, cert, "/token", ask), 200);
    flow_refused(flow_admin(f, "PATCH", path_of(id), "{'status':'gone'}"), 400,
                 "invalid_client_metadata");
    ck_assert(error_says(" status: it must be enabled or disabled"));
    flow_refused(flow_admin(f, "PATCH", path_of(id), "{'status':1}"), 400,
                 "invalid_client_metadata");
    flow_refused(flow_admin(f, "PATCH", "/v1/clients/nobody", "{'status':'enabled'}"), 404,
                 "not_found");
    free(id);
}
END_TEST

/* The answer is what is shown from then on, the time of the change included (by fuzz_admin). */
START_TEST(REG_10_a_change_is_answered_as_it_is_shown)
{
    static const char *const changes[] = {"{'status':'disabled'}", "{'client_name':'A'}"};
    char *id = create(CLIENT("a"));

    f->now = f->exchange->request.now;
    for (size_t i = 0; i < AS_COUNT(changes); i++) {
        f->now++;
        struct flow_answer *answer = flow_admin(f, "PATCH", path_of(id), changes[i]);
        flow_status(answer, 200);
        ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "updated_at")), f->now);
        char *body = strdup(answer->body);
        f->now++;
        ck_assert_str_eq(flow_admin(f, "GET", path_of(id), NULL)->body, body);
        free(body);
    }
    /* the clock of another machine was ahead: no change comes before the one before it */
    const as_time last = f->now - 1;
    f->now -= 100;
    struct flow_answer *answer = flow_admin(f, "PATCH", path_of(id), "{'status':'enabled'}");
    flow_status(answer, 200);
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "updated_at")), last);
    char *body = strdup(answer->body);
    ck_assert_str_eq(flow_admin(f, "GET", path_of(id), NULL)->body, body);
    free(body);
    free(id);
}
END_TEST

START_TEST(REG_90_delete)
{
    char *id = create(CLIENT("a"));

    struct flow_answer *answer = flow_admin(f, "DELETE", path_of(id), NULL);
    flow_status(answer, 204);
    ck_assert_str_eq(answer->body, "");
    flow_last_has(f->audit_fd, "event", "client_deleted");
    flow_last_has(f->audit_fd, "client_id", id);
    flow_refused(flow_admin(f, "GET", path_of(id), NULL), 404, "not_found");
    flow_refused(flow_admin(f, "DELETE", path_of(id), NULL), 404, "not_found");
    flow_refused(flow_admin(f, "DELETE", "/v1/resources/rs", NULL), 404, "not_found");
    free(id);
}
END_TEST

AS_TESTS("flow/admin/parties", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, REG_04_create_and_show);
    tcase_add_test(t, REG_01_bodies);
    tcase_add_test(t, REG_09_refusals_name_the_member);
    tcase_add_test(t, MTLS_114_an_identifier_of_another);
    tcase_add_test(t, MTLS_114_what_others_share_holds_up_nobody);
    tcase_add_test(t, D13_one_id_space);
    tcase_add_test(t, REG_83_put_replaces);
    tcase_add_test(t, REG_89_patch_merges);
    tcase_add_test(t, MTLS_15_status);
    tcase_add_test(t, REG_10_a_change_is_answered_as_it_is_shown);
    tcase_add_test(t, REG_90_delete);
})
