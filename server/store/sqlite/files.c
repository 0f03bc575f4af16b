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

__attribute__((format(printf, 3, 4))) static enum as_store_failure
say(char message[AS_STORE_MESSAGE], enum as_store_failure failure, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, AS_STORE_MESSAGE, format, args);
    va_end(args);
    return failure;
}

as_err as_files_say(char why[AS_STORE_MESSAGE], as_err err, const char *path, const char *text)
{
    (void)snprintf(why, AS_STORE_MESSAGE, "%.130s: %.120s", path, text);
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

static enum as_store_failure directory_check(const char *path, char message[AS_STORE_MESSAGE])
{
    char *directory = directory_of(path);
    struct stat st;
    enum as_store_failure failure = AS_STORE_FINE;

    if (directory == NULL) {
        return say(message, AS_STORE_UNAVAILABLE, "out of memory");
    }
    if (stat(directory, &st) != 0) {
        failure = say(message, AS_STORE_UNAVAILABLE, "%s: %s", directory, strerror(errno));
    } else if (is_foreign(&st) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        failure = say(message, AS_STORE_UNAVAILABLE,
                      "%s: others may write in this directory; it must belong to the user of fapid "
                      "or root, mode 0700 or 0755",
                      directory);
    }
    free(directory);
    return failure;
}

static enum as_store_failure file_check(const char *path, bool must_exist,
                                        char message[AS_STORE_MESSAGE])
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT && !must_exist
                   ? AS_STORE_FINE
                   : say(message, AS_STORE_UNAVAILABLE, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return say(message, AS_STORE_UNAVAILABLE, "%s: not a regular file", path);
    }
    if (is_foreign(&st) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return say(message, AS_STORE_UNAVAILABLE,
                   "%s: others may read this file; it must belong to the user of fapid or root, "
                   "mode 0600",
                   path);
    }
    /* Only what SQLite has begun is a database: an empty file may be all that an accident left, and
     * a new database in its place would have forgotten everything. */
    if (st.st_size == 0) {
        return say(message, AS_STORE_BROKEN,
                   "%s: an empty file, no database; restore a backup, or remove it to begin anew",
                   path);
    }
    return AS_STORE_FINE;
}

enum as_store_failure as_files_check(const char *path, bool must_exist,
                                     char message[AS_STORE_MESSAGE])
{
    enum as_store_failure failure = directory_check(path, message);

    return failure != AS_STORE_FINE ? failure : file_check(path, must_exist, message);
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

enum as_store_failure as_files_make(const char *path, char message[AS_STORE_MESSAGE])
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno == EEXIST
                   ? AS_STORE_FINE
                   : say(message, AS_STORE_UNAVAILABLE, "%s: %s", path, strerror(errno));
    }
    bool made = fchmod(fd, 0600) == 0;
    (void)close(fd);
    if (!made || !as_file_sync_directory(path)) {
        return say(message, AS_STORE_UNAVAILABLE, "%s: %s", path, strerror(errno));
    }
    return AS_STORE_FINE;
}

enum as_store_failure as_files_lock(const char *path, bool make, int *fd,
                                    char message[AS_STORE_MESSAGE])
{
    char *lock = as_files_part(path, AS_FILES_LOCK);

    *fd = -1;
    if (lock == NULL) {
        return say(message, AS_STORE_UNAVAILABLE, "out of memory");
    }
    int opened = open(lock, O_RDWR | (make ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC, 0600);
    int why = errno;
    free(lock);
    if (opened < 0) {
        return !make && why == ENOENT
                   ? AS_STORE_FINE
                   : say(message, AS_STORE_UNAVAILABLE, "%s.lock: %s", path, strerror(why));
    }
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        why = errno;
        (void)close(opened);
        return why == EWOULDBLOCK
                   ? say(message, AS_STORE_BUSY, "%s: another fapid holds this database", path)
                   : say(message, AS_STORE_UNAVAILABLE, "%s.lock: %s", path, strerror(why));
    }
    *fd = opened;
    return AS_STORE_FINE;
}
