/* SPDX-License-Identifier: Apache-2.0 */
/* What requests are answered while the audit's file takes no lines. */
#include "support/flow.h"
#include "support/full_pipe.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define ASK "grant_type=client_credentials&client_id=c1&scope=read"
#define CLIENT                                                                                     \
    "{'client_id':'%s','token_endpoint_auth_method':'tls_client_auth',"                            \
    "'tls_client_auth_subject_dn':'CN=%s','scope':'read'}"

static struct flow *f;
static const struct as_cert *cert, *rs;
static int hung[2] = {-1, -1};

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    world_add(f->w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://api.example"}, .scope = "read"});
    flow_status(flow_post(f, cert, "/token", ASK), 200); /* its certificate has a row from now on */
}

static void stop(void)
{
    flow_free(f);
    if (hung[0] >= 0) {
        close(hung[0]);
    }
}

static void hang(void)
{
    full_pipe(hung);
    as_audit_sink_use(f->audit, (struct as_audit_file){.fd = hung[1]});
    f->unsettled = true;
}

/* The disk goes on: what comes out of the pipe after its filling; free it. */
static char *go_on(size_t lines)
{
    char *text = calloc(1, FLOW_TEXT_MAX);
    size_t len = 0, found = 0;

    ck_assert_int_eq(fcntl(hung[0], F_SETFL, 0), 0);
    while (found < lines) {
        char octet;
        ck_assert_int_eq(read(hung[0], &octet, 1), 1);
        if (octet != '\0') {
            ck_assert_uint_lt(len, FLOW_TEXT_MAX - 1);
            text[len++] = octet;
            found += octet == '\n';
        }
    }
    f->unsettled = false;
    flow_settle(f);
    return text;
}

static struct flow_answer *create(const char *id)
{
    char body[512];

    snprintf(body, sizeof(body), CLIENT, id, id);
    return flow_admin(f, "POST", "/v1/clients", body);
}

static bool exists(const char *id)
{
    char path[128];

    snprintf(path, sizeof(path), "/v1/clients/%s", id);
    return flow_admin(f, "GET", path, NULL)->status == 200;
}

/* The first string with this name in what a GET, or a POST with a body, answers. */
static char *first(const char *path, const char *body, const char *name)
{
    struct flow_answer *answer = flow_admin(f, body != NULL ? "POST" : "GET", path, body);
    char pattern[64];

    snprintf(pattern, sizeof(pattern), "\"%s\":\"", name);
    const char *at = strstr(answer->body, pattern);
    ck_assert_msg(at != NULL, "%s", answer->body);
    at += strlen(pattern);
    return strndup(at, strcspn(at, "\""));
}

static size_t audit_rows(void)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(f->w->session, f->w->mem, 0, 1000, &rows, &count));
    world_next(f->w);
    return count;
}

/* Workers answer, all the while, and nothing of it is lost. */
START_TEST(D10_a_disk_that_hangs_holds_no_worker_up)
{
    char *token = flow_token(f, cert, "c1");
    size_t lines = 0;

    hang();
    for (int i = 0; i < 100; i++, lines++) {
        struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
        flow_status(answer, 200);
        ck_assert(!answer->elsewhere);
        answer = flow_introspect(f, rs, "rs", token);
        ck_assert(flow_active(answer));
        ck_assert(!answer->elsewhere);
    }
    flow_refused(flow_post(f, rs, "/token", ASK), 401, "invalid_client");
    lines++;
    char *text = go_on(lines);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines--) {
        ck_assert_ptr_nonnull(strstr(line, lines > 1 ? "\"event\":\"token_issued\""
                                                     : "\"event\":\"client_authentication\""));
        ck_assert_int_eq(line[strlen(line) - 1], '}');
    }
    ck_assert_uint_eq(lines, 0);
    ck_assert_int_eq(as_metric_get(AS_METRIC_audit_lines_lost_total), 0);
    free(text);
    free(token);
}
END_TEST

/* The first was begun in good faith: it is done and not acknowledged. Then none is begun. */
START_TEST(D15_a_change_is_not_acknowledged_before_its_line_is_written)
{
    hang();
    struct flow_answer *answer = create("first");
    flow_refused(answer, 500, "server_error");
    ck_assert_ptr_nonnull(strstr(flow_text(answer, "error_description"), "It was done"));
    flow_last_has(f->log_fd, "reason", "audit_not_written");
    ck_assert(exists("first"));
    size_t rows = audit_rows();

    answer = create("second");
    flow_refused(answer, 503, "temporarily_unavailable");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
    flow_last_has(f->log_fd, "reason", "audit_not_written");
    ck_assert(!exists("second"));
    ck_assert_uint_eq(audit_rows(), rows);

    char *text = go_on(2);
    const char *first = strstr(text, "\"client_id\":\"first\",\"outcome\":\"success\"");
    const char *second = strstr(text, "\"client_id\":\"second\",\"outcome\":\"refused\"");
    ck_assert_msg(first != NULL && second != NULL && first < second, "%s", text);
    free(text);
}
END_TEST

static void fail_disk(void)
{
    as_audit_sink_use(f->audit,
                      (struct as_audit_file){.fd = open("/dev/full", O_WRONLY | O_CLOEXEC)});
    flow_status(flow_post(f, cert, "/token", ASK), 200); /* it waits until that write has failed */
    ck_assert_int_ge(as_metric_get(AS_METRIC_audit_write_failures_total), 1);
}

static void mend_disk(void)
{
    as_audit_sink_use(f->audit, (struct as_audit_file){.fd = dup(f->audit_fd)});
    for (int i = 0; i < 60000 && !as_audit_sink_flush(f->audit, as_clock_mono_ms() + 1); i++) {
        usleep(1000);
    }
}

/* Every change that an operator can make, but for those that only take away. */
static const struct change {
    const char *method, *path, *body;
} changes[] = {
    {"POST", "/v1/clients",
     "{'client_id':'new','token_endpoint_auth_method':'tls_client_auth',"
     "'tls_client_auth_subject_dn':'CN=new','scope':'read'}"},
    {"PUT", "/v1/clients/made",
     "{'token_endpoint_auth_method':'tls_client_auth',"
     "'tls_client_auth_subject_dn':'CN=made','scope':'read','client_name':'x'}"},
    {"PATCH", "/v1/clients/made", "{'client_name':'x'}"},
    {"PATCH", "/v1/clients/made", "{'status':'enabled'}"},
    {"POST", "/v1/initial-access-tokens", "{}"},
    {"POST", "/v1/keys/rotations", "{}"},
    {"POST", "/v1/keys/retirements", "{'kid':'x'}"},
    {"POST", "/v1/db/backups", "{'path':'/nowhere/x'}"},
    {"POST", "/v1/db/restores", "{'path':'/nowhere/x'}"},
};

START_TEST(D15_every_change_is_refused_while_the_disk_is_full)
{
    flow_status(create("made"), 201);
    size_t lines = flow_lines(f->audit_fd), rows = audit_rows();

    fail_disk();
    for (size_t i = 0; i < AS_COUNT(changes); i++) {
        struct flow_answer *answer =
            flow_admin(f, changes[i].method, changes[i].path, changes[i].body);
        ck_assert_msg(answer->status == 503, "%s %s: %u %s", changes[i].method, changes[i].path,
                      answer->status, answer->body);
        flow_last_has(f->log_fd, "reason", "audit_not_written");
    }
    ck_assert_uint_eq(audit_rows(), rows);
    mend_disk();
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines + 1 + AS_COUNT(changes));
    flow_last_has(f->audit_fd, "event", "database_restored");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_status(create("new"), 201);
    flow_last_has(f->audit_fd, "event", "client_created");
    flow_last_has(f->audit_fd, "outcome", "success");
}
END_TEST

static const struct change endings[] = {
    {"PATCH", "/v1/clients/made", "{'status':'disabled'}"},
    {"POST", "/v1/revocations", "{'client_id':'made'}"},
    {"DELETE", "/v1/clients/made", NULL},
    {"DELETE", "/v1/resources/rs", NULL},
};

static void end(const char *method, const char *path, const char *body, unsigned status)
{
    struct flow_answer *answer = flow_admin(f, method, path, body);

    ck_assert_msg(answer->status == status, "%s %s: %u %s", method, path, answer->status,
                  answer->body);
}

START_TEST(D15_what_takes_away_goes_on_while_the_disk_is_full)
{
    char *kid = first("/v1/keys", NULL, "kid"), path[256];
    char *id = first("/v1/initial-access-tokens", "{}", "id");

    flow_status(create("made"), 201);
    size_t lines = flow_lines(f->audit_fd), rows = audit_rows();
    fail_disk();
    for (size_t i = 0; i < AS_COUNT(endings); i++) {
        end(endings[i].method, endings[i].path, endings[i].body, i == 0 ? 200 : 204);
    }
    snprintf(path, sizeof(path), "/v1/initial-access-tokens/%s", id);
    end("DELETE", path, NULL, 204);
    snprintf(path, sizeof(path), "/v1/keys/%s", kid);
    end("DELETE", path, NULL, 204);
    end("DELETE", "/v1/keys/x", NULL, 404);
    ck_assert(!exists("made"));
    ck_assert_uint_ge(audit_rows(), rows + AS_COUNT(endings) + 2);
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines);
    mend_disk();
    ck_assert_uint_eq(flow_lines(f->audit_fd), lines + 1 + AS_COUNT(endings) + 3);
    free(kid);
    free(id);
}
END_TEST

/* A rehearsal changes nothing; a check of the database is not audited. */
START_TEST(D15_what_changes_nothing_goes_on)
{
    char body[512];

    fail_disk();
    snprintf(body, sizeof(body), CLIENT, "new", "new");
    for (char *c = body; *c != '\0'; c++) {
        *c = (char)(*c == '\'' ? '"' : *c);
    }
    flow_status(flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                               .method = "POST",
                                               .path = "/v1/clients",
                                               .query = "dry_run=true",
                                               .body = body,
                                               .job = true}),
                201);
    flow_status(flow_admin(f, "POST", "/v1/db/checks", NULL), 202);
    flow_status(flow_admin(f, "GET", "/v1/clients", NULL), 200);
    mend_disk();
}
END_TEST

/* A client must be able to end its token; the row in the store tells of it (TOK-167). */
START_TEST(D10_revocation_goes_on_while_the_disk_is_full)
{
    char *token = flow_token(f, cert, "c1"), body[2048];
    size_t rows = audit_rows();

    fail_disk();
    snprintf(body, sizeof(body), "client_id=c1&token=%s", token);
    flow_status(flow_post(f, cert, "/revoke", body), 200);
    ck_assert(!flow_active(flow_introspect(f, rs, "rs", token)));
    ck_assert_uint_eq(audit_rows(), rows + 1);
    mend_disk();
    flow_last_has(f->audit_fd, "event", "token_revoked");
    free(token);
}
END_TEST

/* A job of the database is over when its line is written; the copy is there, and told as failed. */
START_TEST(D15_a_job_is_not_done_before_its_line_is_written)
{
    char body[256], file[128], url[128];

    hang();
    (void)snprintf(file, sizeof(file), "%s/copy.db", f->w->dir);
    (void)snprintf(body, sizeof(body), "{'path':'%s'}", file);
    struct flow_answer *answer = flow_admin(f, "POST", "/v1/db/backups", body);
    flow_status(answer, 202);
    (void)snprintf(url, sizeof(url), "%s", flow_text(answer, "url"));
    answer = flow_job_ended(f, url);
    ck_assert_str_eq(flow_text(answer, "state"), "failed");
    ck_assert_ptr_nonnull(strstr(flow_text(answer, "error_description"), "It was done"));
    ck_assert_int_eq(access(file, F_OK), 0);
    char *text = go_on(1);
    ck_assert_ptr_nonnull(strstr(text, "\"event\":\"database_copied\""));
    ck_assert_ptr_nonnull(strstr(text, "\"outcome\":\"success\""));
    free(text);
}
END_TEST

/* ------------------------------------------------------------ two generations ----------------- */

struct asker {
    struct flow *f;
    struct as_exchange *exchange;
    struct as_lanes lanes;
};

#define EACH 200

static void *ask_many(void *arg)
{
    struct asker *asker = arg;
    const struct flow_ask ask = {.path = "/token", .cert = cert};
    const struct as_peer peer = flow_peer(f, &ask);
    struct as_http_field type = {AS_LIT("Content-Type"),
                                 AS_LIT("application/x-www-form-urlencoded")};
    const struct as_http_ask http = {.method = AS_LIT("POST"),
                                     .path = AS_LIT("/token"),
                                     .fields = &type,
                                     .field_count = 1,
                                     .body = AS_LIT(ASK)};

    for (int i = 0; i < EACH; i++) {
        as_exchange_reset(asker->exchange);
        ck_ok(as_exchange_begin(asker->exchange, as_app_site(f->app, AS_SITE_OAUTH), &peer, &http,
                                AS_LIMIT_REQUEST_MS));
        ck_assert(as_exchange_try(asker->exchange, &asker->lanes));
        ck_assert_uint_eq(asker->exchange->reply.status, 200);
    }
    as_lanes_close(&asker->lanes);
    return NULL;
}

/* Reloads while two threads serve: one file, one writer, every line whole and once. */
START_TEST(D10_generations_share_one_writer)
{
    struct asker askers[2];
    pthread_t threads[2];
    size_t before = flow_lines(f->audit_fd), count = 0, highest = 0;

    for (size_t i = 0; i < 2; i++) {
        askers[i] = (struct asker){.f = f, .exchange = as_exchange_new()};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_many, &askers[i]), 0);
    }
    for (unsigned long number = 2; number <= 20; number++) {
        struct as_generation_conf conf = f->conf;
        struct as_generation *generation = NULL;
        conf.number = number;
        ck_ok(as_generation_new(&conf, &generation));
        ck_ok(as_app_use(f->app, generation));
        as_audit_sink_use(f->audit, (struct as_audit_file){.fd = dup(f->audit_fd)});
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        as_exchange_free(askers[i].exchange);
    }
    flow_status(flow_post(f, cert, "/token", ASK), 200);
    char *text = flow_written(f->audit_fd);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), count++) {
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_msg(json != NULL, "%s", line);
        highest = (size_t)json_integer_value(json_object_get(json, "trust_generation"));
        json_decref(json);
    }
    free(text);
    ck_assert_uint_eq(count, before + 2 * EACH + 1);
    ck_assert_uint_eq(highest, 20);
}
END_TEST

AS_TESTS("audit/sink", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D10_a_disk_that_hangs_holds_no_worker_up);
    tcase_add_test(t, D15_a_change_is_not_acknowledged_before_its_line_is_written);
    tcase_add_test(t, D15_every_change_is_refused_while_the_disk_is_full);
    tcase_add_test(t, D15_what_takes_away_goes_on_while_the_disk_is_full);
    tcase_add_test(t, D15_what_changes_nothing_goes_on);
    tcase_add_test(t, D10_revocation_goes_on_while_the_disk_is_full);
    tcase_add_test(t, D15_a_job_is_not_done_before_its_line_is_written);
    tcase_add_test(t, D10_generations_share_one_writer);
})
