/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

as_err as_sha256(as_span bytes, unsigned char out[AS_SHA256])
{
    const void *from = bytes.ptr != NULL ? bytes.ptr : "";

    if (EVP_Digest(from, bytes.len, out, NULL, EVP_sha256(), NULL) != 1) {
        ERR_clear_error();
        return AS_FAIL(AS_SERVER_ERROR, "SHA-256 is not available");
    }
    return AS_OK;
}

bool as_crypto_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void as_crypto_wipe(void *secret, size_t len)
{
    OPENSSL_cleanse(secret, len);
}
