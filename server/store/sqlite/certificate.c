/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that tokens are bound to (design D9). */
#include "sqlite/backend.h"

#include <string.h>

#define COLUMNS "thumbprint, class, way, der, chain, trust, anchor, path, not_after"

#define BROKEN_PATH "a stored certificate has a broken path"

static as_err take_path(sqlite3_stmt *rows, int column, struct as_certificate_row *row)
{
    const unsigned char *bytes = sqlite3_column_blob(rows, column);
    size_t len = (size_t)sqlite3_column_bytes(rows, column);

    AS_NEED(len % AS_PATH_LINK == 0 && len / AS_PATH_LINK <= AS_PATH_MAX, AS_SERVER_ERROR,
            BROKEN_PATH);
    row->path_count = len / AS_PATH_LINK;
    for (size_t i = 0; i < row->path_count; i++) {
        AS_NEED(as_path_link_parse(bytes + i * AS_PATH_LINK, &row->path[i]), AS_SERVER_ERROR,
                BROKEN_PATH);
    }
    return AS_OK;
}

static as_err take_row(sqlite3_stmt *rows, struct as_arena *mem,
                       const struct as_certificate_row **out)
{
    struct as_certificate_row *row = as_arena_alloc(mem, sizeof(*row));
    int64_t class_ = sqlite3_column_int64(rows, 1);

    AS_NEED_MEM(row);
    AS_NEED(class_ == AS_CERTIFICATE_PKI || class_ == AS_CERTIFICATE_REGISTERED, AS_SERVER_ERROR,
            "a stored certificate has an unknown class");
    row->binding.x5t = true;
    row->binding.class_ = (enum as_certificate_class)class_;
    AS_TRY(as_sql_take_fixed(rows, 0, row->binding.thumbprint, AS_DIGEST));
    AS_TRY(as_sql_take_fixed(rows, 2, row->binding.way, AS_WAY));
    AS_TRY(as_sql_take(rows, 3, mem, &row->der));
    AS_TRY(as_sql_take(rows, 4, mem, &row->chain));
    AS_TRY(as_sql_take(rows, 5, mem, &row->trust));
    AS_TRY(as_sql_take_fixed(rows, 6, row->anchor, AS_DIGEST));
    AS_TRY(take_path(rows, 7, row));
    row->not_after = sqlite3_column_int64(rows, 8);
    *out = row;
    return AS_OK;
}

as_err as_sqlite_certificate_get(struct as_reader *reader, struct as_arena *mem,
                                 const struct as_binding *binding,
                                 const struct as_certificate_row **out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    *out = NULL;
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT " COLUMNS " FROM certificate "
                       "WHERE thumbprint = ?1 AND class = ?2 AND way = ?3",
                       AS_SQL_BLOB(binding->thumbprint, AS_DIGEST), AS_SQL_NUMBER(binding->class_),
                       AS_SQL_BLOB(binding->way, AS_WAY)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    return found ? take_row(rows, mem, out) : AS_OK;
}

static as_err is_unknown(struct as_db *db, const unsigned char thumbprint[AS_DIGEST], bool *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT 1 FROM certificate WHERE thumbprint = ?1 LIMIT 1",
                       AS_SQL_BLOB(thumbprint, AS_DIGEST)));
    AS_TRY(as_sql_next(db, rows, &found));
    *out = !found;
    return AS_OK;
}

/* Another request may have put the same row meanwhile: it says the same. */
as_err as_sqlite_certificate_put(struct as_backend *backend, const struct as_certificate_row *row,
                                 bool *first)
{
    const struct as_binding *binding = &row->binding;
    unsigned char path[AS_PATH_MAX * AS_PATH_LINK];

    for (size_t i = 0; i < row->path_count; i++) {
        as_path_link_write(&row->path[i], path + i * AS_PATH_LINK);
    }
    AS_TRY(is_unknown(&backend->writer, binding->thumbprint, first));
    return AS_SQL_RUN(
        &backend->writer,
        "INSERT INTO certificate (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
        "ON CONFLICT (thumbprint, class, way) DO NOTHING",
        AS_SQL_BLOB(binding->thumbprint, AS_DIGEST), AS_SQL_NUMBER(binding->class_),
        AS_SQL_BLOB(binding->way, AS_WAY), AS_SQL_BLOB(row->der.ptr, row->der.len),
        AS_SQL_BLOB(row->chain.ptr, row->chain.len), AS_SQL_TEXT(row->trust),
        AS_SQL_BLOB(row->anchor, AS_DIGEST), AS_SQL_BLOB(path, row->path_count * AS_PATH_LINK),
        AS_SQL_NUMBER(row->not_after));
}

as_err as_sqlite_certificates_check(struct as_reader *reader, struct as_arena *mem)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    const struct as_certificate_row *row = NULL;
    bool found = false;

    AS_TRY(as_sql_open(&reader->db, &rows, "SELECT " COLUMNS " FROM certificate", NULL, 0));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found) {
        as_arena_reset(mem);
        AS_TRY(take_row(rows, mem, &row));
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    return AS_OK;
}
