/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KBKDF in counter mode with HMAC-SHA-256 (NIST SP 800-108 4.1), from a key that is kept: one block
 * is HMAC(key, i || label || 0 || context || L). Octet for octet what EVP_KDF "KBKDF" gives, which
 * fetches, keys and frees an HMAC at each use: three quarters of the time of a seal.
 */
#ifndef AS_CRYPTO_KBKDF_H
#define AS_CRYPTO_KBKDF_H

#include "as/crypto.h"

#include <openssl/evp.h>

AS_AUTO_DEFINE(EVP_MAC, EVP_MAC_free)
AS_AUTO_DEFINE(EVP_MAC_CTX, EVP_MAC_CTX_free)

/* An HMAC with this key, to derive from; never itself used, so that any thread may copy it. */
as_err as_kbkdf_key(const unsigned char master[AS_SEAL_MASTER], EVP_MAC_CTX **out);

/* label || 0 || context, at most this long. */
#define AS_KBKDF_ABOUT 256

as_err as_kbkdf_derive(const EVP_MAC_CTX *keyed, as_span label, as_span context, unsigned char *out,
                       size_t len);

#endif
