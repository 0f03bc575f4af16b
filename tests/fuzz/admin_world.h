/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of fuzz_admin: a flow whose store is empty when an input begins, requests of root at
 * its admin socket, and all that it stores as octets.
 */
#ifndef AS_TESTS_FUZZ_ADMIN_WORLD_H
#define AS_TESTS_FUZZ_ADMIN_WORLD_H

#include "fuzz.h"
#include "support/flow.h"

#include <sqlite3.h>

#define INPUTS_MAX 1000 /* of one world: its log and its audit grow */
#define NOW        1767225600

/* Of the sanitizer, where there is one: after each world instead of after each input, since that
 * takes longer than the input. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static struct flow *flow;
static bool keys_changed;

/* What libcheck's macros call in support/, without the runner that libcheck has behind it. */
void _mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}

void _ck_assert_failed(const char *file, int line, const char *expression, const char *message, ...)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, expression, message != NULL ? message : "");
    abort();
}

/* Nothing here is to survive a loss of power, and a disk takes its time. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

/* ------------------------------------------------------------ asking -------------------------- */

static struct flow_answer *ask(const char *method, const char *path, const char *query,
                               const char *body)
{
    flow->now++;
    return flow_send(
        flow,
        (struct flow_ask){
            .from = FLOW_SOCKET, .method = method, .path = path, .query = query, .body = body});
}

/* What GET shows; the caller owns it. NULL: nothing is there. */
static json_t *shown(const char *path)
{
    const struct flow_answer *answer = ask("GET", path, NULL, NULL);

    return answer->status == 200 ? json_incref(answer->json) : NULL;
}

/* The answer to sending a JSON value; the caller owns it. NULL: it was refused. */
static json_t *sent(const char *method, const char *path, const char *query, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    const struct flow_answer *answer = ask(method, path, query, text);

    free(text);
    return answer->status < 300 ? json_incref(answer->json) : NULL;
}

/* All that is stored; the audit is only ever added to. */
static const char *const tables[] = {
    "SELECT * FROM party",       "SELECT * FROM audience",   "SELECT * FROM identifier",
    "SELECT * FROM certificate", "SELECT * FROM revocation", "SELECT * FROM iat",
    "SELECT * FROM key",         "SELECT * FROM sequence",   "SELECT max(rowid) FROM audit",
};

static struct {
    sqlite3 *handle;
    sqlite3_stmt *version; /* another after each commit of the store (PRAGMA data_version) */
    sqlite3_stmt *rows[AS_COUNT(tables)];
    sqlite3_int64 read; /* the version that `octets` holds */
    struct as_buf octets;
} database;

static sqlite3_stmt *prepared(const char *sql)
{
    sqlite3_stmt *statement = NULL;

    FUZZ_HOLDS(sqlite3_prepare_v2(database.handle, sql, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

static void run_sql(const char *sql)
{
    FUZZ_HOLDS(sqlite3_exec(database.handle, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static void open_database(const char *path)
{
    FUZZ_HOLDS(sqlite3_open_v2(path, &database.handle, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    FUZZ_HOLDS(sqlite3_busy_timeout(database.handle, 10000) == SQLITE_OK);
    run_sql("ATTACH ':memory:' AS kept; CREATE TABLE kept.key AS SELECT * FROM main.key");
    database.version = prepared("PRAGMA data_version");
    for (size_t i = 0; i < AS_COUNT(tables); i++) {
        database.rows[i] = prepared(tables[i]);
    }
    database.read = -1;
}

static void close_database(void)
{
    (void)sqlite3_finalize(database.version);
    for (size_t i = 0; i < AS_COUNT(tables); i++) {
        (void)sqlite3_finalize(database.rows[i]);
    }
    FUZZ_HOLDS(sqlite3_close(database.handle) == SQLITE_OK);
    as_buf_free(&database.octets);
}

static sqlite3_int64 version_now(void)
{
    FUZZ_HOLDS(sqlite3_step(database.version) == SQLITE_ROW);
    sqlite3_int64 version = sqlite3_column_int64(database.version, 0);
    FUZZ_HOLDS(sqlite3_reset(database.version) == SQLITE_OK);
    return version;
}

static void add_rows(struct as_buf *out, sqlite3_stmt *rows)
{
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const void *octets = sqlite3_column_blob(rows, i);
            size_t len = (size_t)sqlite3_column_bytes(rows, i);
            FUZZ_HOLDS(as_buf_printf(out, "%zu:", len));
            FUZZ_HOLDS(as_buf_add(out, as_span_bytes(octets, len)));
        }
    }
    FUZZ_HOLDS(sqlite3_reset(rows) == SQLITE_OK);
}

static struct as_buf read_all(void)
{
    struct as_buf out = AS_BUF(64 * 1024 * 1024);

    for (size_t i = 0; i < AS_COUNT(tables); i++) {
        add_rows(&out, database.rows[i]);
    }
    return out;
}

/* Whether it changes is asked after this. */
static void remember_stored(void)
{
    sqlite3_int64 version = version_now();

    if (version != database.read) {
        as_buf_free(&database.octets);
        database.octets = read_all();
        database.read = version;
    }
}

static void check_unchanged(void)
{
    if (version_now() != database.read) {
        struct as_buf now = read_all();
        FUZZ_HOLDS(as_span_equal(as_buf_span(&now), as_buf_span(&database.octets)));
        as_buf_free(&now);
    }
}

static bool same(json_t *a, json_t *b)
{
    bool equal = json_equal(a, b) == 1;

    json_decref(a);
    json_decref(b);
    return equal;
}

/* ------------------------------------------------------------ the world ----------------------- */

/* By the API, whose caches must hear of it. */
static void forget(const char *path, const char *sql)
{
    sqlite3_stmt *rows = prepared(sql);
    char *own = NULL;

    while (sqlite3_step(rows) == SQLITE_ROW) {
        FUZZ_HOLDS(asprintf(&own, "%s/%s", path, (const char *)sqlite3_column_text(rows, 0)) > 0);
        FUZZ_HOLDS(ask("DELETE", own, NULL, NULL)->status == 204);
        free(own);
    }
    FUZZ_HOLDS(sqlite3_finalize(rows) == SQLITE_OK);
}

/* A new world for an input that went to the keys would take longer than all else it does. */
static void put_keys_back(void)
{
    run_sql("BEGIN IMMEDIATE; DELETE FROM main.key;"
            "INSERT INTO main.key SELECT * FROM kept.key; COMMIT");
    database.read = -1; /* what one writes oneself is no other version */
    FUZZ_HOLDS(!as_failed(as_keys_reload(flow->w->keys, flow->w->session, flow->w->ctx.now)));
}

static void close_world(void)
{
    if (flow != NULL) {
        close_database();
        flow_free(flow);
        flow = NULL;
    }
}

static void open_world(void)
{
    char path[96];

    flow = flow_new();
    flow->unsettled = true; /* nobody reads the audit's file */
    snprintf(path, sizeof(path), "%s/fapid.db", flow->w->dir);
    open_database(path);
}

#define CLIENTS 0
_Static_assert(AS_PARTY_CLIENT == CLIENTS, "as they are stored");

static sqlite3_int64 empty; /* the version at the beginning of the input */

/* Most inputs change nothing. */
static void end(void)
{
    if (version_now() != empty) {
        forget("/v1/clients", "SELECT id FROM party WHERE kind = " AS_STRING(CLIENTS));
        forget("/v1/resources", "SELECT id FROM party WHERE kind <> " AS_STRING(CLIENTS));
        forget("/v1/initial-access-tokens", "SELECT id FROM iat");
    }
}

/* Each input meets an empty world. */
static void begin(void)
{
    static unsigned inputs;

    if (flow == NULL) {
        (void)atexit(close_world);
    }
    if (inputs >= INPUTS_MAX) {
        close_world();
        FUZZ_HOLDS(__lsan_do_recoverable_leak_check == NULL ||
                   __lsan_do_recoverable_leak_check() == 0);
    }
    if (flow == NULL) {
        open_world();
        inputs = 0;
    } else if (keys_changed) {
        put_keys_back();
    }
    keys_changed = false;
    inputs++;
    flow->now = NOW;
    empty = version_now();
}

#endif
