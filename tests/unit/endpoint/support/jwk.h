/* SPDX-License-Identifier: Apache-2.0 */
/* Key sets as a client would write them: members of a key, certificates in x5c. */
#ifndef AS_TESTS_ENDPOINT_JWK_H
#define AS_TESTS_ENDPOINT_JWK_H

#include "registration.h"

#include <openssl/core_names.h>

static json_t *base64url_of(const unsigned char *octets, size_t len)
{
    char *text = malloc(AS_BASE64URL_LEN(len) + 1);

    as_base64url_write(as_span_bytes(octets, len), text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *number_of(EVP_PKEY *key, const char *param, int width)
{
    BIGNUM *number = NULL;
    unsigned char octets[1024];

    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, param, &number), 1);
    int len = BN_bn2binpad(number, octets, width > 0 ? width : BN_num_bytes(number));
    BN_free(number);
    return base64url_of(octets, (size_t)len);
}

static json_t *ec_of(EVP_PKEY *key)
{
    char group[64];
    bool p384 = EVP_PKEY_get_bits(key) == 384;

    ck_assert_int_eq(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL), 1);
    int width = (EVP_PKEY_get_bits(key) + 7) / 8;
    return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv",
                     p384                               ? "P-384"
                     : strcmp(group, "prime256v1") == 0 ? "P-256"
                                                        : group,
                     "x", number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, width), "y",
                     number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, width));
}

/* The members of the public key (RFC 7518 6), without x5c. */
static json_t *jwk_of(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA")) {
        return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
                         number_of(key, OSSL_PKEY_PARAM_RSA_N, 0), "e",
                         number_of(key, OSSL_PKEY_PARAM_RSA_E, 0));
    }
    if (EVP_PKEY_is_a(key, "EC")) {
        return ec_of(key);
    }
    unsigned char octets[32];
    size_t len = sizeof(octets);
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, octets, &len), 1);
    return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "x",
                     base64url_of(octets, len));
}

/* One entry of x5c. */
static json_t *x5c_of(const struct test_cert *cert)
{
    as_span der = test_cert_der(cert), text;

    ck_ok(as_base64_put(reg.mem, der, &text));
    free((void *)der.ptr);
    return json_stringn(text.ptr, text.len);
}

/* The key of `key` with the certificate `cert` in x5c. */
static json_t *jwk_with(const struct test_cert *key, const struct test_cert *cert)
{
    json_t *jwk = jwk_of(key->key);

    json_object_set_new(jwk, "x5c", json_pack("[o]", x5c_of(cert)));
    return jwk;
}

/* What a self_signed_tls_client_auth client registers; takes the array. */
static json_t *self_signed(json_t *keys)
{
    return json_pack("{s:s, s:n, s:{s:o}}", "token_endpoint_auth_method",
                     "self_signed_tls_client_auth", "tls_client_auth_subject_dn", "jwks", "keys",
                     keys);
}

static json_t *self_signed_one(json_t *jwk)
{
    return self_signed(json_pack("[o]", jwk));
}

#endif
