/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens. Properties: a text that nobody sealed never opens; the inside of a token has one
 * form, so what can be read is written back octet for octet (of version 1, as version 2, with a way
 * of zeros); and sealed, it opens to the same.
 * Claims of a JWT that can be read, too, come back as they were; and the two forms say the same.
 */
#include "fuzz.h"
#include "keys/parts.h"
#include "token/form.h"

#include <string.h>

/* No signing key: no text is a JWT of ours. */
static const struct as_keyset *make_keys(void)
{
    unsigned char key[AS_SEAL_KID + AS_SEAL_MASTER];
    static const struct as_kek kek;
    static const struct as_keys_conf conf;
    struct as_keyset_box *box = NULL;

    FUZZ_HOLDS(!as_failed(as_random(key, sizeof(key))));
    FUZZ_HOLDS(!as_failed(as_keyset_new(&kek, &conf, NULL, 0, &box)));
    FUZZ_HOLDS(!as_failed(as_ring_add(box->ring, key, key + AS_SEAL_KID, true)));
    return &box->view;
}

static void check_text(const struct as_ctx *ctx, as_span text)
{
    const struct as_token *token = NULL;
    as_span prefixed = AS_SPAN_NONE;

    FUZZ_HOLDS(!as_failed(as_token_read(ctx, text, &token)) && token == NULL);
    FUZZ_HOLDS(!as_failed(as_arena_printf(ctx->mem, &prefixed, "%s%.*s", AS_TOKEN_PREFIX,
                                          (int)text.len, text.len > 0 ? text.ptr : "")));
    FUZZ_HOLDS(!as_failed(as_token_read(ctx, prefixed, &token)) && token == NULL);
}

/* The right kid and a salt, so that the octets reach the cipher: they carry no tag of ours. */
static void check_forged(const struct as_ctx *ctx, as_span bytes)
{
    const struct as_token *token = NULL;
    unsigned char raw[AS_LIMIT_TOKEN_TEXT];
    char text[2 * AS_LIMIT_TOKEN_TEXT] = AS_TOKEN_PREFIX;
    as_span real = AS_SPAN_NONE;
    size_t len = 0;
    const size_t head = AS_SEAL_KID + AS_SEAL_SALT;

    if (bytes.len > AS_LIMIT_TOKEN_PLAIN) {
        return;
    }
    FUZZ_HOLDS(!as_failed(as_seal(ctx->keys->ring, ctx->mem, AS_LIT(AS_TOKEN_PREFIX),
                                  as_span_of(ctx->settings->issuer), AS_LIT("x"), &real)));
    FUZZ_HOLDS(
        as_base64url_parse(as_span_from(real, strlen(AS_TOKEN_PREFIX)), raw, sizeof(raw), &len));
    memset(raw + head, 0, sizeof(raw) - head);
    if (bytes.len > 0) {
        memcpy(raw + head, bytes.ptr, bytes.len);
    }
    len = head + (bytes.len + 63) / 64 * 64 + AS_SEAL_TAG;
    as_base64url_write(as_span_bytes(raw, len), text + strlen(AS_TOKEN_PREFIX));
    FUZZ_HOLDS(!as_failed(as_token_read(ctx, as_span_of(text), &token)) && token == NULL);
}

/* What registration lets through; JSON can hold nothing else. */
static bool is_text(const struct as_token *token)
{
    bool is = as_span_is_utf8(token->client_id) && as_span_is_utf8(token->subject) &&
              as_span_is_utf8(token->scope);

    for (size_t i = 0; i < token->audience_count; i++) {
        is = is && as_span_is_utf8(token->audience[i]);
    }
    return is;
}

/* The other form says the same: back from it, the inside is octet for octet what it was. */
static void check_forms(const struct as_ctx *ctx, const struct as_token *token, as_span inside)
{
    struct as_buf claims = AS_BUF(AS_LIMIT_TOKEN_CLAIMS);
    unsigned char again[AS_SEAL_PLAIN_MAX];
    struct as_token back;
    size_t len = 0;

    if (is_text(token) && as_token_claims_write(ctx->settings->issuer, token, &claims)) {
        FUZZ_HOLDS(!as_failed(
            as_token_claims_parse(ctx->mem, ctx->settings->issuer, as_buf_span(&claims), &back)));
        FUZZ_HOLDS(back.client_id.ptr != NULL);
        FUZZ_HOLDS(as_token_inside_write(&back, again, sizeof(again), &len));
        FUZZ_HOLDS(as_span_equal(as_span_bytes(again, len), inside));
    }
    as_buf_free(&claims);
}

static bool is_old(as_span inside)
{
    return inside.len > 0 && inside.ptr[0] == 1;
}

#define AT_WAY (2 + AS_JTI + 3 * 8 + 1 + AS_DIGEST)

/* The same but for its version and the way that version 2 has of a certificate of class pki. */
static bool is_as_before(const struct as_token *token, as_span now, as_span old)
{
    static const unsigned char no_way[AS_WAY];
    const bool has_way = token->binding.x5t && token->binding.class_ == AS_CERTIFICATE_PKI;
    const size_t way = has_way ? AS_WAY : 0;
    const size_t head = has_way ? AT_WAY : old.len;

    return now.len == old.len + way && now.ptr[0] == 2 &&
           memcmp(now.ptr + 1, old.ptr + 1, head - 1) == 0 &&
           (!has_way || memcmp(now.ptr + head, no_way, AS_WAY) == 0) &&
           as_span_equal(as_span_from(now, head + way), as_span_from(old, head));
}

static void check_inside(const struct as_ctx *ctx, as_span inside)
{
    struct as_token token;
    unsigned char again[AS_SEAL_PLAIN_MAX];
    const struct as_token *opened = NULL;
    as_span text = AS_SPAN_NONE;
    size_t len = 0;

    FUZZ_HOLDS(!as_failed(as_token_inside_parse(ctx->mem, inside, &token)));
    if (token.client_id.ptr == NULL || inside.len > AS_SEAL_PLAIN_MAX) {
        return;
    }
    FUZZ_HOLDS(token.client_id.len > 0 && token.issued_at < token.expires_at);
    if (!as_token_inside_write(&token, again, sizeof(again), &len)) {
        FUZZ_HOLDS(is_old(inside) && inside.len > AS_SEAL_PLAIN_MAX - AS_WAY);
        return;
    }
    FUZZ_HOLDS(is_old(inside) || as_span_equal(as_span_bytes(again, len), inside));
    FUZZ_HOLDS(!is_old(inside) || is_as_before(&token, as_span_bytes(again, len), inside));
    FUZZ_HOLDS(!as_failed(as_seal(ctx->keys->ring, ctx->mem, AS_LIT(AS_TOKEN_PREFIX),
                                  as_span_of(ctx->settings->issuer), inside, &text)));
    FUZZ_HOLDS(!as_failed(as_token_read(ctx, text, &opened)) && opened != NULL);
    FUZZ_HOLDS(as_span_equal(opened->client_id, token.client_id));
    check_forms(ctx, &token, as_span_bytes(again, len));
}

/* The claims of a JWT, written of what was read, are read as the same again. */
static void check_claims(const struct as_ctx *ctx, as_span claims)
{
    const char *issuer = ctx->settings->issuer;
    struct as_buf text = AS_BUF(AS_LIMIT_TOKEN_CLAIMS), text_again = AS_BUF(AS_LIMIT_TOKEN_CLAIMS);
    struct as_token token, again;

    FUZZ_HOLDS(!as_failed(as_token_claims_parse(ctx->mem, issuer, claims, &token)));
    if (token.client_id.ptr != NULL && as_token_claims_write(issuer, &token, &text)) {
        FUZZ_HOLDS(token.client_id.len > 0 && token.issued_at < token.expires_at);
        FUZZ_HOLDS(!as_failed(as_token_claims_parse(ctx->mem, issuer, as_buf_span(&text), &again)));
        FUZZ_HOLDS(again.client_id.ptr != NULL);
        FUZZ_HOLDS(as_token_claims_write(issuer, &again, &text_again));
        FUZZ_HOLDS(as_span_equal(as_buf_span(&text_again), as_buf_span(&text)));
    }
    as_buf_free(&text);
    as_buf_free(&text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct as_settings settings = {.issuer = "https://as.example"};
    static const struct as_keyset *keys;

    if (keys == NULL) {
        keys = make_keys();
    }
    const struct as_ctx ctx = {
        .mem = as_arena_new(AS_LIMIT_ARENA), .settings = &settings, .keys = keys, .now = 1};
    FUZZ_HOLDS(ctx.mem != NULL);
    check_text(&ctx, as_span_bytes(data, size));
    check_forged(&ctx, as_span_bytes(data, size));
    check_inside(&ctx, as_span_bytes(data, size));
    check_claims(&ctx, as_span_bytes(data, size));
    as_arena_free(ctx.mem);
    return 0;
}
