/* SPDX-License-Identifier: Apache-2.0 */
#include "es256.h"

as_err as_key_verify(const struct as_jws_key *key, as_span text, as_span signature, bool *ok)
{
    AS_ERRORS_KEPT;
    AS_AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = NULL;
    EVP_PKEY_CTX *how = NULL; /* the context's own */
    unsigned char der[AS_ES256_DER];
    unsigned long shortages = as_memory_shortages();

    *ok = false;
    if (signature.len != key->signature_len) {
        return AS_OK;
    }
    if (key->alg == AS_ALG_ES256) {
        size_t len = 0;

        AS_NEED(as_es256_der_of_raw(signature, der, &len), AS_SERVER_ERROR,
                "a signature cannot be checked");
        signature = as_span_bytes(der, len);
    }
    ctx = EVP_MD_CTX_new();
    AS_NEED(ctx != NULL &&
                EVP_DigestVerifyInit_ex(ctx, &how, as_key_digest(key->alg), NULL, NULL, key->pkey,
                                        NULL) == 1 &&
                as_key_set_padding(key->alg, how),
            AS_SERVER_ERROR, "a signature cannot be checked");
    /* Below 0 are signatures that have not even the right form; they are wrong all the same. */
    *ok = EVP_DigestVerify(ctx, as_span_u8(signature), signature.len, as_span_u8(text), text.len) ==
          1;
    AS_NEED(*ok || as_memory_shortages() == shortages, AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

as_err as_jws_verify(const struct as_jws *jws, const struct as_jws_key *key, bool *ok)
{
    *ok = false;
    if (jws->alg != key->alg) {
        return AS_OK; /* RFC 8725 3.1 */
    }
    return as_key_verify(key, jws->signing, jws->signature, ok);
}
