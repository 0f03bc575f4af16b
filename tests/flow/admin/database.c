/* SPDX-License-Identifier: Apache-2.0 */
/* The paths that the admin API takes for copies of the database, and those that it refuses. */
#include "store/session.h"
#include "support/flow.h"

#include <limits.h>
#include <time.h>
#include <unistd.h>

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static void refuses(const char *route, const char *body, const char *says)
{
    struct flow_answer *answer = flow_admin(f, "POST", route, body);

    flow_refused(answer, 400, "invalid_request");
    ck_assert_msg(strstr(flow_text(answer, "error_description"), says) != NULL, "%s: %s", body,
                  answer->body);
    flow_last_has(f->audit_fd, "outcome", "refused");
}

START_TEST(D15_a_path_is_one_and_absolute)
{
    static const char *const routes[] = {"/v1/db/backups", "/v1/db/restores"};
    char body[PATH_MAX + 64];

    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        refuses(routes[i], "{}", "the body must be an object with path");
        refuses(routes[i], "[]", "the body must be an object with path");
        refuses(routes[i], "{'path':1}", "the body must be an object with path");
        refuses(routes[i], "{'path':'/a','more':1}", "the body must be an object with path");
        refuses(routes[i], "{'path':''}", "path must be absolute");
        refuses(routes[i], "{'path':'fapid.copy'}", "path must be absolute");
        refuses(routes[i], "{'path':'../fapid.copy'}", "path must be absolute");
        snprintf(body, sizeof(body), "{'path':'/%0*d'}", PATH_MAX - 1, 0);
        refuses(routes[i], body, "path must be absolute");
    }
    ck_assert_ptr_null(json_object_get(flow_admin(f, "GET", "/v1/db", NULL)->json, "job"));
}
END_TEST

static struct flow_answer *begun_and_ended(const char *route, const char *body)
{
    char url[128];
    struct flow_answer *answer = flow_admin(f, "POST", route, body);

    flow_status(answer, 202);
    (void)snprintf(url, sizeof(url), "%s", flow_text(answer, "url"));
    ck_assert_ptr_nonnull(strstr(answer->fields, "Location: /v1/db/jobs/"));
    ck_assert_ptr_nonnull(strstr(answer->fields, url));
    return flow_job_ended(f, url);
}

START_TEST(a_job_is_begun_ends_and_is_told_of)
{
    char body[192], file[128];
    char *line = NULL;

    (void)snprintf(file, sizeof(file), "%s/copy.db", f->w->dir);
    (void)snprintf(body, sizeof(body), "{'path':'%s'}", file);
    struct flow_answer *answer = begun_and_ended("/v1/db/backups", body);
    ck_assert_str_eq(flow_text(answer, "state"), "done");
    ck_assert_str_eq(flow_text(answer, "kind"), "backup");
    const json_t *path = json_object_get(json_object_get(answer->json, "result"), "path");
    ck_assert_str_eq(json_string_value(path), file);
    ck_assert_int_eq(access(file, F_OK), 0);
    flow_last_has(f->audit_fd, "event", "database_copied");
    flow_last_has(f->audit_fd, "outcome", "success");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    flow_last_has(f->audit_fd, "request_id", flow_text(answer, "id"));
    line = flow_written(f->log_fd);
    ck_assert_ptr_nonnull(strstr(line, "\"event\":\"database_job\""));
    free(line);

    answer = begun_and_ended("/v1/db/backups", body); /* it is there already */
    ck_assert_str_eq(flow_text(answer, "state"), "failed");
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "status")), 409);
    ck_assert_str_eq(flow_text(answer, "error"), "already_exists");
    ck_assert_ptr_nonnull(strstr(flow_text(answer, "error_description"), file));
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_last_has(f->audit_fd, "reason", "nothing was written");

    size_t lines = flow_lines(f->audit_fd);
    answer = begun_and_ended("/v1/db/checks", NULL);
    const json_t *count = json_object_get(json_object_get(answer->json, "result"), "count");
    ck_assert_int_eq(json_integer_value(count), 0);
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines); /* who looks changes nothing */
    answer = flow_admin(f, "GET", "/v1/db", NULL);
    const json_t *last = json_object_get(answer->json, "job");
    ck_assert_str_eq(json_string_value(json_object_get(last, "kind")), "check");
    ck_assert_ptr_null(json_object_get(last, "result"));
    (void)unlink(file);
}
END_TEST

/* ------------------------------------------------------------ keys after a restore ------------ */

static const struct as_store_ops *real;
static struct as_store_ops keyless;

static as_err no_key(struct as_backend *backend, const struct as_key_row *row, bool *added)
{
    (void)backend, (void)row, (void)added;
    return AS_FAIL(AS_UNAVAILABLE, "the disk is full");
}

/* Of the result of a restore of a copy made just now. */
static const json_t *restored(void)
{
    char body[192], file[128];

    (void)snprintf(file, sizeof(file), "%s/copy.db", f->w->dir);
    (void)snprintf(body, sizeof(body), "{'path':'%s'}", file);
    ck_assert_str_eq(flow_text(begun_and_ended("/v1/db/backups", body), "state"), "done");
    struct flow_answer *answer = begun_and_ended("/v1/db/restores", body);
    (void)unlink(file);
    ck_assert_str_eq(flow_text(answer, "state"), "done");
    flow_last_has(f->audit_fd, "event", "database_restored");
    flow_last_has(f->audit_fd, "outcome", "success");
    return json_object_get(answer->json, "result");
}

static json_int_t keys_in(const json_t *result)
{
    return json_integer_value(json_object_get(json_object_get(result, "rows"), "keys"));
}

START_TEST(a_restore_that_made_its_keys_says_so)
{
    const json_t *result = restored();

    ck_assert(json_is_true(json_object_get(result, "keys_made")));
    ck_assert_ptr_null(json_object_get(result, "warning"));
    ck_assert_int_gt(keys_in(result), 0);
}
END_TEST

/* Done it is, and says what is left to do; a later look of the keeper of the keys makes it whole.
 */
START_TEST(a_restore_whose_keys_cannot_be_made_says_so)
{
    int64_t next_ms = 0;

    real = f->w->store->ops;
    keyless = *real;
    keyless.key_add = no_key;
    f->w->store->ops = &keyless;
    const json_t *result = restored();
    ck_assert(json_is_false(json_object_get(result, "keys_made")));
    const char *warning = json_string_value(json_object_get(result, "warning"));
    ck_assert_ptr_nonnull(strstr(warning, "was restored, but its new keys could not be made"));
    ck_assert_ptr_nonnull(strstr(warning, "fapictl key list"));
    ck_assert_int_eq(keys_in(result), 0);
    char *log = flow_written(f->log_fd);
    ck_assert_ptr_nonnull(strstr(log, "\"event\":\"keys_not_made_after_restore\""));
    free(log);

    const struct as_moment at = {as_clock_now(), as_clock_mono_ms()};
    ck_fault(as_keys_keep(f->w->keys, at, &next_ms), AS_UNAVAILABLE);
    f->w->store->ops = real;
    for (size_t i = 0; i < 10 && next_ms <= at.mono_ms + AS_LIMIT_KEYS_RETRY_MS; i++) {
        ck_ok(as_keys_keep(f->w->keys, (struct as_moment){at.wall, next_ms}, &next_ms));
    }
    ck_assert_int_gt(keys_in(flow_admin(f, "GET", "/v1/db", NULL)->json), 0);
}
END_TEST

static struct flow_answer *audit(const char *query)
{
    return flow_send(
        f, (struct flow_ask){
               .from = FLOW_SOCKET, .method = "GET", .path = "/v1/db/audit", .query = query});
}

/* Looks at a row; was it one of an initial access token? */
static bool is_of_iat(const json_t *row, int64_t *last)
{
    int64_t number = json_integer_value(json_object_get(row, "number"));

    ck_assert_int_gt(number, *last);
    ck_assert_int_gt(json_integer_value(json_object_get(row, "at")), 0);
    *last = number;
    if (strcmp(json_string_value(json_object_get(row, "event")), "iat_created") != 0) {
        return false;
    }
    ck_assert_str_eq(json_string_value(json_object_get(row, "actor")), "uid:0");
    ck_assert_str_eq(json_string_value(json_object_get(row, "outcome")), "success");
    ck_assert_ptr_null(json_object_get(row, "reason"));
    return true;
}

/* A row for each change, with whoever made it, page by page. */
START_TEST(MTLS_118_the_audit_of_the_store_is_shown)
{
    enum { MADE = 200 };
    char query[64] = "";
    size_t seen = 0, found = 0, pages = 0;
    int64_t last = 0;

    for (int i = 0; i < MADE; i++) {
        flow_status(flow_admin(f, "POST", "/v1/initial-access-tokens", "{'scope':'read'}"), 201);
    }
    do {
        struct flow_answer *answer = audit(query[0] != '\0' ? query : NULL);
        const json_t *list = json_object_get(answer->json, "audit");

        flow_status(answer, 200);
        for (size_t i = 0; i < json_array_size(list); i++, seen++) {
            found += is_of_iat(json_array_get(list, i), &last);
        }
        const char *next = flow_text(answer, "next");
        snprintf(query, sizeof(query), next[0] != '\0' ? "after=%s" : "%s", next);
    } while (query[0] != '\0' && pages++ < 10);
    ck_assert_uint_eq(found, MADE);
    ck_assert_uint_gt(seen, MADE); /* keys were made too */
    ck_assert_uint_gt(pages, 0);
    snprintf(query, sizeof(query), "after=%lld", (long long)last);
    flow_status(audit(query), 200);
    ck_assert_str_eq(f->answer.body, "{\"audit\":[]}");
    flow_refused(audit("after=x"), 400, "invalid_request");
    flow_refused(audit("after=-1"), 400, "invalid_request");
    flow_refused(audit("before=1"), 400, "invalid_request");
}
END_TEST

START_TEST(a_job_that_nobody_began_or_many_followed_is_not_found)
{
    flow_refused(flow_admin(f, "GET", "/v1/db/jobs/none", NULL), 404, "not_found");
    struct flow_answer *answer = begun_and_ended("/v1/db/checks", NULL);
    char *url = strdup(flow_text(answer, "url"));
    for (int i = 0; i <= AS_LIMIT_JOBS_KEPT; i++) {
        ck_assert_str_eq(flow_text(flow_admin(f, "GET", url, NULL), "state"), "done");
        (void)begun_and_ended("/v1/db/checks", NULL);
    }
    flow_refused(flow_admin(f, "GET", url, NULL), 404, "not_found");
    free(url);
}
END_TEST

AS_TESTS("flow/admin/database", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, D15_a_path_is_one_and_absolute);
    tcase_add_test(t, a_job_is_begun_ends_and_is_told_of);
    tcase_add_test(t, a_restore_that_made_its_keys_says_so);
    tcase_add_test(t, a_restore_whose_keys_cannot_be_made_says_so);
    tcase_add_test(t, MTLS_118_the_audit_of_the_store_is_shown);
    tcase_add_test(t, a_job_that_nobody_began_or_many_followed_is_not_found);
})
