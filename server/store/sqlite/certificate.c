/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that tokens are bound to (design D9). */
#include "sqlite/backend.h"

#include <string.h>

/* A link as stored: SHA-256 of the issuer's SPKI, length and octets of the serial, notAfter. */
#define LINK_SPKI   0
#define LINK_LEN    32
#define LINK_SERIAL 33
#define LINK_END    53
#define LINK_SIZE   61

static void link_write(const struct as_path_link *link, unsigned char out[LINK_SIZE])
{
    memset(out, 0, LINK_SIZE);
    memcpy(out + LINK_SPKI, link->issuer_spki, AS_DIGEST);
    out[LINK_LEN] = link->serial_len;
    memcpy(out + LINK_SERIAL, link->serial, link->serial_len);
    as_octets_put(out + LINK_END, (uint64_t)link->not_after, LINK_SIZE - LINK_END);
}

static as_err link_parse(const unsigned char in[LINK_SIZE], struct as_path_link *link)
{
    AS_NEED(in[LINK_LEN] <= sizeof(link->serial), AS_SERVER_ERROR,
            "a stored certificate has a broken path");
    memcpy(link->issuer_spki, in + LINK_SPKI, AS_DIGEST);
    link->serial_len = in[LINK_LEN];
    memcpy(link->serial, in + LINK_SERIAL, link->serial_len);
    link->not_after = (as_time)as_octets_get(in + LINK_END, LINK_SIZE - LINK_END);
    return AS_OK;
}

#define COLUMNS "thumbprint, der, chain, class, trust, anchor, path, not_after"

static as_err take_path(sqlite3_stmt *rows, int column, struct as_certificate_row *row)
{
    const unsigned char *bytes = sqlite3_column_blob(rows, column);
    size_t len = (size_t)sqlite3_column_bytes(rows, column);

    AS_NEED(len % LINK_SIZE == 0 && len / LINK_SIZE <= AS_PATH_MAX, AS_SERVER_ERROR,
            "a stored certificate has a broken path");
    row->path_count = len / LINK_SIZE;
    for (size_t i = 0; i < row->path_count; i++) {
        AS_TRY(link_parse(bytes + i * LINK_SIZE, &row->path[i]));
    }
    return AS_OK;
}

static as_err take_row(sqlite3_stmt *rows, struct as_arena *mem,
                       const struct as_certificate_row **out)
{
    struct as_certificate_row *row = as_arena_alloc(mem, sizeof(*row));
    int64_t class_ = sqlite3_column_int64(rows, 3);

    AS_NEED_MEM(row);
    AS_NEED(class_ == AS_CERTIFICATE_PKI || class_ == AS_CERTIFICATE_REGISTERED, AS_SERVER_ERROR,
            "a stored certificate has an unknown class");
    row->class_ = (enum as_certificate_class)class_;
    AS_TRY(as_sql_take_fixed(rows, 0, row->thumbprint, AS_DIGEST));
    AS_TRY(as_sql_take(rows, 1, mem, &row->der));
    AS_TRY(as_sql_take(rows, 2, mem, &row->chain));
    AS_TRY(as_sql_take(rows, 4, mem, &row->trust));
    AS_TRY(as_sql_take_fixed(rows, 5, row->anchor, AS_DIGEST));
    AS_TRY(take_path(rows, 6, row));
    row->not_after = sqlite3_column_int64(rows, 7);
    *out = row;
    return AS_OK;
}

as_err as_sqlite_certificate_get(struct as_reader *reader, struct as_arena *mem,
                                 const unsigned char thumbprint[AS_DIGEST],
                                 const struct as_certificate_row **out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    *out = NULL;
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT " COLUMNS " FROM certificate WHERE thumbprint = ?1",
                       AS_SQL_BLOB(thumbprint, AS_DIGEST)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    return found ? take_row(rows, mem, out) : AS_OK;
}

as_err as_sqlite_certificate_put(struct as_backend *backend, const struct as_certificate_row *row)
{
    unsigned char path[AS_PATH_MAX * LINK_SIZE];

    for (size_t i = 0; i < row->path_count; i++) {
        link_write(&row->path[i], path + i * LINK_SIZE);
    }
    return AS_SQL_RUN(
        &backend->writer,
        "INSERT INTO certificate (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT (thumbprint) DO UPDATE SET der = ?2, chain = ?3, class = ?4, trust = ?5, "
        "anchor = ?6, path = ?7, not_after = ?8",
        AS_SQL_BLOB(row->thumbprint, AS_DIGEST), AS_SQL_BLOB(row->der.ptr, row->der.len),
        AS_SQL_BLOB(row->chain.ptr, row->chain.len), AS_SQL_NUMBER(row->class_),
        AS_SQL_TEXT(row->trust), AS_SQL_BLOB(row->anchor, AS_DIGEST),
        AS_SQL_BLOB(path, row->path_count * LINK_SIZE), AS_SQL_NUMBER(row->not_after));
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
