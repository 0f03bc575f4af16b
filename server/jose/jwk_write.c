/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as text. A row of the table is one member; the rows of a kind stand in the order of RFC 7638
 * 3.2, so that the same text names the key and, with use, alg and kid behind it, shows it.
 */
#include "key.h"

#include <openssl/core_names.h>

static const struct member {
    enum as_alg alg;
    const char *name;
    const char *number; /* OpenSSL's name of the number; NULL: `text`, or the raw public key */
    const char *text;
    int width; /* octets, leading zeros kept (RFC 7518 6.2.1.2); 0: as few as hold it (6.3.1.1) */
} member_rows[] = {
    {AS_ALG_ES256, "crv", NULL, "P-256", 0},
    {AS_ALG_ES256, "kty", NULL, "EC", 0},
    {AS_ALG_ES256, "x", OSSL_PKEY_PARAM_EC_PUB_X, NULL, AS_KEY_COORDINATE},
    {AS_ALG_ES256, "y", OSSL_PKEY_PARAM_EC_PUB_Y, NULL, AS_KEY_COORDINATE},
    {AS_ALG_PS256, "e", OSSL_PKEY_PARAM_RSA_E, NULL, 0},
    {AS_ALG_PS256, "kty", NULL, "RSA", 0},
    {AS_ALG_PS256, "n", OSSL_PKEY_PARAM_RSA_N, NULL, 0},
    {AS_ALG_EDDSA, "crv", NULL, "Ed25519", 0},
    {AS_ALG_EDDSA, "kty", NULL, "OKP", 0},
    {AS_ALG_EDDSA, "x", NULL, NULL, AS_KEY_COORDINATE},
};

#define OCTETS (AS_LIMIT_RSA_MAX_BITS / 8)

static as_err read_number(const EVP_PKEY *pkey, const struct member *row, unsigned char out[OCTETS],
                          size_t *len)
{
    AS_AUTO(BN_free) BIGNUM *number = NULL;

    AS_NEED(EVP_PKEY_get_bn_param(pkey, row->number, &number) == 1, AS_SERVER_ERROR,
            "a number of a key cannot be read");
    int width = row->width > 0 ? row->width : BN_num_bytes(number);
    AS_NEED(width <= OCTETS && BN_bn2binpad(number, out, width) == width, AS_SERVER_ERROR,
            "a number of a key is too long");
    *len = (size_t)width;
    return AS_OK;
}

static as_err write_octets(const EVP_PKEY *pkey, const struct member *row, struct as_buf *out)
{
    unsigned char octets[OCTETS];
    char text[AS_BASE64URL_LEN(OCTETS) + 1];
    size_t len = sizeof(octets);

    if (row->number != NULL) {
        AS_TRY(read_number(pkey, row, octets, &len));
    } else {
        AS_NEED(EVP_PKEY_get_raw_public_key(pkey, octets, &len) == 1, AS_SERVER_ERROR,
                "a public key cannot be read");
    }
    as_base64url_write(as_span_bytes(octets, len), text);
    as_buf_add_text(out, text);
    return AS_OK;
}

as_err as_key_members(enum as_alg alg, const EVP_PKEY *pkey, struct as_buf *out)
{
    AS_ERRORS_KEPT;
    const char *before = "{";

    for (size_t i = 0; i < AS_COUNT(member_rows); i++) {
        const struct member *row = &member_rows[i];

        if (row->alg != alg) {
            continue;
        }
        as_buf_printf(out, "%s\"%s\":\"", before, row->name);
        if (row->text != NULL) {
            as_buf_add_text(out, row->text);
        } else {
            AS_TRY(write_octets(pkey, row, out));
        }
        as_buf_add_byte(out, '"');
        before = ",";
    }
    as_buf_add_byte(out, '}');
    AS_NEED(!out->full, AS_SERVER_ERROR, "a key is too long to be written");
    return AS_OK;
}

as_err as_jwk_write(const struct as_jws_key *key, struct as_arena *mem, as_span *out)
{
    return as_arena_printf(mem, out, "%.*s,\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"%s\"}",
                           (int)(key->members_len - 1), key->members, as_alg_name(key->alg),
                           key->kid);
}

as_err as_jwks_write(const as_span *jwks, size_t count, struct as_arena *mem, as_span *out)
{
    AS_AUTO_BUF struct as_buf set = AS_BUF(AS_LIMIT_ARENA);

    as_buf_add_text(&set, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        as_buf_add_text(&set, i > 0 ? "," : "");
        as_buf_add(&set, jwks[i]);
    }
    as_buf_add_text(&set, "]}");
    AS_NEED(!set.full, AS_SERVER_ERROR, "a key set is too long to be written");
    return as_arena_copy(mem, as_buf_span(&set), out);
}
