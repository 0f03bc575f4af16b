/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_ring, as_ring_free)

static void key_free(struct as_ring_key *key)
{
    if (key != NULL) {
        EVP_MAC_CTX_free(key->master); /* wipes the key */
        free(key);
    }
}
AS_AUTO_DEFINE(struct as_ring_key, key_free)

as_err as_ring_new(const char *purpose, struct as_ring **out)
{
    AS_AUTO(as_ring_free) struct as_ring *ring = calloc(1, sizeof(*ring));

    AS_NEED_MEM(ring);
    ring->purpose = strdup(purpose);
    AS_NEED_MEM(ring->purpose);
    AS_NEED(strlen(purpose) + 1 + AS_SEAL_SALT <= AS_KBKDF_ABOUT, AS_SERVER_ERROR,
            "a purpose is too long");
    AS_TRY(as_gcm_fetch(&ring->cipher));
    *out = AS_MOVE(ring);
    return AS_OK;
}

const struct as_ring_key *as_ring_find(const struct as_ring *ring,
                                       const unsigned char kid[AS_SEAL_KID])
{
    const struct as_ring_key *key = ring->keys;

    while (key != NULL && memcmp(key->kid, kid, AS_SEAL_KID) != 0) {
        key = key->next;
    }
    return key;
}

as_err as_ring_add(struct as_ring *ring, const unsigned char kid[AS_SEAL_KID],
                   const unsigned char master[AS_SEAL_MASTER], bool seals)
{
    AS_NEED(as_ring_find(ring, kid) == NULL, AS_SERVER_ERROR, "a kid is in the ring already");
    AS_AUTO(key_free) struct as_ring_key *made = calloc(1, sizeof(*made));
    AS_NEED_MEM(made);
    memcpy(made->kid, kid, AS_SEAL_KID);
    AS_TRY(as_kbkdf_key(master, &made->master));
    struct as_ring_key *key = AS_MOVE(made);
    key->next = ring->keys;
    ring->keys = key;
    if (seals) {
        ring->sealing = key;
    }
    return AS_OK;
}

void as_ring_free(struct as_ring *ring)
{
    if (ring == NULL) {
        return;
    }
    while (ring->keys != NULL) {
        struct as_ring_key *key = ring->keys;
        ring->keys = key->next;
        key_free(key);
    }
    EVP_CIPHER_free(ring->cipher);
    free(ring->purpose);
    free(ring);
}
