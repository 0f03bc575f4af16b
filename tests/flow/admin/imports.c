/* SPDX-License-Identifier: Apache-2.0 */
/* Many at once: lists and their pages, imports all or none, dry runs. */
#include "support/flow.h"

#define ITEM(id, dn)                                                                               \
    "{'client_id':'" id "','token_endpoint_auth_method':'tls_client_auth',"                        \
    "'tls_client_auth_subject_dn':'" dn "'}"

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static size_t count_of(const char *path, const char *member)
{
    struct flow_answer *answer = flow_admin(f, "GET", path, NULL);

    flow_status(answer, 200);
    return json_array_size(json_object_get(answer->json, member));
}

static size_t clients(void)
{
    return count_of("/v1/clients", "clients");
}

static size_t audit_rows(void)
{
    const struct as_audit_row *list = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(f->w->session, f->w->mem, 0, 1000, &list, &count));
    world_next(f->w);
    return count;
}

static struct flow_answer *import(const char *body)
{
    return flow_admin(f, "POST", "/v1/clients", body);
}

static struct flow_answer *with_query(const char *method, const char *path, const char *query,
                                      const char *body)
{
    char json[1024] = "";

    snprintf(json, sizeof(json), "%s", body != NULL ? body : "");
    for (char *c = json; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                          .method = method,
                                          .path = path,
                                          .query = query,
                                          .body = body != NULL ? json : NULL});
}

static bool error_says(const char *text)
{
    return strstr(flow_text(&f->answer, "error_description"), text) != NULL;
}

START_TEST(MTLS_22_an_import_is_all_or_none)
{
    flow_status(import("[" ITEM("a", "CN=a") "," ITEM("b", "CN=b") "]"), 201);
    ck_assert_uint_eq(json_array_size(json_object_get(f->answer.json, "clients")), 2);
    flow_last_has(f->audit_fd, "event", "client_created");
    ck_assert_uint_eq(clients(), 2);
    /* of its own rules */
    flow_refused(import("[" ITEM("c", "CN=c") "," ITEM("d", "CN=d,,O=x") "]"), 400,
                 "invalid_client_metadata");
    ck_assert(error_says("d tls_client_auth_subject_dn: "));
    /* two subjects (the row's own test) */
    flow_refused(
        import("[" ITEM(
            "c", "CN=c") ",{'client_id':'d',"
                         "'token_endpoint_auth_method':'tls_client_auth',"
                         "'tls_client_auth_subject_dn':'CN=d','tls_client_auth_san_dns':'d'}]"),
        400, "invalid_client_metadata");
    ck_assert(error_says(" d : tls_client_auth needs exactly one"));
    /* of the store: an id, or an identifier, that another one has */
    flow_refused(import("[" ITEM("c", "CN=c") "," ITEM("a", "CN=x") "]"), 409, "already_exists");
    ck_assert(error_says(" a: "));
    flow_refused(import("[" ITEM("c", "CN=c") "," ITEM("e", "CN=a") "]"), 400,
                 "invalid_client_metadata");
    ck_assert(error_says(" e: "));
    /* of one another */
    flow_refused(import("[" ITEM("c", "CN=c") "," ITEM("c", "CN=d") "]"), 409, "already_exists");
    flow_refused(import("[" ITEM("c", "CN=c") "," ITEM("d", "CN=c") "]"), 400,
                 "invalid_client_metadata");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_last_has(f->audit_fd, "client_id", "d");
    ck_assert_uint_eq(clients(), 2);
}
END_TEST

/* One without an id is named by its place; an id that could not be shown is not repeated. */
START_TEST(MTLS_22_the_culprit_is_named)
{
    static const char *const ids[] = {"''", "'a\\\"b'", "'\\u00e4'", "'a\\u0007'",
                                      "1",  "null",     "{}"};
    char body[512];

    flow_refused(import("[" ITEM("a", "CN=a") ",{}]"), 400, "invalid_client_metadata");
    ck_assert(error_says("number 2 "));
    /* as long as an id may be, and longer */
    char id[130];
    memset(id, 'a', 129);
    for (int len = 129; len >= 128; len--) {
        id[len] = '\0';
        snprintf(body, sizeof(body), "[{'client_id':'%s','scope':1}]", id);
        flow_refused(import(body), 400, "invalid_client_metadata");
        ck_assert_msg(error_says(id) == (len == 128), "%s", f->answer.body);
        ck_assert(error_says("number 1 ") == (len == 129));
    }
    flow_refused(import("[" ITEM("a", "CN=a") ",1]"), 400, "invalid_client_metadata");
    ck_assert(error_says("number 2 "));
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        snprintf(body, sizeof(body), "[{'client_id':%s,'scope':1}]", ids[i]);
        flow_refused(import(body), 400, "invalid_client_metadata");
        ck_assert_msg(error_says("number 1 "), "%s", f->answer.body);
    }
    ck_assert_uint_eq(clients(), 0);
}
END_TEST

START_TEST(REG_12_the_size_of_an_import)
{
    char *body = malloc(64 * 1024);
    size_t len = (size_t)sprintf(body, "[0");

    for (size_t i = 1; i < 1001; i++) {
        len += (size_t)sprintf(body + len, ",0");
    }
    sprintf(body + len, "]");
    flow_refused(import(body), 400, "invalid_request");
    ck_assert(error_says("an import holds one to 1000 objects"));
    free(body);
}
END_TEST

/* Everything is checked that can be without writing, and nothing is written, audited or counted. */
START_TEST(REG_87_a_dry_run_writes_nothing)
{
    flow_status(import(ITEM("a", "CN=a")), 201);
    char *before = strdup(flow_admin(f, "GET", "/v1/clients/a", NULL)->body);
    size_t audited = flow_lines(f->audit_fd), rows = audit_rows();

    flow_status(with_query("POST", "/v1/clients", "dry_run=true", ITEM("b", "CN=b")), 201);
    ck_assert_str_eq(flow_text(&f->answer, "client_id"), "b");
    flow_status(with_query("POST", "/v1/clients", "dry_run=true", "[" ITEM("b", "CN=b") "]"), 201);
    flow_status(with_query("PUT", "/v1/clients/a", "dry_run=true", ITEM("a", "CN=c")), 200);
    ck_assert_str_eq(flow_text(&f->answer, "tls_client_auth_subject_dn"), "CN=c");
    flow_status(with_query("PATCH", "/v1/clients/a", "dry_run=true", "{'client_name':'A'}"), 200);
    flow_status(with_query("PATCH", "/v1/clients/a", "dry_run=true", "{'status':'disabled'}"), 200);
    ck_assert_str_eq(flow_text(&f->answer, "status"), "disabled");
    ck_assert_uint_eq(flow_lines(f->audit_fd), audited);
    ck_assert_uint_eq(audit_rows(), rows);
    ck_assert_uint_eq(clients(), 1);
    ck_assert_str_eq(flow_admin(f, "GET", "/v1/clients/a", NULL)->body, before);
    /* and it refuses */
    flow_refused(with_query("POST", "/v1/clients", "dry_run=true", ITEM("b", "CN")), 400,
                 "invalid_client_metadata");
    flow_refused(with_query("POST", "/v1/clients", "dry_run=true", ITEM("a", "CN=b")), 409,
                 "already_exists");
    flow_refused(with_query("POST", "/v1/clients", "dry_run=true",
                            "[" ITEM("b", "CN=b") "," ITEM("c", "CN=a") "]"),
                 400, "invalid_client_metadata");
    ck_assert(error_says(" c: "));
    flow_refused(with_query("POST", "/v1/clients", "dry_run=yes", ITEM("b", "CN=b")), 400,
                 "invalid_request");
    flow_refused(with_query("PUT", "/v1/clients/a", "x=y", ITEM("a", "CN=b")), 400,
                 "invalid_request");
    flow_refused(with_query("DELETE", "/v1/clients/a", "dry_run=true", NULL), 400,
                 "invalid_request");
    ck_assert_uint_eq(clients(), 1);
    free(before);
}
END_TEST

START_TEST(REG_10_pages)
{
    flow_status(import("[" ITEM("c", "CN=c") "," ITEM("a", "CN=a") "," ITEM("b", "CN=b") "]"), 201);
    struct flow_answer *answer = with_query("GET", "/v1/clients", "after=a", NULL);
    flow_status(answer, 200);
    json_t *list = json_object_get(answer->json, "clients");
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(list, 0), "client_id")), "b");
    ck_assert_uint_eq(count_of("/v1/resources", "resources"), 0);
    flow_status(with_query("GET", "/v1/clients", "after=c", NULL), 200);
    ck_assert_str_eq(f->answer.body, "{\"clients\":[]}");
    flow_refused(with_query("GET", "/v1/clients", "limit=1", NULL), 400, "invalid_request");
}
END_TEST

/* A page ends before the answer would outgrow the request's memory; none is lost between pages. */
START_TEST(REG_10_large_pages)
{
    enum { MANY = 20, CONTACT = 2000 };
    char *body = malloc(CONTACT * 64 + 1024), after[64] = "";
    size_t seen = 0, pages = 0;

    for (int i = 0; i < MANY; i++) { /* 128 KiB each */
        size_t len = (size_t)sprintf(body,
                                     "{'client_id':'c%02d','token_endpoint_auth_method':"
                                     "'tls_client_auth','tls_client_auth_subject_dn':'CN=c%d',"
                                     "'contacts':['x'",
                                     i, i);
        for (int j = 1; j < 64; j++) {
            len += (size_t)sprintf(body + len, ",'%0*d'", CONTACT, j);
        }
        sprintf(body + len, "]}");
        flow_status(import(body), 201);
    }
    for (const char *next = ""; next != NULL && pages <= MANY; pages++) {
        flow_status(with_query("GET", "/v1/clients", after[0] != '\0' ? after : NULL, NULL), 200);
        json_t *list = json_object_get(f->answer.json, "clients");
        for (size_t i = 0; i < json_array_size(list); i++, seen++) {
            snprintf(body, 8, "c%02zu", seen);
            ck_assert_str_eq(
                json_string_value(json_object_get(json_array_get(list, i), "client_id")), body);
        }
        next = json_string_value(json_object_get(f->answer.json, "next"));
        snprintf(after, sizeof(after), "after=%s", next != NULL ? next : "");
    }
    ck_assert_uint_eq(seen, MANY);
    ck_assert_uint_eq(pages, 3);
    free(body);
}
END_TEST

/* What was listed can be imported elsewhere, and is then the same. */
START_TEST(REG_10_what_was_exported_imports)
{
    flow_status(import("[" ITEM("a", "CN=a,O=Acme\\\\, Inc.") ","
                                                              "{'client_id':'b','token_endpoint_"
                                                              "auth_method':'tls_client_auth',"
                                                              "'tls_client_auth_san_uri':'urn:b','"
                                                              "profile':'oauth','scope':'x y',"
                                                              "'status':'disabled','client_name':'"
                                                              "B\\u00fc','trust':'others'}]"),
                201);
    flow_admin(f, "GET", "/v1/clients", NULL);
    json_t *list = json_incref(json_object_get(f->answer.json, "clients"));
    char *text = json_dumps(list, 0);

    flow_status(flow_admin(f, "DELETE", "/v1/clients/a", NULL), 204);
    flow_status(flow_admin(f, "DELETE", "/v1/clients/b", NULL), 204);
    flow_status(
        flow_send(f, (struct flow_ask){.from = FLOW_SOCKET, .path = "/v1/clients", .body = text}),
        201);
    flow_admin(f, "GET", "/v1/clients", NULL);
    json_t *again = json_object_get(f->answer.json, "clients");
    for (size_t i = 0; i < json_array_size(list); i++) { /* but for the times */
        json_object_del(json_array_get(list, i), "client_id_issued_at");
        json_object_del(json_array_get(list, i), "updated_at");
        json_object_del(json_array_get(again, i), "client_id_issued_at");
        json_object_del(json_array_get(again, i), "updated_at");
    }
    ck_assert(json_equal(list, again));
    ck_assert_uint_eq(json_array_size(list), 2);
    json_decref(list);
    free(text);
}
END_TEST

AS_TESTS("flow/admin/imports", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_22_an_import_is_all_or_none);
    tcase_add_test(t, MTLS_22_the_culprit_is_named);
    tcase_add_test(t, REG_12_the_size_of_an_import);
    tcase_add_test(t, REG_87_a_dry_run_writes_nothing);
    tcase_add_test(t, REG_10_pages);
    tcase_add_test(t, REG_10_large_pages);
    tcase_add_test(t, REG_10_what_was_exported_imports);
})
