/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that our own code would never write: any header, any signature, made with OpenSSL alone.
 */
#ifndef AS_TESTS_JOSE_CRAFT_H
#define AS_TESTS_JOSE_CRAFT_H

#include "harness.h"
#include "jose/key.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

/* BASE64URL(header) . BASE64URL(payload) */
static inline as_span craft_signing(struct as_arena *mem, as_span header, as_span payload)
{
    char *text = as_arena_alloc(mem, header.len * 2 + payload.len * 2 + 16);

    ck_assert_ptr_nonnull(text);
    as_base64url_write(header, text);
    text[AS_BASE64URL_LEN(header.len)] = '.';
    as_base64url_write(payload, text + AS_BASE64URL_LEN(header.len) + 1);
    return as_span_of(text);
}

/* signing . BASE64URL(signature) */
static inline as_span craft_join(struct as_arena *mem, as_span signing, as_span signature)
{
    as_span out = AS_SPAN_NONE;
    char *text = as_arena_alloc(mem, signature.len * 2 + 4);

    ck_assert_ptr_nonnull(text);
    as_base64url_write(signature, text);
    ck_ok(as_arena_printf(mem, &out, "%.*s.%s", (int)signing.len, signing.ptr, text));
    return out;
}

/* A header of our choice with a signature that is right for it. */
static inline as_span craft(struct as_arena *mem, const struct as_jws_key *key, const char *header,
                            as_span payload)
{
    as_span signing = craft_signing(mem, as_span_of(header), payload);
    unsigned char signature[AS_KEY_SIGNATURE];
    size_t len = 0;

    ck_ok(as_key_sign(key, signing, signature, &len));
    return craft_join(mem, signing, as_span_bytes(signature, len));
}

/* A signature as OpenSSL makes it: ECDSA as DER, RSA with the padding and salt asked for. */
static inline as_span craft_signature(struct as_arena *mem, const struct as_jws_key *key,
                                      as_span text, int padding, int salt)
{
    AS_AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    unsigned char out[AS_KEY_SIGNATURE];
    size_t len = sizeof(out);
    as_span copy = AS_SPAN_NONE;

    ck_assert_int_eq(EVP_DigestSignInit(ctx, &how, EVP_sha256(), NULL, key->pkey), 1);
    if (padding != 0) {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(how, padding), 1);
    }
    if (padding == RSA_PKCS1_PSS_PADDING) {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(how, salt), 1);
    }
    ck_assert_int_eq(EVP_DigestSign(ctx, out, &len, as_span_u8(text), text.len), 1);
    ck_ok(as_arena_copy(mem, as_span_bytes(out, len), &copy));
    return copy;
}

/* HMAC-SHA-256. */
static inline as_span craft_hmac(struct as_arena *mem, as_span secret, as_span text)
{
    unsigned char out[32];
    unsigned len = 0;
    as_span copy = AS_SPAN_NONE;

    ck_assert_ptr_nonnull(
        HMAC(EVP_sha256(), secret.ptr, (int)secret.len, as_span_u8(text), text.len, out, &len));
    ck_ok(as_arena_copy(mem, as_span_bytes(out, len), &copy));
    return copy;
}

/* Read and verified; what cannot be read is not verified. */
static inline bool craft_holds(struct as_arena *mem, as_span text, const struct as_jws_key *key)
{
    struct as_jws jws;
    bool ok = false;

    ck_ok(as_jws_read(mem, text, &jws, &ok));
    if (ok) {
        ck_ok(as_jws_verify(&jws, key, &ok));
    }
    return ok;
}

static inline bool craft_reads(struct as_arena *mem, as_span text)
{
    struct as_jws jws;
    bool ok = false;

    ck_ok(as_jws_read(mem, text, &jws, &ok));
    return ok;
}

/* The public half, by way of its text. */
static inline struct as_jws_key *craft_public(struct as_arena *mem, const struct as_jws_key *key)
{
    struct as_jws_key *out = NULL;
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jwk_write(key, mem, &text));
    ck_ok(as_jws_key_of_text(as_jws_key_alg(key), text, &out));
    return out;
}

#endif
