/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-256-GCM for wrap.c and seal.c (NIST SP 800-38D): 12 octets of iv, a 16 octet tag behind the
 * ciphertext.
 */
#ifndef AS_CRYPTO_GCM_H
#define AS_CRYPTO_GCM_H

#include "as/crypto.h"

#include <openssl/evp.h>

#define AS_GCM_KEY 32
#define AS_GCM_IV  12
#define AS_GCM_TAG 16

AS_AUTO_DEFINE(EVP_CIPHER, EVP_CIPHER_free)

struct as_gcm {
    const EVP_CIPHER *cipher;
    const unsigned char *key; /* AS_GCM_KEY octets */
    const unsigned char *iv;  /* AS_GCM_IV octets; never twice under one key */
    as_span about;            /* associated data */
};

/* The cipher, to be kept: fetching it costs more than using it. */
as_err as_gcm_fetch(EVP_CIPHER **out);
/* `out` has room for plain.len + AS_GCM_TAG. */
as_err as_gcm_encrypt(const struct as_gcm *with, as_span plain, unsigned char *out);
/* `out` has room for sealed.len - AS_GCM_TAG; wiped and *intact false when the tag does not fit. */
as_err as_gcm_decrypt(const struct as_gcm *with, as_span sealed, unsigned char *out, bool *intact);

#endif
