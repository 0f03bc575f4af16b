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

as_err as_schema_check(struct as_db *db, const char *path, int64_t *version,
                       char why[AS_STORE_MESSAGE])
{
    int64_t application = 0;
    int64_t objects = 0;
    char text[AS_STORE_MESSAGE];
    int code = as_db_number(db, "PRAGMA application_id", &application);

    code = code == SQLITE_OK ? as_db_number(db, "PRAGMA user_version", version) : code;
    code =
        code == SQLITE_OK ? as_db_number(db, "SELECT count(*) FROM sqlite_schema", &objects) : code;
    AS_TRY(as_open_need(code, path, why));
    if (application == 0 && *version == 0 && objects == 0) {
        return AS_OK; /* empty */
    }
    if (application != AS_APPLICATION_ID || *version < 1) {
        return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the database is somebody else's"),
                            path, "a database, but not one of fapid");
    }
    if (*version > as_schema_newest()) {
        (void)snprintf(text, sizeof(text), "schema %lld is newer than this fapid knows (%lld)",
                       (long long)*version, (long long)as_schema_newest());
        return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the database is newer than fapid"),
                            path, text);
    }
    return AS_OK;
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

as_err as_schema_migrate(struct as_db *db, const char *path, char why[AS_STORE_MESSAGE])
{
    int64_t version = 0;

    AS_TRY(as_schema_check(db, path, &version, why));
    for (size_t i = 0; i < AS_COUNT(migrations); i++) {
        if (migrations[i].number <= version) {
            continue;
        }
        AS_TRY(as_open_need(migrate_one(db, &migrations[i]), path, why));
        AS_LOG(AS_LOG_NOTICE, "store_migrated", AS_LOG_TEXT("migration", migrations[i].name));
    }
    return AS_OK;
}
