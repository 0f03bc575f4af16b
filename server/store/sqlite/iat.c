/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial access tokens (RFC 7591 1.2, REG-15), known by their digest. The last use ends a token:
 * expires_at becomes that moment, so that what is over is found by one column.
 */
#include "sqlite/backend.h"

#define COLUMNS "id, profile, scope, uses, created, expires_at"

static as_err need_new(struct as_db *db, const struct as_iat *iat)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT 1 FROM iat WHERE id = ?1 OR digest = ?2",
                       AS_SQL_TEXT(iat->id), AS_SQL_BLOB(iat->digest, AS_DIGEST)));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(!found, AS_ALREADY_EXISTS, "the initial access token is there already");
    return AS_OK;
}

as_err as_sqlite_iat_create(struct as_backend *backend, const struct as_iat *iat)
{
    struct as_db *db = &backend->writer;

    AS_TRY(need_new(db, iat));
    return AS_SQL_RUN(db,
                      "INSERT INTO iat (" COLUMNS ", digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                      AS_SQL_TEXT(iat->id), AS_SQL_TEXT(iat->profile), AS_SQL_TEXT(iat->scope),
                      AS_SQL_NUMBER(iat->uses), AS_SQL_NUMBER(iat->created),
                      AS_SQL_NUMBER(iat->expires_at), AS_SQL_BLOB(iat->digest, AS_DIGEST));
}

as_err as_sqlite_iat_take(struct as_backend *backend, const unsigned char digest[AS_DIGEST],
                          as_time now, bool *taken)
{
    struct as_db *db = &backend->writer;

    AS_TRY(AS_SQL_RUN(db,
                      "UPDATE iat SET uses = uses - 1, "
                      "expires_at = CASE WHEN uses = 1 THEN ?2 ELSE expires_at END "
                      "WHERE digest = ?1 AND uses > 0 AND expires_at > ?2",
                      AS_SQL_BLOB(digest, AS_DIGEST), AS_SQL_NUMBER(now)));
    *taken = as_sql_has_changed(db);
    return AS_OK;
}

as_err as_sqlite_iat_revoke(struct as_backend *backend, as_span id, bool *found)
{
    struct as_db *db = &backend->writer;

    AS_TRY(AS_SQL_RUN(db, "DELETE FROM iat WHERE id = ?1", AS_SQL_TEXT(id)));
    *found = as_sql_has_changed(db);
    return AS_OK;
}

/* ------------------------------------------------------------ read ---------------------------- */

static as_err take_iat(sqlite3_stmt *rows, struct as_arena *mem, struct as_iat *out)
{
    AS_TRY(as_sql_take(rows, 0, mem, &out->id));
    AS_TRY(as_sql_take(rows, 1, mem, &out->profile));
    AS_TRY(as_sql_take(rows, 2, mem, &out->scope));
    out->uses = sqlite3_column_int64(rows, 3);
    out->created = sqlite3_column_int64(rows, 4);
    out->expires_at = sqlite3_column_int64(rows, 5);
    return AS_OK;
}

as_err as_sqlite_iat_get(struct as_reader *reader, struct as_arena *mem,
                         const unsigned char digest[AS_DIGEST], const struct as_iat **out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_iat *iat = as_arena_alloc(mem, sizeof(*iat));
    bool found = false;

    AS_NEED_MEM(iat);
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows, "SELECT " COLUMNS ", digest FROM iat WHERE digest = ?1",
                       AS_SQL_BLOB(digest, AS_DIGEST)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    if (found) {
        AS_TRY(take_iat(rows, mem, iat));
        AS_TRY(as_sql_take_fixed(rows, 6, iat->digest, AS_DIGEST));
    }
    *out = found ? iat : NULL;
    return AS_OK;
}

/* The number of an id; 0 for the empty one, which stands before all. */
static as_err number_of(struct as_db *db, as_span id, int64_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    *out = 0;
    if (id.len == 0) {
        return AS_OK;
    }
    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT number FROM iat WHERE id = ?1", AS_SQL_TEXT(id)));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(found, AS_INVALID_REQUEST, "after: there is no initial access token of this id");
    *out = sqlite3_column_int64(rows, 0);
    return AS_OK;
}

as_err as_sqlite_iat_list(struct as_reader *reader, struct as_arena *mem, as_span after,
                          size_t limit, const struct as_iat **out, size_t *count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_db *db = &reader->db;
    struct as_iat *iats = as_arena_array(mem, limit + 1, sizeof(*iats));
    int64_t number = 0;
    bool found = false;
    size_t n = 0;

    AS_NEED_MEM(iats);
    AS_TRY(number_of(db, after, &number));
    AS_TRY(AS_SQL_OPEN(db, &rows,
                       "SELECT " COLUMNS " FROM iat WHERE number > ?1 ORDER BY number LIMIT ?2",
                       AS_SQL_NUMBER(number), AS_SQL_NUMBER(limit)));
    AS_TRY(as_sql_next(db, rows, &found));
    while (found && n < limit) {
        AS_TRY(take_iat(rows, mem, &iats[n++]));
        AS_TRY(as_sql_next(db, rows, &found));
    }
    *out = iats;
    *count = n;
    return AS_OK;
}

as_err as_sqlite_iats_check(struct as_reader *reader, struct as_arena *mem)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_iat iat;
    bool found = false;

    AS_TRY(as_sql_open(&reader->db, &rows, "SELECT " COLUMNS ", digest FROM iat", NULL, 0));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found) {
        as_arena_reset(mem);
        AS_TRY(take_iat(rows, mem, &iat));
        AS_TRY(as_sql_take_fixed(rows, 6, iat.digest, AS_DIGEST));
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    return AS_OK;
}
