/* SPDX-License-Identifier: Apache-2.0 */
#include "gcm.h"

_Static_assert(AS_KEK == AS_GCM_KEY, "the key-encryption key is an AES-256 key");
_Static_assert(AS_WRAP_EXTRA == AS_GCM_IV + AS_GCM_TAG, "nonce and tag");

/*
 * A random nonce is sound here: a key-encryption key wraps a few thousand keys in its life, far
 * below the 2^32 of NIST SP 800-38D 8.3.
 */
as_err as_wrap(const unsigned char kek[AS_KEK], as_span about, as_span plain, unsigned char *out)
{
    AS_AUTO(EVP_CIPHER_free) EVP_CIPHER *cipher = NULL;

    AS_TRY(as_gcm_fetch(&cipher));
    AS_TRY(as_random(out, AS_GCM_IV));
    const struct as_gcm with = {cipher, kek, out, about};
    return as_gcm_encrypt(&with, plain, out + AS_GCM_IV);
}

as_err as_unwrap(const unsigned char kek[AS_KEK], as_span about, as_span wrapped,
                 unsigned char *out)
{
    AS_AUTO(EVP_CIPHER_free) EVP_CIPHER *cipher = NULL;
    bool intact = false;

    AS_NEED(wrapped.len >= AS_WRAP_EXTRA, AS_SERVER_ERROR, "key does not unwrap");
    AS_TRY(as_gcm_fetch(&cipher));
    const struct as_gcm with = {cipher, kek, as_span_u8(wrapped), about};
    AS_TRY(as_gcm_decrypt(&with, as_span_from(wrapped, AS_GCM_IV), out, &intact));
    AS_NEED(intact, AS_SERVER_ERROR, "key does not unwrap");
    return AS_OK;
}
