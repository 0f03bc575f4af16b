/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate's public key (TLS-74): held against the floor of design D4, of which crypto/ knows
 * the kinds and the numbers, and read as a JWK would show it. Authorities sign with the same kinds,
 * RSA to 8192.
 */
#include "cert.h"

#include <openssl/core_names.h>
#include <string.h>

/* --- the floor ------------------------------------------------------------------------------- */

enum as_key_kind as_cert_key_kind(const EVP_PKEY *key)
{
    return as_key_kind_of(key);
}

bool as_cert_key_suits_client(const EVP_PKEY *key)
{
    return as_key_is_strong(key, AS_LIMIT_RSA_MAX_BITS);
}

bool as_key_suits_authority(const EVP_PKEY *key)
{
    return as_key_is_strong(key, AS_LIMIT_CA_RSA_MAX_BITS);
}

/* --- what a JWK would show ------------------------------------------------------------------- */

static as_err copy_number(const BIGNUM *number, struct as_arena *mem, as_span *out)
{
    int len = BN_num_bytes(number);
    unsigned char *octets = as_arena_alloc(mem, (size_t)len);

    AS_NEED_MEM(octets);
    BN_bn2bin(number, octets);
    *out = as_span_bytes(octets, (size_t)len);
    return AS_OK;
}

static as_err read_rsa(const EVP_PKEY *key, struct as_arena *mem, struct as_public_key *out)
{
    AS_AUTO(BN_free) BIGNUM *n = NULL;
    AS_AUTO(BN_free) BIGNUM *e = NULL;

    AS_NEED(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1,
            AS_SERVER_ERROR, "an RSA key cannot be read");
    AS_TRY(copy_number(n, mem, &out->n));
    return copy_number(e, mem, &out->e);
}

/* A point that came compressed (RFC 5480 2.2), which costs more to read. */
static as_err compute_point(const EVP_PKEY *key, size_t width, unsigned char *out)
{
    AS_AUTO(BN_free) BIGNUM *x = NULL;
    AS_AUTO(BN_free) BIGNUM *y = NULL;

    AS_NEED(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
                BN_bn2binpad(x, out, (int)width) == (int)width &&
                BN_bn2binpad(y, out + width, (int)width) == (int)width,
            AS_SERVER_ERROR, "an EC key cannot be read");
    return AS_OK;
}

/* The point as it stands in the certificate, 04 || x || y: OpenSSL has decoded it, so it is good.
 */
static as_err read_ec(X509 *x509, struct as_arena *mem, struct as_public_key *out)
{
    const ASN1_BIT_STRING *point = X509_get0_pubkey_bitstr(x509);
    const unsigned char *octets = ASN1_STRING_get0_data(point);
    size_t width = out->kind == AS_KEY_P384 ? 48 : 32;
    unsigned char *xy = as_arena_alloc(mem, 2 * width);

    AS_NEED_MEM(xy);
    if ((size_t)ASN1_STRING_length(point) == 1 + 2 * width &&
        octets[0] == POINT_CONVERSION_UNCOMPRESSED) {
        memcpy(xy, octets + 1, 2 * width);
    } else {
        AS_TRY(compute_point(X509_get0_pubkey(x509), width, xy));
    }
    out->x = as_span_bytes(xy, width);
    out->y = as_span_bytes(xy + width, width);
    return AS_OK;
}

static as_err read_ed25519(const EVP_PKEY *key, struct as_arena *mem, struct as_public_key *out)
{
    unsigned char octets[32];
    size_t len = sizeof(octets);

    AS_NEED(EVP_PKEY_get_raw_public_key(key, octets, &len) == 1 && len == sizeof(octets),
            AS_SERVER_ERROR, "an Ed25519 key cannot be read");
    return as_arena_copy(mem, as_span_bytes(octets, len), &out->x);
}

static as_err read_numbers(X509 *x509, struct as_arena *mem, struct as_public_key *out)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    switch (out->kind) {
    case AS_KEY_RSA:
        return read_rsa(key, mem, out);
    case AS_KEY_ED25519:
        return read_ed25519(key, mem, out);
    case AS_KEY_P256:
    case AS_KEY_P384:
        return read_ec(x509, mem, out);
    case AS_KEY_OTHER:
        break;
    }
    return AS_FAIL(AS_SERVER_ERROR, "a key of no kind was taken for one");
}

/* --- a certificate's ------------------------------------------------------------------------- */

static bool is_algorithm_of_d4(X509 *x509)
{
    ASN1_OBJECT *algorithm = NULL;

    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509));
    int nid = OBJ_obj2nid(algorithm);
    return nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey || nid == NID_ED25519;
}

static const char *weakness(const EVP_PKEY *key, enum as_key_kind kind)
{
    if (kind == AS_KEY_RSA) {
        return "the RSA key is not of 2048 to 4096 bits with an exponent in [65537, 2^32)";
    }
    return key != NULL && EVP_PKEY_is_a(key, "EC")
               ? "the EC key is not on P-256 or P-384 by name"
               : "the key is of no kind in use: RSA, EC, Ed25519";
}

as_err as_cert_read_key(X509 *x509, struct as_arena *mem, struct as_cert *cert)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    if (key == NULL && is_algorithm_of_d4(x509)) {
        as_cert_blame(cert, "cert_malformed", "the public key cannot be decoded");
        return AS_OK;
    }
    cert->key.bits = key != NULL ? (unsigned)EVP_PKEY_get_bits(key) : 0;
    cert->key.kind = as_key_kind_of(key);
    if (!as_cert_key_suits_client(key)) {
        as_cert_blame(cert, "cert_weak_key", weakness(key, cert->key.kind));
        return AS_OK;
    }
    return read_numbers(x509, mem, &cert->key);
}
