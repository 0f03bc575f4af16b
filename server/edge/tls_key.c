/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

AS_AUTO_DEFINE(BIGNUM, BN_free)

/* Explicit parameters are no named curve, even where they spell one out (TLS-74). */
static bool is_named(const EVP_PKEY *key)
{
    char encoding[16] = "";

    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
                                          sizeof(encoding), NULL) == 1 &&
           strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0;
}

static enum as_key_kind curve_of(const EVP_PKEY *key)
{
    static const struct {
        const char *group;
        enum as_key_kind kind;
    } curves[] = {{"prime256v1", AS_KEY_P256}, {"secp384r1", AS_KEY_P384}};
    char group[32] = "";

    if (is_named(key) && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1) {
        for (size_t i = 0; i < AS_COUNT(curves); i++) {
            if (strcmp(group, curves[i].group) == 0) {
                return curves[i].kind;
            }
        }
    }
    return AS_KEY_OTHER;
}

enum as_key_kind as_tls_key_kind(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
        return AS_KEY_RSA;
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return curve_of(key);
    }
    return EVP_PKEY_is_a(key, "ED25519") ? AS_KEY_ED25519 : AS_KEY_OTHER;
}

/* A huge exponent makes each verification cost milliseconds (design 6). */
static bool exponent_fits(const EVP_PKEY *key)
{
    AS_AUTO(BN_free) BIGNUM *e = NULL;

    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
           BN_num_bits(e) <= 32 && BN_get_word(e) >= 65537;
}

bool as_tls_key_fits_client(const EVP_PKEY *key)
{
    enum as_key_kind kind = as_tls_key_kind(key);

    if (kind != AS_KEY_RSA) {
        return kind != AS_KEY_OTHER;
    }
    int bits = EVP_PKEY_get_bits(key);
    return bits >= AS_LIMIT_RSA_MIN_BITS && bits <= AS_LIMIT_RSA_MAX_BITS && exponent_fits(key);
}
