/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/file.h"

#include "as/base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 4096

AS_AUTO_DEFINE(char, free)

void as_file_close(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
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
