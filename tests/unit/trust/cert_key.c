/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "support/certs.h"
#include "trust/cert.h"

#include <openssl/core_names.h>

/* The floor itself is tests/unit/crypto/key_floor.c's. */
START_TEST(TLS_74_rsa_of_clients_and_of_authorities)
{
    static const struct {
        unsigned bits;
        const char *exponent;
        bool client, authority;
    } rows[] = {
        {2047, "010001", false, false}, {2048, "010001", true, true},
        {4096, "010001", true, true},   {4097, "010001", false, true},
        {8192, "010001", false, true},  {8193, "010001", false, false},
        {2048, "03", false, false},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        EVP_PKEY *key = test_rsa_public(rows[i].bits, rows[i].exponent);
        ck_assert_int_eq(as_cert_key_kind(key), AS_KEY_RSA);
        ck_assert_msg(as_cert_key_suits_client(key) == rows[i].client, "%u bits", rows[i].bits);
        ck_assert_msg(as_key_suits_authority(key) == rows[i].authority, "%u bits", rows[i].bits);
        EVP_PKEY_free(key);
    }
}
END_TEST

/* The handshake and the judgement of a request must not differ: this one passed the first alone. */
START_TEST(TLS_74_a_key_restricted_to_pss)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;
    struct as_cert *cert = NULL;

    ck_assert(EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0 &&
              EVP_PKEY_generate(ctx, &key) > 0);
    ck_assert_int_eq(as_cert_key_kind(key), AS_KEY_OTHER);
    ck_assert(!as_cert_key_suits_client(key));
    struct test_cert *made =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=a", .use_key = key});
    ck_ok(as_cert_of_x509(made->x509, NULL, &cert));
    ck_assert_str_eq(cert->fault, "cert_weak_key");
    as_cert_drop(cert);
    test_cert_free(made);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(ctx);
}
END_TEST

START_TEST(TLS_74_no_key_is_none)
{
    ck_assert_int_eq(as_cert_key_kind(NULL), AS_KEY_OTHER);
    ck_assert(!as_cert_key_suits_client(NULL));
}
END_TEST

/* A point is the same however the certificate spells it (RFC 5480 2.2). */
START_TEST(MTLS_52_compressed_points_are_the_same_key)
{
    static const char *const kinds[] = {"P-256", "P-384"};

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        EVP_PKEY *key = test_key(kinds[i]);
        struct as_cert *plain = NULL, *compressed = NULL;
        struct test_cert_ask ask = {.subject = "CN=a", .use_key = key};
        BIGNUM *y = NULL;
        unsigned char octets[48];

        struct test_cert *made = test_cert(NULL, ask);
        ck_ok(as_cert_of_x509(made->x509, NULL, &plain));
        test_cert_free(made);
        ck_assert(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                                 "compressed") == 1);
        made = test_cert(NULL, ask);
        int len = i2d_X509(made->x509, NULL);
        ck_ok(as_cert_of_x509(made->x509, NULL, &compressed));
        ck_assert_uint_eq((size_t)len, compressed->der.len);
        ck_assert_ptr_null(
            memmem(compressed->der.ptr, compressed->der.len, plain->key.y.ptr, plain->key.y.len));
        test_cert_free(made);

        ck_assert(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1);
        ck_assert_int_eq(BN_bn2binpad(y, octets, (int)plain->key.y.len), (int)plain->key.y.len);
        ck_assert_mem_eq(plain->key.y.ptr, octets, plain->key.y.len);
        ck_assert(as_span_equal(plain->key.x, compressed->key.x));
        ck_assert(as_span_equal(plain->key.y, compressed->key.y));
        as_cert_drop(plain);
        as_cert_drop(compressed);
        BN_free(y);
        EVP_PKEY_free(key);
    }
}
END_TEST

AS_TESTS("trust/cert_key", {
    tcase_add_test(t, TLS_74_rsa_of_clients_and_of_authorities);
    tcase_add_test(t, TLS_74_a_key_restricted_to_pss);
    tcase_add_test(t, TLS_74_no_key_is_none);
    tcase_add_test(t, MTLS_52_compressed_points_are_the_same_key);
})
