/* SPDX-License-Identifier: Apache-2.0 */
/* What we sign, and which signatures hold. */
#include "support/craft.h"

#include <openssl/err.h>
#include <pthread.h>

static struct as_arena *mem;
static struct as_jws_key *keys[AS_ALGS];

/* Once: an RSA key takes its time. */
static void make_keys(void)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        ck_ok(as_jws_key_make((enum as_alg)alg, &keys[alg]));
    }
}

static void free_keys(void)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        as_jws_key_free(keys[alg]);
    }
}

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
}

static void tear_down(void)
{
    as_arena_free(mem);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static as_span sign(enum as_alg alg, const char *payload)
{
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jws_sign(keys[alg], "at+jwt", as_span_of(payload), mem, &text));
    return text;
}

START_TEST(TOK_45_what_we_sign_holds)
{
    static const size_t signature_len[AS_ALGS] = {0, 64, 256, 64};

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = craft_public(mem, keys[alg]);
        as_span text = sign((enum as_alg)alg, "{\"sub\":\"x\"}");
        struct as_jws jws;
        bool ok = false;

        ck_ok(as_jws_read(mem, text, &jws, &ok));
        ck_assert(ok);
        ck_assert_uint_eq(jws.alg, alg);
        ck_span_eq(jws.payload, "{\"sub\":\"x\"}");
        ck_span_eq(jws.typ, "at+jwt");
        ck_assert(as_span_equal(jws.kid, as_jws_key_kid(keys[alg])));
        ck_assert_uint_eq(jws.signature.len, signature_len[alg]);
        ck_assert(craft_holds(mem, text, keys[alg]));
        ck_assert(craft_holds(mem, text, key));
        as_jws_key_free(key);
    }
}
END_TEST

START_TEST(REG_142_header)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        as_span text = sign((enum as_alg)alg, "x");
        as_span part = AS_SPAN_NONE;
        as_span header = AS_SPAN_NONE;
        char expected[160];

        ck_assert(as_span_cut(&text, '.', &part));
        ck_ok(as_base64url_take(mem, part, &header));
        snprintf(expected, sizeof(expected), "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
                 as_alg_name((enum as_alg)alg), as_jws_key_kid(keys[alg]).ptr);
        ck_span_eq(header, expected);
    }
}
END_TEST

START_TEST(TOK_45_typ_is_plain_text)
{
    static const char *const bad[] = {"", "a\"b", "a\\b", "a\nb", "a\x7f", "\xc3\xa9"};
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jws_sign(keys[AS_ALG_ES256], "token-introspection+jwt", AS_LIT("x"), mem, &text));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(as_jws_sign(keys[AS_ALG_ES256], bad[i], AS_LIT("x"), mem, &text),
                   AS_SERVER_ERROR, "a typ must be plain text");
    }
}
END_TEST

START_TEST(TOK_45_payloads)
{
    char octets[512];

    for (size_t len = 0; len < sizeof(octets); len += len < 4 ? 1 : 127) {
        as_span text = AS_SPAN_NONE;
        struct as_jws jws;
        bool ok = false;

        memset(octets, (int)len, sizeof(octets));
        ck_ok(as_jws_sign(keys[AS_ALG_EDDSA], "JWT", (as_span){octets, len}, mem, &text));
        ck_ok(as_jws_read(mem, text, &jws, &ok));
        ck_assert(ok);
        ck_assert(as_span_equal(jws.payload, (as_span){octets, len}));
        ck_ok(as_jws_verify(&jws, keys[AS_ALG_EDDSA], &ok));
        ck_assert(ok);
    }
}
END_TEST

START_TEST(TOK_45_public_keys_do_not_sign)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = craft_public(mem, keys[alg]);
        as_span text = AS_SPAN_NONE;

        ck_refuses(as_jws_sign(key, "JWT", AS_LIT("x"), mem, &text), AS_SERVER_ERROR,
                   "the key has no private half");
        as_jws_key_free(key);
    }
}
END_TEST

START_TEST(TOK_45_es256_is_raw)
{
    struct as_jws_key *key = keys[AS_ALG_ES256];
    as_span signing = craft_signing(mem, AS_LIT("{\"alg\":\"ES256\"}"), AS_LIT("x"));
    as_span der = craft_signature(mem, key, signing, 0, 0);
    unsigned char raw[AS_KEY_ES256 + 1] = {0};

    ck_assert(!craft_holds(mem, craft_join(mem, signing, der), key));
    unsigned char again[AS_KEY_SIGNATURE];
    size_t len = 0;
    ck_ok(as_key_sign(key, signing, again, &len));
    memcpy(raw, again, len);
    ck_assert(craft_holds(mem, craft_join(mem, signing, as_span_bytes(raw, len)), key));
    ck_assert(!craft_holds(mem, craft_join(mem, signing, as_span_bytes(raw, len - 1)), key));
    ck_assert(!craft_holds(mem, craft_join(mem, signing, as_span_bytes(raw, len + 1)), key));
    memset(raw, 0, sizeof(raw)); /* r = s = 0: CVE-2022-21449 */
    ck_assert(!craft_holds(mem, craft_join(mem, signing, as_span_bytes(raw, len)), key));
}
END_TEST

/* r or s with a leading zero octet are padded: one signature in 128 has one. */
START_TEST(TOK_45_es256_short_numbers)
{
    struct as_jws_key *key = keys[AS_ALG_ES256];
    unsigned char raw[AS_KEY_SIGNATURE];
    size_t len = 0;
    bool found = false;

    for (int i = 0; i < 5000 && !found; i++) {
        bool ok = false;

        ck_ok(as_key_sign(key, AS_LIT("x"), raw, &len));
        ck_assert_uint_eq(len, AS_KEY_ES256);
        found = raw[0] == 0 || raw[32] == 0;
        if (found) {
            ck_ok(as_key_verify(key, AS_LIT("x"), as_span_bytes(raw, len), &ok));
            ck_assert(ok);
        }
    }
    ck_assert(found);
}
END_TEST

START_TEST(TOK_45_ps256_salt_is_32)
{
    struct as_jws_key *key = keys[AS_ALG_PS256];
    static const int salts[] = {0, 1, 20, 31, 33, 64, RSA_PSS_SALTLEN_MAX};
    as_span signing = craft_signing(mem, AS_LIT("{\"alg\":\"PS256\"}"), AS_LIT("x"));
    as_span good = craft_signature(mem, key, signing, RSA_PKCS1_PSS_PADDING, 32);

    ck_assert(craft_holds(mem, craft_join(mem, signing, good), key));
    for (size_t i = 0; i < AS_COUNT(salts); i++) {
        as_span bad = craft_signature(mem, key, signing, RSA_PKCS1_PSS_PADDING, salts[i]);
        ck_assert(!craft_holds(mem, craft_join(mem, signing, bad), key));
    }
    as_span v15 = craft_signature(mem, key, signing, RSA_PKCS1_PADDING, 0);
    ck_assert(!craft_holds(mem, craft_join(mem, signing, v15), key));
    good.len--;
    ck_assert(!craft_holds(mem, craft_join(mem, signing, good), key));
}
END_TEST

/* Neither of them is on offer, whoever signed. */
START_TEST(TOK_39_other_algorithms)
{
    struct as_jws_key *key = keys[AS_ALG_PS256];
    as_span signing = craft_signing(mem, AS_LIT("{\"alg\":\"RS256\"}"), AS_LIT("x"));
    as_span text =
        craft_join(mem, signing, craft_signature(mem, key, signing, RSA_PKCS1_PADDING, 0));
    static const char *const names[] = {"none",  "NONE",  "None",  "HS256", "RS256",  "PS384",
                                        "es256", "ES384", "EdDsa", "",      "ES256K", "Ed25519"};

    ck_assert(!craft_holds(mem, text, key));
    for (size_t i = 0; i < AS_COUNT(names); i++) {
        char header[64];
        struct as_jws jws;
        bool ok = false;

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", names[i]);
        for (unsigned alg = 1; alg < AS_ALGS; alg++) {
            text = craft(mem, keys[alg], header, AS_LIT("x"));
            ck_ok(as_jws_read(mem, text, &jws, &ok));
            ck_assert(ok);
            ck_assert_uint_eq(jws.alg, AS_ALG_NONE);
            ck_ok(as_jws_verify(&jws, keys[alg], &ok));
            ck_assert(!ok);
        }
    }
    ck_assert(!craft_reads(mem, AS_LIT("eyJhbGciOiJub25lIn0.eA."))); /* none, without signature */
}
END_TEST

/* The public key, which everybody has, as the secret of an HMAC. */
START_TEST(TOK_39_hmac_with_the_public_key)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        const char *const names[] = {"HS256", as_alg_name((enum as_alg)alg)};
        as_span jwk = AS_SPAN_NONE;

        ck_ok(as_jwk_write(keys[alg], mem, &jwk));
        for (size_t i = 0; i < AS_COUNT(names); i++) {
            as_span header = AS_SPAN_NONE;
            ck_ok(as_arena_printf(mem, &header, "{\"alg\":\"%s\"}", names[i]));
            as_span signing = craft_signing(mem, header, AS_LIT("x"));
            as_span text = craft_join(mem, signing, craft_hmac(mem, jwk, signing));
            ck_assert(!craft_holds(mem, text, keys[alg]));
        }
    }
}
END_TEST

/* RFC 8725 3.1: the algorithm is the key's, whatever the header says. */
START_TEST(REG_144_alg_is_bound_to_the_key)
{
    for (unsigned claimed = 1; claimed < AS_ALGS; claimed++) {
        for (unsigned real = 1; real < AS_ALGS; real++) {
            char header[64];

            snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", as_alg_name((enum as_alg)claimed));
            as_span text = craft(mem, keys[real], header, AS_LIT("x"));
            ck_assert(craft_holds(mem, text, keys[real]) == (claimed == real));
            ck_assert(craft_holds(mem, text, keys[claimed]) == (claimed == real));
        }
    }
}
END_TEST

/* Any character of any part changed, but for bits that base64url does not have. */
START_TEST(TOK_45_changed)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        as_span text = sign((enum as_alg)alg, "{\"sub\":\"x\"}");
        struct as_jws_key *other = NULL;
        char copy[1024];

        ck_assert(craft_holds(mem, text, keys[alg]));
        for (size_t i = 0; i < text.len; i++) {
            memcpy(copy, text.ptr, text.len);
            copy[i] = copy[i] == 'B' ? 'C' : 'B';
            ck_assert(!craft_holds(mem, (as_span){copy, text.len}, keys[alg]));
        }
        ck_ok(as_jws_key_make((enum as_alg)alg, &other));
        ck_assert(!craft_holds(mem, text, other));
        as_jws_key_free(other);
    }
}
END_TEST

static void *use_keys(void *arg)
{
    struct as_arena *own = as_arena_new(AS_LIMIT_ARENA);

    for (int i = 0; i < 30; i++) {
        enum as_alg alg = (enum as_alg)(1 + i % (AS_ALGS - 1));
        as_span text = AS_SPAN_NONE;
        struct as_jws jws;
        bool ok = false;

        if (as_failed(as_jws_sign(keys[alg], "JWT", AS_LIT("x"), own, &text)) ||
            as_failed(as_jws_read(own, text, &jws, &ok)) || !ok ||
            as_failed(as_jws_verify(&jws, keys[alg], &ok)) || !ok) {
            arg = NULL;
        }
    }
    as_arena_free(own);
    return arg;
}

START_TEST(TOK_45_threads_share_a_key)
{
    pthread_t threads[4];

    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_keys, keys), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        void *fine = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &fine), 0);
        ck_assert_ptr_eq(fine, keys);
    }
}
END_TEST

AS_TESTS("jose/jws", {
    tcase_add_unchecked_fixture(t, make_keys, free_keys);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, TOK_45_what_we_sign_holds);
    tcase_add_test(t, REG_142_header);
    tcase_add_test(t, TOK_45_typ_is_plain_text);
    tcase_add_test(t, TOK_45_payloads);
    tcase_add_test(t, TOK_45_public_keys_do_not_sign);
    tcase_add_test(t, TOK_45_es256_is_raw);
    tcase_add_test(t, TOK_45_es256_short_numbers);
    tcase_add_test(t, TOK_45_ps256_salt_is_32);
    tcase_add_test(t, TOK_39_other_algorithms);
    tcase_add_test(t, TOK_39_hmac_with_the_public_key);
    tcase_add_test(t, REG_144_alg_is_bound_to_the_key);
    tcase_add_test(t, TOK_45_changed);
    tcase_add_test(t, TOK_45_threads_share_a_key);
})
