/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema: application_id says that a database is ours, user_version which migrations it has.
 * Each migration and its new version are one transaction.
 */
#include "sqlite/backend.h"

#include <stdio.h>

struct as_migration {
    int64_t number;
    const char *name;
    const char *sql;
};

#include "migrations.inc"

int64_t as_schema_newest(void)
{
    return migrations[AS_COUNT(migrations) - 1].number;
}

enum as_store_failure as_schema_check(struct as_db *db, const char *path, int64_t *version,
                                      char message[AS_STORE_MESSAGE])
{
    int64_t application = 0;
    int64_t objects = 0;
    int code = as_db_number(db, "PRAGMA application_id", &application);

    code = code == SQLITE_OK ? as_db_number(db, "PRAGMA user_version", version) : code;
    code =
        code == SQLITE_OK ? as_db_number(db, "SELECT count(*) FROM sqlite_schema", &objects) : code;
    if (code != SQLITE_OK) {
        return as_open_failure(code, path, message);
    }
    if (application == 0 && *version == 0 && objects == 0) {
        return AS_STORE_FINE; /* empty */
    }
    if (application != AS_APPLICATION_ID || *version < 1) {
        (void)snprintf(message, AS_STORE_MESSAGE, "%s: a database, but not one of fapid", path);
        return AS_STORE_BROKEN;
    }
    if (*version > as_schema_newest()) {
        (void)snprintf(message, AS_STORE_MESSAGE,
                       "%s: schema %lld is newer than this fapid knows (%lld)", path,
                       (long long)*version, (long long)as_schema_newest());
        return AS_STORE_NEWER;
    }
    return AS_STORE_FINE;
}

static int migrate_one(struct as_db *db, const struct as_migration *migration)
{
    char pragmas[96];
    int code = as_db_exec(db, "BEGIN IMMEDIATE");

    (void)snprintf(pragmas, sizeof(pragmas),
                   "PRAGMA application_id = %d; PRAGMA user_version = %lld", AS_APPLICATION_ID,
                   (long long)migration->number);
    code = code == SQLITE_OK ? as_db_exec(db, migration->sql) : code;
    code = code == SQLITE_OK ? as_db_exec(db, pragmas) : code;
    code = code == SQLITE_OK ? as_db_exec(db, "COMMIT") : code;
    if (code != SQLITE_OK && sqlite3_get_autocommit(db->handle) == 0) {
        (void)as_db_exec(db, "ROLLBACK");
    }
    return code;
}

enum as_store_failure as_schema_migrate(struct as_db *db, const char *path,
                                        char message[AS_STORE_MESSAGE])
{
    int64_t version = 0;
    enum as_store_failure failure = as_schema_check(db, path, &version, message);

    for (size_t i = 0; failure == AS_STORE_FINE && i < AS_COUNT(migrations); i++) {
        if (migrations[i].number <= version) {
            continue;
        }
        int code = migrate_one(db, &migrations[i]);
        if (code != SQLITE_OK) {
            return as_open_failure(code, path, message);
        }
        AS_LOG(AS_LOG_NOTICE, "store_migrated", AS_LOG_TEXT("migration", migrations[i].name));
    }
    return failure;
}
