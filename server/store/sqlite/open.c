/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing. */
#include "sqlite/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

AS_AUTO_DEFINE(struct as_backend, as_sqlite_close)

/* ------------------------------------------------------------ opening ------------------------- */

as_err as_open_need(int code, const char *path, char why[AS_STORE_MESSAGE])
{
    int primary = code & 0xFF;

    if (code == SQLITE_OK) {
        return AS_OK;
    }
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
        return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the database is corrupt"), path,
                            "corrupt, or not a database; restore a backup");
    }
    return as_files_say(why, AS_FAIL(AS_UNAVAILABLE, "the database cannot be opened"), path,
                        sqlite3_errstr(code));
}

/* SQLite keeps quiet when it cannot use a WAL, and goes on without. */
static as_err use_wal(struct as_backend *backend, char why[AS_STORE_MESSAGE])
{
    sqlite3_stmt *rows = NULL;
    int code =
        sqlite3_prepare_v2(backend->writer.handle, "PRAGMA journal_mode = WAL", -1, &rows, NULL);
    int step = code == SQLITE_OK ? sqlite3_step(rows) : code;
    bool wal = step == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(rows, 0), "wal") == 0;

    (void)sqlite3_finalize(rows);
    AS_TRY(as_open_need(step == SQLITE_ROW ? SQLITE_OK : step, backend->path, why));
    return wal ? AS_OK
               : as_files_say(why, AS_FAIL(AS_UNAVAILABLE, "there is no write-ahead log"),
                              backend->path,
                              "this file system does not carry a write-ahead log (is it a network "
                              "share?)");
}

/* Bad pages are better met now than by a request: all are looked at, where that is quick. */
static as_err need_sound(struct as_backend *backend, char why[AS_STORE_MESSAGE])
{
    struct as_db db = {.handle = NULL}; /* of its own: what it has read need not stay in memory */
    char finding[AS_STORE_MESSAGE] = "", text[AS_STORE_MESSAGE];
    int code = as_db_open(&db, backend->path, AS_DB_CHECKER);

    code = code == SQLITE_OK ? as_check_quickly(&db, backend->path, finding) : code;
    as_db_close(&db);
    if (code == SQLITE_OK) {
        return AS_OK;
    }
    if (code == SQLITE_INTERRUPT) {
        AS_LOG(AS_LOG_NOTICE, "store_unchecked", AS_LOG_TEXT("path", backend->path),
               AS_LOG_TEXT("reason", "large; fapid --check-store takes the time"));
        return AS_OK;
    }
    (void)snprintf(text, sizeof(text), "damaged (%.90s); restore a backup", finding);
    return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the store is damaged"), backend->path,
                        text);
}

/* How long the write-ahead log has grown, told by SQLite after each commit. */
static int wal_grew(void *arg, sqlite3 *handle, const char *name, int pages)
{
    struct as_backend *backend = arg;

    (void)handle;
    (void)name;
    atomic_store(&backend->wal_pages, pages);
    if (pages < atomic_load(&backend->wal_tidied)) {
        atomic_store(&backend->wal_tidied, 0); /* the log began anew */
    }
    return SQLITE_OK;
}

/* The writer's connection. What is not ours, or newer, is left as it is. */
static as_err connect(struct as_backend *backend, char why[AS_STORE_MESSAGE])
{
    struct as_db *db = &backend->writer;
    const char *path = backend->path;
    int64_t version = 0;

    AS_TRY(as_open_need(as_db_open(db, path, AS_DB_WRITER), path, why));
    AS_TRY(as_schema_check(db, path, &version, why));
    if (as_files_size(path, "") > 0) { /* one that is empty was made just now */
        AS_TRY(need_sound(backend, why));
    }
    AS_TRY(use_wal(backend, why));
    AS_TRY(as_schema_migrate(db, path, why));
    (void)sqlite3_wal_hook(db->handle, wal_grew, backend);
    return AS_OK;
}

static as_err remember_place(struct as_backend *backend, char why[AS_STORE_MESSAGE])
{
    struct stat st;

    if (stat(backend->path, &st) != 0) {
        return as_files_say(why, AS_FAIL(AS_UNAVAILABLE, "the store is gone"), backend->path,
                            strerror(errno));
    }
    backend->device = st.st_dev;
    backend->inode = st.st_ino;
    return AS_OK;
}

static as_err start(struct as_backend *backend, char why[AS_STORE_MESSAGE])
{
    const char *path = backend->path;

    AS_TRY(as_files_check(path, false, why));
    AS_TRY(as_files_lock(path, true, &backend->lock_fd, why));
    as_sqlite_copy_sweep(backend);
    AS_TRY(as_files_make(path, why));
    AS_TRY(connect(backend, why));
    AS_TRY(as_open_need(as_db_open(&backend->tidier, path, AS_DB_TIDIER), path, why));
    return remember_place(backend, why);
}

as_err as_sqlite_open(const char *path, struct as_backend **out, char why[AS_STORE_MESSAGE])
{
    AS_AUTO(as_sqlite_close) struct as_backend *backend = calloc(1, sizeof(*backend));

    AS_NEED_MEM(backend);
    backend->writer.faults = &backend->faults;
    backend->tidier.faults = &backend->faults;
    backend->lock_fd = -1;
    backend->path = strdup(path);
    AS_NEED_MEM(backend->path);
    AS_TRY(start(backend, why));
    *out = AS_MOVE(backend);
    return AS_OK;
}

/* The last connection to close checkpoints and removes the write-ahead log. The lock goes last. */
void as_sqlite_close(struct as_backend *backend)
{
    as_db_close(&backend->tidier);
    as_db_close(&backend->writer);
    if (backend->lock_fd >= 0) {
        (void)close(backend->lock_fd);
    }
    free(backend->path);
    free(backend);
}

bool as_sqlite_is_lost(struct as_backend *backend)
{
    struct stat st;

    return stat(backend->path, &st) != 0 || st.st_dev != backend->device ||
           st.st_ino != backend->inode;
}
