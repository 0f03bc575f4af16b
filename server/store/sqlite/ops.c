/* SPDX-License-Identifier: Apache-2.0 */
/* Readers, the transaction of the committer, checkpoints, and the table of all. */
#include "sqlite/backend.h"

#include <stdlib.h>

/* ------------------------------------------------------------ readers ------------------------- */

void as_reader_free(struct as_reader *reader)
{
    as_db_close(&reader->db);
    free(reader);
}

/* By one address, as statements are found by it. */
static const char rollback_sql[] = "ROLLBACK";

/* Prepared beforehand: to end a transaction must not need what there may be none of. */
static as_err prepare_rollback(struct as_db *db)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    return as_sql_open(db, &rows, rollback_sql, NULL, 0);
}

/* SQLite may have ended it already, after an error. */
static void roll_back(struct as_db *db)
{
    if (sqlite3_get_autocommit(db->handle) == 0) {
        (void)as_sql_run(db, rollback_sql, NULL, 0);
    }
}

as_err as_reader_new(struct as_backend *backend, enum as_db_role role, struct as_reader **out)
{
    AS_AUTO(as_reader_free) struct as_reader *reader = calloc(1, sizeof(*reader));

    AS_NEED_MEM(reader);
    reader->db.faults = &backend->faults;
    AS_TRY(as_db_need(&reader->db, as_db_open(&reader->db, backend->path, role)));
    AS_TRY(prepare_rollback(&reader->db));
    /* another database in this place may know less: of a revocation, say */
    AS_NEED(!as_sqlite_is_lost(backend), AS_UNAVAILABLE, "the database was taken from its place");
    *out = AS_MOVE(reader);
    return AS_OK;
}

static as_err reader_new(struct as_backend *backend, bool may_wait, struct as_reader **out)
{
    return as_reader_new(backend, may_wait ? AS_DB_JOB : AS_DB_WORKER, out);
}

/* One that could not be ended then is ended now: its snapshot is old. */
static as_err read_begin(struct as_reader *reader)
{
    roll_back(&reader->db);
    as_db_refresh(&reader->db);
    return as_sql_run(&reader->db, "BEGIN DEFERRED", NULL, 0);
}

static void read_end(struct as_reader *reader)
{
    roll_back(&reader->db);
}

static as_err probe(struct as_reader *reader)
{
    return as_sql_run(&reader->db, "SELECT value FROM sequence WHERE name = 'probe'", NULL, 0);
}

/* ------------------------------------------------------------ the committer's transaction ----- */

static as_err begin(struct as_backend *backend)
{
    AS_NEED(!as_sqlite_is_lost(backend), AS_UNAVAILABLE, "the database was taken from its place");
    roll_back(&backend->writer); /* what could not be undone then */
    as_db_refresh(&backend->writer);
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
    roll_back(&backend->writer);
}

static as_err touch(struct as_backend *backend)
{
    return as_sql_run(&backend->writer,
                      "UPDATE sequence SET value = value + 1 WHERE name = 'probe'", NULL, 0);
}

static void rest(struct as_backend *backend)
{
    as_db_rest(&backend->writer);
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
 * for AS_LIMIT_TIDY_BUSY_MS at most, and not again for AS_LIMIT_TIDY_RETRY_MS: a reader may stay
 * for minutes (a backup).
 */
static void tidy(struct as_backend *backend)
{
    int code = checkpoint(backend, SQLITE_CHECKPOINT_PASSIVE);

    if (code == SQLITE_OK && atomic_load(&backend->wal_pages) >= AS_LIMIT_WAL_PAGES_CAP &&
        as_clock_mono_ms() >= backend->truncate_ms) {
        code = checkpoint(backend, SQLITE_CHECKPOINT_TRUNCATE);
        backend->truncate_ms = as_clock_mono_ms() + AS_LIMIT_TIDY_RETRY_MS;
    }
    if (code != SQLITE_OK && (code & 0xFF) != SQLITE_BUSY) {
        (void)as_db_fail(&backend->tidier, code);
    }
}

const struct as_store_ops as_sqlite_ops = {
    .open = as_sqlite_open,
    .close = as_sqlite_close,
    .check = as_sqlite_check,
    .reader_new = reader_new,
    .reader_free = as_reader_free,
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
    .iat_get = as_sqlite_iat_get,
    .iat_list = as_sqlite_iat_list,
    .audit_list = as_sqlite_audit_list,
    .begin = begin,
    .mark = mark,
    .keep = keep,
    .undo = undo,
    .commit = commit,
    .rollback = rollback,
    .party_create = as_sqlite_party_create,
    .party_replace = as_sqlite_party_replace,
    .party_is_still = as_sqlite_party_is_still,
    .party_set_status = as_sqlite_party_set_status,
    .party_delete = as_sqlite_party_delete,
    .client_revoke_tokens = as_sqlite_client_revoke_tokens,
    .certificate_put = as_sqlite_certificate_put,
    .token_revoke = as_sqlite_token_revoke,
    .key_add = as_sqlite_key_add,
    .key_activate = as_sqlite_key_activate,
    .key_retire = as_sqlite_key_retire,
    .key_delete = as_sqlite_key_delete,
    .key_promise = as_sqlite_key_promise,
    .iat_create = as_sqlite_iat_create,
    .iat_take = as_sqlite_iat_take,
    .iat_revoke = as_sqlite_iat_revoke,
    .audit_put = as_sqlite_audit_put,
    .sweep = as_sqlite_sweep,
    .touch = touch,
    .rest = rest,
    .status = as_sqlite_status,
    .backup = as_sqlite_backup,
    .check_live = as_sqlite_check_live,
    .copy_open = as_sqlite_copy_open,
    .copy_close = as_sqlite_copy_close,
    .replace = as_sqlite_replace,
    .wants_tidy = wants_tidy,
    .tidy = tidy,
    .is_lost = as_sqlite_is_lost,
    .is_damaged = as_sqlite_is_damaged,
    .recheck = as_sqlite_recheck,
};
