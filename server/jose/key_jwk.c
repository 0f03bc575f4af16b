/* SPDX-License-Identifier: Apache-2.0 */
#include "jwks.h"
#include "key.h"

#include <jansson.h>

AS_AUTO_DEFINE(json_t, json_decref)
AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* What the key says it is for (TOK-43). */
static as_err check_purpose(enum as_alg alg, const struct as_jwk *jwk)
{
    const struct as_key_kind_row *kind = &as_key_kinds[alg];

    AS_NEED(as_span_is(jwk->kty, kind->kty) &&
                (kind->crv == NULL || as_span_is(jwk->crv, kind->crv)),
            AS_INVALID_CLIENT_METADATA, "a key in jwks is not of the kind its algorithm takes");
    AS_NEED(jwk->use.len == 0 || as_span_is(jwk->use, "sig"), AS_INVALID_CLIENT_METADATA,
            "a key in jwks is not for signatures");
    AS_NEED(jwk->alg.len == 0 || as_span_is(jwk->alg, as_alg_name(alg)), AS_INVALID_CLIENT_METADATA,
            "a key in jwks is for another algorithm");
    AS_NEED(!jwk->not_for_verify, AS_INVALID_CLIENT_METADATA,
            "the key_ops of a key in jwks lack verify");
    return AS_OK;
}

static as_err of_jwk(enum as_alg alg, const struct as_jwk *jwk, struct as_jws_key **out)
{
    AS_AUTO(EVP_PKEY_free) EVP_PKEY *pkey = NULL;

    AS_NEED(as_alg_name(alg) != NULL, AS_SERVER_ERROR, "a key needs an algorithm");
    AS_TRY(check_purpose(alg, jwk));
    AS_TRY(as_key_public(jwk, &pkey));
    AS_NEED(pkey != NULL && as_key_suits(alg, pkey), AS_INVALID_CLIENT_METADATA, AS_JWK_UNSOUND);
    return as_key_wrap(alg, false, AS_MOVE(pkey), out);
}

as_err as_jws_key_of_jwk(enum as_alg alg, const struct as_jwk *jwk, struct as_jws_key **out)
{
    unsigned long shortages = as_memory_shortages();

    return as_memory_judged(of_jwk(alg, jwk, out), shortages);
}

as_err as_jws_key_of_text(enum as_alg alg, as_span text, struct as_jws_key **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    AS_AUTO(json_decref) json_t *json = NULL;
    struct as_jwk jwk = {0};

    AS_NEED_MEM(mem);
    as_err err = as_json_parse(text, &json);
    AS_NEED(!as_err_is(err, AS_INVALID_REQUEST), AS_INVALID_CLIENT_METADATA,
            "the text of a key is not JSON");
    AS_TRY(err);
    AS_TRY(as_jwk_read(mem, json, &jwk));
    return as_jws_key_of_jwk(alg, &jwk, out);
}
