/* SPDX-License-Identifier: Apache-2.0 */
#include "es256.h"

#include <string.h>

static bool make(const struct as_jws_key *key, as_span text, unsigned char *out, size_t *len)
{
    AS_AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL; /* the context's own */

    return ctx != NULL &&
           EVP_DigestSignInit_ex(ctx, &how, as_key_digest(key->alg), NULL, NULL, key->pkey, NULL) ==
               1 &&
           as_key_set_padding(key->alg, how) &&
           EVP_DigestSign(ctx, out, len, as_span_u8(text), text.len) == 1;
}

as_err as_key_sign(const struct as_jws_key *key, as_span text, unsigned char *out, size_t *len)
{
    AS_ERRORS_KEPT;
    unsigned char signature[AS_KEY_SIGNATURE];
    size_t size = sizeof(signature);

    AS_NEED(key->is_private, AS_SERVER_ERROR, "the key has no private half");
    AS_NEED(make(key, text, signature, &size), AS_SERVER_ERROR, "a signature cannot be made");
    if (key->alg == AS_ALG_ES256) {
        AS_NEED(as_es256_raw_of_der(as_span_bytes(signature, size), out), AS_SERVER_ERROR,
                "a signature cannot be made");
    } else {
        AS_NEED(size == key->signature_len, AS_SERVER_ERROR, "a signature cannot be made");
        memcpy(out, signature, size);
    }
    *len = key->signature_len;
    return AS_OK;
}

/* Nothing that JSON would have to escape. */
static bool is_plain(as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!as_ascii_is_nqschar(text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

as_err as_jws_sign(const struct as_jws_key *key, const char *typ, as_span payload,
                   struct as_arena *mem, as_span *out)
{
    as_span header = AS_SPAN_NONE;
    unsigned char signature[AS_KEY_SIGNATURE];
    size_t signature_len = 0;

    AS_NEED(is_plain(as_span_of(typ)), AS_SERVER_ERROR, "a typ must be plain text");
    AS_TRY(as_arena_printf(mem, &header, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}",
                           as_alg_name(key->alg), key->kid, typ));
    AS_NEED(payload.len <= AS_LIMIT_ARENA, AS_SERVER_ERROR, "a payload is too long");
    size_t signing_len = AS_BASE64URL_LEN(header.len) + 1 + AS_BASE64URL_LEN(payload.len);
    char *text = as_arena_alloc(mem, signing_len + 1 + AS_BASE64URL_LEN(AS_KEY_SIGNATURE) + 1);
    AS_NEED_MEM(text);
    as_base64url_write(header, text);
    text[AS_BASE64URL_LEN(header.len)] = '.';
    as_base64url_write(payload, text + AS_BASE64URL_LEN(header.len) + 1);
    AS_TRY(as_key_sign(key, (as_span){text, signing_len}, signature, &signature_len));
    text[signing_len] = '.';
    as_base64url_write(as_span_bytes(signature, signature_len), text + signing_len + 1);
    *out = (as_span){text, signing_len + 1 + AS_BASE64URL_LEN(signature_len)};
    return AS_OK;
}
