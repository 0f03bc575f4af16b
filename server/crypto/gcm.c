/* SPDX-License-Identifier: Apache-2.0 */
#include "gcm.h"

#include <openssl/err.h>

AS_AUTO_DEFINE(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

#define GCM_MAX (64 * 1024) /* far above all we seal; keeps the lengths within int */

/* The error queue belongs to the thread, and TLS on the same thread reads it. */
static as_err broken(void)
{
    ERR_clear_error();
    return AS_FAIL(AS_SERVER_ERROR, "AES-256-GCM is not available");
}

as_err as_gcm_fetch(EVP_CIPHER **out)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

    if (cipher == NULL) {
        return broken();
    }
    *out = cipher;
    return AS_OK;
}

static bool feed_about(EVP_CIPHER_CTX *ctx, as_span about)
{
    int len = 0;

    return about.len == 0 ||
           EVP_CipherUpdate(ctx, NULL, &len, as_span_u8(about), (int)about.len) == 1;
}

as_err as_gcm_encrypt(const struct as_gcm *with, as_span plain, unsigned char *out)
{
    AS_AUTO(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;
    int rest = 0;

    AS_NEED(plain.len <= GCM_MAX && with->about.len <= GCM_MAX, AS_SERVER_ERROR,
            "too long to be encrypted");
    if (ctx == NULL || EVP_EncryptInit_ex2(ctx, with->cipher, with->key, with->iv, NULL) != 1 ||
        !feed_about(ctx, with->about) ||
        EVP_EncryptUpdate(ctx, out, &len, as_span_u8(plain), (int)plain.len) != 1 ||
        EVP_EncryptFinal_ex(ctx, out + len, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AS_GCM_TAG, out + plain.len) != 1) {
        return broken();
    }
    return AS_OK;
}

as_err as_gcm_decrypt(const struct as_gcm *with, as_span sealed, unsigned char *out, bool *intact)
{
    AS_AUTO(EVP_CIPHER_CTX_free) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char tag[AS_GCM_TAG];
    int len = 0;
    int rest = 0;

    AS_NEED(sealed.len >= AS_GCM_TAG && sealed.len <= GCM_MAX && with->about.len <= GCM_MAX,
            AS_SERVER_ERROR, "not of a length that can be decrypted");
    size_t body = sealed.len - AS_GCM_TAG;
    for (size_t i = 0; i < AS_GCM_TAG; i++) {
        tag[i] = as_span_u8(sealed)[body + i];
    }
    if (ctx == NULL || EVP_DecryptInit_ex2(ctx, with->cipher, with->key, with->iv, NULL) != 1 ||
        !feed_about(ctx, with->about) ||
        EVP_DecryptUpdate(ctx, out, &len, as_span_u8(sealed), (int)body) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AS_GCM_TAG, tag) != 1) {
        as_crypto_wipe(out, body);
        return broken();
    }
    *intact = EVP_DecryptFinal_ex(ctx, out + len, &rest) == 1;
    if (!*intact) {
        as_crypto_wipe(out, body);
        ERR_clear_error();
    }
    return AS_OK;
}
