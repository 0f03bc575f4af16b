/* SPDX-License-Identifier: Apache-2.0 */
/* What ring.c keeps and seal.c uses. */
#ifndef AS_CRYPTO_RING_H
#define AS_CRYPTO_RING_H

#include "gcm.h"
#include "kbkdf.h"

struct as_ring_key {
    unsigned char kid[AS_SEAL_KID];
    EVP_MAC_CTX *master; /* an HMAC with it, which costs more to make than to use (design D8) */
    struct as_ring_key *next;
};

struct as_ring {
    char *purpose;
    EVP_CIPHER *cipher; /* fetched once, as fetching costs more than using it */
    struct as_ring_key *keys;
    const struct as_ring_key *sealing;
};

/* The key of a kid, or NULL. */
const struct as_ring_key *as_ring_find(const struct as_ring *ring,
                                       const unsigned char kid[AS_SEAL_KID]);

#endif
