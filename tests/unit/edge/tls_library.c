/* SPDX-License-Identifier: Apache-2.0 */
/* The context of TLS reads the keys that a client may have, and no others. */
#include "edge/tls_parts.h"
#include "harness.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

/* SubjectPublicKeyInfo of a new key. */
static int public_key(const char *type, const char *curve, unsigned char **der)
{
    EVP_PKEY *key = curve != NULL              ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve)
                    : strcmp(type, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048)
                                               : EVP_PKEY_Q_keygen(NULL, NULL, type);
    int len = i2d_PUBKEY(key, der);

    ck_assert_int_gt(len, 0);
    EVP_PKEY_free(key);
    return len;
}

static EVP_PKEY *read_in(OSSL_LIB_CTX *context, const char *type, const char *curve)
{
    unsigned char *der = NULL;
    int len = public_key(type, curve, &der);
    const unsigned char *at = der;
    EVP_PKEY *key = d2i_PUBKEY_ex(NULL, &at, len, context, NULL);

    OPENSSL_free(der);
    ERR_clear_error();
    return key;
}

static const struct {
    const char *type;
    const char *curve;
    bool reads;
} keys[] = {
    {"RSA", NULL, true},    {"EC", "P-256", true}, {"EC", "P-384", true},   {"ED25519", NULL, true},
    {"ED448", NULL, false}, {"X448", NULL, false}, {"X25519", NULL, false},
};

START_TEST(reads_what_a_client_may_have)
{
    OSSL_LIB_CTX *context = as_tls_library();

    ck_assert_ptr_nonnull(context);
    for (size_t i = 0; i < AS_COUNT(keys); i++) {
        EVP_PKEY *here = read_in(context, keys[i].type, keys[i].curve);
        EVP_PKEY *elsewhere = read_in(NULL, keys[i].type, keys[i].curve);
        ck_assert_msg((here != NULL) == keys[i].reads, "%s", keys[i].type);
        ck_assert_msg(elsewhere != NULL, "%s", keys[i].type);
        EVP_PKEY_free(here);
        EVP_PKEY_free(elsewhere);
    }
}
END_TEST

static void count(OSSL_DECODER *decoder, void *arg)
{
    (void)decoder;
    (*(size_t *)arg)++;
}

START_TEST(has_four_decoders)
{
    size_t here = 0, elsewhere = 0;

    OSSL_DECODER_do_all_provided(as_tls_library(), count, &here);
    OSSL_DECODER_do_all_provided(NULL, count, &elsewhere);
    ck_assert_uint_eq(here, 4);
    ck_assert_uint_gt(elsewhere, 20);
}
END_TEST

/* All else is there: a key is made, signs and is believed, and the octets are random. */
START_TEST(has_all_other_algorithms)
{
    OSSL_LIB_CTX *context = as_tls_library();
    EVP_PKEY *key = EVP_PKEY_Q_keygen(context, NULL, "EC", "P-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[128], octets[2][16] = {{0}};
    size_t len = sizeof(signature);

    ck_assert(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", context, NULL, key, NULL) == 1);
    ck_assert(EVP_DigestSign(ctx, signature, &len, octets[0], 16) == 1);
    ck_assert(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", context, NULL, key, NULL) == 1);
    ck_assert(EVP_DigestVerify(ctx, signature, len, octets[0], 16) == 1);
    signature[len - 1] ^= 1;
    ck_assert(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", context, NULL, key, NULL) == 1);
    ck_assert(EVP_DigestVerify(ctx, signature, len, octets[0], 16) != 1);
    ck_assert(RAND_bytes_ex(context, octets[0], 16, 0) == 1);
    ck_assert(RAND_bytes_ex(context, octets[1], 16, 0) == 1);
    ck_assert_mem_ne(octets[0], octets[1], 16);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
}
END_TEST

START_TEST(leaves_no_error_and_is_one)
{
    OSSL_LIB_CTX *context = as_tls_library();

    ck_assert_uint_eq(ERR_peek_error(), 0);
    ck_assert_ptr_eq(context, as_tls_library());
    ck_assert(OSSL_PROVIDER_available(context, "fapid") == 1);
    ck_assert(OSSL_PROVIDER_available(context, "default") == 0);
    ck_assert(OSSL_PROVIDER_available(NULL, "fapid") == 0);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_test(t, reads_what_a_client_may_have);
    tcase_add_test(t, has_four_decoders);
    tcase_add_test(t, has_all_other_algorithms);
    tcase_add_test(t, leaves_no_error_and_is_one);
}

int main(void)
{
    return as_tests_run("edge/tls_library", add_tests);
}
