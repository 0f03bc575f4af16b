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

static struct flow *flow;
static sqlite3 *database;
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

static void add_rows(struct as_buf *out, const char *sql)
{
    sqlite3_stmt *rows = NULL;

    FUZZ_HOLDS(sqlite3_prepare_v2(database, sql, -1, &rows, NULL) == SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const void *octets = sqlite3_column_blob(rows, i);
            size_t len = (size_t)sqlite3_column_bytes(rows, i);
            FUZZ_HOLDS(as_buf_printf(out, "%zu:", len));
            FUZZ_HOLDS(as_buf_add(out, as_span_bytes(octets, len)));
        }
    }
    FUZZ_HOLDS(sqlite3_finalize(rows) == SQLITE_OK);
}

/* All that is stored; the audit is only ever added to. */
static struct as_buf stored(void)
{
    struct as_buf out = AS_BUF(64 * 1024 * 1024);

    add_rows(&out, "SELECT * FROM party");
    add_rows(&out, "SELECT * FROM audience");
    add_rows(&out, "SELECT * FROM identifier");
    add_rows(&out, "SELECT * FROM certificate");
    add_rows(&out, "SELECT * FROM revocation");
    add_rows(&out, "SELECT * FROM iat");
    add_rows(&out, "SELECT * FROM key");
    add_rows(&out, "SELECT * FROM sequence");
    add_rows(&out, "SELECT max(rowid) FROM audit");
    return out;
}

static void check_unchanged(const struct as_buf *before)
{
    struct as_buf now = stored();

    FUZZ_HOLDS(as_span_equal(as_buf_span(&now), as_buf_span(before)));
    as_buf_free(&now);
}

static bool same(json_t *a, json_t *b)
{
    bool equal = json_equal(a, b) == 1;

    json_decref(a);
    json_decref(b);
    return equal;
}

/* ------------------------------------------------------------ the world ----------------------- */

static void forget(const char *path, const char *member, const char *id)
{
    json_t *all = shown(path);
    const json_t *list = json_object_get(all, member);
    char *own = NULL;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *text = json_object_get(json_array_get(list, i), id);
        FUZZ_HOLDS(asprintf(&own, "%s/%s", path, json_string_value(text)) > 0);
        FUZZ_HOLDS(ask("DELETE", own, NULL, NULL)->status == 204);
        free(own);
    }
    json_decref(all);
}

static void close_world(void)
{
    if (flow != NULL) {
        sqlite3_close(database);
        flow_free(flow);
        flow = NULL;
    }
}

static void open_world(void)
{
    char path[96];

    flow = flow_new();
    snprintf(path, sizeof(path), "%s/fapid.db", flow->w->dir);
    FUZZ_HOLDS(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
}

/* Each input meets an empty world. */
static void begin(void)
{
    static unsigned inputs;

    if (flow == NULL) {
        (void)atexit(close_world);
    }
    if (keys_changed || inputs >= INPUTS_MAX) {
        close_world();
    }
    if (flow == NULL) {
        open_world();
        inputs = 0;
    }
    keys_changed = false;
    inputs++;
    flow->now = NOW;
}

#endif
