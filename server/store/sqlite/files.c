/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold on the disk before SQLite is asked: a directory that only its owner may write, a
 * file that only its owner may read. Nothing here opens the database once SQLite has it: closing
 * any descriptor of a file drops all POSIX locks of the process on it.
 */
#include "sqlite/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

as_err as_files_say(char why[AS_STORE_MESSAGE], as_err err, const char *path, const char *text)
{
    (void)snprintf(why, AS_STORE_MESSAGE, "%.380s: %.120s", path, text);
    return err;
}

const char *as_files_reason(int error)
{
    switch (error) {
    case EACCES:
        return "Permission denied to the user of fapid";
    case EROFS:
        return "Read-only file system to fapid: does its unit name the folder in ReadWritePaths=?";
    default:
        return strerror(error);
    }
}

static bool is_foreign(const struct stat *st)
{
    return st->st_uid != geteuid() && st->st_uid != 0;
}

/* The directory of a path, as a string to be freed; NULL when memory is short. */
static char *directory_of(const char *path)
{
    char *copy = strdup(path);
    char *directory = copy != NULL ? strdup(dirname(copy)) : NULL;

    free(copy);
    return directory;
}

static as_err directory_check(const char *directory, char why[AS_STORE_MESSAGE])
{
    const as_err unsafe = AS_FAIL(AS_UNAVAILABLE, "the directory of the store cannot be relied on");
    struct stat st;

    if (stat(directory, &st) != 0) {
        return as_files_say(why, unsafe, directory, strerror(errno));
    }
    if (is_foreign(&st) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return as_files_say(why, unsafe, directory,
                            "others may write in this directory; it must belong to the user of "
                            "fapid or root, mode 0700 or 0755");
    }
    return AS_OK;
}

static as_err file_check(const char *path, bool must_exist, char why[AS_STORE_MESSAGE])
{
    const as_err unsafe = AS_FAIL(AS_UNAVAILABLE, "the file of the store cannot be relied on");
    struct stat st;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT && !must_exist ? AS_OK
                                              : as_files_say(why, unsafe, path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return as_files_say(why, unsafe, path, "not a regular file");
    }
    if (is_foreign(&st) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return as_files_say(why, unsafe, path,
                            "others may read this file; it must belong to the user of fapid or "
                            "root, mode 0600");
    }
    /* Only what SQLite has begun is a database: an empty file may be all that an accident left, and
     * a new database in its place would have forgotten everything. */
    if (st.st_size == 0) {
        return as_files_say(why, AS_FAIL(AS_INVALID_REQUEST, "the store is an empty file"), path,
                            "an empty file, no database; restore a backup, or remove it to begin "
                            "anew");
    }
    return AS_OK;
}

as_err as_files_check(const char *path, bool must_exist, char why[AS_STORE_MESSAGE])
{
    char *directory = directory_of(path);

    AS_NEED_MEM(directory);
    as_err err = directory_check(directory, why);
    free(directory);
    AS_TRY(err);
    return file_check(path, must_exist, why);
}

const char *const as_files_own[AS_FILES_OWN] = {"", "-wal", "-shm", "-journal"};

char *as_files_part(const char *path, const char *suffix)
{
    char *name = NULL;

    return asprintf(&name, "%s%s", path, suffix) >= 0 ? name : NULL;
}

int64_t as_files_size(const char *path, const char *suffix)
{
    char *name = as_files_part(path, suffix);
    struct stat st;

    if (name == NULL) {
        return 0;
    }
    int64_t size = stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
    free(name);
    return size;
}

/* ------------------------------------------------------------ root, who only looks ------------ */

struct as_owner as_files_become_owner(const char *path)
{
    struct as_owner was = {geteuid(), getegid()};
    struct stat st;

    if (was.uid == 0 && lstat(path, &st) == 0 && st.st_uid != 0) {
        if (setegid(st.st_gid) != 0 || seteuid(st.st_uid) != 0) {
            as_files_become(was); /* the file is then somebody else's, and refused as such */
        }
    }
    return was;
}

void as_files_become(struct as_owner owner)
{
    if ((geteuid() != owner.uid && seteuid(owner.uid) != 0) || setegid(owner.gid) != 0) {
        return; /* what is done next as that owner is then refused by the system */
    }
}

/* ------------------------------------------------------------ making and locking -------------- */

as_err as_files_make(const char *path, char why[AS_STORE_MESSAGE])
{
    const as_err unmade = AS_FAIL(AS_UNAVAILABLE, "the file of the store cannot be made");
    AS_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno == EEXIST ? AS_OK : as_files_say(why, unmade, path, strerror(errno));
    }
    if (fchmod(fd, 0600) != 0 || !as_file_sync_directory(path)) {
        return as_files_say(why, unmade, path, strerror(errno));
    }
    return AS_OK;
}

/* Or none, where there is no file. */
static as_err lock_file(const char *path, const char *lock, bool make, int *fd,
                        char why[AS_STORE_MESSAGE])
{
    const as_err unlocked = AS_FAIL(AS_UNAVAILABLE, "the store cannot be locked");
    AS_AUTO_FD int opened =
        open(lock, O_RDWR | (make ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (opened < 0) {
        return !make && errno == ENOENT ? AS_OK
                                        : as_files_say(why, unlocked, lock, strerror(errno));
    }
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? as_files_say(why, AS_FAIL(AS_CONFLICT, "another fapid holds the store"), path,
                                  "another fapid holds this database")
                   : as_files_say(why, unlocked, lock, strerror(errno));
    }
    *fd = opened;
    opened = -1;
    return AS_OK;
}

as_err as_files_lock(const char *path, bool make, int *fd, char why[AS_STORE_MESSAGE])
{
    char *lock = as_files_part(path, AS_FILES_LOCK);

    *fd = -1;
    AS_NEED_MEM(lock);
    as_err err = lock_file(path, lock, make, fd, why);
    free(lock);
    return err;
}
