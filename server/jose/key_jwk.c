/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys from JWKs: the strict way in for every key that others made (RFC 8725 3.4). */
#include "ed25519.h"
#include "jwks.h"
#include "key.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <string.h>

AS_AUTO_DEFINE(json_t, json_decref)
AS_AUTO_DEFINE(OSSL_PARAM, OSSL_PARAM_free)
AS_AUTO_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
AS_AUTO_DEFINE(struct as_arena, as_arena_free)

static EVP_PKEY *public_of(const char *kind, OSSL_PARAM *params)
{
    AS_AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return NULL;
    }
    return pkey;
}

/* Fails unless the point is on the curve. P-256 has no subgroups: more there is not to check. */
static EVP_PKEY *ec_of(const struct as_jwk *jwk)
{
    unsigned char point[1 + AS_KEY_ES256] = {POINT_CONVERSION_UNCOMPRESSED};
    char group[] = "P-256";

    if (jwk->x.len != AS_KEY_COORDINATE || jwk->y.len != AS_KEY_COORDINATE) {
        return NULL;
    }
    memcpy(point + 1, jwk->x.ptr, AS_KEY_COORDINATE);
    memcpy(point + 1 + AS_KEY_COORDINATE, jwk->y.ptr, AS_KEY_COORDINATE);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end()};
    return public_of("EC", params);
}

/* The lengths are looked at first: a number of 16 KiB costs time before it is refused. */
static EVP_PKEY *rsa_of(const struct as_jwk *jwk)
{
    AS_AUTO(BN_free) BIGNUM *n = NULL;
    AS_AUTO(BN_free) BIGNUM *e = NULL;
    AS_AUTO(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *bld = NULL;
    AS_AUTO(OSSL_PARAM_free) OSSL_PARAM *params = NULL;

    if (jwk->n.len == 0 || jwk->n.len > AS_LIMIT_RSA_MAX_BITS / 8 || jwk->n.ptr[0] == 0 ||
        jwk->e.len == 0 || jwk->e.len > 4 || jwk->e.ptr[0] == 0) {
        return NULL;
    }
    n = BN_bin2bn(as_span_u8(jwk->n), (int)jwk->n.len, NULL);
    e = BN_bin2bn(as_span_u8(jwk->e), (int)jwk->e.len, NULL);
    bld = OSSL_PARAM_BLD_new();
    if (n == NULL || e == NULL || bld == NULL ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1) {
        return NULL;
    }
    params = OSSL_PARAM_BLD_to_param(bld);
    return params != NULL ? public_of("RSA", params) : NULL;
}

static EVP_PKEY *okp_of(const struct as_jwk *jwk)
{
    if (jwk->x.len != AS_KEY_COORDINATE || !as_ed25519_is_sound(as_span_u8(jwk->x))) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, as_span_u8(jwk->x), jwk->x.len);
}

static EVP_PKEY *pkey_of(enum as_alg alg, const struct as_jwk *jwk)
{
    switch (alg) {
    case AS_ALG_ES256:
        return ec_of(jwk);
    case AS_ALG_PS256:
        return rsa_of(jwk);
    case AS_ALG_EDDSA:
        return okp_of(jwk);
    default:
        return NULL;
    }
}

/* What the key says it is for (TOK-43). */
static as_err check_purpose(enum as_alg alg, const struct as_jwk *jwk)
{
    const struct as_key_kind_row *kind = &as_key_kinds[alg];

    AS_NEED(as_span_is(jwk->kty, kind->kty) &&
                (kind->crv == NULL || as_span_is(jwk->crv, kind->crv)),
            AS_INVALID_CLIENT_METADATA, "a key in jwks is not of the kind its algorithm takes");
    AS_NEED(jwk->use.len == 0 || as_span_is(jwk->use, "sig"), AS_INVALID_CLIENT_METADATA,
            "a key in jwks is not for signatures");
    AS_NEED(jwk->alg.len == 0 || as_span_is(jwk->alg, as_alg_name(alg)), AS_INVALID_CLIENT_METADATA,
            "a key in jwks is for another algorithm");
    AS_NEED(!jwk->not_for_verify, AS_INVALID_CLIENT_METADATA,
            "the key_ops of a key in jwks lack verify");
    return AS_OK;
}

as_err as_jws_key_of_jwk(enum as_alg alg, const struct as_jwk *jwk, struct as_jws_key **out)
{
    AS_ERRORS_KEPT;
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *pkey = NULL;

    AS_NEED(as_alg_name(alg) != NULL, AS_SERVER_ERROR, "a key needs an algorithm");
    AS_TRY(check_purpose(alg, jwk));
    pkey = pkey_of(alg, jwk);
    AS_NEED(pkey != NULL && as_key_suits(alg, pkey), AS_INVALID_CLIENT_METADATA,
            "a key in jwks is malformed, too weak or not on its curve");
    return as_key_wrap(alg, false, AS_MOVE(pkey), out);
}

as_err as_jws_key_of_text(enum as_alg alg, as_span text, struct as_jws_key **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    AS_AUTO(json_decref) json_t *json = NULL;
    struct as_jwk jwk = {0};

    AS_NEED_MEM(mem);
    as_err err = as_json_parse(text, &json);
    AS_NEED(!as_err_is(err, AS_INVALID_REQUEST), AS_INVALID_CLIENT_METADATA,
            "the text of a key is not JSON");
    AS_TRY(err);
    AS_TRY(as_jwk_read(mem, json, &jwk));
    return as_jws_key_of_jwk(alg, &jwk, out);
}
