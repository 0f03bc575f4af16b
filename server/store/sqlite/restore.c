/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first half of a restore, which changes nothing: a copy that as_store_backup wrote is brought
 * beside the database, where nobody else can change it any more, checked, and brought to today's
 * schema there. The second half is replace.c.
 */
#include "sqlite/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

AS_AUTO_DEFINE(struct as_copy, as_sqlite_copy_close)

#define PIECE (64 * 1024)

#define REFUSED AS_FAIL(AS_INVALID_REQUEST, "this copy cannot be restored")
#define STUCK   AS_FAIL(AS_UNAVAILABLE, "the copy cannot be prepared")

/* ------------------------------------------------------------ its place ----------------------- */

static void remove_all(const char *path)
{
    for (size_t i = 0; i < AS_FILES_OWN; i++) {
        char *name = as_files_part(path, as_files_own[i]);
        if (name != NULL) {
            (void)unlink(name);
            free(name);
        }
    }
}

static char *place_of(const struct as_backend *backend)
{
    return as_files_part(backend->path, AS_FILES_RESTORE);
}

void as_sqlite_copy_sweep(struct as_backend *backend)
{
    char *path = place_of(backend);

    if (path != NULL) {
        remove_all(path);
        free(path);
    }
}

/* ------------------------------------------------------------ bringing it in ------------------ */

/* Or may be, where memory is short. */
static bool is_part(const struct as_backend *backend, const char *suffix, const struct stat *st)
{
    char *name = as_files_part(backend->path, suffix);
    struct stat part;
    bool same = name == NULL ||
                (stat(name, &part) == 0 && part.st_dev == st->st_dev && part.st_ino == st->st_ino);

    free(name);
    return same;
}

/* The database itself and its parts are not to be opened: closing them again would drop the locks
 * that SQLite holds on them (fcntl(2)). */
static bool is_in_use(const struct as_backend *backend, const struct stat *st)
{
    bool same = is_part(backend, AS_FILES_LOCK, st);

    for (size_t i = 0; i < AS_FILES_OWN && !same; i++) {
        same = is_part(backend, as_files_own[i], st);
    }
    return same;
}

static as_err need_plain(const struct as_backend *backend, const char *path, struct stat *st,
                         char why[AS_STORE_MESSAGE])
{
    if (lstat(path, st) != 0) {
        return as_files_say(why, REFUSED, path, as_files_reason(errno));
    }
    if (!S_ISREG(st->st_mode)) {
        return as_files_say(why, REFUSED, path, "not a regular file");
    }
    if (is_in_use(backend, st)) {
        return as_files_say(why, REFUSED, path, "the database that is in use");
    }
    if ((st->st_uid != geteuid() && st->st_uid != 0) || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return as_files_say(
            why, REFUSED, path,
            "others may write this file; it must belong to the user of fapid or root");
    }
    return AS_OK;
}

/* sqlite.org/fileformat2.html: the first 16 octets, and 1 at 18 and 19, where a database in use
 * with a write-ahead log has 2: a plain copy of that may lack what the log held. */
static as_err need_header(const char *path, const char *header, size_t len,
                          char why[AS_STORE_MESSAGE])
{
    if (len < 100 || memcmp(header, "SQLite format 3", 16) != 0) {
        return as_files_say(why, REFUSED, path, "not a database");
    }
    if (header[18] != 1 || header[19] != 1) {
        return as_files_say(
            why, REFUSED, path,
            "a database in use, not a copy by backup; to go on with it, stop fapid and put "
            "it in the place of the database");
    }
    return AS_OK;
}

static as_err write_piece(int to, const char *piece, size_t len, const char *path,
                          char why[AS_STORE_MESSAGE])
{
    while (len > 0) {
        ssize_t put = write(to, piece, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return as_files_say(why, STUCK, path,
                                put == 0 ? "nothing could be written" : strerror(errno));
        }
        piece += put;
        len -= (size_t)put;
    }
    return AS_OK;
}

static as_err need_going(const struct as_copy *copy, const char *path, char why[AS_STORE_MESSAGE])
{
    return atomic_load(copy->cancelled) ? as_files_say(why, STUCK, path, AS_DB_CANCELLED) : AS_OK;
}

/* As long as it was at the start: a file that grows meanwhile is no copy that is complete. */
static as_err pour(int from, const char *path, int64_t size, int to, const struct as_copy *copy,
                   char *piece, char why[AS_STORE_MESSAGE])
{
    for (int64_t at = 0; at < size;) {
        AS_TRY(need_going(copy, path, why));
        ssize_t got = pread(from, piece, PIECE, at);
        if (got <= 0) {
            return as_files_say(why, REFUSED, path,
                                got == 0 ? "it became shorter" : strerror(errno));
        }
        if (at == 0) {
            AS_TRY(need_header(path, piece, (size_t)got, why));
        }
        AS_TRY(write_piece(to, piece, (size_t)got, copy->path, why));
        at += got;
    }
    return size > 0 ? AS_OK : as_files_say(why, REFUSED, path, "an empty file");
}

static as_err bring_in(const struct as_copy *copy, const char *path, char why[AS_STORE_MESSAGE])
{
    AS_AUTO_FD int from = -1;
    AS_AUTO_FD int to = -1;
    struct stat st;

    if (path[0] != '/') {
        return as_files_say(why, REFUSED, path, "the path must be absolute");
    }
    AS_TRY(need_plain(copy->backend, path, &st, why));
    from = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (from < 0) {
        return as_files_say(why, REFUSED, path, as_files_reason(errno));
    }
    struct stat opened;
    if (fstat(from, &opened) != 0 || opened.st_dev != st.st_dev || opened.st_ino != st.st_ino) {
        return as_files_say(why, REFUSED, path, "another file was put in its place");
    }
    to = open(copy->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) {
        return as_files_say(why, STUCK, copy->path, strerror(errno));
    }
    char *piece = malloc(PIECE);
    AS_NEED_MEM(piece);
    as_err err = pour(from, path, st.st_size, to, copy, piece, why);
    free(piece);
    return err;
}

/* ------------------------------------------------------------ checking it --------------------- */

struct finding {
    const char *path;
    char *why; /* of AS_STORE_MESSAGE octets */
};

/* The first one is told. */
static void keep_first(void *arg, const char *text)
{
    const struct finding *first = arg;

    if (first->why[0] == '\0') {
        (void)as_files_say(first->why, REFUSED, first->path, text);
    }
}

static as_err check(struct as_copy *copy, const char *path, char why[AS_STORE_MESSAGE])
{
    struct finding first = {path, why};
    struct as_db *db = &copy->reader.db;
    int64_t version = 0;

    AS_TRY(as_open_need(as_db_open(db, copy->path, AS_DB_COPY), path, why));
    as_db_watch(db, copy->cancelled);
    AS_TRY(as_schema_check(db, path, &version, why));
    if (version == 0) {
        return as_files_say(why, REFUSED, path, "an empty database");
    }
    AS_NEED(as_check_pages(&copy->reader, keep_first, &first) == 0, AS_INVALID_REQUEST,
            "the copy is damaged");
    AS_TRY(as_schema_migrate(db, path, why));
    AS_NEED(as_check_records(&copy->reader, keep_first, &first) == 0, AS_INVALID_REQUEST,
            "the copy holds what is not understood");
    as_err err = as_sequences_need_room(db);
    return as_failed(err) ? as_files_say(why, REFUSED, path, err.why) : AS_OK;
}

static as_err prepare(struct as_backend *backend, const char *path, struct as_copy *copy,
                      char why[AS_STORE_MESSAGE])
{
    copy->path = place_of(backend);
    AS_NEED_MEM(copy->path);
    remove_all(copy->path);
    AS_TRY(bring_in(copy, path, why));
    as_err err = check(copy, path, why);
    AS_TRY(need_going(copy, path, why)); /* then it tells nothing of the copy */
    return err;
}

as_err as_sqlite_copy_open(struct as_backend *backend, const char *path,
                           const atomic_bool *cancelled, struct as_copy **out,
                           char why[AS_STORE_MESSAGE])
{
    AS_AUTO(as_sqlite_copy_close) struct as_copy *copy = NULL;

    if (atomic_exchange(&backend->restoring, true)) {
        return as_files_say(why, STUCK, path, "another restore is under way");
    }
    copy = calloc(1, sizeof(*copy));
    if (copy == NULL) {
        atomic_store(&backend->restoring, false);
        return AS_FAIL(AS_SERVER_ERROR, "out of memory");
    }
    copy->backend = backend;
    copy->cancelled = cancelled;
    AS_TRY(prepare(backend, path, copy, why));
    *out = AS_MOVE(copy);
    return AS_OK;
}

void as_sqlite_copy_close(struct as_copy *copy)
{
    as_db_close(&copy->reader.db);
    if (copy->path != NULL) {
        remove_all(copy->path);
    }
    free(copy->path);
    atomic_store(&copy->backend->restoring, false);
    free(copy);
}
