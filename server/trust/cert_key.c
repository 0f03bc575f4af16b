/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys and their floor (design D4, TLS-74): RSA of 2048 to 4096 bits with an odd exponent
 * 65537 <= e < 2^32, P-256, P-384, Ed25519. Authorities sign with the same kinds, RSA to 8192. A
 * huge exponent or modulus makes each signature check expensive, so they are refused before one.
 */
#include "cert.h"

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <string.h>

static as_err copy_number(const BIGNUM *number, int width, struct as_arena *mem, as_span *out)
{
    int len = width > 0 ? width : BN_num_bytes(number);
    unsigned char *octets = as_arena_alloc(mem, (size_t)len + 1);

    AS_NEED_MEM(octets);
    AS_NEED(BN_bn2binpad(number, octets, len) == len, AS_SERVER_ERROR, "a key does not fit");
    *out = as_span_bytes(octets, (size_t)len);
    return AS_OK;
}

static bool exponent_is_good(const BIGNUM *e)
{
    return BN_is_odd(e) && BN_num_bits(e) <= 32 && BN_get_word(e) >= 65537;
}

/* --- RSA ------------------------------------------------------------------------------------- */

static bool rsa_suits(EVP_PKEY *key, int most_bits)
{
    AS_AUTO(BN_free) BIGNUM *e = NULL;
    int bits = EVP_PKEY_get_bits(key);

    return bits >= AS_LIMIT_RSA_MIN_BITS && bits <= most_bits &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && exponent_is_good(e);
}

static as_err read_rsa(EVP_PKEY *key, struct as_arena *mem, struct as_cert *cert)
{
    AS_AUTO(BN_free) BIGNUM *n = NULL;
    AS_AUTO(BN_free) BIGNUM *e = NULL;

    cert->key.kind = AS_KEY_RSA;
    if (!rsa_suits(key, AS_LIMIT_RSA_MAX_BITS)) {
        as_cert_blame(cert, "cert_weak_key",
                      "the RSA key is not of 2048 to 4096 bits with an exponent in [65537, 2^32)");
        return AS_OK;
    }
    AS_NEED(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1,
            AS_SERVER_ERROR, "an RSA key cannot be read");
    AS_TRY(copy_number(n, 0, mem, &cert->key.n));
    return copy_number(e, 0, mem, &cert->key.e);
}

/* --- EC -------------------------------------------------------------------------------------- */

static const struct {
    const char *group;
    enum as_key_kind kind;
    int width;
} curves[] = {
    {SN_X9_62_prime256v1, AS_KEY_P256, 32},
    {SN_secp384r1, AS_KEY_P384, 48},
};

/* The row of its curve; AS_COUNT(curves) when it has none or came with explicit parameters. */
static size_t curve_of(EVP_PKEY *key)
{
    char name[64] = "";
    size_t len = 0;
    int explicit = 0;
    size_t row = 0;

    if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) !=
            1 ||
        explicit != 0 ||
        EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), &len) !=
            1) {
        return AS_COUNT(curves);
    }
    while (row < AS_COUNT(curves) && strcmp(name, curves[row].group) != 0) {
        row++;
    }
    return row;
}

static as_err read_ec(EVP_PKEY *key, struct as_arena *mem, struct as_cert *cert)
{
    AS_AUTO(BN_free) BIGNUM *x = NULL;
    AS_AUTO(BN_free) BIGNUM *y = NULL;
    size_t row = curve_of(key);

    if (row == AS_COUNT(curves)) {
        as_cert_blame(cert, "cert_weak_key", "the EC key is not on P-256 or P-384 by name");
        return AS_OK;
    }
    cert->key.kind = curves[row].kind;
    AS_NEED(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1,
            AS_SERVER_ERROR, "an EC key cannot be read");
    AS_TRY(copy_number(x, curves[row].width, mem, &cert->key.x));
    return copy_number(y, curves[row].width, mem, &cert->key.y);
}

/* --- Ed25519 --------------------------------------------------------------------------------- */

static as_err read_ed25519(EVP_PKEY *key, struct as_arena *mem, struct as_cert *cert)
{
    unsigned char octets[32];
    size_t len = sizeof(octets);

    cert->key.kind = AS_KEY_ED25519;
    AS_NEED(EVP_PKEY_get_raw_public_key(key, octets, &len) == 1 && len == sizeof(octets),
            AS_SERVER_ERROR, "an Ed25519 key cannot be read");
    return as_arena_copy(mem, as_span_bytes(octets, len), &cert->key.x);
}

/* --- any ------------------------------------------------------------------------------------- */

static bool is_algorithm_of_d4(X509 *x509)
{
    ASN1_OBJECT *algorithm = NULL;

    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509));
    int nid = OBJ_obj2nid(algorithm);
    return nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey || nid == NID_ED25519;
}

as_err as_cert_read_key(X509 *x509, struct as_arena *mem, struct as_cert *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);

    if (key == NULL && is_algorithm_of_d4(x509)) {
        as_cert_blame(cert, "cert_malformed", "the public key cannot be decoded");
        return AS_OK;
    }
    cert->key.bits = key != NULL ? (unsigned)EVP_PKEY_get_bits(key) : 0;
    if (key != NULL && EVP_PKEY_is_a(key, "RSA")) {
        return read_rsa(key, mem, cert);
    }
    if (key != NULL && EVP_PKEY_is_a(key, "EC")) {
        return read_ec(key, mem, cert);
    }
    if (key != NULL && EVP_PKEY_is_a(key, "ED25519")) {
        return read_ed25519(key, mem, cert);
    }
    as_cert_blame(cert, "cert_weak_key", "the key is of no kind in use: RSA, EC, Ed25519");
    return AS_OK;
}

bool as_key_suits_authority(EVP_PKEY *key)
{
    if (key == NULL) {
        return false;
    }
    if (EVP_PKEY_is_a(key, "RSA")) {
        return rsa_suits(key, AS_LIMIT_CA_RSA_MAX_BITS);
    }
    return EVP_PKEY_is_a(key, "ED25519") ||
           (EVP_PKEY_is_a(key, "EC") && curve_of(key) < AS_COUNT(curves));
}
