/* SPDX-License-Identifier: Apache-2.0 */
/* Our KBKDF against that of OpenSSL. */
#include "crypto/kbkdf.h"

#include "harness.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <string.h>

AS_AUTO_DEFINE(EVP_KDF, EVP_KDF_free)
AS_AUTO_DEFINE(EVP_KDF_CTX, EVP_KDF_CTX_free)

#define OUT_MAX 200

/* What OpenSSL derives, with the parameters of NIST SP 800-108 4.1. */
static void openssl_derive(const unsigned char *master, as_span label, as_span context,
                           unsigned char *out, size_t len)
{
    AS_AUTO(EVP_KDF_free) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "KBKDF", NULL);
    AS_AUTO(EVP_KDF_CTX_free) EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_MODE, (char *)(uintptr_t) "counter", 7),
        OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_MAC, (char *)(uintptr_t) "HMAC", 4),
        OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t) "SHA2-256", 8),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master, AS_SEAL_MASTER),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)label.ptr, label.len),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)context.ptr, context.len),
        OSSL_PARAM_END,
    };

    ck_assert(EVP_KDF_derive(ctx, out, len, params) == 1);
}

static size_t below(size_t limit)
{
    uint32_t number = 0;

    ck_ok(as_random(&number, sizeof(number)));
    return number % limit;
}

START_TEST(D8_what_is_derived_is_what_openssl_derives)
{
    for (int round = 0; round < 2000; round++) {
        unsigned char master[AS_SEAL_MASTER], about[AS_KBKDF_ABOUT];
        unsigned char ours[OUT_MAX + 1], theirs[OUT_MAX];
        AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *keyed = NULL;
        size_t label_len = 1 + below(100), len = 1 + below(OUT_MAX);

        ck_ok(as_random(master, sizeof(master)));
        ck_ok(as_random(about, sizeof(about)));
        as_span label = as_span_bytes(about, label_len);
        as_span context = as_span_bytes(about + label_len, 1 + below(100));
        ck_ok(as_kbkdf_key(master, &keyed));
        openssl_derive(master, label, context, theirs, len);
        ours[len] = 0xA5;
        for (int again = 0; again < 2; again++) { /* the kept key is not used up */
            memset(ours, 0, len);
            ck_ok(as_kbkdf_derive(keyed, label, context, ours, len));
            ck_assert_mem_eq(ours, theirs, len);
        }
        ck_assert_uint_eq(ours[len], 0xA5);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

/* Key, label, context and length each change all of it. */
START_TEST(D8_every_input_counts)
{
    const unsigned char one[AS_SEAL_MASTER] = {1}, two[AS_SEAL_MASTER] = {2};
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *key = NULL;
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *other = NULL;
    unsigned char out[6][44];

    ck_ok(as_kbkdf_key(one, &key));
    ck_ok(as_kbkdf_key(two, &other));
    ck_ok(as_kbkdf_derive(key, AS_LIT("label"), AS_LIT("context"), out[0], 44));
    ck_ok(as_kbkdf_derive(other, AS_LIT("label"), AS_LIT("context"), out[1], 44));
    ck_ok(as_kbkdf_derive(key, AS_LIT("Label"), AS_LIT("context"), out[2], 44));
    ck_ok(as_kbkdf_derive(key, AS_LIT("label"), AS_LIT("contexT"), out[3], 44));
    ck_ok(as_kbkdf_derive(key, AS_LIT("labelc"), AS_LIT("ontext"), out[4], 44));
    ck_ok(as_kbkdf_derive(key, AS_LIT("label"), AS_LIT("context"), out[5], 43));
    for (size_t i = 1; i < AS_COUNT(out); i++) {
        ck_assert_mem_ne(out[0], out[i], 32);
        ck_assert_mem_ne(out[0] + 32, out[i] + 32, 11);
    }
    ck_assert_mem_ne(out[0], out[0] + 32, 12); /* nor are two blocks one */
}
END_TEST

START_TEST(D8_too_much_about_is_refused)
{
    const unsigned char master[AS_SEAL_MASTER] = {1};
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *key = NULL;
    static const char about[AS_KBKDF_ABOUT] = {1};
    unsigned char out[44];

    ck_ok(as_kbkdf_key(master, &key));
    ck_ok(as_kbkdf_derive(key, as_span_bytes(about, AS_KBKDF_ABOUT - 2), AS_LIT("x"), out, 44));
    ck_refuses(as_kbkdf_derive(key, as_span_bytes(about, AS_KBKDF_ABOUT - 1), AS_LIT("x"), out, 44),
               AS_SERVER_ERROR, "too long to derive a key about");
}
END_TEST

struct shared {
    const EVP_MAC_CTX *key;
    unsigned char expected[44];
};

static void *derive_many(void *arg)
{
    const struct shared *shared = arg;
    unsigned char out[44];

    for (int i = 0; i < 5000; i++) {
        if (as_failed(as_kbkdf_derive(shared->key, AS_LIT("label"), AS_LIT("context"), out, 44)) ||
            memcmp(out, shared->expected, 44) != 0) {
            return arg;
        }
    }
    return NULL;
}

START_TEST(D8_threads_share_a_key)
{
    const unsigned char master[AS_SEAL_MASTER] = {1};
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *key = NULL;
    pthread_t threads[4];
    void *failed = NULL;

    ck_ok(as_kbkdf_key(master, &key));
    struct shared shared = {.key = key};
    ck_ok(as_kbkdf_derive(key, AS_LIT("label"), AS_LIT("context"), shared.expected, 44));
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, derive_many, &shared), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
}
END_TEST

AS_TESTS("kbkdf", {
    tcase_add_test(t, D8_what_is_derived_is_what_openssl_derives);
    tcase_add_test(t, D8_every_input_counts);
    tcase_add_test(t, D8_too_much_about_is_refused);
    tcase_add_test(t, D8_threads_share_a_key);
})
