/* SPDX-License-Identifier: Apache-2.0 */
/* Keys with a life, wrapped before they come here (design D16). */
#include "sqlite/backend.h"

#include <string.h>

/* ------------------------------------------------------------ reading ------------------------- */

static as_err count_keys(struct as_db *db, size_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(as_sql_open(db, &rows, "SELECT count(*) FROM key", NULL, 0));
    AS_TRY(as_sql_next(db, rows, &found));
    *out = (size_t)sqlite3_column_int64(rows, 0);
    return AS_OK;
}

static as_err take_key(sqlite3_stmt *rows, struct as_arena *mem, struct as_key_row *out)
{
    const int64_t state = sqlite3_column_int64(rows, 3);

    AS_NEED(state >= 0 && state < AS_KEY_STATES, AS_SERVER_ERROR, "a stored key has no state");
    out->state = (enum as_key_state)state;
    AS_TRY(as_sql_take(rows, 0, mem, &out->kid));
    AS_NEED(out->kid.len > 0 && out->kid.len <= AS_LIMIT_KID, AS_SERVER_ERROR,
            "a stored key has no name");
    AS_TRY(as_sql_take(rows, 1, mem, &out->purpose));
    AS_TRY(as_sql_take(rows, 2, mem, &out->alg));
    out->created = sqlite3_column_int64(rows, 4);
    out->activates = sqlite3_column_int64(rows, 5);
    out->retired = sqlite3_column_int64(rows, 6);
    out->lifetime = sqlite3_column_int64(rows, 7);
    AS_TRY(as_sql_take(rows, 8, mem, &out->public_));
    return as_sql_take(rows, 9, mem, &out->wrapped);
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
                       "SELECT kid, purpose, alg, state, created, activates, retired, lifetime, "
                       "public, wrapped FROM key ORDER BY number",
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

/* ------------------------------------------------------------ writing ------------------------- */

as_err as_sqlite_key_add(struct as_backend *backend, const struct as_key_row *row, bool *added)
{
    AS_TRY(AS_SQL_RUN(
        &backend->writer,
        "INSERT INTO key (kid, purpose, alg, state, created, activates, retired, lifetime, public, "
        "wrapped) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE NOT EXISTS (SELECT 1 "
        "FROM key WHERE purpose = ?2 AND alg = ?3 AND state = ?4)",
        AS_SQL_TEXT(row->kid), AS_SQL_TEXT(row->purpose), AS_SQL_TEXT(row->alg),
        AS_SQL_NUMBER(row->state), AS_SQL_NUMBER(row->created), AS_SQL_NUMBER(row->activates),
        AS_SQL_NUMBER(row->retired), AS_SQL_NUMBER(row->lifetime), AS_SQL_TEXT(row->public_),
        AS_SQL_BLOB(row->wrapped.ptr, row->wrapped.len)));
    *added = as_sql_has_changed(&backend->writer);
    return AS_OK;
}

/* The active key of the line that a published key stands in; empty when there is none. */
static as_err predecessor(struct as_db *db, as_span kid, char out[AS_LIMIT_KID + 1])
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    out[0] = '\0';
    AS_TRY(AS_SQL_OPEN(db, &rows,
                       "SELECT old.kid FROM key AS old JOIN key AS new ON new.purpose = "
                       "old.purpose AND new.alg = old.alg WHERE new.kid = ?1 AND new.state = 0 "
                       "AND old.state = 1",
                       AS_SQL_TEXT(kid)));
    AS_TRY(as_sql_next(db, rows, &found));
    if (found) {
        const size_t len = (size_t)sqlite3_column_bytes(rows, 0);
        AS_NEED(len <= AS_LIMIT_KID, AS_SERVER_ERROR, "a stored key has no name");
        memcpy(out, sqlite3_column_text(rows, 0), len);
        out[len] = '\0';
    }
    return AS_OK;
}

as_err as_sqlite_key_activate(struct as_backend *backend, as_span kid, as_time at,
                              char retired[AS_LIMIT_KID + 1], bool *done)
{
    bool was_active = false;

    AS_TRY(predecessor(&backend->writer, kid, retired));
    if (retired[0] != '\0') {
        AS_TRY(as_sqlite_key_retire(backend, as_span_of(retired), at, &was_active));
    }
    AS_TRY(AS_SQL_RUN(&backend->writer,
                      "UPDATE key SET state = 1, activates = ?2 WHERE kid = ?1 AND state = 0",
                      AS_SQL_TEXT(kid), AS_SQL_NUMBER(at)));
    *done = as_sql_has_changed(&backend->writer);
    return AS_OK;
}

as_err as_sqlite_key_retire(struct as_backend *backend, as_span kid, as_time at, bool *done)
{
    AS_TRY(AS_SQL_RUN(&backend->writer,
                      "UPDATE key SET state = 2, retired = ?2 WHERE kid = ?1 AND state = 1",
                      AS_SQL_TEXT(kid), AS_SQL_NUMBER(at)));
    *done = as_sql_has_changed(&backend->writer);
    return AS_OK;
}

as_err as_sqlite_key_delete(struct as_backend *backend, as_span kid, bool *found)
{
    AS_TRY(AS_SQL_RUN(&backend->writer, "DELETE FROM key WHERE kid = ?1", AS_SQL_TEXT(kid)));
    *found = as_sql_has_changed(&backend->writer);
    return AS_OK;
}

as_err as_sqlite_key_promise(struct as_backend *backend, int64_t lifetime)
{
    return AS_SQL_RUN(&backend->writer,
                      "UPDATE key SET lifetime = ?1 WHERE state IN (0, 1) AND lifetime < ?1",
                      AS_SQL_NUMBER(lifetime));
}
