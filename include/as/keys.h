/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys/: the life of the server's own keys (design D16). The key-encryption key lies in a file of
 * its own, mode 0600, made at first start; sealing keys lie wrapped in the store. Rotation, listing
 * and emergency revocation of keys are not offered yet.
 */
#ifndef AS_KEYS_H
#define AS_KEYS_H

#include "as/crypto.h"
#include "as/store.h"

#define AS_PURPOSE_ACCESS_TOKEN "fapid/access-token/1"

/*
 * Reads the key-encryption key (32 octets, or 64 hex digits; the file must belong to the caller or
 * root and be closed to group and others), or makes it when the file is absent and the store holds
 * no key yet: a store with keys and no file refuses, since a new key would open nothing.
 * Then reads the sealing keys and makes the first one. Every key in the store must unwrap.
 * One exception to "closed to group": a file of root and group root that the group may read, which
 * is how a credentials folder of systemd shows its files.
 * `session` may wait, and is done with afterwards. Free the ring with as_ring_free.
 * Errors: AS_BAD_CONFIGURATION with a reason for the operator; store errors.
 */
as_err as_keys_start(struct as_store_session *session, const char *key_file, as_time now,
                     struct as_ring **out);

#endif
