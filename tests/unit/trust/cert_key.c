/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trust.h"
#include "harness.h"
#include "support/certs.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

/* A public RSA key with a modulus of so many bits and this exponent; nothing is ever computed. */
static EVP_PKEY *rsa_of(unsigned bits, const char *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *n = BN_new(), *e = NULL;
    EVP_PKEY *key = NULL;

    BN_set_bit(n, (int)bits - 1);
    BN_set_bit(n, 0);
    BN_hex2bn(&e, exponent);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    ck_assert(EVP_PKEY_fromdata_init(ctx) == 1 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    BN_free(e);
    return key;
}

START_TEST(TLS_74_rsa_sizes_and_exponents)
{
    static const struct {
        unsigned bits;
        const char *exponent;
        bool fits;
    } rows[] = {
        {2048, "010001", true},  {4096, "010001", true},
        {3072, "010003", true},  {2048, "FFFFFFFF", true},
        {2047, "010001", false}, {1024, "010001", false},
        {4097, "010001", false}, {16384, "010001", false},
        {2048, "03", false},     {2048, "FFFF", false},
        {2048, "010002", false}, {2048, "0100000001", false},
        {2048, "01", false},     {4096, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", false},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        EVP_PKEY *key = rsa_of(rows[i].bits, rows[i].exponent);
        ck_assert_int_eq(as_cert_key_kind(key), AS_KEY_RSA);
        ck_assert_msg(as_cert_key_suits_client(key) == rows[i].fits, "%u bits, e = %s",
                      rows[i].bits, rows[i].exponent);
        EVP_PKEY_free(key);
    }
}
END_TEST

START_TEST(TLS_74_kinds)
{
    static const struct {
        const char *made;
        enum as_key_kind kind;
    } rows[] = {{"P-256", AS_KEY_P256},          {"P-384", AS_KEY_P384},
                {"ED25519", AS_KEY_ED25519},     {"P-521", AS_KEY_OTHER},
                {"P-224", AS_KEY_OTHER},         {"DSA", AS_KEY_OTHER},
                {"P-256-EXPLICIT", AS_KEY_OTHER}};

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        EVP_PKEY *key = test_key(rows[i].made);
        ck_assert_msg(as_cert_key_kind(key) == rows[i].kind, "%s", rows[i].made);
        ck_assert(as_cert_key_suits_client(key) == (rows[i].kind != AS_KEY_OTHER));
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
    tcase_add_test(t, TLS_74_rsa_sizes_and_exponents);
    tcase_add_test(t, TLS_74_kinds);
    tcase_add_test(t, TLS_74_a_key_restricted_to_pss);
    tcase_add_test(t, TLS_74_no_key_is_none);
    tcase_add_test(t, MTLS_52_compressed_points_are_the_same_key);
})
