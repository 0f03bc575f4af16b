/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures in their two forms: r and s as two numbers of 32 octets (RFC 7518 3.4), which
 * JWS has, and DER (SEC 1 C.5), which OpenSSL has. Each reads the other's form and no third.
 */
#ifndef AS_JOSE_ES256_H
#define AS_JOSE_ES256_H

#include "key.h"

#define AS_ES256_DER 72 /* octets at most: two numbers of 33 octets with their heads */

/* False: DER that is none, or numbers that do not fit. */
bool as_es256_raw_of_der(as_span der, unsigned char raw[AS_KEY_ES256]);
/* `der` has room for AS_ES256_DER. False: not 64 octets. */
bool as_es256_der_of_raw(as_span raw, unsigned char *der, size_t *len);

#endif
