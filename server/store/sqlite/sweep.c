/* SPDX-License-Identifier: Apache-2.0 */
/* What is over is deleted, a small batch at a time, so that no request waits for it. */
#include "sqlite/backend.h"

static as_err sweep(struct as_db *db, const char *sql, as_time before, size_t *count)
{
    const struct as_sql_value values[] = {AS_SQL_NUMBER(before),
                                          AS_SQL_NUMBER(AS_LIMIT_SWEEP_ROWS)};

    AS_TRY(as_sql_run(db, sql, values, AS_COUNT(values)));
    *count = (size_t)sqlite3_changes64(db->handle);
    return AS_OK;
}

/* The oldest rows: those past their age, and those that more than AS_LIMIT_AUDIT_ROWS newer ones
 * follow (numbers run without gaps, so that no row need be counted). What is to be kept for longer
 * is in the audit file. */
static as_err sweep_audit(struct as_db *db, as_time before, size_t *count)
{
    AS_TRY(AS_SQL_RUN(db,
                      "DELETE FROM audit WHERE number IN (SELECT number FROM audit "
                      "ORDER BY number LIMIT ?2) AND (at < ?1 OR "
                      "number <= (SELECT max(number) FROM audit) - ?3)",
                      AS_SQL_NUMBER(before), AS_SQL_NUMBER(AS_LIMIT_SWEEP_ROWS),
                      AS_SQL_NUMBER(AS_LIMIT_AUDIT_ROWS)));
    *count = (size_t)sqlite3_changes64(db->handle);
    return AS_OK;
}

/* One that a party has registered confirms tokens after its end (MTLS-56), and goes with its
 * registration (party_write.c): so there are never more of them than registered ones. A path has
 * ended with its leaf, whoever has registered that. */
static as_err sweep_certificates(struct as_db *db, as_time before, size_t *count)
{
    AS_TRY(AS_SQL_RUN(db,
                      "DELETE FROM certificate WHERE number IN (SELECT number FROM certificate "
                      "WHERE not_after < ?1 AND (class <> ?4 OR NOT EXISTS (SELECT 1 "
                      "FROM identifier WHERE kind = ?3 AND digest = certificate.thumbprint)) "
                      "ORDER BY not_after LIMIT ?2)",
                      AS_SQL_NUMBER(before), AS_SQL_NUMBER(AS_LIMIT_SWEEP_ROWS),
                      AS_SQL_NUMBER(AS_IDENTIFIER_CERTIFICATE),
                      AS_SQL_NUMBER(AS_CERTIFICATE_REGISTERED)));
    *count = (size_t)sqlite3_changes64(db->handle);
    return AS_OK;
}

as_err as_sqlite_sweep(struct as_backend *backend, as_time now, struct as_swept *swept)
{
    struct as_db *db = &backend->writer;

    AS_TRY(sweep(db,
                 "DELETE FROM revocation WHERE number IN (SELECT number FROM revocation "
                 "WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
                 now - AS_LIMIT_SWEEP_GRACE_S, &swept->revocations));
    AS_TRY(sweep_certificates(db, now - AS_LIMIT_CERTIFICATE_KEEP_S, &swept->certificates));
    AS_TRY(sweep(db,
                 "DELETE FROM iat WHERE number IN (SELECT number FROM iat "
                 "WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
                 now - AS_LIMIT_IAT_KEEP_S, &swept->iats));
    return sweep_audit(db, now - AS_LIMIT_AUDIT_KEEP_S, &swept->audits);
}
