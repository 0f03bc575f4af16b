/* SPDX-License-Identifier: Apache-2.0 */
/* What the admin API tells of a reload that it has had done. */
#include "support/flow.h"

#include <fcntl.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

static struct flow *f;

/* What whoever reloads does here: answers so, after `go` where there is one. */
static struct as_reload_outcome outcome;
static as_err outcome_err;
static sem_t go;
static bool waits, mends;

static as_err reload(void *flow, struct as_reload_outcome *out)
{
    struct flow *of = flow;

    while (waits && sem_wait(&go) != 0) {
    }
    if (mends) {
        as_audit_sink_use(of->audit, (struct as_audit_file){.fd = dup(of->audit_fd)});
    }
    *out = outcome;
    return outcome_err;
}

static void start(void)
{
    outcome = (struct as_reload_outcome){.generation = 7};
    outcome_err = AS_OK;
    waits = mends = false;
    ck_assert_int_eq(sem_init(&go, 0, 0), 0);
    f = flow_new();
    f->reload = reload;
    flow_restart(f);
}

static void stop(void)
{
    flow_free(f);
    ck_assert_int_eq(sem_destroy(&go), 0);
}

static void begin(char url[128])
{
    char field[160];
    struct flow_answer *answer = flow_admin(f, "POST", "/v1/reloads", NULL);

    flow_status(answer, 202);
    ck_assert_str_eq(flow_text(answer, "kind"), "reload");
    (void)snprintf(url, 128, "%s", flow_text(answer, "url"));
    (void)snprintf(field, sizeof(field), "Location: %s\n", url);
    ck_assert_ptr_nonnull(strstr(answer->fields, field));
    ck_assert_ptr_eq(strstr(url, "/v1/reloads/"), url);
}

static struct flow_answer *reloaded(void)
{
    char url[128];

    begin(url);
    return flow_job_ended(f, url);
}

static json_int_t number(const struct flow_answer *answer, const char *member)
{
    return json_integer_value(json_object_get(answer->json, member));
}

static void audit_has(const char *result, const char *reason)
{
    flow_last_has(f->audit_fd, "event", "configuration_reloaded");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    flow_last_has(f->audit_fd, "outcome", result);
    flow_last_has(f->audit_fd, "reason", reason);
}

START_TEST(D15_a_reload_is_begun_and_told_of)
{
    struct flow_answer *answer = reloaded();

    ck_assert_str_eq(flow_text(answer, "state"), "done");
    const json_t *result = json_object_get(answer->json, "result");
    ck_assert_int_eq(json_integer_value(json_object_get(result, "generation")), 7);
    ck_assert_uint_eq(json_object_size(result), 1);
    audit_has("success", NULL);
    flow_last_has(f->audit_fd, "request_id", flow_text(answer, "id"));
    ck_assert(flow_says(f->log_fd, "\"event\":\"reload_job\""));
}
END_TEST

static void refuse(const char *where, const char *message)
{
    outcome.refused = true;
    outcome.refusals = 2;
    (void)snprintf(outcome.where, sizeof(outcome.where), "%s", where);
    (void)snprintf(outcome.message, sizeof(outcome.message), "%s", message);
}

START_TEST(D15_a_refused_reload_names_place_and_reason)
{
    refuse("/x/fapid.conf:3", "workers: \"ä\" is no \\number");
    struct flow_answer *answer = reloaded();

    ck_assert_str_eq(flow_text(answer, "state"), "failed");
    ck_assert_str_eq(flow_text(answer, "error"), "not_done");
    ck_assert_str_eq(flow_text(answer, "error_description"),
                     "It could not be done. the configuration of before goes on.");
    ck_assert_str_eq(flow_text(answer, "where"), "/x/fapid.conf:3");
    ck_assert_str_eq(flow_text(answer, "message"), "workers: \"ä\" is no \\number");
    ck_assert_int_eq(number(answer, "status"), 500);
    ck_assert_int_eq(number(answer, "refusals"), 2);
    ck_assert_int_eq(number(answer, "generation"), 7);
    ck_assert_ptr_null(json_object_get(answer->json, "result"));
    audit_has("refused", "the configuration of before goes on");
}
END_TEST

/* JSON takes no other octets than those of UTF-8. */
START_TEST(a_reason_in_another_encoding_is_told)
{
    refuse("/x/\xE4.conf:3", "\xFF\xFE is odd");
    struct flow_answer *answer = reloaded();

    ck_assert_str_eq(flow_text(answer, "where"), "/x/?.conf:3");
    ck_assert_str_eq(flow_text(answer, "message"), "?? is odd");
}
END_TEST

START_TEST(one_reload_at_a_time)
{
    char url[128], body[192];

    waits = true;
    begin(url);
    flow_refused(flow_admin(f, "POST", "/v1/reloads", NULL), 409, "conflict");
    ck_assert_str_eq(flow_text(&f->answer, "error_description"),
                     "It cannot be done beside what is under way. a reload is under way.");
    audit_has("refused", "a reload is under way");
    /* work on the database is another matter */
    (void)snprintf(body, sizeof(body), "{'path':'%s/copy.db'}", f->w->dir);
    flow_status(flow_admin(f, "POST", "/v1/db/backups", body), 202);
    ck_assert_str_eq(flow_text(flow_admin(f, "GET", url, NULL), "state"), "running");
    ck_assert_int_eq(sem_post(&go), 0);
    ck_assert_str_eq(flow_text(flow_job_ended(f, url), "state"), "done");
    waits = false;
    flow_app_free(f); /* and waits for the backup */
    (void)snprintf(body, sizeof(body), "%s/copy.db", f->w->dir);
    (void)unlink(body);
}
END_TEST

/* Whoever began it may be slower to ask than the next is to begin. */
START_TEST(how_a_reload_ended_is_told_when_others_have_followed)
{
    char url[128];

    refuse("", "it is odd");
    begin(url);
    (void)flow_job_ended(f, url);
    outcome.refused = false;
    for (int i = 0; i <= AS_LIMIT_JOBS_KEPT; i++) {
        ck_assert_str_eq(flow_text(flow_admin(f, "GET", url, NULL), "message"), "it is odd");
        ck_assert_str_eq(flow_text(reloaded(), "state"), "done");
    }
    flow_refused(flow_admin(f, "GET", url, NULL), 404, "not_found");
}
END_TEST

static void fail_disk(void)
{
    int64_t failed = as_metric_get(AS_METRIC_audit_write_failures_total);

    as_audit_sink_use(f->audit,
                      (struct as_audit_file){.fd = open("/dev/full", O_WRONLY | O_CLOEXEC)});
    flow_refused(flow_post(f, NULL, "/token", "grant_type=client_credentials&client_id=x"), 401,
                 "invalid_client"); /* it waits until that write has failed */
    ck_assert_int_gt(as_metric_get(AS_METRIC_audit_write_failures_total), failed);
}

/* It is the way out for the operator whose audit cannot be written. */
START_TEST(MTLS_118_a_reload_goes_on_though_the_audit_cannot_be_written)
{
    size_t lines = flow_lines(f->audit_fd);

    fail_disk();
    flow_refused(flow_admin(f, "POST", "/v1/keys/rotations", "{}"), 503, "temporarily_unavailable");
    refuse("", "it is odd");
    ck_assert_str_eq(flow_text(reloaded(), "error"), "not_done");
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines);
    outcome.refused = false;
    mends = true;
    ck_assert_str_eq(flow_text(reloaded(), "state"), "done");
    for (int i = 0; i < 60000 && !as_audit_sink_flush(f->audit, as_clock_mono_ms() + 1); i++) {
        usleep(1000);
    }
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines + 4); /* nobody's is lost */
    audit_has("success", NULL);
    flow_status(flow_admin(f, "POST", "/v1/keys/rotations", "{}"), 200);
}
END_TEST

START_TEST(MTLS_118_what_the_audit_keeps_from_beginning_makes_nothing_forgotten)
{
    char url[128];

    flow_status(flow_admin(f, "POST", "/v1/db/checks", NULL), 202);
    (void)snprintf(url, sizeof(url), "%s", flow_text(&f->answer, "url"));
    (void)flow_job_ended(f, url);
    fail_disk();
    flow_refused(flow_admin(f, "POST", "/v1/db/backups", "{'path':'/nowhere/copy.db'}"), 503,
                 "temporarily_unavailable");
    ck_assert_str_eq(flow_text(flow_job_ended(f, url), "state"), "done");
    ck_assert_ptr_nonnull(
        json_object_get(flow_admin(f, "GET", "/v1/db", NULL)->json, "job")); /* the last one */
}
END_TEST

START_TEST(an_end_that_comes_before_the_reload)
{
    outcome_err = AS_FAIL(AS_UNAVAILABLE, "the server is about to end");
    struct flow_answer *answer = reloaded();

    ck_assert_str_eq(flow_text(answer, "state"), "failed");
    ck_assert_int_eq(number(answer, "status"), 503);
    ck_assert_ptr_null(json_object_get(answer->json, "message"));
    audit_has("refused", "the server is about to end");
}
END_TEST

START_TEST(what_is_no_reload)
{
    flow_refused(flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                                .path = "/v1/reloads",
                                                .query = "dry_run=true"}),
                 400, "invalid_request");
    flow_refused(flow_admin(f, "GET", "/v1/reloads/none", NULL), 404, "not_found");
    flow_refused(flow_admin(f, "GET", "/v1/reloads", NULL), 405, "invalid_request");
    f->reload = NULL;
    flow_restart(f);
    flow_refused(flow_admin(f, "POST", "/v1/reloads", NULL), 404, "not_found");
}
END_TEST

AS_TESTS("flow/admin/reloads", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D15_a_reload_is_begun_and_told_of);
    tcase_add_test(t, D15_a_refused_reload_names_place_and_reason);
    tcase_add_test(t, a_reason_in_another_encoding_is_told);
    tcase_add_test(t, one_reload_at_a_time);
    tcase_add_test(t, how_a_reload_ended_is_told_when_others_have_followed);
    tcase_add_test(t, MTLS_118_a_reload_goes_on_though_the_audit_cannot_be_written);
    tcase_add_test(t, MTLS_118_what_the_audit_keeps_from_beginning_makes_nothing_forgotten);
    tcase_add_test(t, an_end_that_comes_before_the_reload);
    tcase_add_test(t, what_is_no_reload);
})
