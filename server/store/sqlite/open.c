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

enum as_store_failure as_open_failure(int code, const char *path, char message[AS_STORE_MESSAGE])
{
    int primary = code & 0xFF;
    bool broken = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;

    (void)snprintf(message, AS_STORE_MESSAGE, "%s: %s", path,
                   broken ? "corrupt, or not a database; restore a backup" : sqlite3_errstr(code));
    return broken ? AS_STORE_BROKEN : AS_STORE_UNAVAILABLE;
}

/* SQLite keeps quiet when it cannot use a WAL, and goes on without. */
static enum as_store_failure use_wal(struct as_backend *backend, char message[AS_STORE_MESSAGE])
{
    sqlite3_stmt *rows = NULL;
    int code =
        sqlite3_prepare_v2(backend->writer.handle, "PRAGMA journal_mode = WAL", -1, &rows, NULL);
    int step = code == SQLITE_OK ? sqlite3_step(rows) : code;
    bool wal = step == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(rows, 0), "wal") == 0;

    (void)sqlite3_finalize(rows);
    if (step != SQLITE_ROW) {
        return as_open_failure(step, backend->path, message);
    }
    if (!wal) {
        (void)snprintf(message, AS_STORE_MESSAGE,
                       "%s: this file system does not carry a write-ahead log (is it a network "
                       "share?)",
                       backend->path);
        return AS_STORE_UNAVAILABLE;
    }
    return AS_STORE_FINE;
}

/* Bad pages are better met now than by a request: all are looked at, where that is quick. */
static enum as_store_failure need_sound(struct as_backend *backend, char message[AS_STORE_MESSAGE])
{
    struct as_db db = {.handle = NULL}; /* of its own: what it has read need not stay in memory */
    char finding[AS_STORE_MESSAGE] = "";
    int code = as_db_open(&db, backend->path, AS_DB_CHECKER);

    code = code == SQLITE_OK ? as_check_quickly(&db, backend->path, finding) : code;
    as_db_close(&db);
    if (code == SQLITE_OK) {
        return AS_STORE_FINE;
    }
    if (code == SQLITE_INTERRUPT) {
        AS_LOG(AS_LOG_NOTICE, "store_unchecked", AS_LOG_TEXT("path", backend->path),
               AS_LOG_TEXT("reason", "large; fapid --check-store takes the time"));
        return AS_STORE_FINE;
    }
    (void)snprintf(message, AS_STORE_MESSAGE, "%s: damaged (%.100s); restore a backup",
                   backend->path, finding);
    return AS_STORE_BROKEN;
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

static enum as_store_failure connect(struct as_backend *backend, char message[AS_STORE_MESSAGE])
{
    struct stat st;
    int64_t version = 0;
    int code = as_db_open(&backend->writer, backend->path, AS_DB_WRITER);

    if (code != SQLITE_OK) {
        return as_open_failure(code, backend->path, message);
    }
    /* What is not ours, or newer, is left as it is. */
    enum as_store_failure failure =
        as_schema_check(&backend->writer, backend->path, &version, message);
    /* one that is empty was made just now */
    if (failure == AS_STORE_FINE && as_files_size(backend->path, "") > 0) {
        failure = need_sound(backend, message);
    }
    if (failure == AS_STORE_FINE) {
        failure = use_wal(backend, message);
    }
    if (failure == AS_STORE_FINE) {
        failure = as_schema_migrate(&backend->writer, backend->path, message);
    }
    if (failure != AS_STORE_FINE) {
        return failure;
    }
    (void)sqlite3_wal_hook(backend->writer.handle, wal_grew, backend);
    code = as_db_open(&backend->tidier, backend->path, AS_DB_TIDIER);
    if (code != SQLITE_OK) {
        return as_open_failure(code, backend->path, message);
    }
    if (stat(backend->path, &st) != 0) {
        (void)snprintf(message, AS_STORE_MESSAGE, "%s: %s", backend->path, strerror(errno));
        return AS_STORE_UNAVAILABLE;
    }
    backend->device = st.st_dev;
    backend->inode = st.st_ino;
    return AS_STORE_FINE;
}

enum as_store_failure as_sqlite_open(const char *path, struct as_backend **out,
                                     char message[AS_STORE_MESSAGE])
{
    AS_AUTO(as_sqlite_close) struct as_backend *backend = calloc(1, sizeof(*backend));

    if (backend != NULL) {
        backend->writer.faults = &backend->faults;
        backend->tidier.faults = &backend->faults;
        backend->lock_fd = -1;
        backend->path = strdup(path);
    }
    if (backend == NULL || backend->path == NULL) {
        (void)snprintf(message, AS_STORE_MESSAGE, "out of memory");
        return AS_STORE_UNAVAILABLE;
    }
    enum as_store_failure failure = as_files_check(path, false, message);
    if (failure == AS_STORE_FINE) {
        failure = as_files_lock(path, true, &backend->lock_fd, message);
    }
    if (failure == AS_STORE_FINE) {
        as_sqlite_copy_sweep(backend);
        failure = as_files_make(path, message);
    }
    if (failure == AS_STORE_FINE) {
        failure = connect(backend, message);
    }
    if (failure == AS_STORE_FINE) {
        *out = AS_MOVE(backend);
    }
    return failure;
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
