/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys that others made: which are taken, and which are refused for what. */
#include "jose/ed25519.h"
#include "support/craft.h"
#include "support/published.h"

#define UNSOUND   "a key in jwks is malformed, too weak or not on its curve"
#define OTHER     "a key in jwks is not of the kind its algorithm takes"
#define EC(x, y)  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\"}"
#define OKP(x)    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}"
#define RSA(n, e) "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"}"

static void tear_down(void)
{
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static as_err take(enum as_alg alg, const char *jwk)
{
    struct as_jws_key *key = NULL;
    as_err err = as_jws_key_of_text(alg, as_span_of(jwk), &key);

    as_jws_key_free(key);
    return err;
}

static void refuses(enum as_alg alg, const char *jwk, const char *why)
{
    as_err err = take(alg, jwk);

    ck_assert_msg(as_err_is(err, AS_INVALID_CLIENT_METADATA), "%s: %s", jwk,
                  err.why != NULL ? err.why : "taken");
    ck_assert_str_eq(err.why, why);
}

START_TEST(TOK_45_points)
{
    /* 32 octets of 0xFF: above the field */
    static const char high[] = "__________________________________________8";
    char text[256];

    ck_ok(take(AS_ALG_ES256, EC(EC_X, EC_Y)));
    refuses(AS_ALG_ES256, EC(EC_X, EC_X), UNSOUND);
    refuses(AS_ALG_ES256, EC(EC_Y, EC_X), UNSOUND);
    refuses(AS_ALG_ES256, EC("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", EC_Y), UNSOUND);
    refuses(AS_ALG_ES256,
            EC("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            UNSOUND);
    snprintf(text, sizeof(text), EC("%s", "%s"), high, high);
    refuses(AS_ALG_ES256, text, UNSOUND);
}
END_TEST

/* A coordinate that begins with a zero octet keeps it, and no other gets one (RFC 7518 6.2.1.2). */
START_TEST(REG_143_exact_coordinates)
{
    ck_ok(take(AS_ALG_ES256, EC("AOJ379mtyLXRcbx_TzqPlA1eMkwU2-xEhhCThpOHMJw",
                                "HBp94RpkAjGKRoFLI20lcDJ6brKilg2iL2vlf6jG0Xs")));
    refuses(AS_ALG_ES256,
            EC("4nfv2a3ItdFxvH9POo-UDV4yTBTb7ESGEJOGk4cwnA",
               "HBp94RpkAjGKRoFLI20lcDJ6brKilg2iL2vlf6jG0Xs"),
            UNSOUND);
    refuses(AS_ALG_ES256,
            EC("AADid-_Zrci10XG8f086j5QNXjJMFNvsRIYQk4aThzCc",
               "HBp94RpkAjGKRoFLI20lcDJ6brKilg2iL2vlf6jG0Xs"),
            UNSOUND);
    refuses(AS_ALG_EDDSA, OKP("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"), UNSOUND);
    refuses(AS_ALG_EDDSA, OKP("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA"), UNSOUND);
}
END_TEST

/* --- RSA ------------------------------------------------------------------------------------- */

/* An RSA key whose modulus has so many bits and ends in that octet. */
static as_err take_rsa(unsigned bits, unsigned char last, const char *e)
{
    unsigned char n[600] = {0};
    size_t len = (bits + 7) / 8;
    char text[900], jwk[1200];

    n[0] = (unsigned char)(1U << (bits - 1) % 8);
    n[len - 1] |= last;
    as_base64url_write(as_span_bytes(n, len), text);
    snprintf(jwk, sizeof(jwk), RSA("%s", "%s"), text, e);
    return take(AS_ALG_PS256, jwk);
}

START_TEST(TOK_44_rsa_sizes)
{
    static const unsigned good[] = {2048, 2049, 3072, 4095, 4096};
    static const unsigned bad[] = {8, 512, 1024, 2040, 2047, 4097, 4104, 4800};

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_ok(take_rsa(good[i], 1, "AQAB"));
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(take_rsa(bad[i], 1, "AQAB"), AS_INVALID_CLIENT_METADATA, UNSOUND);
    }
    ck_refuses(take_rsa(2048, 2, "AQAB"), AS_INVALID_CLIENT_METADATA, UNSOUND); /* even */
}
END_TEST

START_TEST(REG_35_exponents)
{
    static const char *const good[] = {"AQAB", "AQAD", "_____w"}; /* 65537, 65539, 2^32 - 1 */
    static const char *const bad[] = {"AQ",      "Ag",      "Aw",   "EQ", /* 1, 2, 3, 17 */
                                      "__8",     "AQAA",    "AQAC",       /* 65535, 65536, 65538 */
                                      "AQAAAAE", "______8", "AA", /* 2^32 + 1, 2^40 - 1, 0 */
                                      "AAEAAQ" /* 65537 with a leading zero */};

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_ok(take_rsa(2048, 1, good[i]));
    }
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(take_rsa(2048, 1, bad[i]), AS_INVALID_CLIENT_METADATA, UNSOUND);
    }
}
END_TEST

START_TEST(REG_143_no_leading_zero_in_n)
{
    ck_ok(take(AS_ALG_PS256, RSA(RSA_N, "AQAB")));
    /* the same number with one octet in front: shifted by 8 bits, since RSA_N is 342 characters */
    unsigned char n[257] = {0};
    size_t len = 0;
    char text[400], jwk[600];

    ck_assert(as_base64url_parse(AS_LIT(RSA_N), n + 1, 256, &len) && len == 256);
    as_base64url_write(as_span_bytes(n, 257), text);
    snprintf(jwk, sizeof(jwk), RSA("%s", "AQAB"), text);
    refuses(AS_ALG_PS256, jwk, UNSOUND);
}
END_TEST

/* --- Ed25519 --------------------------------------------------------------------------------- */

START_TEST(TOK_45_points_of_small_order)
{
    /* y = 0, 1, -1 and the two of order 8, as little-endian octets; then numbers of p and above */
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000"};
    unsigned char key[32];

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        char x[44], jwk[128];

        ck_assert(as_hex_parse(as_span_of(bad[i]), key));
        ck_assert_msg(!as_ed25519_is_sound(key), "%s", bad[i]);
        key[31] |= 0x80;
        ck_assert_msg(!as_ed25519_is_sound(key), "-%s", bad[i]);
        as_base64url_write(as_span_bytes(key, 32), x);
        snprintf(jwk, sizeof(jwk), OKP("%s"), x);
        refuses(AS_ALG_EDDSA, jwk, UNSOUND);
    }
    ck_ok(take(AS_ALG_EDDSA, OKP(ED_X)));
}
END_TEST

/* Every key that is made is sound; of texts of chance about half are points. */
START_TEST(TOK_45_half_of_all_numbers_are_points)
{
    unsigned sound = 0;

    for (unsigned i = 0; i < 400; i++) {
        unsigned char key[32];

        ck_assert_int_eq(EVP_Digest(&i, sizeof(i), key, NULL, EVP_sha256(), NULL), 1);
        sound += as_ed25519_is_sound(key) ? 1 : 0;
    }
    ck_assert_uint_gt(sound, 150);
    ck_assert_uint_lt(sound, 250);
    for (int i = 0; i < 100; i++) {
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        unsigned char key[32];
        size_t len = sizeof(key);

        ck_assert_int_eq(EVP_PKEY_get_raw_public_key(pkey, key, &len), 1);
        ck_assert(as_ed25519_is_sound(key));
        EVP_PKEY_free(pkey);
    }
}
END_TEST

/* --- what a key says it is for --------------------------------------------------------------- */

START_TEST(REG_144_kinds)
{
    static const char *const keys[AS_ALGS] = {NULL, "{" JWK_EC "}", "{" JWK_RSA "}",
                                              "{" JWK_ED "}"};
    struct as_jws_key *key = NULL;

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        for (unsigned kind = 1; kind < AS_ALGS; kind++) {
            if (alg == kind) {
                ck_ok(take((enum as_alg)alg, keys[kind]));
            } else {
                refuses((enum as_alg)alg, keys[kind], OTHER);
            }
        }
    }
    ck_refuses(as_jws_key_of_text(AS_ALG_NONE, as_span_of(keys[1]), &key), AS_SERVER_ERROR,
               "a key needs an algorithm");
    refuses(AS_ALG_ES256,
            "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}", OTHER);
    refuses(AS_ALG_EDDSA, "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" ED_X "\"}", OTHER);
    refuses(AS_ALG_EDDSA, "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}", OTHER);
    refuses(AS_ALG_EDDSA, "{\"kty\":\"OKP\",\"x\":\"" ED_X "\"}", OTHER);
    refuses(AS_ALG_ES256, "{\"kty\":\"unheard-of\"}", OTHER);
}
END_TEST

START_TEST(TOK_43_purposes)
{
    static const struct {
        const char *member, *why;
    } rows[] = {
        {"\"use\":\"sig\"", NULL},
        {"\"use\":\"enc\"", "a key in jwks is not for signatures"},
        {"\"use\":\"Sig\"", "a key in jwks is not for signatures"},
        {"\"alg\":\"ES256\"", NULL},
        {"\"alg\":\"ES384\"", "a key in jwks is for another algorithm"},
        {"\"alg\":\"es256\"", "a key in jwks is for another algorithm"},
        {"\"alg\":\"ECDH-ES\"", "a key in jwks is for another algorithm"},
        {"\"key_ops\":[\"verify\"]", NULL},
        {"\"key_ops\":[\"sign\",\"verify\"]", NULL},
        {"\"key_ops\":[]", "the key_ops of a key in jwks lack verify"},
        {"\"key_ops\":[\"sign\"]", "the key_ops of a key in jwks lack verify"},
        {"\"d\":\"AQAB\"", "jwks holds private or symmetric key material"},
    };
    char jwk[300];

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        snprintf(jwk, sizeof(jwk), "{" JWK_EC ",%s}", rows[i].member);
        if (rows[i].why == NULL) {
            ck_ok(take(AS_ALG_ES256, jwk));
        } else {
            refuses(AS_ALG_ES256, jwk, rows[i].why);
        }
    }
}
END_TEST

START_TEST(REG_35_texts)
{
    refuses(AS_ALG_ES256, "", "the text of a key is not JSON");
    refuses(AS_ALG_ES256, "{" JWK_EC, "the text of a key is not JSON");
    refuses(AS_ALG_ES256, "{" JWK_EC ",\"kid\":\"1\",\"kid\":\"2\"}",
            "the text of a key is not JSON");
    refuses(AS_ALG_ES256, "[]", "jwks keys must hold objects");
    refuses(AS_ALG_ES256, "{}", "a key in jwks has no kty");
    refuses(AS_ALG_ES256, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}",
            "a key in jwks lacks a required member");
    refuses(AS_ALG_ES256, "{\"kty\":\"oct\",\"k\":\"AQAB\"}",
            "jwks holds private or symmetric key material");
}
END_TEST

AS_TESTS("jose/key_jwk", {
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, TOK_45_points);
    tcase_add_test(t, REG_143_exact_coordinates);
    tcase_add_test(t, TOK_44_rsa_sizes);
    tcase_add_test(t, REG_35_exponents);
    tcase_add_test(t, REG_143_no_leading_zero_in_n);
    tcase_add_test(t, TOK_45_points_of_small_order);
    tcase_add_test(t, TOK_45_half_of_all_numbers_are_points);
    tcase_add_test(t, REG_144_kinds);
    tcase_add_test(t, TOK_43_purposes);
    tcase_add_test(t, REG_35_texts);
})
