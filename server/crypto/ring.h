/* SPDX-License-Identifier: Apache-2.0 */
/* What ring.c keeps and seal.c uses. */
#ifndef AS_CRYPTO_RING_H
#define AS_CRYPTO_RING_H

#include "gcm.h"

#include <openssl/kdf.h>

struct as_ring_key {
    unsigned char kid[AS_SEAL_KID];
    unsigned char master[AS_SEAL_MASTER];
    struct as_ring_key *next;
};

struct as_ring {
    char *purpose;
    EVP_KDF *kdf; /* fetched once, since fetching costs more than deriving (design D8) */
    EVP_CIPHER *cipher;
    struct as_ring_key *keys;
    const struct as_ring_key *sealing;
};

/* The key of a kid, or NULL. */
const struct as_ring_key *as_ring_find(const struct as_ring *ring,
                                       const unsigned char kid[AS_SEAL_KID]);

#endif
