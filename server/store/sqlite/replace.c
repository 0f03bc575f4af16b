/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of a restore: in one transaction of the writer, what the store holds is deleted
 * and what the copy holds is put in its place, row by row, so that today's constraints judge it and
 * nothing of a copy's schema comes along. With a write-ahead log a transaction is there when its
 * last frame is, and not before (sqlite.org/wal.html), so that neither a kill nor a reader sees
 * half of it.
 *
 * Not taken over: keys and initial access tokens, of either side, so that nothing issued before
 * lives on; the audit is only ever added to.
 */
#include "sqlite/backend.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 64

/* Parents before children. */
static const struct table {
    const char *name;
    const char *empty;
    bool taken; /* from the copy */
} tables[] = {
    {"party", "DELETE FROM party", true},
    {"audience", "DELETE FROM audience", true},
    {"identifier", "DELETE FROM identifier", true},
    {"certificate", "DELETE FROM certificate", true},
    {"revocation", "DELETE FROM revocation", true},
    {"key", "DELETE FROM key", false},
    {"iat", "DELETE FROM iat", false},
};

/* ------------------------------------------------------------ rows ---------------------------- */

/* A statement for one use. */
struct once {
    sqlite3_stmt *handle;
};

static void once_end(struct once *once)
{
    (void)sqlite3_finalize(once->handle);
}

#define ONCE __attribute__((cleanup(once_end))) struct once

static as_err prepare(struct as_db *db, const char *sql, sqlite3_stmt **out)
{
    return as_db_need(db, sqlite3_prepare_v2(db->handle, sql, -1, out, NULL));
}

static bool add(char *text, size_t size, const char *format, const char *value)
{
    size_t len = strlen(text);
    int more = snprintf(text + len, size - len, format, value);

    return more >= 0 && (size_t)more < size - len;
}

/* "SELECT a, b FROM t" and "INSERT INTO t (a, b) VALUES (?, ?)", with the columns that the table
 * has here. */
static as_err write_sql(struct as_db *db, const char *table, char select[4096], char insert[4096])
{
    ONCE columns = {NULL};
    char sql[128];
    char marks[4 * COLUMNS_MAX] = "";

    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" LIMIT 0", table);
    AS_TRY(prepare(db, sql, &columns.handle));
    int count = sqlite3_column_count(columns.handle);
    bool fits = count <= COLUMNS_MAX;
    (void)snprintf(select, 4096, "SELECT ");
    (void)snprintf(insert, 4096, "INSERT INTO \"%s\" (", table);
    for (int i = 0; i < count && fits; i++) {
        const char *format = i == 0 ? "\"%s\"" : ", \"%s\"";
        const char *name = sqlite3_column_name(columns.handle, i);
        fits = name != NULL && add(select, 4096, format, name) && add(insert, 4096, format, name) &&
               add(marks, sizeof(marks), "%s", i == 0 ? "?" : ", ?");
    }
    AS_NEED(fits && add(select, 4096, " FROM \"%s\"", table) &&
                add(insert, 4096, ") VALUES (%s)", marks),
            AS_SERVER_ERROR, "a table has too many columns");
    return AS_OK;
}

static as_err put_row(struct as_db *to, sqlite3_stmt *row, sqlite3_stmt *insert)
{
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        AS_TRY(as_db_need(to, sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, i))));
    }
    int code = sqlite3_step(insert);
    (void)sqlite3_reset(insert);
    AS_NEED((code & 0xFF) != SQLITE_CONSTRAINT, AS_INVALID_REQUEST,
            "the copy breaks a rule of the schema");
    return code == SQLITE_DONE ? AS_OK : as_db_fail(to, code);
}

static as_err pour(struct as_db *from, struct as_db *to, const char *select, const char *insert)
{
    ONCE rows = {NULL};
    ONCE put = {NULL};
    bool found = false;

    int code = sqlite3_prepare_v2(from->handle, select, -1, &rows.handle, NULL);
    AS_NEED(code != SQLITE_ERROR, AS_INVALID_REQUEST, "the copy has other tables");
    AS_TRY(as_db_need(from, code));
    AS_TRY(prepare(to, insert, &put.handle));
    AS_TRY(as_sql_next(from, rows.handle, &found));
    while (found) {
        AS_TRY(put_row(to, rows.handle, put.handle));
        AS_TRY(as_sql_next(from, rows.handle, &found));
    }
    return AS_OK;
}

static as_err pour_table(struct as_db *from, struct as_db *to, const char *table)
{
    char select[4096];
    char insert[4096];

    AS_TRY(write_sql(to, table, select, insert));
    return pour(from, to, select, insert);
}

/* ------------------------------------------------------------ what is not simply replaced ----- */

/* Lines of the copy that the store does not have under the same number follow its own. */
static as_err pour_audit(struct as_db *from, struct as_db *to)
{
#define LINE                                                                                       \
    "at, event, actor, client_id, auth_method, outcome, reason, thumbprint, serial, issuer, "
    return pour(from, to, "SELECT number, " LINE "request_id FROM audit ORDER BY number",
                "INSERT INTO audit (" LINE "request_id) "
                "SELECT ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 WHERE NOT EXISTS "
                "(SELECT 1 FROM audit WHERE number = ?1 AND at = ?2 AND event = ?3 AND actor = ?4 "
                "AND client_id = ?5 AND auth_method = ?6 AND outcome = ?7 AND reason = ?8 "
                "AND thumbprint = ?9 AND serial = ?10 AND issuer = ?11 AND request_id = ?12)");
#undef LINE
}

/* No epoch is given twice, by whichever of the two it was given. */
static as_err move_sequences(struct as_db *from, struct as_db *to)
{
    int64_t epoch = 0;
    int64_t theirs = 0;
    int64_t ours = 0;

    AS_TRY(as_sequence_get(from, AS_LIT("epoch"), &epoch));
    AS_TRY(as_sequence_get(from, AS_LIT("store"), &theirs));
    AS_TRY(as_sequence_get(to, AS_LIT("store"), &ours));
    AS_TRY(as_sequence_raise(to, AS_LIT("epoch"), epoch));
    AS_TRY(as_sequence_raise(to, AS_LIT("store"), (ours > theirs ? ours : theirs) + 1));
    as_err err = as_sequences_need_sound(to); /* which may be cancelled as well */
    AS_NEED(!as_err_is(err, AS_SERVER_ERROR), AS_INVALID_REQUEST,
            "the sequences of the store are at their end");
    return err;
}

static as_err replace(struct as_db *from, struct as_db *to)
{
    for (size_t i = AS_COUNT(tables); i-- > 0;) {
        AS_TRY(as_sql_run(to, tables[i].empty, NULL, 0));
    }
    for (size_t i = 0; i < AS_COUNT(tables); i++) {
        if (tables[i].taken) {
            AS_TRY(pour_table(from, to, tables[i].name));
        }
    }
    AS_TRY(pour_audit(from, to));
    return move_sequences(from, to);
}

/* The copy is being watched already. What follows, COMMIT above all, is not to be cancelled. */
as_err as_sqlite_replace(struct as_backend *backend, struct as_copy *copy)
{
    as_db_watch(&backend->writer, copy->cancelled);
    as_err err = replace(&copy->reader.db, &backend->writer);
    as_db_watch(&backend->writer, NULL);
    return err;
}
