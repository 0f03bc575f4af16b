/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which public keys are in use (design D4, D11): RSA of a bounded size with an odd exponent
 * 65537 <= e < 2^32, P-256 and P-384 by name, Ed25519. A huge exponent or modulus makes each
 * signature check expensive (design 6), so that the question comes before one.
 */
#include "as/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

AS_AUTO_DEFINE(BIGNUM, BN_free)

static const struct {
    const char *group;
    enum as_key_kind kind;
} curves[] = {
    {SN_X9_62_prime256v1, AS_KEY_P256},
    {SN_secp384r1, AS_KEY_P384},
};

/*
 * Explicit parameters are no named curve, even where they spell one out: they could be any curve's
 * (CVE-2020-0601). Neither is what was read from such, however it would be written now.
 */
static bool is_named(const EVP_PKEY *key)
{
    char encoding[16] = "";
    int explicit = 1;

    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
                                          sizeof(encoding), NULL) == 1 &&
           strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0 &&
           EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &explicit) == 1 &&
           explicit == 0;
}

static enum as_key_kind kind_of_ec(const EVP_PKEY *key)
{
    char group[64] = "";

    if (is_named(key) && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1) {
        for (size_t i = 0; i < AS_COUNT(curves); i++) {
            if (strcmp(group, curves[i].group) == 0) {
                return curves[i].kind;
            }
        }
    }
    return AS_KEY_OTHER;
}

enum as_key_kind as_key_kind_of(const EVP_PKEY *key)
{
    AS_ERRORS_KEPT;

    if (key == NULL) {
        return AS_KEY_OTHER;
    }
    if (EVP_PKEY_is_a(key, "RSA")) {
        return AS_KEY_RSA;
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return kind_of_ec(key);
    }
    return EVP_PKEY_is_a(key, "ED25519") ? AS_KEY_ED25519 : AS_KEY_OTHER;
}

static bool rsa_is_strong(const EVP_PKEY *key, int most_bits)
{
    AS_AUTO(BN_free) BIGNUM *e = NULL;
    int bits = EVP_PKEY_get_bits(key);

    return bits >= AS_LIMIT_RSA_MIN_BITS && bits <= most_bits &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
           BN_num_bits(e) <= 32 && BN_get_word(e) >= 65537;
}

bool as_key_is_strong(const EVP_PKEY *key, int most_rsa_bits)
{
    AS_ERRORS_KEPT;
    enum as_key_kind kind = as_key_kind_of(key);

    return kind == AS_KEY_RSA ? rsa_is_strong(key, most_rsa_bits) : kind != AS_KEY_OTHER;
}
