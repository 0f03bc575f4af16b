/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of the whole database while it serves. VACUUM INTO reads one snapshot, holds up nobody,
 * and leaves out what was deleted, wrapped keys too; the copy needs no write-ahead log to be read.
 * It does not sync (sqlite.org/lang_vacuum.html): that is done here. Until it is complete the copy
 * is PATH.partial, so that a kill leaves nothing that looks like one.
 */
#include "sqlite/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNWRITTEN AS_FAIL(AS_UNAVAILABLE, "the copy cannot be written")

/* ------------------------------------------------------------ its place ----------------------- */

/* Where anybody may rename files, a name means nothing. */
static as_err need_own_directory(const char *path, char why[AS_STORE_MESSAGE])
{
    char *copy = strdup(path);
    struct stat st;

    AS_NEED_MEM(copy);
    int failed = stat(dirname(copy), &st);
    int code = errno;
    free(copy);
    if (failed != 0) {
        return as_files_say(why, UNWRITTEN, path, as_files_reason(code));
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return as_files_say(why, UNWRITTEN, path, "this directory is another user's than fapid's");
    }
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (st.st_mode & S_ISVTX) == 0) {
        return as_files_say(why, UNWRITTEN, path, "others may write in this directory");
    }
    return AS_OK;
}

/* Goes past what the text begins with. */
static bool skip(const char **text, const char *beginning)
{
    size_t len = strlen(beginning);

    if (strncmp(*text, beginning, len) != 0) {
        return false;
    }
    *text += len;
    return true;
}

/* What the database itself writes, deletes or takes for a part of it: a copy under such a name
 * would be lost, and the database not be opened any more. */
static bool is_part(const struct as_backend *backend, const char *path)
{
    const char *file = strrchr(path, '/');
    const char *own = strrchr(backend->path, '/');

    file = file != NULL ? file + 1 : path;
    own = own != NULL ? own + 1 : backend->path;
    if (!skip(&file, own)) {
        return false;
    }
    bool restored = skip(&file, AS_FILES_RESTORE);
    bool part = strcmp(file, AS_FILES_LOCK) == 0;
    for (size_t i = restored ? 0 : 1; i < AS_FILES_OWN && !part; i++) {
        part = strcmp(file, as_files_own[i]) == 0;
    }
    return part;
}

/* A log or journal of some earlier database would be taken for that of the copy. */
static as_err need_no_leftover(const char *path, const char *suffix, char why[AS_STORE_MESSAGE])
{
    char *name = as_files_part(path, suffix);
    struct stat st;

    AS_NEED_MEM(name);
    as_err err = lstat(name, &st) != 0
                     ? AS_OK
                     : as_files_say(why, AS_FAIL(AS_ALREADY_EXISTS, "nothing was written"), name,
                                    "it is there already");
    free(name);
    return err;
}

static as_err make(const struct as_backend *backend, const char *path, const char *partial, int *fd,
                   char why[AS_STORE_MESSAGE])
{
    if (path[0] != '/') {
        return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the path is not absolute"), path,
                            "the path must be absolute");
    }
    if (is_part(backend, path)) {
        return as_files_say(why,
                            AS_FAIL(AS_INVALID_REQUEST, "the name is one of the database's own"),
                            path, "a part of the database that is in use is named so");
    }
    AS_TRY(need_own_directory(path, why));
    for (size_t i = 0; i < AS_FILES_OWN; i++) {
        AS_TRY(need_no_leftover(path, as_files_own[i], why));
    }
    for (size_t i = 1; i < AS_FILES_OWN; i++) { /* of itself below, without a moment between */
        AS_TRY(need_no_leftover(partial, as_files_own[i], why));
    }
    *fd = open(partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0) {
        return errno == EEXIST
                   ? as_files_say(why, AS_FAIL(AS_ALREADY_EXISTS, "nothing was written"), partial,
                                  "it is there already; a backup that was killed left it")
                   : as_files_say(why, UNWRITTEN, partial, as_files_reason(errno));
    }
    return AS_OK;
}

/* Is what stands there the file that was made? */
static bool is_ours(const char *path, int fd)
{
    struct stat made;
    struct stat there;

    return fstat(fd, &made) == 0 && lstat(path, &there) == 0 && made.st_dev == there.st_dev &&
           made.st_ino == there.st_ino;
}

/* ------------------------------------------------------------ its content --------------------- */

static int vacuum_into(struct as_db *db, const char *path)
{
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(db->handle, "VACUUM INTO ?1", -1, &rows, NULL);

    code = code == SQLITE_OK ? sqlite3_bind_text(rows, 1, path, -1, SQLITE_STATIC) : code;
    code = code == SQLITE_OK ? sqlite3_step(rows) : code;
    (void)sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* What goes wrong may be the copy's disk: it says nothing of the store's. */
static as_err fill(struct as_backend *backend, const char *path, const atomic_bool *cancelled,
                   char why[AS_STORE_MESSAGE])
{
    struct as_db db = {.handle = NULL};
    int code = as_db_open(&db, backend->path, AS_DB_COPIER);

    code = code == SQLITE_OK && as_sqlite_is_lost(backend) ? SQLITE_CANTOPEN : code;
    if (code == SQLITE_OK) {
        as_db_watch(&db, cancelled);
        code = vacuum_into(&db, path);
    }
    as_db_close(&db);
    if (code == SQLITE_OK) {
        return AS_OK;
    }
    return as_files_say(why, UNWRITTEN, path,
                        code == SQLITE_INTERRUPT ? AS_DB_CANCELLED : sqlite3_errstr(code));
}

/* Not every file system knows RENAME_NOREPLACE (rename(2)); that nothing was there was looked at.
 */
static bool rename_new(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ||
           (errno == EINVAL && rename(from, to) == 0);
}

static as_err settle(const char *path, const char *partial, int fd, char why[AS_STORE_MESSAGE])
{
    if (!is_ours(partial, fd)) {
        return as_files_say(why, UNWRITTEN, partial, "somebody put another file in its place");
    }
    if (fchmod(fd, 0600) != 0 || fsync(fd) != 0 || !rename_new(partial, path)) {
        return as_files_say(why, UNWRITTEN, path, strerror(errno));
    }
    if (!as_file_sync_directory(path)) {
        as_err err = as_files_say(why, UNWRITTEN, path, strerror(errno));
        (void)unlink(path);
        return err;
    }
    return AS_OK;
}

static as_err write_copy(struct as_backend *backend, const char *path, const char *partial,
                         const atomic_bool *cancelled, char why[AS_STORE_MESSAGE])
{
    AS_AUTO_FD int fd = -1;

    AS_TRY(make(backend, path, partial, &fd, why));
    as_err err = fill(backend, partial, cancelled, why);
    if (!as_failed(err)) {
        err = settle(path, partial, fd, why);
    }
    if (as_failed(err) && is_ours(partial, fd)) {
        (void)unlink(partial);
    }
    return err;
}

as_err as_sqlite_backup(struct as_backend *backend, const char *path, const atomic_bool *cancelled,
                        char why[AS_STORE_MESSAGE])
{
    if (atomic_exchange(&backend->backing_up, true)) {
        return as_files_say(why, UNWRITTEN, path, "another backup is under way");
    }
    char *partial = as_files_part(path, ".partial");
    as_err err = partial != NULL ? write_copy(backend, path, partial, cancelled, why)
                                 : AS_FAIL(AS_SERVER_ERROR, "out of memory");
    free(partial);
    atomic_store(&backend->backing_up, false);
    return err;
}
