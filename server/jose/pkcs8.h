/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys as PKCS #8 (RFC 5208), in the one form that DER has for each kind: P-256 with its
 * point (RFC 5915), RSA with two primes (RFC 8017 A.1.2), Ed25519 (RFC 8410). Our own and not
 * OpenSSL's, whose encoders and decoders give memory back with the private number still in it.
 */
#ifndef AS_JOSE_PKCS8_H
#define AS_JOSE_PKCS8_H

#include "key.h"

#define AS_PKCS8_MAX 2560 /* octets: RSA of 4096 bits has 2,375 */

/* Written into the end of `out`, which the caller wipes; *at is where it begins. */
as_err as_pkcs8_write(enum as_alg alg, const EVP_PKEY *pkey, unsigned char out[AS_PKCS8_MAX],
                      size_t *at);
/* NULL: not this kind of key, or not its one form. The caller frees it. */
EVP_PKEY *as_pkcs8_read(enum as_alg alg, as_span der);

#endif
