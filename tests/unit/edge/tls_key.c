/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/tls_key.h"

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
        ck_assert_int_eq(as_tls_key_kind(key), AS_KEY_RSA);
        ck_assert_msg(as_tls_key_fits_client(key) == rows[i].fits, "%u bits, e = %s", rows[i].bits,
                      rows[i].exponent);
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
        ck_assert_msg(as_tls_key_kind(key) == rows[i].kind, "%s", rows[i].made);
        ck_assert(as_tls_key_fits_client(key) == (rows[i].kind != AS_KEY_OTHER));
        EVP_PKEY_free(key);
    }
}
END_TEST

AS_TESTS("edge/tls_key", {
    tcase_add_test(t, TLS_74_rsa_sizes_and_exponents);
    tcase_add_test(t, TLS_74_kinds);
})
