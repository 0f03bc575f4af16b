/* SPDX-License-Identifier: Apache-2.0 */
/* The outer form of a JWS: what is taken apart, before anybody asks for a signature. */
#include "support/craft.h"

static struct as_arena *mem;

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
}

static void tear_down(void)
{
    as_arena_free(mem);
}

/* A JWS of this header, with a payload and signature that are of no interest here. */
static bool reads_header(const char *header)
{
    as_span signing = craft_signing(mem, as_span_of(header), AS_LIT("payload"));

    return craft_reads(mem, craft_join(mem, signing, AS_LIT("signature")));
}

#define H "eyJhbGciOiJFUzI1NiJ9" /* {"alg":"ES256"} */

START_TEST(TOK_46_three_parts)
{
    static const char *const bad[] = {"",
                                      ".",
                                      "..",
                                      "...",
                                      H,
                                      H ".",
                                      H ".eA",
                                      H ".eA.",
                                      ".eA.eA",
                                      H ".eA.eA.",
                                      "." H ".eA.eA",
                                      H ".eA.eA.eA",
                                      H ".eA.eA.eA.eA",
                                      H "..",
                                      "..eA"};

    ck_assert(craft_reads(mem, AS_LIT(H ".eA.eA")));
    ck_assert(craft_reads(mem, AS_LIT(H "..eA"))); /* an empty payload */
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!craft_reads(mem, as_span_of(bad[i])), "%s", bad[i]);
    }
}
END_TEST

/* One text for one octet string (RFC 7515 2): no padding, no foreign characters, no loose bits. */
START_TEST(TOK_46_strict_base64url)
{
    static const char *const bad[] = {
        H "=.eA.eA",    H ".eA==.eA",
        H ".eA.eA==",   H ".eA=.eA",
        H ".eA.eA=",    H ".e+.eA",
        H ".e/.eA",     H ".eB.eA",
        H ".eA.eB",     H ".eAx=.eA",
        H ".e.eA",      H ".eA.e",
        H ".eA.eA\n",   H ".e A.eA",
        " " H ".eA.eA", H "\r\n.eA.eA",
        H ".eA.e%41",   "eyJhbGciOiJFUzI1NiK.eA.eA" /* loose bits at the end of the header */};

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!craft_reads(mem, as_span_of(bad[i])), "%s", bad[i]);
    }
    ck_assert(!craft_reads(mem, (as_span){H ".eA.eA\0", sizeof(H ".eA.eA\0") - 1}));
    ck_assert(!craft_reads(mem, (as_span){H ".e\0.eA", sizeof(H ".e\0.eA") - 1}));
}
END_TEST

START_TEST(TOK_46_header_is_an_object)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "7",
                                      "\"x\"",
                                      "null",
                                      "{}",
                                      "[{\"alg\":\"ES256\"}]",
                                      "{\"alg\":\"ES256\"}x",
                                      "{\"alg\":\"ES256\"}{}",
                                      "{\"typ\":\"JWT\"}",
                                      "{\"alg\":7}",
                                      "{\"alg\":null}",
                                      "{\"alg\":[\"ES256\"]}",
                                      "{\"Alg\":\"ES256\"}",
                                      "{'alg':'ES256'}",
                                      "{\"alg\":\"ES256\\u0000\"}",
                                      "{\"alg\":\"\xff\"}",
                                      "\xef\xbb\xbf{\"alg\":\"ES256\"}"};

    ck_assert(reads_header("{\"alg\":\"ES256\"}"));
    ck_assert(reads_header(" { \"alg\" :\n\"ES256\" } "));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!reads_header(bad[i]), "%s", bad[i]);
    }
}
END_TEST

START_TEST(TOK_48_header_members)
{
    static const char *const bad[] = {"\"alg\":\"ES256\"",
                                      "\"\\u0061lg\":\"ES256\"",
                                      "\"kid\":7",
                                      "\"kid\":null",
                                      "\"kid\":{}",
                                      "\"typ\":[]",
                                      "\"typ\":null",
                                      "\"kid\":\"a\",\"kid\":\"a\"",
                                      "\"x\":{\"a\":1,\"a\":1}"};
    char header[256];

    ck_assert(reads_header("{\"alg\":\"ES256\",\"kid\":\"\",\"typ\":\"\",\"x\":{\"a\":1}}"));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"ES256\",%s}", bad[i]);
        ck_assert_msg(!reads_header(header), "%s", header);
    }
}
END_TEST

START_TEST(TOK_41_TOK_46_refused_members)
{
    static const char *const names[] = {"crit", "zip", "b64", "jku", "x5u", "x5c", "jwk"};
    static const char *const values[] = {"\"x\"", "[]", "[\"b64\"]", "{}", "null", "true"};
    static const char *const fine[] = {"cty", "x5t", "x5t#S256", "JWK", "Crit", "iss"};
    char header[256];

    for (size_t j = 0; j < AS_COUNT(values); j++) {
        for (size_t i = 0; i < AS_COUNT(names); i++) {
            snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"%s\":%s}", names[i], values[j]);
            ck_assert_msg(!reads_header(header), "%s", header);
        }
        for (size_t i = 0; i < AS_COUNT(fine); i++) {
            snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"%s\":%s}", fine[i], values[j]);
            ck_assert_msg(reads_header(header), "%s", header);
        }
    }
}
END_TEST

START_TEST(TOK_48_depth)
{
    char header[256];

    for (int depth = AS_LIMIT_JSON_DEPTH - 2; depth <= AS_LIMIT_JSON_DEPTH + 1; depth++) {
        int len = snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"x\":");

        memset(header + len, '[', (size_t)depth);
        memset(header + len + depth, ']', (size_t)depth);
        memcpy(header + len + 2 * depth, "}", 2);
        ck_assert(reads_header(header) == (depth + 1 <= AS_LIMIT_JSON_DEPTH));
    }
}
END_TEST

/* Of three lengths that all are good base64url the last is refused, by length alone. */
START_TEST(TOK_48_length)
{
    static char text[AS_LIMIT_JWT + 8];

    for (size_t len = AS_LIMIT_JWT - 1; len <= AS_LIMIT_JWT + 1; len++) {
        ck_assert_uint_ne((len - strlen(H "..eAA")) % 4, 1);
        memset(text, 'A', sizeof(text));
        memcpy(text, H ".", strlen(H "."));
        memcpy(text + len - 4, ".eAA", 4);
        ck_assert(craft_reads(mem, (as_span){text, len}) == (len <= AS_LIMIT_JWT));
    }
}
END_TEST

START_TEST(TOK_46_what_is_read)
{
    as_span signing =
        craft_signing(mem, AS_LIT("{\"alg\":\"EdDSA\",\"kid\":\"\\u006b \\\"1\",\"typ\":\"JWT\"}"),
                      AS_LIT("pay"));
    as_span text = craft_join(mem, signing, AS_LIT("sig"));
    struct as_jws jws;
    bool ok = false;

    ck_ok(as_jws_read(mem, text, &jws, &ok));
    ck_assert(ok);
    ck_assert_uint_eq(jws.alg, AS_ALG_EDDSA);
    ck_span_eq(jws.kid, "k \"1");
    ck_span_eq(jws.typ, "JWT");
    ck_span_eq(jws.payload, "pay");
    ck_span_eq(jws.signature, "sig");
    ck_assert_ptr_eq(jws.signing.ptr, text.ptr);
    ck_assert(as_span_equal(jws.signing, signing));
    ck_ok(as_jws_read(mem, AS_LIT(H ".eA.eA"), &jws, &ok));
    ck_assert(ok && jws.kid.len == 0 && jws.typ.len == 0);
    ck_ok(as_jws_read(mem, AS_LIT(H ".eA.e="), &jws, &ok)); /* nothing of it */
    ck_assert(!ok && jws.alg == AS_ALG_NONE && jws.signing.len == 0 && jws.payload.len == 0);
}
END_TEST

AS_TESTS("jose/jws_read", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, TOK_46_three_parts);
    tcase_add_test(t, TOK_46_strict_base64url);
    tcase_add_test(t, TOK_46_header_is_an_object);
    tcase_add_test(t, TOK_48_header_members);
    tcase_add_test(t, TOK_41_TOK_46_refused_members);
    tcase_add_test(t, TOK_48_depth);
    tcase_add_test(t, TOK_48_length);
    tcase_add_test(t, TOK_46_what_is_read);
})
