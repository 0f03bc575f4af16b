/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite/db.h"

#include <sys/stat.h>

/* ------------------------------------------------------------ what a result code means -------- */

static const struct meaning {
    int code;
    enum as_fault_id fault;
    const char *why;
    bool damage; /* is the file to be doubted? */
} meanings[] = {
    {SQLITE_BUSY, AS_UNAVAILABLE, "the store is locked", false},
    {SQLITE_LOCKED, AS_UNAVAILABLE, "the store is locked", false},
    {SQLITE_NOMEM, AS_SERVER_ERROR, "out of memory", false},
    {SQLITE_FULL, AS_UNAVAILABLE, "the disk of the store is full", false},
    {SQLITE_IOERR, AS_UNAVAILABLE, "the store cannot be read or written", true},
    {SQLITE_CANTOPEN, AS_UNAVAILABLE, "the store cannot be opened", false},
    {SQLITE_READONLY, AS_UNAVAILABLE, "the store cannot be written", false},
    {SQLITE_PERM, AS_UNAVAILABLE, "the store cannot be read or written", false},
    {SQLITE_PROTOCOL, AS_UNAVAILABLE, "the store is locked", false},
    {SQLITE_CORRUPT, AS_UNAVAILABLE, "the store is corrupt", true},
    {SQLITE_NOTADB, AS_UNAVAILABLE, "the store is not a database", true},
};
_Static_assert(AS_COUNT(meanings) == AS_DB_MEANINGS, "each has its pace in struct as_db_faults");

static bool note(struct as_db_faults *faults, size_t kind)
{
    if (faults == NULL || kind >= AS_COUNT(meanings)) {
        return true;
    }
    if (meanings[kind].damage) {
        atomic_store(&faults->damaged, true);
    }
    return as_log_is_due(&faults->told[kind], as_clock_mono_ms());
}

as_err as_db_fail(struct as_db *db, int code)
{
    static const struct meaning unknown = {0, AS_SERVER_ERROR, "the store refused a statement",
                                           false};
    bool locked = (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
    size_t kind = 0;

    if (locked && !db->may_wait) {
        return AS_FAIL(AS_ELSEWHERE, "the store is locked");
    }
    if ((code & 0xFF) == SQLITE_INTERRUPT) { /* nothing is wrong */
        return AS_FAIL(AS_UNAVAILABLE, AS_DB_CANCELLED);
    }
    while (kind < AS_COUNT(meanings) && meanings[kind].code != (code & 0xFF)) {
        kind++;
    }
    const struct meaning *means = kind < AS_COUNT(meanings) ? &meanings[kind] : &unknown;
    db->doubtful = db->doubtful || means->damage;
    if (note(db->faults, kind)) {
        AS_LOG(AS_LOG_ERROR, "store_fault", AS_LOG_NUMBER("sqlite_code", code),
               AS_LOG_TEXT("sqlite_says", sqlite3_errstr(code)), AS_LOG_TEXT("reason", means->why));
    }
    return AS_FAIL(means->fault, means->why);
}

as_err as_db_need(struct as_db *db, int code)
{
    return code == SQLITE_OK ? AS_OK : as_db_fail(db, code);
}

#define WATCH_STEPS 1000 /* of SQLite's machine, between two looks */

static int is_set(void *arg)
{
    const atomic_bool *cancelled = arg;

    return atomic_load(cancelled);
}

void as_db_watch(struct as_db *db, const atomic_bool *cancelled)
{
    sqlite3_progress_handler(db->handle, cancelled != NULL ? WATCH_STEPS : 0, is_set,
                             (void *)(uintptr_t)cancelled);
}

void as_db_rest(struct as_db *db)
{
    (void)sqlite3_db_release_memory(db->handle);
}

void as_db_refresh(struct as_db *db)
{
    if (db->doubtful) {
        as_db_rest(db);
        db->doubtful = false;
    }
}

/* ------------------------------------------------------------ opening ------------------------- */

static const struct role {
    int flags;
    int busy_ms;
    const char *pragmas;
} roles[] = {
    [AS_DB_WORKER] = {SQLITE_OPEN_READONLY, 0, "PRAGMA query_only = 1;"},
    /* There are many jobs, and what they read often is cached above SQLite: 128 KiB of pages each.
     */
    [AS_DB_JOB] = {SQLITE_OPEN_READONLY, AS_LIMIT_STORE_BUSY_MS,
                   "PRAGMA query_only = 1; PRAGMA cache_size = -128;"},
    /* FULL: with WAL, each commit is fsynced, so that acknowledged means durable (D10). No
     * checkpoint on the way: it would cost 15 to 45 ms (design 6). */
    [AS_DB_WRITER] = {SQLITE_OPEN_READWRITE, AS_LIMIT_STORE_BUSY_MS,
                      "PRAGMA synchronous = FULL;"
                      "PRAGMA wal_autocheckpoint = 0;"
                      "PRAGMA journal_size_limit = 67108864;"},
    [AS_DB_TIDIER] = {SQLITE_OPEN_READWRITE, AS_LIMIT_TIDY_BUSY_MS,
                      "PRAGMA synchronous = FULL;"
                      "PRAGMA wal_autocheckpoint = 0;"},
    [AS_DB_CHECKER] = {SQLITE_OPEN_READONLY, AS_LIMIT_STORE_BUSY_MS, "PRAGMA query_only = 1;"},
    [AS_DB_COPIER] = {SQLITE_OPEN_READONLY, AS_LIMIT_STORE_BUSY_MS, ""}, /* VACUUM INTO writes */
    [AS_DB_COPY] = {SQLITE_OPEN_READWRITE, 0,
                    "PRAGMA journal_mode = MEMORY;"
                    "PRAGMA synchronous = OFF;"},
};

/* A database is data: a schema that somebody tampered with must not run functions of its own. */
static int harden(sqlite3 *handle)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0}, {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };

    for (size_t i = 0; i < AS_COUNT(options); i++) {
        int code = sqlite3_db_config(handle, options[i].option, options[i].value, NULL);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    return SQLITE_OK;
}

/* SQLite deletes the write-ahead log of a database that a new connection finds empty, even one that
 * only reads, and with it what was acknowledged: so that is damage, and never opened. */
static bool is_emptied(const char *path, const struct role *is)
{
    struct stat st;

    return is->flags == SQLITE_OPEN_READONLY && stat(path, &st) == 0 && st.st_size == 0;
}

int as_db_open(struct as_db *db, const char *path, enum as_db_role role)
{
    const struct role *is = &roles[role];

    *db = (struct as_db){.faults = db->faults};
    db->may_wait = is->busy_ms > 0;
    if (is_emptied(path, is)) {
        return SQLITE_NOTADB;
    }
    int code = sqlite3_open_v2(path, &db->handle, is->flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(db->handle, 1);
        code = sqlite3_busy_timeout(db->handle, is->busy_ms);
    }
    if (code == SQLITE_OK) {
        code = harden(db->handle);
    }
    if (code == SQLITE_OK) {
        code = as_db_exec(db, "PRAGMA cell_size_check = 1; PRAGMA temp_store = MEMORY;"
                              "PRAGMA mmap_size = 0;");
    }
    return code == SQLITE_OK ? as_db_exec(db, is->pragmas) : code;
}

void as_db_close(struct as_db *db)
{
    for (size_t i = 0; i < db->count; i++) {
        (void)sqlite3_finalize(db->statements[i].handle);
    }
    db->count = 0;
    (void)sqlite3_close(db->handle);
    db->handle = NULL;
}

int as_db_exec(struct as_db *db, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

int as_db_number(struct as_db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &rows, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(rows);
    }
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(rows, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(rows);
    return code;
}
