/* SPDX-License-Identifier: Apache-2.0 */
/* /register/{id}: a client reads, replaces and ends its own registration (RFC 7592). */
#include "flow/registration/support/register.h"

#include <sqlite3.h>

static const struct as_cert *cert;

static void start(void)
{
    reg_start();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
    flow_status(reg_post(cert, iat(NULL), "{" NAMED("a") ",'contacts':['x'],'client_name':'n'}"),
                201);
}

static struct flow_answer *get(void)
{
    return reg_at(NULL, "GET", reg_rat, NULL);
}

START_TEST(REG_80_REG_82_read)
{
    char *created = strdup(f->answer.body);
    struct flow_answer *answer = get();

    flow_status(answer, 200);
    ck_assert(!answer->elsewhere); /* reads alone */
    ck_assert_str_eq(answer->body, created);
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\n"));
    reg_unauthorized(reg_at(cert, "GET", NULL, NULL), false, "token_missing");
    reg_unauthorized(reg_at(cert, "GET", "rat.x", NULL), true, "rat_unknown");
    reg_unauthorized(reg_at(cert, "GET", iat(NULL), NULL), true, "rat_unknown"); /* REG-94 */
    free(created);
}
END_TEST

/* A token is one client's, and who exists does not show. */
START_TEST(REG_80_REG_91_another_client)
{
    char first[64], rat[64];
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");

    snprintf(first, sizeof(first), "%s", reg_id);
    snprintf(rat, sizeof(rat), "%s", reg_rat);
    flow_status(reg_post(other, iat(NULL), BODY("b")), 201);
    reg_unauthorized(reg_at(NULL, "GET", rat, NULL), true, "rat_unknown");
    char *answer = strdup(f->answer.body);
    reg_unauthorized(reg_at(NULL, "DELETE", rat, NULL), true, "rat_unknown");
    reg_unauthorized(reg_at(NULL, "PUT", rat, "{}"), true, "rat_unknown");
    ck_assert(!f->answer.elsewhere); /* a stranger takes no job thread */
    flow_status(get(), 200);
    snprintf(reg_id, sizeof(reg_id), "nobody");
    reg_unauthorized(get(), true, "rat_unknown");
    ck_assert_str_eq(f->answer.body, answer);
    /* a client that an operator registered has no such token */
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1"});
    snprintf(reg_id, sizeof(reg_id), "c1");
    reg_unauthorized(get(), true, "rat_unknown");
    free(answer);
}
END_TEST

START_TEST(REG_81_methods)
{
    static const char *const methods[] = {"POST", "PATCH"};

    for (size_t i = 0; i < AS_COUNT(methods); i++) {
        flow_refused(reg_at(cert, methods[i], reg_rat, "{}"), 405, "invalid_request");
        ck_assert_ptr_nonnull(strstr(f->answer.fields, "Allow: GET, HEAD, PUT, DELETE\n"));
    }
    flow_status(reg_at(cert, "HEAD", reg_rat, NULL), 200);
}
END_TEST

START_TEST(REG_83_REG_88_put_replaces)
{
    json_t *issued = json_incref(json_object_get(get()->json, "client_id_issued_at"));

    flow_status(reg_put(cert, NAMED("a") ",'software_id':'s','scope':'read'"), 200);
    ck_assert_ptr_null(json_object_get(f->answer.json, "contacts"));
    ck_assert_ptr_null(json_object_get(f->answer.json, "client_name"));
    ck_assert_str_eq(flow_text(&f->answer, "software_id"), "s");
    ck_assert_str_eq(flow_text(&f->answer, "registration_access_token"), reg_rat); /* REG-93 */
    ck_assert(json_equal(json_object_get(f->answer.json, "client_id_issued_at"), issued));
    char *body = strdup(f->answer.body);
    ck_assert_str_eq(get()->body, body);
    flow_last_has(f->audit_fd, "event", "client_updated");
    flow_last_has(f->audit_fd, "actor", reg_id);
    json_decref(issued);
    free(body);
}
END_TEST

START_TEST(REG_84_REG_85_REG_86_REG_87_put_is_judged)
{
    static const struct {
        const char *body, *error, *says;
    } bad[] = {
        {"{" NAMED("a") "}", "invalid_client_metadata", "client_id: it must be the client's own"},
        {"{'client_id':'x'," NAMED("a") "}", "invalid_client_metadata", "client_id: it must be"},
        {"{'client_id':1," NAMED("a") "}", "invalid_client_metadata", "client_id: it must be"},
        {"{'client_id':'ID','registration_access_token':'x'," NAMED("a") "}", "invalid_request",
         "registration_access_token: it may not be sent back"},
        {"{'client_id':'ID','registration_client_uri':'x'," NAMED("a") "}", "invalid_request",
         "registration_client_uri"},
        {"{'client_id':'ID','client_secret_expires_at':0," NAMED("a") "}", "invalid_request",
         "client_secret_expires_at"},
        {"{'client_id':'ID','client_id_issued_at':0," NAMED("a") "}", "invalid_request",
         "client_id_issued_at"},
        {"{'client_id':'ID','client_secret':'x'," NAMED("a") "}", "invalid_client_metadata",
         "client_secret: this client has none"},
        {"{'client_id':'ID'," METHOD_TLS ",'tls_client_auth_subject_dn':'CN=a'}",
         "invalid_client_metadata", "grant_types is missing"},
        {"{'client_id':'ID'," NAMED("a") ",'scope':'admin'}", "invalid_client_metadata",
         "scope holds a value that this client may not ask for"},
        {"{'client_id':'ID'," NAMED("a") ",'profile':'oauth'}", "invalid_client_metadata",
         "profile is not the one"},
        {"{'client_id':'ID'," NAMED("a") ",'tls_client_certificate_bound_access_tokens':false}",
         "invalid_client_metadata", "this profile needs"},
        {"[]", "invalid_client_metadata", "not a JSON object"},
        {"{", "invalid_client_metadata", "malformed"},
    };
    char *before = strdup(get()->body);

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        char body[1024];
        const char *at = strstr(bad[i].body, "ID'");

        if (at != NULL) {
            snprintf(body, sizeof(body), "%.*s%s%s", (int)(at - bad[i].body), bad[i].body, reg_id,
                     at + 2);
        } else {
            snprintf(body, sizeof(body), "%s", bad[i].body);
        }
        flow_refused(reg_at(cert, "PUT", reg_rat, body), 400, bad[i].error);
        ck_assert_msg(strstr(f->answer.body, bad[i].says) != NULL, "%s", f->answer.body);
        ck_assert_str_eq(get()->body, before);
    }
    free(before);
}
END_TEST

/* What a client gives up it does not get back; what it holds may be sent back as shown. */
START_TEST(REG_87_scope_only_shrinks)
{
    flow_status(reg_put(NULL, NAMED("a")), 200);
    ck_assert_str_eq(flow_text(&f->answer, "scope"), "read write");
    flow_status(reg_put(NULL, NAMED("a") ",'scope':'read','profile':'fapi1'"), 200);
    reg_refused(reg_put(NULL, NAMED("a") ",'scope':'read write'"), "may not ask for");
    flow_status(reg_put(NULL, NAMED("a")), 200);
    ck_assert_str_eq(flow_text(&f->answer, "scope"), "read");
}
END_TEST

/* What an operator has set is neither seen nor changed. */
START_TEST(REG_83_the_operators_members_stay)
{
    char path[128];

    snprintf(path, sizeof(path), "/v1/clients/%s", reg_id);
    flow_status(flow_admin(f, "PATCH", path, "{'trust':'others','shared_identifier':true}"), 200);
    flow_status(get(), 200);
    ck_assert_ptr_null(json_object_get(f->answer.json, "trust"));
    flow_status(reg_put(NULL, NAMED("a") ",'trust':'banks','shared_identifier':false"), 200);
    ck_assert_ptr_null(json_object_get(f->answer.json, "trust"));
    flow_status(flow_admin(f, "GET", path, NULL), 200);
    ck_assert_str_eq(flow_text(&f->answer, "trust"), "others");
    ck_assert(json_is_true(json_object_get(f->answer.json, "shared_identifier")));
    /* and the token still works */
    flow_status(get(), 200);
}
END_TEST

/* A client cannot say that it shares, and need not: an operator said so of another. */
START_TEST(MTLS_114_a_client_goes_on_though_another_shares_its_name)
{
    flow_status(flow_admin(f, "POST", "/v1/clients", "{" NAMED("a") ",'shared_identifier':true}"),
                201);
    flow_status(reg_put(NULL, NAMED("a") ",'client_name':'A'"), 200);
    flow_status(flow_admin(f, "POST", "/v1/clients", "{" NAMED("b") "}"), 201);
    reg_refused(reg_put(world_leaf(f->w, f->w->banks_ca, "CN=b"), NAMED("b")),
                "another party is registered with this name");
}
END_TEST

START_TEST(REG_89_at_once)
{
    const struct as_cert *next = world_leaf(f->w, f->w->banks_ca, "CN=b");
    char *token;

    flow_status(flow_admin(f, "POST", "/v1/resources",
                           "{" METHOD_TLS ",'tls_client_auth_subject_dn':'CN=rs',"
                           "'client_id':'rs','audience':['urn:x:rs'],'scope':'read write'}"),
                201);
    const struct as_cert *rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    token = flow_token(f, cert, reg_id);
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    flow_status(reg_put(next, NAMED("b")), 200);
    char body[128];
    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s", reg_id);
    flow_refused(flow_post(f, cert, "/token", body), 401, "invalid_client");
    ck_assert(!flow_active(flow_introspect(f, rs, "rs", token))); /* another identity */
    free(token);
    free(flow_token(f, next, reg_id));
}
END_TEST

START_TEST(REG_90_REG_91_delete)
{
    struct flow_answer *answer = reg_at(NULL, "DELETE", reg_rat, NULL);

    flow_status(answer, 204);
    ck_assert_str_eq(answer->body, "");
    flow_last_has(f->audit_fd, "event", "client_deleted");
    flow_last_has(f->audit_fd, "client_id", reg_id);
    reg_unauthorized(get(), true, "rat_unknown");
    reg_unauthorized(reg_put(cert, NAMED("a")), true, "rat_unknown");
    reg_unauthorized(reg_at(NULL, "DELETE", reg_rat, NULL), true, "rat_unknown");
    char body[128];
    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s", reg_id);
    flow_refused(flow_post(f, cert, "/token", body), 401, "invalid_client");
    /* the name is free again */
    flow_status(reg_post(cert, iat(NULL), BODY("a")), 201);
}
END_TEST

/* The store is written for a client as often as for a stranger, and a reload forgets nothing. */
START_TEST(REG_16_a_client_that_changes_itself)
{
    struct as_settings other = f->w->settings;
    struct as_generation_conf conf = f->conf;
    struct as_generation *generation = NULL;

    f->w->settings.registration_per_hour = 3;
    for (int i = 0; i < 5; i++) { /* what is refused for itself is not counted */
        reg_refused(reg_put(cert, NAMED("a") ",'scope':'admin'"), "scope");
    }
    for (int i = 0; i < 3; i++) {
        flow_status(reg_put(cert, NAMED("a") ",'scope':'read'"), 200);
    }
    flow_refused(reg_put(cert, NAMED("a") ",'scope':'read'"), 429, "temporarily_unavailable");
    flow_last_has(f->log_fd, "reason", "too_many_registrations");
    const char *wait = strstr(f->answer.fields, "Retry-After: ");
    ck_assert_ptr_nonnull(wait);
    const long seconds = strtol(wait + strlen("Retry-After: "), NULL, 10);
    ck_assert(seconds > 3500 && seconds <= 3601); /* an hour, less what this has taken */
    flow_status(reg_at(cert, "GET", reg_rat, NULL), 200);

    other.registration_per_hour = 4;
    conf.settings = &other;
    ck_ok(as_generation_new(&conf, &generation));
    ck_ok(as_app_use(f->app, generation)); /* a reload */
    flow_status(reg_put(cert, NAMED("a")), 200);
    flow_refused(reg_put(cert, NAMED("a")), 429, "temporarily_unavailable");

    flow_status(reg_post(world_leaf(f->w, f->w->banks_ca, "CN=b"), iat(NULL), BODY("b")), 201);
    flow_status(reg_put(world_leaf(f->w, f->w->banks_ca, "CN=b"), NAMED("b")), 200);
    flow_restart(f); /* nothing reads `other` any more */
}
END_TEST

START_TEST(REG_92_a_disabled_client)
{
    char path[128];

    snprintf(path, sizeof(path), "/v1/clients/%s", reg_id);
    flow_status(flow_admin(f, "PATCH", path, "{'status':'disabled'}"), 200);
    flow_refused(get(), 403, "access_denied");
    flow_refused(reg_put(cert, NAMED("a")), 403, "access_denied");
    flow_last_has(f->audit_fd, "event", "client_updated");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_refused(reg_at(cert, "DELETE", reg_rat, NULL), 403, "access_denied");
    /* without its token that does not show */
    reg_unauthorized(reg_at(cert, "GET", "rat.x", NULL), true, "rat_unknown");
    flow_status(flow_admin(f, "GET", path, NULL), 200);
    ck_assert_str_eq(flow_text(&f->answer, "status"), "disabled");
    flow_status(flow_admin(f, "PATCH", path, "{'status':'enabled'}"), 200);
    flow_status(get(), 200);
}
END_TEST

/* As in a database of another version of fapid. */
START_TEST(REG_84_a_profile_that_is_not_known)
{
    char path[128], body[128];
    sqlite3 *db = NULL;

    snprintf(path, sizeof(path), "%s/fapid.db", f->w->dir);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE party SET profile = 'gone'", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    reg_refused(reg_put(cert, NAMED("a")), "the profile of this client is no longer known");
    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s", reg_id);
    flow_refused(flow_post(f, cert, "/token", body), 401, "invalid_client");
    flow_last_has(f->log_fd, "reason", "method_mismatch"); /* it allows no method */
    flow_status(get(), 200);
}
END_TEST

/* The token is good after a restart; the store holds no token. */
START_TEST(REG_93_restart)
{
    flow_restart(f);
    flow_status(get(), 200);
    reg_unauthorized(reg_at(NULL, "GET", "rat.y", NULL), true, "rat_unknown");
}
END_TEST

AS_TESTS("flow/registration/manage", {
    tcase_add_checked_fixture(t, start, reg_stop);
    tcase_add_test(t, REG_80_REG_82_read);
    tcase_add_test(t, REG_80_REG_91_another_client);
    tcase_add_test(t, REG_81_methods);
    tcase_add_test(t, REG_83_REG_88_put_replaces);
    tcase_add_test(t, REG_84_REG_85_REG_86_REG_87_put_is_judged);
    tcase_add_test(t, REG_84_a_profile_that_is_not_known);
    tcase_add_test(t, REG_87_scope_only_shrinks);
    tcase_add_test(t, REG_83_the_operators_members_stay);
    tcase_add_test(t, MTLS_114_a_client_goes_on_though_another_shares_its_name);
    tcase_add_test(t, REG_89_at_once);
    tcase_add_test(t, REG_90_REG_91_delete);
    tcase_add_test(t, REG_16_a_client_that_changes_itself);
    tcase_add_test(t, REG_92_a_disabled_client);
    tcase_add_test(t, REG_93_restart);
})
