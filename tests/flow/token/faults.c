/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: what is answered when the store or the server fails, and that it says nothing of how. */
#include "keys/parts.h"
#include "support/flow.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define ASK "grant_type=client_credentials&client_id=c1&scope=read"

static struct flow *f;
static const struct as_cert *cert;

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    world_add(f->w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://api.example"}, .scope = "read"});
}

static void stop(void)
{
    flow_free(f);
}

static void store_path(char path[128], const char *more)
{
    snprintf(path, 128, "%s/fapid.db%s", f->w->dir, more);
}

static sqlite3 *open_store(void)
{
    char path[128];
    sqlite3 *db = NULL;

    store_path(path, "");
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static void run_sql(const char *sql)
{
    sqlite3 *db = open_store();
    char *why = NULL;

    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK, "%s: %s", sql, why);
    sqlite3_close(db);
}

/* Nothing of SQLite, of paths or of sources may be in the answer. */
static void says_nothing(const struct flow_answer *answer)
{
    static const char *const words[] = {"sql",   "SQL", "store", "database", "corrupt", "lock",
                                        "fapid", ".c:", "/",     "disk",     "UNIQUE"};

    for (size_t i = 0; i < AS_COUNT(words); i++) {
        ck_assert_msg(strstr(answer->body, words[i]) == NULL, "%s is in %s", words[i],
                      answer->body);
    }
}

static void is_unavailable(const struct flow_answer *answer)
{
    flow_refused(answer, 503, "temporarily_unavailable");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
    says_nothing(answer);
}

/* Another writer holds the database: nothing is issued, nothing stays. */
START_TEST(TOK_15_the_store_is_locked)
{
    sqlite3 *db = open_store();

    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
    is_unavailable(answer);
    ck_assert(answer->elsewhere);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_issued_total), 0);
    flow_last_has(f->audit_fd, "event", "token_issued");
    flow_last_has(f->audit_fd, "outcome", "refused");
    ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);

    ck_assert_ptr_null(world_row(f->w, "c1", cert));
    world_next(f->w);
    flow_status(flow_post(f, cert, "/token", ASK), 200);
}
END_TEST

START_TEST(TOK_177_a_revocation_that_cannot_be_kept)
{
    const struct as_cert *rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    char *token = flow_token(f, cert, "c1");
    char body[AS_LIMIT_TOKEN_TEXT + 64];
    sqlite3 *db = open_store();

    snprintf(body, sizeof(body), "client_id=c1&token=%s", token);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    is_unavailable(flow_post(f, cert, "/revoke", body));
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 0);
    ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
    flow_status(flow_post(f, cert, "/revoke", body), 200);
    ck_assert(!flow_active(flow_introspect(f, rs, "rs", token)));
    free(token);
}
END_TEST

/* The file is overwritten underneath. */
START_TEST(TOK_15_the_store_is_corrupt)
{
    char path[128], garbage[4096];
    struct stat st;

    flow_status(flow_post(f, cert, "/token", ASK), 200);
    flow_restart(f); /* no lane holds a copy */
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    store_path(path, "");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    memset(garbage, 0xA5, sizeof(garbage));
    for (off_t at = 4096; at < st.st_size; at += 4096) { /* all but the schema */
        ck_assert_int_eq(pwrite(fd, garbage, sizeof(garbage), at), (ssize_t)sizeof(garbage));
    }
    close(fd);
    is_unavailable(flow_post(f, cert, "/token", ASK));
    is_unavailable(flow_post(f, cert, "/introspect", "client_id=c1&token=x"));
    is_unavailable(flow_admin(f, "GET", "/v1/clients", NULL));
}
END_TEST

/* A record that cannot be understood is a fault of ours, not of the client. */
START_TEST(TOK_15_a_record_is_not_understood)
{
    run_sql("UPDATE party SET name_canon = x'', name_kind = 77 WHERE id = 'c1'");
    flow_restart(f);
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
    flow_refused(answer, 500, "server_error");
    says_nothing(answer);
    run_sql("UPDATE party SET method = 99 WHERE id = 'c1'");
    flow_restart(f);
    answer = flow_post(f, cert, "/token", ASK);
    flow_refused(answer, 500, "server_error");
    says_nothing(answer);
}
END_TEST

/* No key that seals, as for a moment after a restore: the certificate's row was written, but there
 * is no token. */
START_TEST(TOK_15_no_key_for_a_moment)
{
    struct as_keyset *view = &f->w->keys->present->view;
    const struct as_ring *ring = view->ring;
    struct as_ring *empty = NULL;

    ck_ok(as_ring_new(AS_PURPOSE_ACCESS_TOKEN, &empty));
    view->ring = empty;
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
    flow_refused(answer, 503, "temporarily_unavailable");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
    ck_assert_str_eq(flow_text(answer, "access_token"), "");
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_issued_total), 0);
    view->ring = ring;
    flow_status(flow_post(f, cert, "/token", ASK), 200);
    as_ring_free(empty);
}
END_TEST

/* A signing key that no configuration would leave out. */
START_TEST(TOK_15_an_internal_fault)
{
    struct as_keyset *view = &f->w->keys->present->view;

    f->w->settings.token_format = AS_TOKEN_JWT;
    view->alg = AS_ALG_PS256;
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
    flow_refused(answer, 500, "server_error");
    ck_assert_str_eq(flow_text(answer, "error_description"), "The server met an internal fault.");
    ck_assert_str_eq(flow_text(answer, "access_token"), "");
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_issued_total), 0);
    flow_last_has(f->log_fd, "level", "error");
    view->alg = AS_ALG_ES256;
    flow_status(flow_post(f, cert, "/token", ASK), 200);
}
END_TEST

START_TEST(TOK_15_overload)
{
    struct flow_ask ask = {.path = "/token", .cert = cert, .body = ASK};
    struct flow_answer *answer = flow_overload(f, ask);

    is_unavailable(answer);
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\n"));
    flow_last_has(f->log_fd, "reason", "overload");
    flow_status(flow_send(f, ask), 200);
}
END_TEST

/* Ready is what can be answered; alive is that something answers. */
START_TEST(TOK_15_health_tells)
{
    struct flow_ask ready = {.from = FLOW_HEALTH, .method = "GET", .path = "/health/ready"};
    struct flow_ask alive = {.from = FLOW_HEALTH, .method = "GET", .path = "/health/alive"};
    char path[128], away[128];

    flow_status(flow_send(f, ready), 200);
    store_path(path, "");
    store_path(away, ".away");
    ck_assert_int_eq(rename(path, away), 0);
    is_unavailable(flow_send(f, ready));
    flow_status(flow_send(f, alive), 200);
    ck_assert_int_eq(rename(away, path), 0);
    flow_status(flow_send(f, ready), 200);
}
END_TEST

AS_TESTS("flow/token/faults", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_15_the_store_is_locked);
    tcase_add_test(t, TOK_177_a_revocation_that_cannot_be_kept);
    tcase_add_test(t, TOK_15_the_store_is_corrupt);
    tcase_add_test(t, TOK_15_a_record_is_not_understood);
    tcase_add_test(t, TOK_15_no_key_for_a_moment);
    tcase_add_test(t, TOK_15_an_internal_fault);
    tcase_add_test(t, TOK_15_overload);
    tcase_add_test(t, TOK_15_health_tells);
})
