/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include "as/crypto.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

const struct as_key_kind_row as_key_kinds[AS_ALGS] = {
    [AS_ALG_NONE] = {NULL, NULL, NULL, AS_KEY_OTHER},
    [AS_ALG_ES256] = {"EC", "P-256", "EC", AS_KEY_P256},
    [AS_ALG_PS256] = {"RSA", NULL, "RSA", AS_KEY_RSA},
    [AS_ALG_EDDSA] = {"OKP", "Ed25519", "ED25519", AS_KEY_ED25519},
};

/* An even number is no modulus. Nothing could be proved with such a certificate in a handshake; a
 * JWK is taken at its word. */
static bool is_sound(const EVP_PKEY *pkey, enum as_key_kind kind)
{
    AS_AUTO(BN_free) BIGNUM *n = NULL;

    return kind != AS_KEY_RSA ||
           (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_is_odd(n));
}

bool as_key_suits(enum as_alg alg, const EVP_PKEY *pkey)
{
    AS_ERRORS_KEPT;
    enum as_key_kind kind = as_key_kind_of(pkey);

    return alg != AS_ALG_NONE && alg < AS_ALGS && as_key_kinds[alg].kind == kind &&
           as_key_is_strong(pkey, AS_LIMIT_RSA_MAX_BITS) && is_sound(pkey, kind);
}

EVP_PKEY *as_key_of_params(const char *evp, int selection, OSSL_PARAM *params)
{
    AS_AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, evp, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1) {
        return NULL;
    }
    return pkey;
}

const char *as_key_digest(enum as_alg alg)
{
    return alg == AS_ALG_EDDSA ? NULL : "SHA256";
}

bool as_key_set_padding(enum as_alg alg, EVP_PKEY_CTX *ctx)
{
    return alg != AS_ALG_PS256 || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                                   EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
                                   EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, AS_KEY_SALT) == 1);
}

/* RFC 7638 3: SHA-256 over the required members in their order, without blanks. */
static as_err name_key(struct as_jws_key *key)
{
    AS_AUTO_BUF struct as_buf members = AS_BUF(4096);
    unsigned char digest[AS_DIGEST];

    AS_TRY(as_key_members(key->alg, key->pkey, &members));
    AS_TRY(as_sha256(as_buf_span(&members), digest));
    as_base64url_write(as_span_bytes(digest, sizeof(digest)), key->kid);
    key->members = malloc(members.len);
    AS_NEED_MEM(key->members);
    memcpy(key->members, members.ptr, members.len);
    key->members_len = members.len;
    return AS_OK;
}

as_err as_key_wrap(enum as_alg alg, bool is_private, EVP_PKEY *pkey, struct as_jws_key **out)
{
    AS_AUTO(as_jws_key_free) struct as_jws_key *key = calloc(1, sizeof(*key));

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return AS_FAIL(AS_SERVER_ERROR, "out of memory");
    }
    key->alg = alg;
    key->is_private = is_private;
    key->pkey = pkey;
    key->signature_len =
        alg == AS_ALG_PS256 ? (size_t)EVP_PKEY_get_size(pkey) : (size_t)AS_KEY_ES256;
    AS_TRY(name_key(key));
    *out = AS_MOVE(key);
    return AS_OK;
}

void as_jws_key_free(struct as_jws_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey); /* wipes what is private */
        free(key->members);
        free(key);
    }
}

enum as_alg as_jws_key_alg(const struct as_jws_key *key)
{
    return key->alg;
}

as_span as_jws_key_kid(const struct as_jws_key *key)
{
    return (as_span){key->kid, AS_KID};
}
