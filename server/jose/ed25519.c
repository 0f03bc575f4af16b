/* SPDX-License-Identifier: Apache-2.0 */
#include "ed25519.h"

#include "openssl.h"

#include <string.h>

/*
 * The curve is -x^2 + y^2 = 1 + d x^2 y^2 modulo p = 2^255 - 19, so that a y has points exactly
 * when (y^2 - 1)(d y^2 + 1) is a square: u/v is a square when u v is one, and v is never 0. The
 * points of small order are those whose y is 0, 1, -1, or one of two others.
 */
static const char p_text[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
static const char d_text[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
static const char *const small_y[] = {
    "0",
    "1",
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
};

static bool is_small(const BIGNUM *y)
{
    for (size_t i = 0; i < AS_COUNT(small_y); i++) {
        AS_AUTO(BN_free) BIGNUM *small = NULL;

        if (BN_hex2bn(&small, small_y[i]) == 0 || BN_cmp(y, small) == 0) {
            return true;
        }
    }
    return false;
}

/* u v of the comment above. */
static bool number_of(const BIGNUM *y, const BIGNUM *p, BN_CTX *ctx, BIGNUM *out)
{
    AS_AUTO(BN_free) BIGNUM *d = NULL;
    AS_AUTO(BN_free) BIGNUM *u = BN_new();
    AS_AUTO(BN_free) BIGNUM *v = BN_new();

    return u != NULL && v != NULL && BN_hex2bn(&d, d_text) != 0 && BN_mod_sqr(u, y, p, ctx) == 1 &&
           BN_mod_mul(v, u, d, p, ctx) == 1 && BN_sub_word(u, 1) == 1 && BN_add_word(v, 1) == 1 &&
           BN_mod_mul(out, u, v, p, ctx) == 1;
}

bool as_ed25519_is_sound(const unsigned char key[32])
{
    AS_AUTO(BN_CTX_free) BN_CTX *ctx = BN_CTX_new();
    AS_AUTO(BN_free) BIGNUM *square = BN_new();
    AS_AUTO(BN_free) BIGNUM *p = NULL;
    AS_AUTO(BN_free) BIGNUM *y = NULL;
    unsigned char octets[32];

    memcpy(octets, key, sizeof(octets));
    octets[31] &= 0x7F; /* the sign of x */
    y = BN_lebin2bn(octets, sizeof(octets), NULL);
    return ctx != NULL && square != NULL && y != NULL && BN_hex2bn(&p, p_text) != 0 &&
           BN_cmp(y, p) < 0 && !is_small(y) && number_of(y, p, ctx, square) &&
           BN_kronecker(square, p, ctx) == 1;
}
