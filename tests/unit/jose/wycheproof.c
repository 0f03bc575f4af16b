/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature vectors of C2SP/wycheproof (corpora/wycheproof): every valid case of an algorithm
 * that we offer is accepted, all else refused (design D11). There is no case where we differ.
 */
#include "support/craft.h"

#include <jansson.h>

static struct as_arena *mem;
static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    ck_assert_msg(text != NULL, "%s is missing", name);
    return text;
}

static as_span octets_of(const json_t *object, const char *name)
{
    as_span text = as_span_of(text_of(object, name));
    char *octets = as_arena_alloc(mem, text.len / 2 + 1);

    ck_assert_ptr_nonnull(octets);
    ck_assert(as_hex_parse(text, octets));
    return (as_span){octets, text.len / 2};
}

/* --- files of compact JWS, with JWKs --------------------------------------------------------- */

/* Some groups hold a set, some a key; where there is no public half the key is symmetric. */
static json_t *set_of(const json_t *group)
{
    json_t *key = json_object_get(group, "public");

    if (key == NULL) {
        key = json_object_get(group, "private");
    }
    return json_object_get(key, "keys") != NULL ? json_incref(key)
                                                : json_pack("{s:[O]}", "keys", key);
}

/* A JWE is not offered and must not be taken for a JWS. */
static as_span jose_of(const json_t *test)
{
    return as_span_of(text_of(test, json_object_get(test, "jws") != NULL ? "jws" : "jwe"));
}

/* As a client's assertion is judged: the key by its kid, the algorithm by the key. */
static bool judge_jws(const json_t *group, const json_t *test)
{
    json_t *json = set_of(group);
    struct as_jwks set = {NULL, 0};
    struct as_jws jws = {AS_ALG_NONE, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    bool read = false;
    bool accepted = false;
    as_err err = as_jwks_read(mem, json, &set);

    if (!as_failed(err)) {
        ck_ok(as_jws_read(mem, jose_of(test), &jws, &read));
    }
    for (size_t i = 0; read && i < set.count; i++) {
        struct as_jws_key *key = NULL;
        enum as_alg alg = jws.alg;
        bool ok = false;

        if (!as_span_equal(set.keys[i].kid, jws.kid) ||
            (set.keys[i].alg.len > 0 && !as_alg_named(set.keys[i].alg, &alg)) ||
            as_alg_name(alg) == NULL || as_failed(as_jws_key_of_jwk(alg, &set.keys[i], &key))) {
            continue;
        }
        ck_ok(as_jws_verify(&jws, key, &ok));
        accepted = accepted || ok;
        as_jws_key_free(key);
    }
    json_decref(json);
    return accepted;
}

/* What the header says; nothing where it cannot be read. */
static bool offered_jws(const json_t *group, const json_t *test)
{
    struct as_jws jws;
    bool ok = false;

    (void)group;
    ck_ok(as_jws_read(mem, jose_of(test), &jws, &ok));
    return ok && jws.alg != AS_ALG_NONE;
}

/* --- files of raw signatures ----------------------------------------------------------------- */

static bool judge_raw(enum as_alg alg, const struct as_jwk *jwk, const json_t *group,
                      const json_t *test)
{
    const struct as_jws jws = {
        .alg = alg, .signing = octets_of(test, "msg"), .signature = octets_of(test, "sig")};
    const json_t *shown = json_object_get(group, "publicKeyJwk");
    struct as_jws_key *key = NULL;
    bool ok = false;

    if (as_failed(as_jws_key_of_jwk(alg, jwk, &key))) {
        return false;
    }
    ck_ok(as_jws_verify(&jws, key, &ok));
    if (shown != NULL) { /* the same key as a JWK makes the same kid */
        char *text = json_dumps(shown, 0);
        struct as_jws_key *again = NULL;

        ck_ok(as_jws_key_of_text(alg, as_span_of(text), &again));
        ck_assert(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key)));
        as_jws_key_free(again);
        free(text);
    }
    as_jws_key_free(key);
    return ok;
}

static bool judge_es256(const json_t *group, const json_t *test)
{
    as_span point = octets_of(json_object_get(group, "publicKey"), "uncompressed");

    ck_assert_uint_eq(point.len, 65);
    const struct as_jwk jwk = {.kty = AS_LIT("EC"),
                               .crv = AS_LIT("P-256"),
                               .x = {point.ptr + 1, 32},
                               .y = {point.ptr + 33, 32}};
    return judge_raw(AS_ALG_ES256, &jwk, group, test);
}

static bool judge_ed25519(const json_t *group, const json_t *test)
{
    const struct as_jwk jwk = {.kty = AS_LIT("OKP"),
                               .crv = AS_LIT("Ed25519"),
                               .x = octets_of(json_object_get(group, "publicKey"), "pk")};

    return judge_raw(AS_ALG_EDDSA, &jwk, group, test);
}

/* The numbers are written as signed ones: with a zero octet in front where the first bit is set. */
static as_span number_of(const json_t *object, const char *name)
{
    as_span number = octets_of(object, name);

    return number.ptr[0] == 0 ? as_span_from(number, 1) : number;
}

static bool judge_ps256(const json_t *group, const json_t *test)
{
    const json_t *numbers = json_object_get(group, "publicKey");
    const struct as_jwk jwk = {.kty = AS_LIT("RSA"),
                               .n = number_of(numbers, "modulus"),
                               .e = number_of(numbers, "publicExponent")};

    return judge_raw(AS_ALG_PS256, &jwk, group, test);
}

static bool always_offered(const json_t *group, const json_t *test)
{
    (void)group;
    (void)test;
    return true;
}

/* RFC 7518 3.5: SHA-256 for both, a salt of 32. */
static bool offered_pss(const json_t *group, const json_t *test)
{
    (void)test;
    return strcmp(text_of(group, "sha"), "SHA-256") == 0 &&
           strcmp(text_of(group, "mgf"), "MGF1") == 0 &&
           strcmp(text_of(group, "mgfSha"), "SHA-256") == 0 &&
           json_integer_value(json_object_get(group, "sLen")) == 32;
}

/* --- all ------------------------------------------------------------------------------------- */

static const struct row {
    const char *name;
    size_t cases, accepted; /* so that a file that is cut short is seen */
    bool (*judge)(const json_t *group, const json_t *test);
    bool (*offered)(const json_t *group, const json_t *test);
} rows[] = {
    {"json_web_signature", 401, 8, judge_jws, offered_jws},
    {"json_web_key", 26, 0, judge_jws, offered_jws},
    {"json_web_crypto", 83, 1, judge_jws, offered_jws},
    {"json_web_encryption", 139, 0, judge_jws, offered_jws},
    {"ecdsa_secp256r1_sha256_p1363", 262, 173, judge_es256, always_offered},
    {"ed25519", 151, 88, judge_ed25519, always_offered},
    {"rsa_pss_2048_sha256_mgf1_32", 108, 63, judge_ps256, offered_pss},
    {"rsa_pss_3072_sha256_mgf1_32", 108, 63, judge_ps256, offered_pss},
    {"rsa_pss_4096_sha256_mgf1_32", 108, 63, judge_ps256, offered_pss},
    {"rsa_pss_misc", 150, 1, judge_ps256, offered_pss},
};

struct tally {
    size_t cases, accepted, wrong;
};

static void run(const struct row *row, const json_t *group, const json_t *test, struct tally *tally)
{
    int id = (int)json_integer_value(json_object_get(test, "tcId"));
    bool valid = strcmp(text_of(test, "result"), "valid") == 0;
    bool accepted = row->judge(group, test);
    bool expected = valid && row->offered(group, test);

    if (accepted != expected) {
        fprintf(stderr, "%s %d (%s) is %s\n", row->name, id, text_of(test, "comment"),
                accepted ? "accepted" : "refused");
        tally->wrong++;
    }
    tally->cases++;
    tally->accepted += accepted ? 1 : 0;
    as_arena_reset(mem);
}

static json_t *load(const char *folder, const char *name)
{
    char path[4096];
    json_error_t problem;

    snprintf(path, sizeof(path), "%s/wycheproof/%s_test.json", folder, name);
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    ck_assert_msg(json != NULL, "%s: %s", path, problem.text);
    return json;
}

START_TEST(TOK_45_wycheproof)
{
    const struct row *row = &rows[_i];
    const char *folder = as_test_corpora();
    struct tally tally = {0, 0, 0};
    size_t i = 0, j = 0;
    json_t *group = NULL, *test = NULL;

    if (folder == NULL) {
        ck_skip("the corpora are not at hand");
    }
    json_t *json = load(folder, row->name);
    json_array_foreach(json_object_get(json, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            run(row, group, test, &tally);
        }
    }
    json_decref(json);
    ck_assert_msg(tally.wrong == 0, "%s: %zu cases are wrong", row->name, tally.wrong);
    ck_assert_uint_eq(tally.cases, row->cases);
    ck_assert_uint_eq(tally.accepted, row->accepted);
}
END_TEST

static void set_up(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
}

static void tear_down(void)
{
    as_arena_free(mem);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

AS_TESTS("jose/wycheproof", {
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, TOK_45_wycheproof, 0, (int)AS_COUNT(rows));
})
