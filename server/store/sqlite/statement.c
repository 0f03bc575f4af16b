/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/db.h"

#include <limits.h>
#include <string.h>

/* The statement of a text; the texts are literals, so that the address tells. */
static as_err find(struct as_db *db, const char *sql, sqlite3_stmt **out)
{
    for (size_t i = 0; i < db->count; i++) {
        if (db->statements[i].sql == sql) {
            AS_NEED(!sqlite3_stmt_busy(db->statements[i].handle), AS_SERVER_ERROR,
                    "a statement is in use");
            *out = db->statements[i].handle;
            return AS_OK;
        }
    }
    AS_NEED(db->count < AS_DB_STATEMENTS, AS_SERVER_ERROR, "too many prepared statements");
    AS_TRY(as_db_need(
        db, sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL)));
    db->statements[db->count].sql = sql;
    db->statements[db->count++].handle = *out;
    return AS_OK;
}

/* An empty span may have no pointer, which SQLite would take for NULL. */
static int bind(sqlite3_stmt *rows, int at, const struct as_sql_value *value)
{
    const char *ptr = value->bytes.ptr != NULL ? value->bytes.ptr : "";
    int len = (int)value->bytes.len;

    if (value->bytes.len > INT_MAX) {
        return SQLITE_TOOBIG;
    }
    switch (value->type) {
    case AS_SQL_IS_NUMBER:
        return sqlite3_bind_int64(rows, at, value->number);
    case AS_SQL_IS_TEXT:
        return sqlite3_bind_text(rows, at, ptr, len, SQLITE_STATIC);
    case AS_SQL_IS_BLOB:
        return sqlite3_bind_blob(rows, at, ptr, len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

as_err as_sql_open(struct as_db *db, sqlite3_stmt **out, const char *sql,
                   const struct as_sql_value *values, size_t count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(find(db, sql, &rows));
    AS_NEED(count == (size_t)sqlite3_bind_parameter_count(rows), AS_SERVER_ERROR,
            "a statement has other parameters");
    for (size_t i = 0; i < count; i++) {
        AS_TRY(as_db_need(db, bind(rows, (int)i + 1, &values[i])));
    }
    *out = AS_MOVE(rows);
    return AS_OK;
}

as_err as_sql_next(struct as_db *db, sqlite3_stmt *rows, bool *found)
{
    int code = sqlite3_step(rows);

    *found = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? AS_OK : as_db_fail(db, code);
}

as_err as_sql_run(struct as_db *db, const char *sql, const struct as_sql_value *values,
                  size_t count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool more = true;

    AS_TRY(as_sql_open(db, &rows, sql, values, count));
    while (more) {
        AS_TRY(as_sql_next(db, rows, &more));
    }
    return AS_OK;
}

bool as_sql_has_changed(const struct as_db *db)
{
    return sqlite3_changes64(db->handle) > 0;
}

void as_sql_release(sqlite3_stmt *rows)
{
    (void)sqlite3_reset(rows);
    (void)sqlite3_clear_bindings(rows);
}

as_err as_sql_take(sqlite3_stmt *rows, int column, struct as_arena *mem, as_span *out)
{
    const void *bytes = sqlite3_column_blob(rows, column);

    return as_arena_copy(mem, as_span_bytes(bytes, (size_t)sqlite3_column_bytes(rows, column)),
                         out);
}

as_err as_sql_take_fixed(sqlite3_stmt *rows, int column, void *out, size_t len)
{
    const void *bytes = sqlite3_column_blob(rows, column);

    AS_NEED(bytes != NULL && (size_t)sqlite3_column_bytes(rows, column) == len, AS_SERVER_ERROR,
            "a stored value has another length");
    memcpy(out, bytes, len);
    return AS_OK;
}
