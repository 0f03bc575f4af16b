/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A foreign reader (design D11): libjwt verifies our ES256, and we verify its. It knows neither
 * PS256 nor EdDSA, and no typ but JWT.
 */
#include "support/craft.h"

#ifdef FAPID_LIBJWT
#include <errno.h>
#include <jwt.h>
#include <openssl/pem.h>

static struct as_arena *mem;
static struct as_jws_key *key;

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
    ck_ok(as_jws_key_make(AS_ALG_ES256, &key));
}

static void tear_down(void)
{
    as_jws_key_free(key);
    as_arena_free(mem);
}

/* libjwt reads keys as PEM. */
static as_span pem_of(bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    as_span out = AS_SPAN_NONE;

    ck_assert_int_eq(private ? PEM_write_bio_PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL)
                             : PEM_write_bio_PUBKEY(bio, key->pkey),
                     1);
    long len = BIO_get_mem_data(bio, &text);
    ck_ok(as_arena_copy(mem, as_span_bytes(text, (size_t)len), &out));
    BIO_free(bio);
    return out;
}

START_TEST(TOK_45_libjwt_verifies_what_we_sign)
{
    as_span pem = pem_of(false);
    as_span text = AS_SPAN_NONE;
    jwt_t *jwt = NULL;

    ck_ok(as_jws_sign(key, "JWT", AS_LIT("{\"sub\":\"client\"}"), mem, &text));
    ck_assert_int_eq(jwt_decode(&jwt, text.ptr, as_span_u8(pem), (int)pem.len), 0);
    ck_assert_int_eq(jwt_get_alg(jwt), JWT_ALG_ES256);
    ck_assert_str_eq(jwt_get_grant(jwt, "sub"), "client");
    jwt_free(jwt);
    char *last = (char *)(uintptr_t)text.ptr + text.len - 4;
    *last = *last == 'A' ? 'B' : 'A';
    ck_assert_int_eq(jwt_decode(&jwt, text.ptr, as_span_u8(pem), (int)pem.len), EINVAL);
    ERR_clear_error(); /* libjwt's, not ours */
}
END_TEST

START_TEST(TOK_45_we_verify_what_libjwt_signs)
{
    as_span pem = pem_of(true);
    jwt_t *jwt = NULL;

    ck_assert_int_eq(jwt_new(&jwt), 0);
    ck_assert_int_eq(jwt_add_grant(jwt, "sub", "client"), 0);
    ck_assert_int_eq(jwt_set_alg(jwt, JWT_ALG_ES256, as_span_u8(pem), (int)pem.len), 0);
    for (int i = 0; i < 20; i++) {
        char *text = jwt_encode_str(jwt);

        ck_assert_ptr_nonnull(text);
        ck_assert(craft_holds(mem, as_span_of(text), key));
        text[strlen(text) - 4] = text[strlen(text) - 4] == 'A' ? 'B' : 'A';
        ck_assert(!craft_holds(mem, as_span_of(text), key));
        free(text);
    }
    jwt_free(jwt);
}
END_TEST

/* libjwt believes the header: an HMAC with the public key passes there, and not here. */
START_TEST(TOK_39_libjwt_is_deceived_and_we_are_not)
{
    as_span pem = pem_of(false);
    jwt_t *jwt = NULL;
    jwt_t *again = NULL;

    ck_assert_int_eq(jwt_new(&jwt), 0);
    ck_assert_int_eq(jwt_add_grant(jwt, "sub", "client"), 0);
    ck_assert_int_eq(jwt_set_alg(jwt, JWT_ALG_HS256, as_span_u8(pem), (int)pem.len), 0);
    char *text = jwt_encode_str(jwt);
    ck_assert_int_eq(jwt_decode(&again, text, as_span_u8(pem), (int)pem.len), 0);
    ck_assert(!craft_holds(mem, as_span_of(text), key));
    free(text);
    jwt_free(again);
    jwt_free(jwt);
}
END_TEST

AS_TESTS("jose/libjwt", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, TOK_45_libjwt_verifies_what_we_sign);
    tcase_add_test(t, TOK_45_we_verify_what_libjwt_signs);
    tcase_add_test(t, TOK_39_libjwt_is_deceived_and_we_are_not);
})

#else

START_TEST(TOK_45_libjwt)
{
    ck_skip("libjwt is not at hand");
}
END_TEST

AS_TESTS("jose/libjwt", { tcase_add_test(t, TOK_45_libjwt); })

#endif
