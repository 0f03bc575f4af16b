/* SPDX-License-Identifier: Apache-2.0 */
/* What is over is deleted, a small batch at a time, so that no request waits for it. */
#include "sqlite/backend.h"

as_err as_sqlite_sweep(struct as_backend *backend, as_time now, size_t *revocations,
                       size_t *certificates)
{
    struct as_db *db = &backend->writer;

    AS_TRY(AS_SQL_RUN(db,
                      "DELETE FROM revocation WHERE number IN (SELECT number FROM revocation "
                      "WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
                      AS_SQL_NUMBER(now - AS_LIMIT_SWEEP_GRACE_S),
                      AS_SQL_NUMBER(AS_LIMIT_SWEEP_ROWS)));
    *revocations = (size_t)sqlite3_changes64(db->handle);
    AS_TRY(AS_SQL_RUN(db,
                      "DELETE FROM certificate WHERE number IN (SELECT number FROM certificate "
                      "WHERE not_after < ?1 ORDER BY not_after LIMIT ?2)",
                      AS_SQL_NUMBER(now - AS_LIMIT_CERTIFICATE_KEEP_S),
                      AS_SQL_NUMBER(AS_LIMIT_SWEEP_ROWS)));
    *certificates = (size_t)sqlite3_changes64(db->handle);
    return AS_OK;
}
