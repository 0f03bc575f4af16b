/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of keys that TLS may meet here, asked of OpenSSL's handle before anything is computed
 * with the key (design D4).
 */
#ifndef AS_EDGE_TLS_KEY_H
#define AS_EDGE_TLS_KEY_H

#include "as/trust.h"

#include <openssl/evp.h>

/* RSA (with or without the PSS restriction), P-256 and P-384 by name, Ed25519; else AS_KEY_OTHER.
 */
enum as_key_kind as_tls_key_kind(const EVP_PKEY *key);

/* A client's key: those kinds, RSA with 2048 to 4096 bits and an odd 65537 <= e < 2^32. */
bool as_tls_key_fits_client(const EVP_PKEY *key);

#endif
