/* SPDX-License-Identifier: Apache-2.0 */
/* Checks: of a whole database for `fapid --check-store`, a copy or the operator, and of its pages
 * alone at the start. */
#include "sqlite/backend.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MISSING "the end of the file is missing"

#define FINDINGS 100 /* told at most; a wreck need not be described to its end */

struct check {
    struct as_reader *reader;
    void (*tell)(void *, const char *);
    void *arg;
    size_t findings;
};

/* SQLite tells of a page in two lines; a sentence is one. */
static void one_line(char *text)
{
    for (; *text != '\0'; text++) {
        *text = *text == '\n' ? ' ' : *text;
    }
}

static void find(struct check *check, const char *what, const char *text)
{
    char line[AS_STORE_MESSAGE];

    if (check->findings++ < FINDINGS) {
        (void)snprintf(line, sizeof(line), "%s: %s", what, text);
        one_line(line);
        check->tell(check->arg, line);
    }
}

/* A part of a page at the end: SQLite would take what is missing for zeros. After an unclean end it
 * may be missing indeed, and is in the write-ahead log. */
static bool is_cut(struct as_db *db, const char *path)
{
    int64_t page = 0;
    struct stat st;

    return as_files_size(path, "-wal") == 0 && stat(path, &st) == 0 &&
           as_db_number(db, "PRAGMA page_size", &page) == SQLITE_OK && page > 0 &&
           st.st_size % page != 0;
}

/* ------------------------------------------------------------ all of it ----------------------- */

/* One finding per row of a pragma, but for the row "ok". */
static int find_rows(struct check *check, const char *pragma, const char *what)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(check->reader->db.handle, pragma, -1, &rows, NULL);

    while (code == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(rows, 0);
        if (text != NULL && strcmp(text, "ok") != 0) {
            find(check, what, text);
        }
    }
    int finished = sqlite3_finalize(rows);
    return code != SQLITE_OK ? code : finished;
}

static void check_pragma(struct check *check, const char *pragma, const char *what)
{
    int code = find_rows(check, pragma, what);

    if (code != SQLITE_OK) {
        find(check, what, sqlite3_errstr(code));
    }
}

static as_err check_keys(struct as_reader *reader, struct as_arena *mem)
{
    const struct as_key_row *keys = NULL;
    size_t count = 0;

    return as_sqlite_keys(reader, mem, &keys, &count);
}

static void check_records(struct check *check)
{
    static const struct {
        const char *what;
        as_err (*run)(struct as_reader *reader, struct as_arena *mem);
    } kinds[] = {
        {"sequences", as_sqlite_sequences_check},        {"parties", as_sqlite_parties_check},
        {"certificates", as_sqlite_certificates_check},  {"keys", check_keys},
        {"initial access tokens", as_sqlite_iats_check},
    };
    struct as_arena *mem = as_arena_new(AS_LIMIT_RESOURCE_BYTES);

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        as_err err = mem != NULL ? kinds[i].run(check->reader, mem)
                                 : AS_FAIL(AS_SERVER_ERROR, "out of memory");
        if (as_failed(err)) {
            find(check, kinds[i].what, err.why);
        }
    }
    as_arena_free(mem);
}

size_t as_check_pages(struct as_reader *reader, void (*tell)(void *, const char *), void *arg)
{
    struct check check = {.reader = reader, .tell = tell, .arg = arg};

    check_pragma(&check, "PRAGMA integrity_check(100)", "integrity");
    check_pragma(&check, "PRAGMA foreign_key_check", "foreign key, table");
    return check.findings;
}

size_t as_check_records(struct as_reader *reader, void (*tell)(void *, const char *), void *arg)
{
    struct check check = {.reader = reader, .tell = tell, .arg = arg};

    check_records(&check);
    return check.findings;
}

/* ------------------------------------------------------------ while fapid does not run -------- */

static size_t check_all(struct as_reader *reader, const char *path, int64_t version,
                        void (*tell)(void *, const char *), void *arg)
{
    size_t findings = as_check_pages(reader, tell, arg);

    if (is_cut(&reader->db, path)) {
        findings++;
        tell(arg, MISSING);
    }
    if (version == as_schema_newest()) { /* older records are read once they are migrated */
        findings += as_check_records(reader, tell, arg);
    }
    return findings;
}

static as_err open_to_check(struct as_db *db, const char *path, int *lock, int64_t *version,
                            char why[AS_STORE_MESSAGE])
{
    AS_TRY(as_files_check(path, true, why));
    AS_TRY(as_files_lock(path, false, lock, why));
    AS_TRY(as_open_need(as_db_open(db, path, AS_DB_CHECKER), path, why));
    return as_schema_check(db, path, version, why);
}

as_err as_sqlite_check(const char *path, void (*tell)(void *, const char *), void *arg)
{
    struct as_reader reader = {.db = {.handle = NULL}};
    char why[AS_STORE_MESSAGE] = "";
    AS_AUTO_FD int lock = -1;
    int64_t version = 0;
    struct as_owner was = as_files_become_owner(path);
    as_err err = open_to_check(&reader.db, path, &lock, &version, why);

    if (as_failed(err)) {
        tell(arg, why[0] != '\0' ? why : err.why);
    } else if (check_all(&reader, path, version, tell, arg) > 0) {
        err = AS_FAIL(AS_INVALID_REQUEST, "the store is damaged");
    }
    as_db_close(&reader.db);
    as_files_become(was);
    return err;
}

/* ------------------------------------------------------------ while it runs ------------------- */

/* One snapshot for all; no finding at all puts an earlier doubt to rest. */
as_err as_sqlite_check_live(struct as_backend *backend, void (*tell)(void *, const char *),
                            void *arg, const atomic_bool *cancelled, size_t *findings)
{
    AS_AUTO(as_reader_free) struct as_reader *reader = NULL;

    AS_TRY(as_reader_new(backend, AS_DB_CHECKER, &reader));
    as_db_watch(&reader->db, cancelled);
    AS_TRY(as_db_need(&reader->db, as_db_exec(&reader->db, "BEGIN DEFERRED")));
    *findings = as_check_pages(reader, tell, arg) + as_check_records(reader, tell, arg);
    AS_NEED(!atomic_load(cancelled), AS_UNAVAILABLE, AS_DB_CANCELLED);
    atomic_store(&backend->faults.damaged, *findings > 0);
    return AS_OK;
}

/* ------------------------------------------------------------ the pages alone, quickly -------- */

static int is_late(void *arg)
{
    const int64_t *until_ms = arg;

    return as_clock_mono_ms() >= *until_ms;
}

static int quick_check(struct as_db *db, char finding[AS_STORE_MESSAGE])
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &rows, NULL);
    int step = code == SQLITE_OK ? sqlite3_step(rows) : code;
    const char *text = step == SQLITE_ROW ? (const char *)sqlite3_column_text(rows, 0) : NULL;
    bool fine = text != NULL && strcmp(text, "ok") == 0;

    (void)snprintf(finding, AS_STORE_MESSAGE, "%s", text != NULL ? text : sqlite3_errstr(step));
    one_line(finding);
    (void)sqlite3_finalize(rows);
    if (step != SQLITE_ROW) {
        return step;
    }
    return fine ? SQLITE_OK : SQLITE_CORRUPT;
}

int as_check_quickly(struct as_db *db, const char *path, char finding[AS_STORE_MESSAGE])
{
    int64_t until_ms = as_clock_mono_ms() + AS_LIMIT_STORE_CHECK_MS;
    int64_t pages = 0;
    int64_t octets = 0;
    int code = as_db_number(db, "PRAGMA page_count", &pages);

    code = code == SQLITE_OK ? as_db_number(db, "PRAGMA page_size", &octets) : code;
    if (code != SQLITE_OK) {
        (void)snprintf(finding, AS_STORE_MESSAGE, "%s", sqlite3_errstr(code));
        return code;
    }
    if (is_cut(db, path)) { /* first: what stands in half a page is told in other words */
        (void)snprintf(finding, AS_STORE_MESSAGE, MISSING);
        return SQLITE_CORRUPT;
    }
    if (pages > AS_LIMIT_STORE_CHECK_OCTETS / octets) {
        return SQLITE_INTERRUPT;
    }
    sqlite3_progress_handler(db->handle, 1000, is_late, &until_ms);
    code = quick_check(db, finding);
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    return code;
}

/* A connection of its own: those in use still hold pages as they were before the damage. */
void as_sqlite_recheck(struct as_backend *backend)
{
    struct as_db db = {.faults = &backend->faults};
    char finding[AS_STORE_MESSAGE] = "";
    int code = as_db_open(&db, backend->path, AS_DB_CHECKER);

    (void)snprintf(finding, sizeof(finding), "%s", sqlite3_errstr(code));
    code = code == SQLITE_OK ? as_check_quickly(&db, backend->path, finding) : code;
    as_db_close(&db);
    if (code == SQLITE_OK || code == SQLITE_INTERRUPT) {
        atomic_store(&backend->faults.damaged, false);
        AS_LOG(AS_LOG_NOTICE, "store_doubt_ended", AS_LOG_TEXT("path", backend->path));
    } else {
        AS_LOG(AS_LOG_ERROR, "store_damaged", AS_LOG_TEXT("path", backend->path),
               AS_LOG_TEXT("finding", finding));
    }
}

bool as_sqlite_is_damaged(struct as_backend *backend)
{
    return atomic_load(&backend->faults.damaged);
}
