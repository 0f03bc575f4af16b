/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: made, shown for wrapping, and read back. */
#include "as/crypto.h"
#include "pkcs8.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

static EVP_PKEY *generate(enum as_alg alg)
{
    switch (alg) {
    case AS_ALG_ES256:
        return EVP_EC_gen("P-256");
    case AS_ALG_PS256:
        return EVP_RSA_gen(AS_LIMIT_RSA_MIN_BITS); /* e = 65537 */
    case AS_ALG_EDDSA:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    default:
        return NULL;
    }
}

as_err as_jws_key_make(enum as_alg alg, struct as_jws_key **out)
{
    AS_ERRORS_KEPT;
    EVP_PKEY *pkey = generate(alg);

    AS_NEED(pkey != NULL, AS_SERVER_ERROR, "a key cannot be made");
    return as_key_wrap(alg, true, pkey, out);
}

/* Do the halves belong together? OpenSSL takes the public half as it stands. */
static as_err try_out(const struct as_jws_key *key)
{
    unsigned char signature[AS_KEY_SIGNATURE];
    size_t len = 0;
    bool ok = false;

    AS_TRY(as_key_sign(key, AS_LIT("fapid"), signature, &len));
    AS_TRY(as_key_verify(key, AS_LIT("fapid"), as_span_bytes(signature, len), &ok));
    AS_NEED(ok, AS_BAD_CONFIGURATION, "a private key does not belong to its public half");
    return AS_OK;
}

static as_err of_private(enum as_alg alg, as_span der, struct as_jws_key **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(as_jws_key_free) struct as_jws_key *key = NULL;
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *pkey = NULL;

    AS_NEED(as_alg_name(alg) != NULL && der.len > 0, AS_BAD_CONFIGURATION,
            "there is no private key, or no algorithm for it");
    pkey = as_pkcs8_read(alg, der);
    AS_NEED(pkey != NULL, AS_BAD_CONFIGURATION, "a private key of this kind cannot be read");
    AS_NEED(as_key_suits(alg, pkey), AS_BAD_CONFIGURATION,
            "a private key does not suit its algorithm");
    AS_TRY(as_key_wrap(alg, true, AS_MOVE(pkey), &key));
    AS_TRY(try_out(key));
    *out = AS_MOVE(key);
    return AS_OK;
}

as_err as_jws_key_of_private(enum as_alg alg, as_span der, struct as_jws_key **out)
{
    unsigned long shortages = as_memory_shortages();

    return as_memory_judged(of_private(alg, der, out), shortages);
}

as_err as_jws_key_private(const struct as_jws_key *key, struct as_arena *mem, as_span *out)
{
    unsigned char der[AS_PKCS8_MAX];
    size_t at = 0;

    AS_NEED(key->is_private, AS_SERVER_ERROR, "the key has no private half");
    as_err err = as_pkcs8_write(key->alg, key->pkey, der, &at);
    if (!as_failed(err)) {
        err = as_arena_copy(mem, as_span_bytes(der + at, sizeof(der) - at), out);
    }
    as_crypto_wipe(der, sizeof(der));
    return err;
}
