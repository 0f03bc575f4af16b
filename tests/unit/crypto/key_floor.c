/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"
#include "harness.h"
#include "support/certs.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

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
        EVP_PKEY *key = test_rsa_public(rows[i].bits, rows[i].exponent);
        ck_assert_int_eq(as_key_kind_of(key), AS_KEY_RSA);
        ck_assert_msg(as_key_is_strong(key, 4096) == rows[i].fits, "%u bits, e = %s", rows[i].bits,
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
        ck_assert_msg(as_key_kind_of(key) == rows[i].kind, "%s", rows[i].made);
        ck_assert(as_key_is_strong(key, 4096) == (rows[i].kind != AS_KEY_OTHER));
        EVP_PKEY_free(key);
    }
}
END_TEST

START_TEST(TLS_74_the_most_bits_are_the_callers)
{
    EVP_PKEY *key = test_rsa_public(8192, "010001");

    ck_assert(as_key_is_strong(key, 8192));
    ck_assert(!as_key_is_strong(key, 8191));
    EVP_PKEY_free(key);
}
END_TEST

/* P-256 in all but name, read from a SubjectPublicKeyInfo: OpenSSL knows the curve again. */
START_TEST(TLS_74_parameters_that_were_explicit)
{
    EVP_PKEY *made = test_key("P-256-EXPLICIT"), *read = NULL;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(made, &der);
    const unsigned char *at = der;

    ck_assert_ptr_nonnull(read = d2i_PUBKEY(NULL, &at, len));
    ck_assert_int_eq(as_key_kind_of(read), AS_KEY_OTHER);
    ck_assert_int_eq(
        EVP_PKEY_set_utf8_string_param(read, OSSL_PKEY_PARAM_EC_ENCODING, "named_curve"), 1);
    ck_assert_int_eq(as_key_kind_of(read), AS_KEY_OTHER);
    ck_assert(!as_key_is_strong(read, 4096));
    OPENSSL_free(der);
    EVP_PKEY_free(read);
    EVP_PKEY_free(made);
}
END_TEST

START_TEST(TLS_74_no_key_is_none)
{
    ck_assert_int_eq(as_key_kind_of(NULL), AS_KEY_OTHER);
    ck_assert(!as_key_is_strong(NULL, 4096));
}
END_TEST

/* TLS on the same thread reads the queue. */
START_TEST(TLS_74_errors_of_others_stay_and_ours_go)
{
    EVP_PKEY *key = test_key("ED25519");

    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    ck_assert_int_eq(as_key_kind_of(key), AS_KEY_ED25519);
    {
        AS_ERRORS_KEPT;
        ERR_raise(ERR_LIB_USER, 8);
    }
    ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 7);
    ck_assert_uint_eq(ERR_get_error(), 0);
    EVP_PKEY_free(key);
}
END_TEST

AS_TESTS("crypto/key_floor", {
    tcase_add_test(t, TLS_74_rsa_sizes_and_exponents);
    tcase_add_test(t, TLS_74_kinds);
    tcase_add_test(t, TLS_74_the_most_bits_are_the_callers);
    tcase_add_test(t, TLS_74_parameters_that_were_explicit);
    tcase_add_test(t, TLS_74_no_key_is_none);
    tcase_add_test(t, TLS_74_errors_of_others_stay_and_ours_go);
})
