/* SPDX-License-Identifier: Apache-2.0 */
#include "kek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX (2 * AS_KEK)

AS_AUTO_DEFINE(char, free)

void as_kek_wipe(struct as_kek *kek)
{
    as_crypto_wipe(kek, sizeof(*kek));
}

/* ------------------------------------------------------------ reading ------------------------- */

/* A text of 64 digits may end its line. */
static as_span without_line_end(as_span text)
{
    for (const char *end = "\n\r"; *end != '\0'; end++) {
        text.len -= text.len > HEX && text.ptr[text.len - 1] == *end;
    }
    return text;
}

static as_err kek_parse(as_span bytes, struct as_kek *out)
{
    if (bytes.len == AS_KEK) {
        memcpy(out->key, bytes.ptr, AS_KEK);
        return AS_OK;
    }
    bytes = without_line_end(bytes);
    AS_NEED(bytes.len == HEX && as_hex_parse(bytes, out->key), AS_BAD_CONFIGURATION,
            "the key file holds neither 32 octets nor 64 hex digits");
    return AS_OK;
}

as_err as_kek_read(const char *path, struct as_kek *out, bool *found)
{
    static const struct as_file_rules rules = {
        .flags = O_RDONLY, .shut = S_IRWXG | S_IRWXO, .credential = true};
    AS_AUTO_FD int fd = -1;
    AS_AUTO_BUF struct as_buf bytes = AS_BUF(2 * HEX);

    const char *fault = as_file_open(path, &rules, &fd);
    *found = fault == NULL || errno != ENOENT;
    if (!*found) {
        return AS_OK;
    }
    AS_NEED(fault == NULL, AS_BAD_CONFIGURATION, fault);
    AS_NEED(as_file_read(fd, &bytes) || bytes.full, AS_BAD_CONFIGURATION,
            "the key file cannot be read");
    return kek_parse(as_buf_span(&bytes), out);
}

/* ------------------------------------------------------------ making -------------------------- */

static as_err write_synced(const char *path, const struct as_kek *kek)
{
    AS_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    AS_NEED(fd >= 0, AS_BAD_CONFIGURATION, "the key file cannot be made");
    AS_NEED(fchmod(fd, 0600) == 0 && write(fd, kek->key, AS_KEK) == AS_KEK && fsync(fd) == 0,
            AS_BAD_CONFIGURATION, "the key file cannot be written");
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
    AS_NEED(as_file_sync_directory(path), AS_BAD_CONFIGURATION,
            "the directory of the key file cannot be synced");
    return AS_OK;
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
