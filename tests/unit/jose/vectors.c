/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that others made: the examples of the RFCs, and some that a foreign library made with
 * keys of one moment, of which only the public halves were kept.
 */
#include "support/craft.h"
#include "support/published.h"

static struct as_arena *mem;

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
}

static void tear_down(void)
{
    as_arena_free(mem);
}

static const struct {
    const char *origin;
    enum as_alg alg;
    const char *jwk, *text;
} rows[] = {
    {"RFC 7515 A.3", AS_ALG_ES256, "{" JWK_EC "}",
     "eyJhbGciOiJFUzI1NiJ9"
     ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
     "fQ"
     ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {"RFC 8037 A.4", AS_ALG_EDDSA, "{" JWK_ED "}",
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
    {"of our own making", AS_ALG_PS256,
     "{\"kty\":\"RSA\",\"n\":\"xrXqtOgLhfPg_kv0mir3FUwSWEASMNdkjt1lzT_4wxUg2JeZfvehMxvjuD-AlHs"
     "qaNyxLxNN5X4zhHIlRal6tGXF3NNl6SY0Mp9cqoCLorC0P5zu2gGBLjmpgF6whxrZ9eQNw5AC7kXcDobTT82L3IV"
     "uGAeimwH5wUhITszMAcThFbe6WfooSrORLd4pdHMYTIrPekCkGCD0rR7s9r8iN0RkynHjdcUyv1USwh2lsiz8dLi"
     "RIAObwO-a-VuYpWUqa_TIM8o62rqNcPlRadjHSk_uCTON_nAmdiLk-JCQtI0o82OdFOhTF5kYr6tvB7IdSM6ynkm"
     "yEGOKLMSSC14MzQ\",\"e\":\"AQAB\"}",
     "eyJhbGciOiJQUzI1NiIsImtpZCI6InYiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUif"
     "Q.nP6No8q-RVEa-q_EC45afydFnb_r9SRWDK_JIMHv8R_BYVt6EZ0bAb7sFmq1RbcBYqa2aAK4iCgEuOi-k0Js4G"
     "1wS0zbLgTIRy-7WnSIJKjsX8sYXYuN9SL_ZQZK0uCoTLb0TShDrDfFHkhuS5VXevm2aKCBO1jrjKH5ORc7Li0XJM"
     "vhrCv9g6FuYOs-Lj1zShSoFEJCYBB7T5VgorM_q8WC9d_S_0UtJ6TKKk5U732EpiXNLedeirKqGPd8qQy53TXumP"
     "CXKQy9MXMqM8_fszx8VfjHAx_q4eP-tQ_cpnWvOiWrZpYfCRB95NIlEkTbQB751vjS29v2ghD07M30JQ"},
    {"of our own making, x begins with a zero octet", AS_ALG_ES256,
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AOJ379mtyLXRcbx_TzqPlA1eMkwU2-xEhhCThpOHMJw\","
     "\"y\":\"HBp94RpkAjGKRoFLI20lcDJ6brKilg2iL2vlf6jG0Xs\"}",
     "eyJhbGciOiJFUzI1NiIsImtpZCI6InYiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUif"
     "Q.F3VHo_V7f49mfd4WWxKXORlxHQEerRcwL0mfedl8xRoeXdZtOAXi5B24R2n2NdV6jyq90pS9FA9UW73Oo10Hhg"},
    {"of our own making", AS_ALG_EDDSA,
     "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"_dyik2FvQ6QXGxJR4r8Wh9dswpgEPBzeHjdwgDj3iGU"
     "\"}",
     "eyJhbGciOiJFZERTQSIsImtpZCI6InYiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUif"
     "Q.7e6W34Sc_aZLldph9JVnZROWKPXEXBEaZddiZC2Zu7gGcHcp7wDiH4ZjWdpk4C8VZKtLoyojQpnlCxY30c6MAQ"},
};

START_TEST(TOK_45_signatures_of_others)
{
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_jws_key *key = NULL;
        char copy[2048];
        size_t len = strlen(rows[i].text);

        ck_ok(as_jws_key_of_text(rows[i].alg, as_span_of(rows[i].jwk), &key));
        ck_assert_msg(craft_holds(mem, as_span_of(rows[i].text), key), "%s", rows[i].origin);
        memcpy(copy, rows[i].text, len);
        copy[len - 4] = copy[len - 4] == 'A' ? 'B' : 'A';
        ck_assert_msg(!craft_holds(mem, (as_span){copy, len}, key), "%s", rows[i].origin);
        as_jws_key_free(key);
    }
}
END_TEST

static void check_kid(enum as_alg alg, const char *jwk, const char *kid)
{
    struct as_jws_key *key = NULL;

    ck_ok(as_jws_key_of_text(alg, as_span_of(jwk), &key));
    ck_span_eq(as_jws_key_kid(key), kid);
    as_jws_key_free(key);
}

/* RFC 7638 3.1, RFC 8037 A.3. Other members make no other kid. */
START_TEST(REG_141_thumbprints_of_the_rfcs)
{
    check_kid(AS_ALG_PS256, "{" JWK_RSA "}", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    check_kid(AS_ALG_PS256, "{\"kid\":\"2011-04-29\"," JWK_RSA ",\"use\":\"sig\"}",
              "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    check_kid(AS_ALG_EDDSA, "{" JWK_ED "}", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
END_TEST

AS_TESTS("jose/vectors", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, TOK_45_signatures_of_others);
    tcase_add_test(t, REG_141_thumbprints_of_the_rfcs);
})
