/* SPDX-License-Identifier: Apache-2.0 */
/* `fapid --check-store`: the whole database, read and not changed. */
#include "sqlite/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FINDINGS 100 /* told at most; a wreck need not be described to its end */

struct check {
    struct as_reader reader;
    void (*tell)(void *, const char *);
    void *arg;
    size_t findings;
};

static void find(struct check *check, const char *text)
{
    if (check->findings++ < FINDINGS) {
        check->tell(check->arg, text);
    }
}

/* One line per row of a pragma, but for the row "ok". */
static int tell_rows(struct check *check, const char *pragma, const char *what)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(check->reader.db.handle, pragma, -1, &rows, NULL);

    while (code == SQLITE_OK && sqlite3_step(rows) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(rows, 0);
        char line[AS_STORE_MESSAGE];
        if (text != NULL && strcmp(text, "ok") != 0) {
            (void)snprintf(line, sizeof(line), "%s: %s", what, text);
            find(check, line);
        }
    }
    int finished = sqlite3_finalize(rows);
    return code != SQLITE_OK ? code : finished;
}

static void check_pragma(struct check *check, const char *pragma, const char *what)
{
    char line[AS_STORE_MESSAGE];
    int code = tell_rows(check, pragma, what);

    if (code != SQLITE_OK) {
        (void)snprintf(line, sizeof(line), "%s: %s", what, sqlite3_errstr(code));
        find(check, line);
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
        {"parties", as_sqlite_parties_check},
        {"certificates", as_sqlite_certificates_check},
        {"keys", check_keys},
    };
    struct as_arena *mem = as_arena_new(AS_LIMIT_RESOURCE_BYTES);
    char line[AS_STORE_MESSAGE];

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        as_err err = mem != NULL ? kinds[i].run(&check->reader, mem)
                                 : AS_FAIL(AS_SERVER_ERROR, "out of memory");
        if (as_failed(err)) {
            (void)snprintf(line, sizeof(line), "%s: %s", kinds[i].what, err.why);
            find(check, line);
        }
    }
    as_arena_free(mem);
}

static enum as_store_failure check_all(struct check *check, const char *path,
                                       char message[AS_STORE_MESSAGE])
{
    int64_t version = 0;
    int code = as_db_open(&check->reader.db, path, AS_DB_CHECKER);
    enum as_store_failure failure = code == SQLITE_OK
                                        ? as_schema_check(&check->reader.db, &version, message)
                                        : as_open_failure(code, path, message);

    if (failure != AS_STORE_FINE) {
        return failure;
    }
    check_pragma(check, "PRAGMA integrity_check(100)", "integrity");
    check_pragma(check, "PRAGMA foreign_key_check", "foreign key, table");
    if (version == as_schema_newest()) { /* older records are read once they are migrated */
        check_records(check);
    }
    return check->findings > 0 ? AS_STORE_BROKEN : AS_STORE_FINE;
}

enum as_store_failure as_sqlite_check(const char *path, void (*tell)(void *, const char *),
                                      void *arg)
{
    struct check check = {.tell = tell, .arg = arg};
    char message[AS_STORE_MESSAGE] = "";
    int lock = -1;
    enum as_store_failure failure = as_files_check(path, message);

    if (failure == AS_STORE_FINE && access(path, R_OK) != 0) {
        (void)snprintf(message, sizeof(message), "%s: %s", path, strerror(errno));
        failure = AS_STORE_UNAVAILABLE;
    }
    if (failure == AS_STORE_FINE) {
        failure = as_files_lock(path, false, &lock, message);
    }
    if (failure == AS_STORE_FINE) {
        failure = check_all(&check, path, message);
    }
    as_db_close(&check.reader.db);
    if (lock >= 0) {
        (void)close(lock);
    }
    if (failure != AS_STORE_FINE && message[0] != '\0') {
        tell(arg, message);
    }
    return failure;
}
