/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: made, written, read back; and how the public half is shown. */
#include "support/craft.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/param_build.h>

static struct as_arena *mem;

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
}

static void tear_down(void)
{
    as_arena_free(mem);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static struct as_jws_key *make(enum as_alg alg)
{
    struct as_jws_key *key = NULL;

    ck_ok(as_jws_key_make(alg, &key));
    return key;
}

static json_t *shown(const struct as_jws_key *key)
{
    as_span text = AS_SPAN_NONE;
    json_t *json = NULL;

    ck_ok(as_jwk_write(key, mem, &text));
    ck_ok(as_json_parse(text, &json));
    return json;
}

/* PKCS #8 of any key, for as_jws_key_of_private. */
static as_span pkcs8_of(EVP_PKEY *pkey)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(pkey, OSSL_KEYMGMT_SELECT_KEYPAIR, "DER",
                                                          "PrivateKeyInfo", NULL);
    unsigned char *der = NULL;
    size_t len = 0;
    as_span out = AS_SPAN_NONE;

    ck_assert_ptr_nonnull(pkey);
    ck_assert_int_eq(OSSL_ENCODER_to_data(ctx, &der, &len), 1);
    ck_ok(as_arena_copy(mem, as_span_bytes(der, len), &out));
    OPENSSL_clear_free(der, len);
    OSSL_ENCODER_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return out;
}

/* --- made ------------------------------------------------------------------------------------ */

START_TEST(REG_145_made)
{
    static const int bits[AS_ALGS] = {0, 256, 2048, 256};
    struct as_jws_key *key = NULL;

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *other = make((enum as_alg)alg);

        key = make((enum as_alg)alg);
        ck_assert_uint_eq(as_jws_key_alg(key), alg);
        ck_assert_int_ge(EVP_PKEY_get_bits(key->pkey), bits[alg] - 3); /* Ed25519 counts 253 */
        ck_assert_uint_eq(as_jws_key_kid(key).len, AS_KID);
        ck_assert(!as_span_equal(as_jws_key_kid(key), as_jws_key_kid(other)));
        as_jws_key_free(other);
        as_jws_key_free(key);
    }
    ck_refuses(as_jws_key_make(AS_ALG_NONE, &key), AS_SERVER_ERROR, "a key cannot be made");
    as_jws_key_free(NULL);
}
END_TEST

/* --- private --------------------------------------------------------------------------------- */

START_TEST(REG_148_there_and_back)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = make((enum as_alg)alg);
        struct as_jws_key *again = NULL;
        as_span der = AS_SPAN_NONE;
        as_span text = AS_SPAN_NONE;

        ck_ok(as_jws_key_private(key, mem, &der));
        ck_ok(as_jws_key_of_private((enum as_alg)alg, der, &again));
        ck_assert(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key)));
        ck_ok(as_jws_sign(again, "JWT", AS_LIT("x"), mem, &text));
        ck_assert(craft_holds(mem, text, key));
        as_jws_key_free(again);

        /* no other algorithm, no half of it, nothing behind it */
        for (unsigned other = 0; other <= AS_ALGS; other++) {
            if (other != alg) {
                ck_fault(as_jws_key_of_private((enum as_alg)other, der, &again),
                         AS_BAD_CONFIGURATION);
            }
        }
        for (size_t cut = 0; cut < der.len; cut += der.len / 8) {
            ck_fault(as_jws_key_of_private((enum as_alg)alg, (as_span){der.ptr, cut}, &again),
                     AS_BAD_CONFIGURATION);
        }
        char *longer = as_arena_alloc(mem, der.len + 1);
        memcpy(longer, der.ptr, der.len);
        ck_refuses(as_jws_key_of_private((enum as_alg)alg, (as_span){longer, der.len + 1}, &again),
                   AS_BAD_CONFIGURATION, "a private key of this kind cannot be read");

        /* a public half has no private one to show */
        again = craft_public(mem, key);
        ck_refuses(as_jws_key_private(again, mem, &der), AS_SERVER_ERROR,
                   "the key has no private half");
        as_jws_key_free(again);
        as_jws_key_free(key);
    }
}
END_TEST

static EVP_PKEY *rsa_with_exponent(size_t bits, unsigned e)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
                           OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY *pkey = NULL;

    ck_assert_int_eq(EVP_PKEY_keygen_init(ctx), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_params(ctx, params), 1);
    ck_assert_int_eq(EVP_PKEY_generate(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

START_TEST(REG_145_floor)
{
    static const char why[] = "a private key does not suit its algorithm";
    static const char other[] = "a private key of this kind cannot be read";
    struct as_jws_key *key = NULL;

    ck_ok(as_jws_key_of_private(AS_ALG_PS256, pkcs8_of(rsa_with_exponent(2048, 65537)), &key));
    as_jws_key_free(key);
    ck_refuses(as_jws_key_of_private(AS_ALG_PS256, pkcs8_of(rsa_with_exponent(1024, 65537)), &key),
               AS_BAD_CONFIGURATION, why);
    ck_refuses(as_jws_key_of_private(AS_ALG_PS256, pkcs8_of(rsa_with_exponent(2040, 65537)), &key),
               AS_BAD_CONFIGURATION, why);
    ck_refuses(as_jws_key_of_private(AS_ALG_PS256, pkcs8_of(rsa_with_exponent(2048, 3)), &key),
               AS_BAD_CONFIGURATION, why);
    ck_refuses(as_jws_key_of_private(AS_ALG_ES256, pkcs8_of(EVP_EC_gen("P-384")), &key),
               AS_BAD_CONFIGURATION, other);
    ck_refuses(as_jws_key_of_private(AS_ALG_ES256, pkcs8_of(EVP_EC_gen("P-224")), &key),
               AS_BAD_CONFIGURATION, other);
    ck_refuses(
        as_jws_key_of_private(AS_ALG_EDDSA, pkcs8_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), &key),
        AS_BAD_CONFIGURATION, other);
    ck_refuses(as_jws_key_of_private(AS_ALG_EDDSA,
                                     pkcs8_of(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")), &key),
               AS_BAD_CONFIGURATION, other);
}
END_TEST

/* P-256 in all but name: parameters that are written out could be any curve's. */
START_TEST(REG_145_explicit_parameters)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    struct as_jws_key *key = NULL;

    ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
                     1);
    ck_refuses(as_jws_key_of_private(AS_ALG_ES256, pkcs8_of(pkey), &key), AS_BAD_CONFIGURATION,
               "a private key of this kind cannot be read");
}
END_TEST

/* Octet for octet what OpenSSL writes. */
START_TEST(REG_148_der_is_as_others_write_it)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        for (int i = 0; i < (alg == AS_ALG_PS256 ? 2 : 50); i++) {
            struct as_jws_key *key = make((enum as_alg)alg);
            as_span der = AS_SPAN_NONE;

            ck_ok(as_jws_key_private(key, mem, &der));
            ck_assert_int_eq(EVP_PKEY_up_ref(key->pkey), 1);
            ck_assert(as_span_equal(der, pkcs8_of(key->pkey)));
            as_jws_key_free(key);
        }
    }
    struct as_jws_key *key = NULL;
    as_span der = AS_SPAN_NONE;
    as_span large = pkcs8_of(EVP_RSA_gen(4096)); /* the largest there is */
    ck_ok(as_jws_key_of_private(AS_ALG_PS256, large, &key));
    ck_ok(as_jws_key_private(key, mem, &der));
    ck_assert(as_span_equal(der, large));
    as_jws_key_free(key);
}
END_TEST

/* Any bit of it: refused, or, within Ed25519's number, another key. */
START_TEST(REG_148_der_has_one_form)
{
    static const enum as_alg algs[] = {AS_ALG_ES256, AS_ALG_EDDSA};

    for (size_t a = 0; a < AS_COUNT(algs); a++) {
        struct as_jws_key *key = make(algs[a]);
        as_span der = AS_SPAN_NONE;

        ck_ok(as_jws_key_private(key, mem, &der));
        for (size_t i = 0; i < der.len; i++) {
            struct as_jws_key *again = NULL;
            char *copy = as_arena_alloc(mem, der.len);

            memcpy(copy, der.ptr, der.len);
            copy[i] = (char)(copy[i] ^ (1 << i % 8));
            as_err err = as_jws_key_of_private(algs[a], (as_span){copy, der.len}, &again);
            if (algs[a] == AS_ALG_EDDSA && i >= der.len - 32) {
                ck_ok(err);
                ck_assert(!as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key)));
                as_jws_key_free(again);
            } else {
                ck_fault(err, AS_BAD_CONFIGURATION);
            }
        }
        as_jws_key_free(key);
    }
}
END_TEST

/* A value of DER; `long_form` spends an octet on the length that it does not need. */
static as_span value_of(unsigned char tag, as_span body, bool long_form)
{
    unsigned char *out = as_arena_alloc(mem, body.len + 4), *at = out;

    *at++ = tag;
    if (body.len > 0xFF || (long_form && body.len > 0x7F)) {
        *at++ = 0x82;
        *at++ = (unsigned char)(body.len >> 8);
    } else if (body.len > 0x7F || long_form) {
        *at++ = 0x81;
    }
    *at++ = (unsigned char)body.len;
    memcpy(at, body.ptr, body.len);
    return as_span_bytes(out, (size_t)(at - out) + body.len);
}

static as_span joined(as_span a, as_span b, as_span c)
{
    as_span out = AS_SPAN_NONE;

    ck_ok(as_arena_printf(mem, &out, "%*s", (int)(a.len + b.len + c.len), ""));
    char *at = (char *)(uintptr_t)out.ptr;
    memcpy(at, a.ptr, a.len);
    memcpy(at + a.len, b.ptr, b.len);
    memcpy(at + a.len + b.len, c.ptr, c.len);
    return out;
}

/* What stands in the first value. */
static as_span inside(as_span der)
{
    unsigned char first = (unsigned char)der.ptr[1];

    return as_span_from(der, first == 0x82 ? 4 : first == 0x81 ? 3 : 2);
}

/* The parts of a key's PKCS #8, to be put together in another way. */
struct parts {
    as_span version, algorithm, key; /* `key`: within the OCTET STRING */
};

static struct parts parts_of(as_span der)
{
    as_span body = inside(der), rest;
    struct parts parts = {.version = {body.ptr, 3}};

    body = as_span_from(body, 3);
    parts.algorithm = (as_span){body.ptr, 2 + (size_t)body.ptr[1]};
    rest = as_span_from(body, parts.algorithm.len);
    parts.key = inside(rest);
    return parts;
}

static as_span whole_of(struct parts parts, as_span more)
{
    as_span body = joined(parts.version, parts.algorithm, value_of(0x04, parts.key, false));

    return value_of(0x30, joined(body, more, AS_LIT("")), false);
}

static void unreadable(enum as_alg alg, as_span der)
{
    struct as_jws_key *key = NULL;

    ck_refuses(as_jws_key_of_private(alg, der, &key), AS_BAD_CONFIGURATION,
               "a private key of this kind cannot be read");
}

/* Every length is right, but a part is left out, or one too many, or a length has another form. */
START_TEST(REG_148_der_has_every_part_once)
{
    const as_span none = AS_LIT(""), more = AS_LIT("\x05\x00");

    for (unsigned a = 1; a < AS_ALGS; a++) {
        enum as_alg alg = (enum as_alg)a;
        struct as_jws_key *key = make(alg), *again = NULL;
        as_span der = AS_SPAN_NONE;

        ck_ok(as_jws_key_private(key, mem, &der));
        const struct parts good = parts_of(der);
        ck_assert(as_span_equal(whole_of(good, none), der));
        ck_ok(as_jws_key_of_private(alg, whole_of(good, none), &again));
        as_jws_key_free(again);
        struct parts bad = good;
        bad.version = none;
        unreadable(alg, whole_of(bad, none));
        bad = good;
        bad.algorithm = none;
        unreadable(alg, whole_of(bad, none));
        unreadable(alg, whole_of(good, more)); /* attributes (RFC 5958 2) are not read */
        bad = good;
        bad.key = joined(good.key, more, none);
        unreadable(alg, whole_of(bad, none));
        bad.key = inside(good.key); /* the head of what the algorithm names */
        unreadable(alg, whole_of(bad, none));
        as_span body = joined(good.version, good.algorithm, value_of(0x04, good.key, true));
        if (good.key.len <= 0xFF) {
            unreadable(alg, value_of(0x30, body, false));
        }
        body = inside(der);
        if (body.len <= 0xFF) {
            unreadable(alg, value_of(0x30, body, true));
        }
        as_jws_key_free(key);
    }
}
END_TEST

/* RFC 5915 3: the number, then the point in [1], which the store's keys always have. */
START_TEST(REG_148_parts_of_an_ec_key)
{
    struct as_jws_key *key = make(AS_ALG_ES256), *again = NULL;
    as_span der = AS_SPAN_NONE;

    ck_ok(as_jws_key_private(key, mem, &der));
    struct parts parts = parts_of(der);
    as_span body = inside(parts.key);
    as_span head = {body.ptr, 5}, number = {body.ptr + 5, 32};
    as_span tag = {body.ptr + 37, 6}, point = as_span_from(body, 43);
    const as_span bodies[] = {
        joined(number, tag, point),                               /* without version and head */
        joined(head, number, point),                              /* without the head of [1] */
        joined(head, number, AS_LIT("")),                         /* without the point */
        joined(head, (as_span){number.ptr, 31}, AS_LIT("")),      /* ending in the number */
        joined(joined(head, number, tag), point, AS_LIT("\x00")), /* a point too long */
        joined(joined(head, number, tag), (as_span){point.ptr, 63}, AS_LIT("")),
    };

    parts.key = value_of(0x30, joined(joined(head, number, tag), point, AS_LIT("")), false);
    ck_ok(as_jws_key_of_private(AS_ALG_ES256, whole_of(parts, AS_LIT("")), &again));
    as_jws_key_free(again);
    for (size_t i = 0; i < AS_COUNT(bodies); i++) {
        parts.key = value_of(0x30, bodies[i], false);
        unreadable(AS_ALG_ES256, whole_of(parts, AS_LIT("")));
    }
    as_jws_key_free(key);
}
END_TEST

/* RFC 8017 A.1.2: eight numbers without sign, each in its shortest form. */
START_TEST(REG_148_numbers_of_an_rsa_key)
{
    const as_span none = AS_LIT("");
    struct as_jws_key *key = make(AS_ALG_PS256), *again = NULL;
    as_span der = AS_SPAN_NONE;

    ck_ok(as_jws_key_private(key, mem, &der));
    struct parts parts = parts_of(der);
    as_span body = inside(parts.key);
    as_span version = {body.ptr, 3};
    as_span n = {body.ptr + 3, 4 + 257}, after = as_span_from(body, 3 + 4 + 257);
    as_span e = {after.ptr, 5}, rest = as_span_from(after, 5);
    as_span modulus = as_span_from(inside(n), 1); /* behind the zero of its sign */
    char wide[AS_LIMIT_RSA_MAX_BITS / 8 + 1];
    memset(wide, 1, sizeof(wide));
    const as_span bodies[] = {
        joined(n, e, rest),                                          /* no version */
        joined(version, n, rest),                                    /* no exponent */
        joined(joined(version, n, e), rest, AS_LIT("\x02\x01\x01")), /* a ninth number */
        joined(version, value_of(0x02, modulus, false), after),      /* a negative one */
        joined(version, value_of(0x02, none, false), after),         /* an empty one */
        joined(version, value_of(0x02, as_span_bytes(wide, sizeof(wide)), false), after),
        joined(joined(version, n, AS_LIT("\x02\x04\x00\x01\x00\x01")), rest, none),
    };

    parts.key = value_of(0x30, joined(joined(version, n, e), rest, none), false);
    ck_ok(as_jws_key_of_private(AS_ALG_PS256, whole_of(parts, none), &again));
    as_jws_key_free(again);
    for (size_t i = 0; i < AS_COUNT(bodies); i++) {
        parts.key = value_of(0x30, bodies[i], false);
        unreadable(AS_ALG_PS256, whole_of(parts, none));
    }
    as_jws_key_free(key);
}
END_TEST

/* The private number of one key with the point of another. */
static EVP_PKEY *ill_matched(void)
{
    EVP_PKEY *one = EVP_EC_gen("P-256");
    EVP_PKEY *other = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM *number = NULL;
    unsigned char point[65];
    size_t len = 0;
    EVP_PKEY *pkey = NULL;

    ck_assert_int_eq(EVP_PKEY_get_bn_param(one, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
    ck_assert_int_eq(
        EVP_PKEY_get_octet_string_param(other, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len),
        1);
    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, number);
    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, len);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
    return pkey;
}

START_TEST(REG_148_halves_belong_together)
{
    struct as_jws_key *key = NULL;

    ck_ok(as_jws_key_of_private(AS_ALG_ES256, pkcs8_of(EVP_EC_gen("P-256")), &key));
    as_jws_key_free(key);
    ck_refuses(as_jws_key_of_private(AS_ALG_ES256, pkcs8_of(ill_matched()), &key),
               AS_BAD_CONFIGURATION, "a private key does not belong to its public half");
}
END_TEST

/* --- shown ----------------------------------------------------------------------------------- */

static const char *text_of(const json_t *jwk, const char *name)
{
    const char *text = json_string_value(json_object_get(jwk, name));

    ck_assert_msg(text != NULL, "%s is missing", name);
    return text;
}

START_TEST(REG_140_public_members_alone)
{
    static const struct {
        const char *kty, *names[7];
    } rows[AS_ALGS] = {[AS_ALG_ES256] = {"EC", {"crv", "x", "y"}},
                       [AS_ALG_PS256] = {"RSA", {"n", "e"}},
                       [AS_ALG_EDDSA] = {"OKP", {"crv", "x"}}};

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = make((enum as_alg)alg);
        json_t *jwk = shown(key);
        size_t count = 4;

        ck_assert_str_eq(text_of(jwk, "kty"), rows[alg].kty);
        ck_assert_str_eq(text_of(jwk, "use"), "sig");
        ck_assert_str_eq(text_of(jwk, "alg"), as_alg_name((enum as_alg)alg));
        ck_span_eq(as_jws_key_kid(key), text_of(jwk, "kid"));
        for (size_t i = 0; rows[alg].names[i] != NULL; i++, count++) {
            text_of(jwk, rows[alg].names[i]);
        }
        ck_assert_uint_eq(json_object_size(jwk), count);
        if (alg == AS_ALG_PS256) {
            ck_assert_str_eq(text_of(jwk, "e"), "AQAB");
            ck_assert_uint_eq(strlen(text_of(jwk, "n")), AS_BASE64URL_LEN(256));
        }
        json_decref(jwk);
        as_jws_key_free(key);
    }
}
END_TEST

/* RFC 7638: made anew from the members that are shown, sorted by jansson. */
START_TEST(REG_141_kid_is_the_thumbprint)
{
    static const char *const extra[] = {"use", "alg", "kid"};

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = make((enum as_alg)alg);
        json_t *jwk = shown(key);
        unsigned char digest[32];
        char kid[AS_KID + 1];

        for (size_t i = 0; i < AS_COUNT(extra); i++) {
            json_object_del(jwk, extra[i]);
        }
        char *text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
        ck_assert_int_eq(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL), 1);
        as_base64url_write(as_span_bytes(digest, sizeof(digest)), kid);
        ck_span_eq(as_jws_key_kid(key), kid);
        free(text);
        json_decref(jwk);
        as_jws_key_free(key);
    }
}
END_TEST

/* Eight bits: the first character and a third of the second. */
static bool begins_with_zero(const char *text)
{
    return text[0] == 'A' && text[1] >= 'A' && text[1] <= 'P';
}

/* One key in 128 has a coordinate that begins with a zero octet; it is shown, and read back. */
START_TEST(REG_143_leading_zeros)
{
    bool found = false;

    for (int i = 0; i < 5000 && !found; i++) {
        struct as_jws_key *key = make(AS_ALG_ES256);
        json_t *jwk = shown(key);
        const char *x = text_of(jwk, "x"), *y = text_of(jwk, "y");

        ck_assert_uint_eq(strlen(x), 43);
        ck_assert_uint_eq(strlen(y), 43);
        found = begins_with_zero(x) || begins_with_zero(y);
        if (found) {
            struct as_jws_key *again = craft_public(mem, key);
            as_span text = AS_SPAN_NONE;

            ck_assert(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key)));
            ck_ok(as_jws_sign(key, "JWT", AS_LIT("x"), mem, &text));
            ck_assert(craft_holds(mem, text, again));
            as_jws_key_free(again);
        }
        json_decref(jwk);
        as_jws_key_free(key);
        as_arena_reset(mem);
    }
    ck_assert(found);
}
END_TEST

START_TEST(REG_140_key_set)
{
    struct as_jws_key *key[AS_ALGS] = {NULL};
    as_span texts[AS_ALGS - 1];
    as_span text = AS_SPAN_NONE;
    struct as_jwks set;
    json_t *json = NULL;

    ck_ok(as_jwks_write(NULL, 0, mem, &text));
    ck_span_eq(text, "{\"keys\":[]}");
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        key[alg] = make((enum as_alg)alg);
        ck_ok(as_jwk_write(key[alg], mem, &texts[alg - 1]));
    }
    ck_ok(as_jwks_write(texts, AS_COUNT(texts), mem, &text));
    ck_ok(as_json_parse(text, &json));
    ck_ok(as_jwks_read(mem, json, &set));
    ck_assert_uint_eq(set.count, AS_ALGS - 1);
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *again = NULL;

        ck_ok(as_jws_key_of_jwk((enum as_alg)alg, &set.keys[alg - 1], &again));
        ck_assert(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key[alg])));
        ck_assert(as_span_equal(set.keys[alg - 1].kid, as_jws_key_kid(key[alg])));
        as_jws_key_free(again);
        as_jws_key_free(key[alg]);
    }
    json_decref(json);
}
END_TEST

/* The arena is the caller's, and it may be too small. */
START_TEST(REG_140_memory_is_short)
{
    struct as_jws_key *key = make(AS_ALG_ES256);
    struct as_arena *small = as_arena_new(16);
    as_span text = AS_SPAN_NONE;

    ck_fault(as_jwk_write(key, small, &text), AS_SERVER_ERROR);
    ck_fault(as_jws_key_private(key, small, &text), AS_SERVER_ERROR);
    ck_fault(as_jws_sign(key, "JWT", AS_LIT("x"), small, &text), AS_SERVER_ERROR);
    as_arena_free(small);
    as_jws_key_free(key);
}
END_TEST

AS_TESTS("jose/key", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, REG_145_made);
    tcase_add_test(t, REG_148_there_and_back);
    tcase_add_test(t, REG_145_floor);
    tcase_add_test(t, REG_145_explicit_parameters);
    tcase_add_test(t, REG_148_der_is_as_others_write_it);
    tcase_add_test(t, REG_148_der_has_one_form);
    tcase_add_test(t, REG_148_der_has_every_part_once);
    tcase_add_test(t, REG_148_parts_of_an_ec_key);
    tcase_add_test(t, REG_148_numbers_of_an_rsa_key);
    tcase_add_test(t, REG_148_halves_belong_together);
    tcase_add_test(t, REG_140_public_members_alone);
    tcase_add_test(t, REG_141_kid_is_the_thumbprint);
    tcase_add_test(t, REG_143_leading_zeros);
    tcase_add_test(t, REG_140_key_set);
    tcase_add_test(t, REG_140_memory_is_short);
})
