/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>

/* The one algorithm of the process, as constant as a table: to fetch it costs more than a hash. */
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

as_err as_sha256(as_span bytes, unsigned char out[AS_DIGEST])
{
    const void *from = bytes.ptr != NULL ? bytes.ptr : "";

    pthread_once(&once, fetch);
    if (sha256 == NULL || EVP_Digest(from, bytes.len, out, NULL, sha256, NULL) != 1) {
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
