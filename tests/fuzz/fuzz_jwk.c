/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key sets and keys. Properties: a refusal blames the caller; a key that is taken is written as a
 * key that is taken, with the same name; nothing private is ever taken from JSON, and from PKCS #8
 * only its one form.
 */
#include "fuzz.h"
#include "jose/key.h"

#include <jansson.h>
#include <openssl/err.h>

static bool blames_the_caller(as_err err)
{
    return as_err_is(err, AS_INVALID_REQUEST) || as_err_is(err, AS_INVALID_CLIENT_METADATA);
}

static void check_key(struct as_arena *mem, struct as_jws_key *key)
{
    struct as_jws_key *again = NULL;
    as_span text = AS_SPAN_NONE;
    as_span der = AS_SPAN_NONE;

    FUZZ_HOLDS(!as_failed(as_jwk_write(key, mem, &text)));
    FUZZ_HOLDS(!as_failed(as_jws_key_of_text(as_jws_key_alg(key), text, &again)));
    FUZZ_HOLDS(as_span_equal(as_jws_key_kid(again), as_jws_key_kid(key)));
    FUZZ_HOLDS(as_failed(as_jws_key_private(key, mem, &der)));
    as_jws_key_free(again);
    as_jws_key_free(key);
}

static void check_set(struct as_arena *mem, const json_t *json)
{
    struct as_jwks set;
    as_err err = as_jwks_read(mem, json, &set);

    if (as_failed(err)) {
        FUZZ_HOLDS(blames_the_caller(err));
        return;
    }
    FUZZ_HOLDS(set.count > 0 && set.count <= AS_LIMIT_JWKS_KEYS);
    for (size_t i = 0; i < set.count; i++) {
        for (unsigned alg = 1; alg < AS_ALGS; alg++) {
            struct as_jws_key *key = NULL;

            err = as_jws_key_of_jwk((enum as_alg)alg, &set.keys[i], &key);
            FUZZ_HOLDS(!as_failed(err) || blames_the_caller(err));
            if (!as_failed(err)) {
                check_key(mem, key);
            }
        }
    }
}

/* A private key has one form: what is read is written back octet for octet. */
static void check_private(struct as_arena *mem, enum as_alg alg, as_span text)
{
    struct as_jws_key *key = NULL;
    as_span der = AS_SPAN_NONE;
    as_err err = as_jws_key_of_private(alg, text, &key);

    FUZZ_HOLDS(!as_failed(err) || as_err_is(err, AS_BAD_CONFIGURATION));
    if (!as_failed(err)) {
        FUZZ_HOLDS(!as_failed(as_jws_key_private(key, mem, &der)));
        FUZZ_HOLDS(as_span_equal(der, text));
        as_jws_key_free(key);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_span text = as_span_bytes(data, size);
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    json_t *json = NULL;

    FUZZ_HOLDS(mem != NULL);
    as_err err = as_json_parse(text, &json);
    if (as_failed(err)) {
        FUZZ_HOLDS(blames_the_caller(err));
    } else {
        check_set(mem, json);
        json_t *wrapped = json_pack("{s:[o]}", "keys", json); /* the text as one key */
        check_set(mem, wrapped);
        json_decref(wrapped);
    }
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        struct as_jws_key *key = NULL;

        err = as_jws_key_of_text((enum as_alg)alg, text, &key);
        FUZZ_HOLDS(!as_failed(err) || blames_the_caller(err));
        if (!as_failed(err)) {
            check_key(mem, key);
        }
        check_private(mem, (enum as_alg)alg, text);
    }
    as_arena_free(mem);
    FUZZ_HOLDS(ERR_peek_error() == 0);
    return 0;
}
