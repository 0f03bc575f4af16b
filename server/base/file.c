/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/file.h"

#include "as/base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 4096

AS_AUTO_DEFINE(char, free)

void as_file_close(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

static const char *fault_of(const struct stat *about, const struct as_file_rules *rules)
{
    bool handed_over = rules->credential && about->st_uid == 0 && about->st_gid == 0;
    mode_t shut = rules->shut & ~(handed_over ? (mode_t)S_IRGRP : 0);

    if (!S_ISREG(about->st_mode)) {
        return "it is no regular file";
    }
    if (!rules->any_owner && about->st_uid != geteuid() && about->st_uid != 0) {
        return "it belongs to another user";
    }
    if ((about->st_mode & shut) != 0) {
        return (shut & (S_IRGRP | S_IROTH)) != 0
                   ? "it is open to others than its owner: set its mode to 0600"
                   : "others than its owner may write it: chmod go-w";
    }
    return NULL;
}

static const char *no_file(void)
{
    return errno == ELOOP ? "it is a link" : strerrordesc_np(errno);
}

const char *as_file_open(const char *path, const struct as_file_rules *rules, int *fd)
{
    AS_AUTO_FD int opened =
        open(path, rules->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    struct stat about;

    *fd = -1;
    if (opened < 0 || fstat(opened, &about) != 0) {
        return no_file();
    }
    const char *fault = fault_of(&about, rules);
    errno = 0;
    if (fault == NULL) {
        *fd = opened;
        opened = -1;
    }
    return fault;
}

bool as_file_read(int fd, struct as_buf *out)
{
    ssize_t got = 1;

    while (got != 0) {
        size_t left = out->max - out->len;
        size_t piece = left > 0 && left < PIECE ? left : PIECE;

        if (!as_buf_reserve(out, piece)) {
            return false;
        }
        got = read(fd, out->ptr + out->len, piece);
        if (got < 0 && errno != EINTR) {
            return false;
        }
        out->len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool as_file_sync_directory(const char *path)
{
    AS_AUTO(free) char *copy = strdup(path);
    AS_AUTO_FD int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    return fd >= 0 && fsync(fd) == 0;
}
