/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"
#include "harness.h"

#include <openssl/err.h>

static struct as_arena *mem;
static struct as_jws_key *keys[AS_ALGS];

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        ck_ok(as_jws_key_make((enum as_alg)alg, &keys[alg]));
    }
}

static void tear_down(void)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        as_jws_key_free(keys[alg]);
    }
    as_arena_free(mem);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

static as_span sign(enum as_alg alg, const char *payload)
{
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jws_sign(keys[alg], "at+jwt", as_span_of(payload), mem, &text));
    return text;
}

/* Read and verified; what cannot be read is not verified. */
static bool holds(as_span text, const struct as_jws_key *key)
{
    struct as_jws jws;
    bool ok = false;

    ck_ok(as_jws_read(mem, text, &jws, &ok));
    if (ok) {
        ck_ok(as_jws_verify(&jws, key, &ok));
    }
    return ok;
}

/* The public half, by way of its text. */
static struct as_jws_key *public_of(const struct as_jws_key *key)
{
    struct as_jws_key *out = NULL;
    as_span text = AS_SPAN_NONE;

    ck_ok(as_jwk_write(key, mem, &text));
    ck_ok(as_jws_key_of_text(as_jws_key_alg(key), text, &out));
    return out;
}

START_TEST(TOK_45_what_we_sign_verifies)
{
    static const size_t signature_len[AS_ALGS] = {0, 64, 256, 64};

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = public_of(keys[alg]);
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
        ck_assert(holds(text, keys[alg]));
        ck_assert(holds(text, key));
        as_jws_key_free(key);
    }
}
END_TEST

START_TEST(REG_148_private_key_as_text)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *again = NULL;
        as_span der = AS_SPAN_NONE;

        ck_ok(as_jws_key_private(keys[alg], mem, &der));
        ck_ok(as_jws_key_of_private((enum as_alg)alg, der, &again));
        ck_assert(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(keys[alg])));
        ck_assert(holds(sign((enum as_alg)alg, "x"), again));
        as_jws_key_free(again);
    }
}
END_TEST

static void add_all(TCase *t)
{
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, TOK_45_what_we_sign_verifies);
    tcase_add_test(t, REG_148_private_key_as_text);
}

AS_TESTS("jose/jws", { add_all(t); })
