/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens revoked one by one (design D8): known by jti, never by their text (TOK-18). */
#include "sqlite/backend.h"

as_err as_sqlite_token_is_revoked(struct as_reader *reader, const unsigned char jti[AS_JTI],
                                  bool *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(AS_SQL_OPEN(&reader->db, &rows, "SELECT 1 FROM revocation WHERE jti = ?1",
                       AS_SQL_BLOB(jti, AS_JTI)));
    return as_sql_next(&reader->db, rows, out);
}

as_err as_sqlite_token_revoke(struct as_backend *backend, const unsigned char jti[AS_JTI],
                              as_time expires_at)
{
    return AS_SQL_RUN(&backend->writer,
                      "INSERT INTO revocation (jti, expires_at) VALUES (?1, ?2) "
                      "ON CONFLICT (jti) DO UPDATE SET expires_at = max(expires_at, ?2)",
                      AS_SQL_BLOB(jti, AS_JTI), AS_SQL_NUMBER(expires_at));
}
