/* SPDX-License-Identifier: Apache-2.0 */
/* How large the store is. */
#include "sqlite/backend.h"

static as_err number(struct as_db *db, const char *sql, int64_t *out)
{
    return as_db_need(db, as_db_number(db, sql, out));
}

as_err as_sqlite_status(struct as_reader *reader, struct as_backend *backend,
                        struct as_store_status *out)
{
    struct as_db *db = &reader->db;
    const struct {
        const char *sql;
        int64_t *to;
    } rows[] = {
        {"PRAGMA user_version", &out->schema},
        {"SELECT count(*) FROM party WHERE kind = 0", &out->clients},
        {"SELECT count(*) FROM party WHERE kind = 1", &out->resources},
        {"SELECT count(DISTINCT thumbprint) FROM certificate", &out->certificates},
        {"SELECT count(*) FROM revocation", &out->revocations},
        {"SELECT count(*) FROM key", &out->keys},
        {"SELECT count(*) FROM iat", &out->iats},
        {"SELECT count(*) FROM audit", &out->audits},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        AS_TRY(number(db, rows[i].sql, rows[i].to));
    }
    AS_TRY(as_sequence_get(db, AS_LIT("store"), &out->epoch));
    out->backend = AS_LIT("sqlite");
    out->path = as_span_of(backend->path);
    out->octets = as_files_size(backend->path, "");
    out->wal_octets = as_files_size(backend->path, "-wal");
    return AS_OK;
}
