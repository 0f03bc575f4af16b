/* SPDX-License-Identifier: Apache-2.0 */
#include "es256.h"

#include <openssl/ec.h>

AS_AUTO_DEFINE(ECDSA_SIG, ECDSA_SIG_free)

bool as_es256_raw_of_der(as_span der, unsigned char raw[AS_KEY_ES256])
{
    const unsigned char *at = as_span_u8(der);
    AS_AUTO(ECDSA_SIG_free) ECDSA_SIG *pair = NULL;

    if (der.len > AS_ES256_DER) {
        return false;
    }
    pair = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    return pair != NULL && at == as_span_u8(der) + der.len &&
           BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, AS_KEY_COORDINATE) == AS_KEY_COORDINATE &&
           BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + AS_KEY_COORDINATE, AS_KEY_COORDINATE) ==
               AS_KEY_COORDINATE;
}

bool as_es256_der_of_raw(as_span raw, unsigned char *der, size_t *len)
{
    AS_AUTO(ECDSA_SIG_free) ECDSA_SIG *pair = ECDSA_SIG_new();
    AS_AUTO(BN_free) BIGNUM *r = NULL;
    AS_AUTO(BN_free) BIGNUM *s = NULL;

    if (raw.len != AS_KEY_ES256 || pair == NULL) {
        return false;
    }
    r = BN_bin2bn(as_span_u8(raw), AS_KEY_COORDINATE, NULL);
    s = BN_bin2bn(as_span_u8(raw) + AS_KEY_COORDINATE, AS_KEY_COORDINATE, NULL);
    if (r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        return false;
    }
    r = s = NULL; /* the pair has them now */
    int size = i2d_ECDSA_SIG(pair, NULL);
    if (size <= 0 || size > AS_ES256_DER) {
        return false;
    }
    *len = (size_t)i2d_ECDSA_SIG(pair, &der);
    return true;
}
