/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"
#include "harness.h"
#include "support/published.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static struct as_arena *mem;
static struct as_jwks set;

static as_err read_set(const char *text)
{
    json_t *json = NULL;

    as_arena_free(mem);
    mem = as_arena_new(AS_LIMIT_ARENA);
    memset(&set, 0, sizeof(set));
    ck_ok(as_json_parse(as_span_of(text), &json));
    as_err err = as_jwks_read(mem, json, &set);
    json_decref(json);
    return err;
}

START_TEST(REG_33_shape)
{
    ck_ok(read_set("{\"keys\":[{" JWK_EC "}]}"));
    ck_assert_uint_eq(set.count, 1);
    ck_assert_uint_eq(set.keys[0].x.len, 32);
    ck_fault(read_set("{}"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("[]"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("{\"keys\":{}}"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("{\"keys\":[]}"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("{\"keys\":[1]}"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("{\"keys\":[{}]}"), AS_INVALID_CLIENT_METADATA);
    ck_fault(read_set("{\"keys\":[{\"kty\":7}]}"), AS_INVALID_CLIENT_METADATA);
    static const char *const members[] = {"kid", "use", "alg"};
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        char text[512];
        snprintf(text, sizeof(text), "{\"keys\":[{" JWK_EC ",\"%s\":7}]}", members[i]);
        ck_refuses(read_set(text), AS_INVALID_CLIENT_METADATA,
                   "a member of a key in jwks must be a string");
    }
}
END_TEST

START_TEST(REG_34_private_material)
{
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    char text[512];

    for (size_t i = 0; i < AS_COUNT(members); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[{" JWK_EC ",\"%s\":\"AQAB\"}]}", members[i]);
        ck_refuses(read_set(text), AS_INVALID_CLIENT_METADATA,
                   "jwks holds private or symmetric key material");
    }
    ck_refuses(read_set("{\"keys\":[{\"kty\":\"oct\"}]}"), AS_INVALID_CLIENT_METADATA,
               "jwks holds private or symmetric key material");
}
END_TEST

START_TEST(REG_35_keys)
{
    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"kid\":\"1\"},{" JWK_RSA ",\"kid\":\"1\"}]}"));
    ck_ok(read_set("{\"keys\":[{\"kty\":\"unheard-of\"}]}"));
    ck_refuses(read_set("{\"keys\":[{" JWK_EC ",\"kid\":\"1\"},{" JWK_EC ",\"kid\":\"1\"}]}"),
               AS_INVALID_CLIENT_METADATA, "jwks repeats a kid");
    ck_refuses(read_set("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}]}"),
               AS_INVALID_CLIENT_METADATA, "a key in jwks lacks a required member");
    ck_refuses(read_set("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB=\"}]}"),
               AS_INVALID_CLIENT_METADATA, "a key member in jwks is not base64url");
    ck_refuses(read_set("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X
                        "=\",\"y\":\"" EC_Y "\"}]}"),
               AS_INVALID_CLIENT_METADATA, "a key member in jwks is not base64url");
}
END_TEST

/* A key that is unsound spoils the set, whatever it is for; a kind we do not know is kept. */
START_TEST(REG_35_keys_are_sound)
{
    static const char *const bad[] = {
        "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_X "\"",
        "\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
        "\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"",
        "\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"",
        "\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"use\":\"enc\"",
        "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"Aw\"",
        "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAB\""};
    char text[1024];

    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"use\":\"enc\"},{" JWK_RSA "},{" JWK_ED "}]}"));
    ck_ok(read_set("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AQAB\"},"
                   "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AQAB\",\"y\":\"AQAB\"}]}"));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[{" JWK_EC "},{%s}]}", bad[i]);
        ck_refuses(read_set(text), AS_INVALID_CLIENT_METADATA,
                   "a key in jwks is malformed, too weak or not on its curve");
    }
}
END_TEST

/* What is wrong: a bit of y, or an octet too many or too few. */
enum spoil { SOUND, ONE_OFF, LONG_Y, SHORT_Y, LONG_X, SHORT_X, SPOILS };

/* A key of any curve, made now. */
static as_err read_ec(const char *curve, size_t width, enum spoil spoil)
{
    EVP_PKEY *pkey = EVP_EC_gen(curve);
    unsigned char point[200] = {0};
    size_t len = 0;
    char x[100], y[100], text[400];

    ck_assert_int_eq(
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len),
        1);
    ck_assert_uint_eq(len, 1 + 2 * width);
    point[len - 1] ^= spoil == ONE_OFF ? 1 : 0;
    as_base64url_write(as_span_bytes(point + 1, width + (spoil == LONG_X) - (spoil == SHORT_X)), x);
    as_base64url_write(
        as_span_bytes(point + 1 + width, width + (spoil == LONG_Y) - (spoil == SHORT_Y)), y);
    snprintf(text, sizeof(text),
             "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}]}", curve, x, y);
    EVP_PKEY_free(pkey);
    return read_set(text);
}

START_TEST(REG_35_curves)
{
    static const struct {
        const char *name;
        size_t width;
    } rows[] = {{"P-256", 32}, {"P-384", 48}, {"P-521", 66}};

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        ck_ok(read_ec(rows[i].name, rows[i].width, SOUND));
        ck_assert_uint_eq(set.keys[0].y.len, rows[i].width);
        for (enum spoil spoil = ONE_OFF; spoil < SPOILS; spoil++) {
            ck_refuses(read_ec(rows[i].name, rows[i].width, spoil), AS_INVALID_CLIENT_METADATA,
                       "a key in jwks is malformed, too weak or not on its curve");
        }
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(TOK_43_key_ops)
{
    ck_ok(read_set("{\"keys\":[{" JWK_EC "}]}"));
    ck_assert(!set.keys[0].not_for_verify);
    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"key_ops\":[\"sign\",\"verify\"]}]}"));
    ck_assert(!set.keys[0].not_for_verify);
    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"key_ops\":[]}]}"));
    ck_assert(set.keys[0].not_for_verify);
    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"key_ops\":[\"Verify\",\"encrypt\"]}]}"));
    ck_assert(set.keys[0].not_for_verify);
    ck_refuses(read_set("{\"keys\":[{" JWK_EC ",\"key_ops\":\"verify\"}]}"),
               AS_INVALID_CLIENT_METADATA, "key_ops must be an array");
    ck_refuses(read_set("{\"keys\":[{" JWK_EC ",\"key_ops\":[7]}]}"), AS_INVALID_CLIENT_METADATA,
               "key_ops must hold strings");
}
END_TEST

START_TEST(REG_35_at_most_32_keys)
{
    char text[8192] = "{\"keys\":[";

    for (int i = 0; i < AS_LIMIT_JWKS_KEYS; i++) {
        strncat(text, i == 0 ? "{" JWK_EC "}" : ",{" JWK_EC "}", sizeof(text) - strlen(text) - 1);
    }
    size_t end = strlen(text);
    snprintf(text + end, sizeof(text) - end, "]}");
    ck_ok(read_set(text));
    snprintf(text + end, sizeof(text) - end, ",{" JWK_EC "}]}");
    ck_fault(read_set(text), AS_INVALID_CLIENT_METADATA);
}
END_TEST

START_TEST(MTLS_53_x5c_is_standard_base64_of_der)
{
    ck_ok(read_set("{\"keys\":[{" JWK_EC ",\"x5c\":[\"+/8=\",\"AQID\"]}]}"));
    ck_assert_uint_eq(set.keys[0].x5c_count, 2);
    ck_assert_uint_eq(set.keys[0].x5c[0].len, 2);
    static const char *const bad[] = {"\"-_8=\"", "\"+/8\"",  "\"+/8=\\n\"",
                                      "\"+/9=\"", "\"\"",     "\"-----BEGIN CERTIFICATE-----\"",
                                      "7",        "\" AQID\""};
    char text[512];

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        snprintf(text, sizeof(text), "{\"keys\":[{" JWK_EC ",\"x5c\":[%s]}]}", bad[i]);
        ck_fault(read_set(text), AS_INVALID_CLIENT_METADATA);
    }
    ck_refuses(read_set("{\"keys\":[{" JWK_EC ",\"x5c\":[7]}]}"), AS_INVALID_CLIENT_METADATA,
               "x5c must hold strings");
    ck_fault(read_set("{\"keys\":[{" JWK_EC ",\"x5c\":[]}]}"), AS_INVALID_CLIENT_METADATA);
    ck_refuses(read_set("{\"keys\":[{" JWK_EC
                        ",\"x5c\":[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\","
                        "\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\"]}]}"),
               AS_INVALID_CLIENT_METADATA, "x5c must be an array of one to nine certificates");
    ck_fault(read_set("{\"keys\":[{" JWK_EC ",\"x5c\":\"AQID\"}]}"), AS_INVALID_CLIENT_METADATA);
}
END_TEST

/* Seven keys with nine, and one. */
START_TEST(REG_35_at_most_64_certificates)
{
    static const char nine[] = ",\"x5c\":[\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\",\"AA==\","
                               "\"AA==\",\"AA==\",\"AA==\"]}";
    char text[8192] = "{\"keys\":[";

    for (int i = 0; i < 7; i++) {
        strncat(text, "{" JWK_EC, sizeof(text) - strlen(text) - 1);
        strncat(text, nine, sizeof(text) - strlen(text) - 1);
        strncat(text, ",", sizeof(text) - strlen(text) - 1);
    }
    size_t end = strlen(text);
    snprintf(text + end, sizeof(text) - end, "{" JWK_EC ",\"x5c\":[\"AA==\"]}]}");
    ck_ok(read_set(text));
    snprintf(text + end, sizeof(text) - end, "{" JWK_EC ",\"x5c\":[\"AA==\",\"AA==\"]}]}");
    ck_refuses(read_set(text), AS_INVALID_CLIENT_METADATA,
               "jwks must hold at most 64 certificates in x5c of all its keys");
}
END_TEST

AS_TESTS("jwks", {
    tcase_add_test(t, REG_33_shape);
    tcase_add_test(t, REG_34_private_material);
    tcase_add_test(t, REG_35_keys);
    tcase_add_test(t, REG_35_keys_are_sound);
    tcase_add_test(t, REG_35_curves);
    tcase_add_test(t, TOK_43_key_ops);
    tcase_add_test(t, REG_35_at_most_32_keys);
    tcase_add_test(t, REG_35_at_most_64_certificates);
    tcase_add_test(t, MTLS_53_x5c_is_standard_base64_of_der);
})
