/* SPDX-License-Identifier: Apache-2.0 */
#include "kbkdf.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#define NUMBER 4 /* octets of i and of L */

static as_err broken(void)
{
    ERR_clear_error();
    return AS_FAIL(AS_SERVER_ERROR, "HMAC-SHA-256 is not available");
}

as_err as_kbkdf_key(const unsigned char master[AS_SEAL_MASTER], EVP_MAC_CTX **out)
{
    AS_AUTO(EVP_MAC_free) EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    char digest[] = "SHA2-256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, sizeof(digest) - 1),
        OSSL_PARAM_END,
    };

    if (ctx == NULL || EVP_MAC_init(ctx, master, AS_SEAL_MASTER, params) != 1) {
        return broken();
    }
    *out = AS_MOVE(ctx);
    return AS_OK;
}

static void put_number(unsigned char *to, size_t number)
{
    for (unsigned i = 0; i < NUMBER; i++) {
        to[i] = (unsigned char)(number >> (8 * (NUMBER - 1 - i)));
    }
}

/* i || label || 0 || context || L; i is filled in block by block, L counts bits. */
static size_t write_input(as_span label, as_span context, size_t len, unsigned char *out)
{
    unsigned char *at = out + NUMBER;

    memcpy(at, label.ptr, label.len);
    at += label.len;
    *at++ = 0;
    memcpy(at, context.ptr, context.len);
    at += context.len;
    put_number(at, len * 8);
    return (size_t)(at - out) + NUMBER;
}

static bool derive(EVP_MAC_CTX *ctx, unsigned char *input, size_t input_len, unsigned char *out,
                   size_t len)
{
    unsigned char block[AS_DIGEST];
    size_t block_len = 0;
    bool fine = ctx != NULL;

    for (size_t i = 1; fine && len > 0; i++) {
        size_t part = len < sizeof(block) ? len : sizeof(block);

        put_number(input, i);
        fine = (i == 1 || EVP_MAC_init(ctx, NULL, 0, NULL) == 1) && /* from the key anew */
               EVP_MAC_update(ctx, input, input_len) == 1 &&
               EVP_MAC_final(ctx, block, &block_len, sizeof(block)) == 1;
        memcpy(out, block, part);
        out += part;
        len -= part;
    }
    as_crypto_wipe(block, sizeof(block));
    return fine;
}

as_err as_kbkdf_derive(const EVP_MAC_CTX *keyed, as_span label, as_span context, unsigned char *out,
                       size_t len)
{
    AS_AUTO(EVP_MAC_CTX_free) EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(keyed);
    unsigned char input[NUMBER + AS_KBKDF_ABOUT + NUMBER];

    AS_NEED(label.len + 1 + context.len <= AS_KBKDF_ABOUT, AS_SERVER_ERROR,
            "too long to derive a key about");
    size_t input_len = write_input(label, context, len, input);
    if (!derive(ctx, input, input_len, out, len)) {
        as_crypto_wipe(out, len);
        return broken();
    }
    return AS_OK;
}
