/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys from the numbers of a JWK: the strict way in for every key that others made (RFC 8725
 * 3.4). Lengths are looked at first, since a number of 16 KiB costs time before it is refused.
 */
#include "ed25519.h"
#include "jwks.h"
#include "key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <string.h>

AS_AUTO_DEFINE(OSSL_PARAM, OSSL_PARAM_free)
AS_AUTO_DEFINE(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)

#define WIDTH_MAX 66 /* octets of a coordinate of P-521 */

/* The kinds that are looked into (REG-35); others are nobody's business here. */
struct row {
    const char *kty;
    const char *crv; /* NULL: it has none */
    size_t width;    /* octets of a coordinate, leading zeros kept (RFC 7518 6.2.1.2) */
    EVP_PKEY *(*make)(const struct row *row, const struct as_jwk *jwk);
};

/* Fails unless the point is on the curve. These curves have no subgroups: that is all there is. */
static EVP_PKEY *ec_of(const struct row *row, const struct as_jwk *jwk)
{
    unsigned char point[1 + 2 * WIDTH_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
    char group[8];

    if (jwk->x.len != row->width || jwk->y.len != row->width) {
        return NULL;
    }
    memcpy(point + 1, jwk->x.ptr, row->width);
    memcpy(point + 1 + row->width, jwk->y.ptr, row->width);
    snprintf(group, sizeof(group), "%s", row->crv);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * row->width),
        OSSL_PARAM_construct_end()};
    return as_key_of_params("EC", EVP_PKEY_PUBLIC_KEY, params);
}

static EVP_PKEY *rsa_of(const struct row *row, const struct as_jwk *jwk)
{
    AS_AUTO(BN_free) BIGNUM *n = NULL;
    AS_AUTO(BN_free) BIGNUM *e = NULL;
    AS_AUTO(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *bld = NULL;
    AS_AUTO(OSSL_PARAM_free) OSSL_PARAM *params = NULL;

    (void)row;
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
    EVP_PKEY *pkey = params != NULL ? as_key_of_params("RSA", EVP_PKEY_PUBLIC_KEY, params) : NULL;
    if (pkey != NULL && !as_key_suits(AS_ALG_PS256, pkey)) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return pkey;
}

static EVP_PKEY *ed25519_of(const struct row *row, const struct as_jwk *jwk)
{
    if (jwk->x.len != row->width || !as_ed25519_is_sound(as_span_u8(jwk->x))) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, as_span_u8(jwk->x), jwk->x.len);
}

static const struct row rows[] = {
    {"RSA", NULL, 0, rsa_of},
    {"EC", "P-256", AS_KEY_COORDINATE, ec_of},
    {"EC", "P-384", 48, ec_of},
    {"EC", "P-521", WIDTH_MAX, ec_of},
    {"OKP", "Ed25519", AS_KEY_COORDINATE, ed25519_of},
};

static const struct row *row_of(const struct as_jwk *jwk)
{
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        if (as_span_is(jwk->kty, rows[i].kty) &&
            (rows[i].crv == NULL || as_span_is(jwk->crv, rows[i].crv))) {
            return &rows[i];
        }
    }
    return NULL;
}

as_err as_key_public(const struct as_jwk *jwk, EVP_PKEY **out)
{
    AS_ERRORS_KEPT;
    const struct row *row = row_of(jwk);
    unsigned long shortages = as_memory_shortages();

    *out = row != NULL ? row->make(row, jwk) : NULL;
    return row == NULL || *out != NULL
               ? AS_OK
               : as_memory_judged(AS_FAIL(AS_INVALID_CLIENT_METADATA, AS_JWK_UNSOUND), shortages);
}

as_err as_jwk_check(const struct as_jwk *jwk)
{
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *pkey = NULL;

    return as_key_public(jwk, &pkey);
}
