/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing, readers, and the transaction of the committer. */
#include "sqlite/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void backend_close(struct as_backend *backend);

AS_AUTO_DEFINE(struct as_backend, backend_close)

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
    enum as_store_failure failure = as_schema_check(&backend->writer, &version, message);
    if (failure == AS_STORE_FINE) {
        failure = use_wal(backend, message);
    }
    if (failure == AS_STORE_FINE) {
        failure = as_schema_migrate(&backend->writer, message);
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

static enum as_store_failure backend_open(const char *path, struct as_backend **out,
                                          char message[AS_STORE_MESSAGE])
{
    AS_AUTO(backend_close) struct as_backend *backend = calloc(1, sizeof(*backend));

    if (backend != NULL) {
        backend->lock_fd = -1;
        backend->path = strdup(path);
    }
    if (backend == NULL || backend->path == NULL) {
        (void)snprintf(message, AS_STORE_MESSAGE, "out of memory");
        return AS_STORE_UNAVAILABLE;
    }
    enum as_store_failure failure = as_files_check(path, message);
    if (failure == AS_STORE_FINE) {
        failure = as_files_lock(path, true, &backend->lock_fd, message);
    }
    if (failure == AS_STORE_FINE) {
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
static void backend_close(struct as_backend *backend)
{
    as_db_close(&backend->tidier);
    as_db_close(&backend->writer);
    if (backend->lock_fd >= 0) {
        (void)close(backend->lock_fd);
    }
    free(backend->path);
    free(backend);
}

static bool backend_is_lost(struct as_backend *backend)
{
    struct stat st;

    return stat(backend->path, &st) != 0 || st.st_dev != backend->device ||
           st.st_ino != backend->inode;
}

/* ------------------------------------------------------------ readers ------------------------- */

static void reader_free(struct as_reader *reader)
{
    as_db_close(&reader->db);
    free(reader);
}

AS_AUTO_DEFINE(struct as_reader, reader_free)

static as_err reader_new(struct as_backend *backend, bool may_wait, struct as_reader **out)
{
    AS_AUTO(reader_free) struct as_reader *reader = calloc(1, sizeof(*reader));

    AS_NEED_MEM(reader);
    AS_TRY(as_db_need(&reader->db,
                      as_db_open(&reader->db, backend->path, may_wait ? AS_DB_JOB : AS_DB_WORKER)));
    *out = AS_MOVE(reader);
    return AS_OK;
}

static as_err read_begin(struct as_reader *reader)
{
    return as_sql_run(&reader->db, "BEGIN DEFERRED", NULL, 0);
}

/* SQLite may have ended it already, after an error. */
static void read_end(struct as_reader *reader)
{
    if (sqlite3_get_autocommit(reader->db.handle) == 0) {
        (void)as_sql_run(&reader->db, "ROLLBACK", NULL, 0);
    }
}

static as_err probe(struct as_reader *reader)
{
    return as_sql_run(&reader->db, "SELECT value FROM sequence WHERE name = 'probe'", NULL, 0);
}

/* ------------------------------------------------------------ the committer's transaction ----- */

static as_err begin(struct as_backend *backend)
{
    AS_NEED(!backend_is_lost(backend), AS_UNAVAILABLE, "the database was taken from its place");
    return as_sql_run(&backend->writer, "BEGIN IMMEDIATE", NULL, 0);
}

static as_err mark(struct as_backend *backend)
{
    return as_sql_run(&backend->writer, "SAVEPOINT verb", NULL, 0);
}

static as_err keep(struct as_backend *backend)
{
    return as_sql_run(&backend->writer, "RELEASE verb", NULL, 0);
}

/* After some errors (disk full, out of memory) SQLite has rolled back everything by itself. */
static as_err undo(struct as_backend *backend)
{
    AS_NEED(sqlite3_get_autocommit(backend->writer.handle) == 0, AS_UNAVAILABLE,
            "the transaction was lost");
    AS_TRY(as_sql_run(&backend->writer, "ROLLBACK TO verb", NULL, 0));
    return as_sql_run(&backend->writer, "RELEASE verb", NULL, 0);
}

static as_err commit(struct as_backend *backend)
{
    return as_sql_run(&backend->writer, "COMMIT", NULL, 0);
}

static void rollback(struct as_backend *backend)
{
    if (sqlite3_get_autocommit(backend->writer.handle) == 0) {
        (void)as_sql_run(&backend->writer, "ROLLBACK", NULL, 0);
    }
}

static as_err touch(struct as_backend *backend)
{
    return as_sql_run(&backend->writer,
                      "UPDATE sequence SET value = value + 1 WHERE name = 'probe'", NULL, 0);
}

/* ------------------------------------------------------------ checkpoints --------------------- */

static bool wants_tidy(struct as_backend *backend)
{
    return atomic_load(&backend->wal_pages) - atomic_load(&backend->wal_tidied) >=
           AS_LIMIT_WAL_PAGES;
}

static int checkpoint(struct as_backend *backend, int mode)
{
    int logged = 0;
    int done = 0;
    int code = sqlite3_wal_checkpoint_v2(backend->tidier.handle, NULL, mode, &logged, &done);

    if (code == SQLITE_OK) {
        atomic_store(&backend->wal_tidied, done);
    }
    return code;
}

/*
 * PASSIVE does the work and holds up nobody; a write that finds all of the log in the database
 * starts the log anew. While writes follow each other closely none does, and past the cap TRUNCATE
 * makes the moment: little is left to copy then, and it waits for readers, with writers kept out,
 * for AS_LIMIT_TIDY_BUSY_MS at most.
 */
static void tidy(struct as_backend *backend)
{
    int code = checkpoint(backend, SQLITE_CHECKPOINT_PASSIVE);

    if (code == SQLITE_OK && atomic_load(&backend->wal_pages) >= AS_LIMIT_WAL_PAGES_CAP) {
        code = checkpoint(backend, SQLITE_CHECKPOINT_TRUNCATE);
    }
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) {
        (void)as_db_fail(&backend->tidier, code);
    }
}

const struct as_store_ops as_sqlite_ops = {
    .open = backend_open,
    .close = backend_close,
    .check = as_sqlite_check,
    .reader_new = reader_new,
    .reader_free = reader_free,
    .read_begin = read_begin,
    .read_end = read_end,
    .probe = probe,
    .party_get = as_sqlite_party_get,
    .resources = as_sqlite_resources,
    .party_list = as_sqlite_party_list,
    .parties_of = as_sqlite_parties_of,
    .certificate_get = as_sqlite_certificate_get,
    .token_is_revoked = as_sqlite_token_is_revoked,
    .keys = as_sqlite_keys,
    .audit_list = as_sqlite_audit_list,
    .begin = begin,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .commit = commit,
    .rollback = rollback,
    .party_create = as_sqlite_party_create,
    .party_replace = as_sqlite_party_replace,
    .party_set_status = as_sqlite_party_set_status,
    .party_delete = as_sqlite_party_delete,
    .party_revoke_tokens = as_sqlite_party_revoke_tokens,
    .certificate_put = as_sqlite_certificate_put,
    .token_revoke = as_sqlite_token_revoke,
    .key_add_first = as_sqlite_key_add_first,
    .audit_put = as_sqlite_audit_put,
    .sweep = as_sqlite_sweep,
    .touch = touch,
    .wants_tidy = wants_tidy,
    .tidy = tidy,
    .is_lost = backend_is_lost,
};
