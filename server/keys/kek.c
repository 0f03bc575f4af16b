/* SPDX-License-Identifier: Apache-2.0 */
#include "kek.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX (2 * AS_KEK)

/* Descriptors that close themselves: -1 is none. */
static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}
#define AUTO_FD __attribute__((cleanup(close_fd)))

AS_AUTO_DEFINE(char, free)

void as_kek_wipe(struct as_kek *kek)
{
    as_crypto_wipe(kek, sizeof(*kek));
}

/* ------------------------------------------------------------ reading ------------------------- */

static as_err file_check(int fd)
{
    struct stat st;

    AS_NEED(fstat(fd, &st) == 0, AS_BAD_CONFIGURATION, "the key file cannot be read");
    AS_NEED(S_ISREG(st.st_mode), AS_BAD_CONFIGURATION, "the key file is not a regular file");
    AS_NEED(st.st_uid == geteuid() || st.st_uid == 0, AS_BAD_CONFIGURATION,
            "the key file belongs to somebody else");
    mode_t shut = S_IRWXG | S_IRWXO;
    if (st.st_uid == 0 && st.st_gid == 0) {
        shut &= ~(mode_t)S_IRGRP;
    }
    AS_NEED((st.st_mode & shut) == 0, AS_BAD_CONFIGURATION,
            "the key file is open to others; its mode must be 0600 or 0400");
    return AS_OK;
}

static int hex_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_parse(const unsigned char text[HEX], unsigned char out[AS_KEK])
{
    for (size_t i = 0; i < AS_KEK; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* A text of 64 digits may end its line. */
static size_t without_line_end(const unsigned char *text, size_t len)
{
    if (len > HEX && text[len - 1] == '\n') {
        len--;
    }
    if (len > HEX && text[len - 1] == '\r') {
        len--;
    }
    return len;
}

static as_err kek_parse(const unsigned char *bytes, size_t len, struct as_kek *out)
{
    if (len == AS_KEK) {
        memcpy(out->key, bytes, AS_KEK);
        return AS_OK;
    }
    AS_NEED(without_line_end(bytes, len) == HEX && hex_parse(bytes, out->key), AS_BAD_CONFIGURATION,
            "the key file holds neither 32 octets nor 64 hex digits");
    return AS_OK;
}

/* Reads to the end of the file or of the room. */
static as_err read_all(int fd, unsigned char *out, size_t room, size_t *len)
{
    ssize_t got = 1;

    for (*len = 0; *len < room && got > 0; *len += (size_t)got) {
        got = read(fd, out + *len, room - *len);
        AS_NEED(got >= 0, AS_BAD_CONFIGURATION, "the key file cannot be read");
    }
    return AS_OK;
}

as_err as_kek_read(const char *path, struct as_kek *out, bool *found)
{
    AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    unsigned char bytes[HEX + 3] = {0};
    size_t len = 0;

    *found = fd >= 0;
    if (fd < 0) {
        AS_NEED(errno == ENOENT, AS_BAD_CONFIGURATION, "the key file cannot be opened");
        return AS_OK;
    }
    AS_TRY(file_check(fd));
    as_err err = read_all(fd, bytes, sizeof(bytes), &len);
    if (!as_failed(err)) {
        err = kek_parse(bytes, len, out);
    }
    as_crypto_wipe(bytes, sizeof(bytes));
    return err;
}

/* ------------------------------------------------------------ making -------------------------- */

static as_err write_synced(const char *path, const struct as_kek *kek)
{
    AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    AS_NEED(fd >= 0, AS_BAD_CONFIGURATION, "the key file cannot be made");
    AS_NEED(fchmod(fd, 0600) == 0 && write(fd, kek->key, AS_KEK) == AS_KEK && fsync(fd) == 0,
            AS_BAD_CONFIGURATION, "the key file cannot be written");
    return AS_OK;
}

static as_err directory_sync(const char *path)
{
    AS_AUTO(free) char *copy = strdup(path);

    AS_NEED_MEM(copy);
    AUTO_FD int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AS_NEED(fd >= 0 && fsync(fd) == 0, AS_BAD_CONFIGURATION,
            "the directory of the key file cannot be synced");
    return AS_OK;
}

/* A link, not a rename: it never replaces a key that somebody else has just made. */
static as_err put_in_place(const char *partial, const char *path, const struct as_kek *kek)
{
    AS_TRY(write_synced(partial, kek));
    int linked = link(partial, path);
    int why = errno;
    (void)unlink(partial);
    AS_NEED(linked == 0 || why != EEXIST, AS_BAD_CONFIGURATION, "there is a key file already");
    AS_NEED(linked == 0, AS_BAD_CONFIGURATION, "the key file cannot be made");
    return directory_sync(path);
}

/* A partial file that a crash left behind holds a key that was never used. */
as_err as_kek_make(const char *path, struct as_kek *out)
{
    AS_AUTO(free) char *partial = NULL;
    struct as_kek fresh;

    AS_NEED(asprintf(&partial, "%s.partial", path) > 0, AS_SERVER_ERROR, "out of memory");
    (void)unlink(partial);
    AS_TRY(as_random(fresh.key, AS_KEK));
    as_err err = put_in_place(partial, path, &fresh);
    if (!as_failed(err)) {
        *out = fresh;
    }
    as_kek_wipe(&fresh);
    return err;
}
