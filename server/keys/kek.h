/* SPDX-License-Identifier: Apache-2.0 */
/* The file of the key-encryption key (design D16). */
#ifndef AS_KEYS_KEK_H
#define AS_KEYS_KEK_H

#include "as/crypto.h"

struct as_kek {
    unsigned char key[AS_KEK];
};

/* Wipes. */
void as_kek_wipe(struct as_kek *kek);

/*
 * Reads the file: 32 octets, or 64 hex digits and perhaps a line end. *found is false when there is
 * no such file. Refused with AS_BAD_CONFIGURATION: another length or form, not a regular file, an
 * owner other than the caller or root, access for group or others. One exception: group access for
 * reading, of a file of root and the group root, is how a credentials folder of systemd looks.
 */
as_err as_kek_read(const char *path, struct as_kek *out, bool *found);
/*
 * Makes a new key and its file, mode 0600, all or nothing: other programs, and a start after a
 * crash, find no file or the whole key on the disk. A file that is there already is refused.
 */
as_err as_kek_make(const char *path, struct as_kek *out);

#endif
