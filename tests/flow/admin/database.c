/* SPDX-License-Identifier: Apache-2.0 */
/* The paths that the admin API takes for copies of the database, and those that it refuses. */
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

/* How a job ended, when it has. */
static struct flow_answer *ended(const char *url)
{
    const struct timespec moment = {0, 10000000};
    struct flow_answer *answer = flow_admin(f, "GET", url, NULL);

    for (int i = 0; i < 3000 && strcmp(flow_text(answer, "state"), "running") == 0; i++) {
        (void)nanosleep(&moment, NULL);
        answer = flow_admin(f, "GET", url, NULL);
    }
    flow_status(answer, 200);
    return answer;
}

static struct flow_answer *begun_and_ended(const char *route, const char *body)
{
    char url[128];
    struct flow_answer *answer = flow_admin(f, "POST", route, body);

    flow_status(answer, 202);
    (void)snprintf(url, sizeof(url), "%s", flow_text(answer, "url"));
    ck_assert_ptr_nonnull(strstr(answer->fields, "Location: /v1/db/jobs/"));
    ck_assert_ptr_nonnull(strstr(answer->fields, url));
    return ended(url);
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

START_TEST(a_job_that_nobody_began_is_not_found)
{
    flow_refused(flow_admin(f, "GET", "/v1/db/jobs/none", NULL), 404, "not_found");
    struct flow_answer *answer = begun_and_ended("/v1/db/checks", NULL);
    char *url = strdup(flow_text(answer, "url"));
    (void)begun_and_ended("/v1/db/checks", NULL);
    flow_refused(flow_admin(f, "GET", url, NULL), 404, "not_found"); /* the last one is kept */
    free(url);
}
END_TEST

AS_TESTS("flow/admin/database", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, D15_a_path_is_one_and_absolute);
    tcase_add_test(t, a_job_is_begun_ends_and_is_told_of);
    tcase_add_test(t, a_job_that_nobody_began_is_not_found);
})
