/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing keys, wrapped before they come here (design D16). */
#include "sqlite/backend.h"

static as_err count_keys(struct as_db *db, size_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(as_sql_open(db, &rows, "SELECT count(*) FROM seal_key", NULL, 0));
    AS_TRY(as_sql_next(db, rows, &found));
    *out = (size_t)sqlite3_column_int64(rows, 0);
    return AS_OK;
}

static as_err take_key(sqlite3_stmt *rows, struct as_arena *mem, struct as_key_row *out)
{
    AS_TRY(as_sql_take_fixed(rows, 0, out->kid, sizeof(out->kid)));
    AS_TRY(as_sql_take(rows, 1, mem, &out->purpose));
    AS_TRY(as_sql_take(rows, 2, mem, &out->wrapped));
    out->created = sqlite3_column_int64(rows, 3);
    return AS_OK;
}

as_err as_sqlite_keys(struct as_reader *reader, struct as_arena *mem, const struct as_key_row **out,
                      size_t *count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_db *db = &reader->db;
    struct as_key_row *keys = NULL;
    size_t room = 0;
    size_t n = 0;
    bool found = false;

    AS_TRY(count_keys(db, &room));
    keys = as_arena_array(mem, room + 1, sizeof(*keys));
    AS_NEED_MEM(keys);
    AS_TRY(as_sql_open(db, &rows,
                       "SELECT kid, purpose, wrapped, created FROM seal_key ORDER BY created, kid",
                       NULL, 0));
    AS_TRY(as_sql_next(db, rows, &found));
    while (found && n < room) {
        AS_TRY(take_key(rows, mem, &keys[n++]));
        AS_TRY(as_sql_next(db, rows, &found));
    }
    *out = keys;
    *count = n;
    return AS_OK;
}

static as_err has_key(struct as_db *db, as_span purpose, bool *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(
        AS_SQL_OPEN(db, &rows, "SELECT 1 FROM seal_key WHERE purpose = ?1", AS_SQL_TEXT(purpose)));
    return as_sql_next(db, rows, out);
}

as_err as_sqlite_key_add_first(struct as_backend *backend, const struct as_key_row *row,
                               bool *added)
{
    struct as_db *db = &backend->writer;
    bool has = false;

    AS_TRY(has_key(db, row->purpose, &has));
    if (!has) {
        AS_TRY(AS_SQL_RUN(db,
                          "INSERT INTO seal_key (kid, purpose, wrapped, created) "
                          "VALUES (?1, ?2, ?3, ?4)",
                          AS_SQL_BLOB(row->kid, sizeof(row->kid)), AS_SQL_TEXT(row->purpose),
                          AS_SQL_BLOB(row->wrapped.ptr, row->wrapped.len),
                          AS_SQL_NUMBER(row->created)));
    }
    *added = !has;
    return AS_OK;
}
