/* SPDX-License-Identifier: Apache-2.0 */
/* How large the store is. */
#include "sqlite/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* 0 where there is none: the write-ahead log comes with the first write. */
static int64_t size_of(const char *path, const char *suffix)
{
    char *name = NULL;
    struct stat st;

    if (asprintf(&name, "%s%s", path, suffix) < 0) {
        return 0;
    }
    int64_t size = stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
    free(name);
    return size;
}

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
        {"SELECT count(*) FROM certificate", &out->certificates},
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
    out->octets = size_of(backend->path, "");
    out->wal_octets = size_of(backend->path, "-wal");
    return AS_OK;
}
