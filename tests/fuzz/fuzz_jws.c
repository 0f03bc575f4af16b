/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWS in compact form. Properties: what is read is the one text of what was read; a text that
 * nobody signed holds for no key; and what we sign ourselves is read back and holds.
 */
#include "fuzz.h"
#include "jose/key.h"
#include "unit/jose/support/published.h"

#include <openssl/err.h>
#include <string.h>

static struct as_jws_key *keys[AS_ALGS]; /* public keys that RFCs print: none of ours signs */
static struct as_jws_key *own;

static void make_keys(void)
{
    static const char *const jwks[AS_ALGS] = {NULL, "{" JWK_EC "}", "{" JWK_RSA "}",
                                              "{" JWK_ED "}"};

    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        FUZZ_HOLDS(
            !as_failed(as_jws_key_of_text((enum as_alg)alg, as_span_of(jwks[alg]), &keys[alg])));
    }
    FUZZ_HOLDS(!as_failed(as_jws_key_make(AS_ALG_EDDSA, &own)));
}

static void put(struct as_buf *text, as_span octets)
{
    FUZZ_HOLDS(as_buf_reserve(text, AS_BASE64URL_LEN(octets.len) + 1));
    as_base64url_write(octets, text->ptr + text->len);
    text->len += AS_BASE64URL_LEN(octets.len);
}

static void check_text(struct as_arena *mem, as_span text)
{
    AS_AUTO_BUF struct as_buf again = AS_BUF(2 * AS_LIMIT_JWT);
    struct as_jws jws;
    bool ok = true;

    FUZZ_HOLDS(!as_failed(as_jws_read(mem, text, &jws, &ok)));
    if (!ok) {
        return;
    }
    FUZZ_HOLDS(text.len <= AS_LIMIT_JWT && jws.alg < AS_ALGS);
    FUZZ_HOLDS(as_span_is_utf8(jws.kid) && as_span_is_utf8(jws.typ));
    as_span head = jws.signing;
    as_span header = AS_SPAN_NONE;
    FUZZ_HOLDS(as_span_cut(&head, '.', &header));
    as_buf_add(&again, header);
    as_buf_add_byte(&again, '.');
    put(&again, jws.payload);
    as_buf_add_byte(&again, '.');
    put(&again, jws.signature);
    FUZZ_HOLDS(as_span_equal(as_buf_span(&again), text));
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        FUZZ_HOLDS(!as_failed(as_jws_verify(&jws, keys[alg], &ok)) && !ok);
    }
}

/* The octets as a header, so that they reach the JSON. */
static void check_header(struct as_arena *mem, as_span octets)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(4 * AS_LIMIT_JWT);

    if (octets.len <= AS_LIMIT_JWT) {
        put(&text, octets);
        as_buf_add_text(&text, ".eA.eA");
        check_text(mem, as_buf_span(&text));
    }
}

/* The octets as a signature. */
static void check_signature(as_span octets)
{
    for (unsigned alg = 1; alg < AS_ALGS; alg++) {
        const struct as_jws jws = {
            .alg = (enum as_alg)alg, .signing = AS_LIT("x"), .signature = octets};
        bool ok = true;

        FUZZ_HOLDS(!as_failed(as_jws_verify(&jws, keys[alg], &ok)) && !ok);
    }
}

/* The octets as a payload. */
static void check_payload(struct as_arena *mem, as_span octets)
{
    as_span text = AS_SPAN_NONE;
    struct as_jws jws;
    bool ok = false;

    if (octets.len > AS_LIMIT_JWT / 2) {
        return;
    }
    FUZZ_HOLDS(!as_failed(as_jws_sign(own, "JWT", octets, mem, &text)));
    FUZZ_HOLDS(!as_failed(as_jws_read(mem, text, &jws, &ok)) && ok);
    FUZZ_HOLDS(as_span_equal(jws.payload, octets));
    FUZZ_HOLDS(!as_failed(as_jws_verify(&jws, own, &ok)) && ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (own == NULL) {
        make_keys();
    }
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    FUZZ_HOLDS(mem != NULL);
    check_text(mem, as_span_bytes(data, size));
    check_header(mem, as_span_bytes(data, size));
    check_signature(as_span_bytes(data, size));
    check_payload(mem, as_span_bytes(data, size));
    as_arena_free(mem);
    FUZZ_HOLDS(ERR_peek_error() == 0);
    return 0;
}
