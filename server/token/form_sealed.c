/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

#include <string.h>

#define VERSION     2
#define VERSION_OLD 1
#define FLAG_BOUND  1u

/* ---------------------------------------------------------------- writing -------------------- */

struct writer {
    unsigned char *at;
    size_t left;
    bool fits;
};

static void put(struct writer *to, const void *bytes, size_t len)
{
    to->fits = to->fits && len <= to->left;
    if (to->fits && len > 0) {
        memcpy(to->at, bytes, len);
        to->at += len;
        to->left -= len;
    }
}

static void put_number(struct writer *to, uint64_t number, size_t octets)
{
    unsigned char bytes[8];

    as_octets_put(bytes, number, octets);
    put(to, bytes, octets);
}

static void put_text(struct writer *to, as_span text)
{
    to->fits = to->fits && text.len <= UINT16_MAX;
    put_number(to, text.len, 2);
    put(to, text.ptr, text.len);
}

bool as_token_inside_write(const struct as_token *token, unsigned char *out, size_t room,
                           size_t *len)
{
    struct writer to = {out, room, token->audience_count <= AS_LIMIT_RESOURCES};

    put_number(&to, VERSION, 1);
    put_number(&to, token->binding.x5t ? FLAG_BOUND : 0, 1);
    put(&to, token->jti, sizeof(token->jti));
    put_number(&to, (uint64_t)token->issued_at, 8);
    put_number(&to, (uint64_t)token->expires_at, 8);
    put_number(&to, (uint64_t)token->client_epoch, 8);
    if (token->binding.x5t) {
        put_number(&to, token->binding.class_, 1);
        put(&to, token->binding.thumbprint, AS_DIGEST);
        put(&to, token->binding.way, as_token_way_octets(token->binding.class_));
    }
    put_text(&to, token->client_id);
    put_text(&to, token->subject);
    put_text(&to, token->scope);
    put_number(&to, token->audience_count, 1);
    for (size_t i = 0; to.fits && i < token->audience_count; i++) {
        put_text(&to, token->audience[i]);
    }
    *len = room - to.left;
    return to.fits;
}

/* ---------------------------------------------------------------- reading -------------------- */

struct reader {
    as_span rest;
    bool good;
};

static as_span take(struct reader *from, size_t len)
{
    as_span taken = AS_SPAN_NONE;

    from->good = from->good && len <= from->rest.len;
    if (from->good) {
        taken = (as_span){from->rest.ptr, len};
        from->rest = (as_span){from->rest.ptr + len, from->rest.len - len};
    }
    return taken;
}

static uint64_t take_number(struct reader *from, size_t octets)
{
    as_span bytes = take(from, octets);

    return as_octets_get(as_span_u8(bytes), bytes.len);
}

/* A time or an epoch: never negative. */
static int64_t take_time(struct reader *from)
{
    uint64_t number = take_number(from, 8);

    from->good = from->good && number <= INT64_MAX;
    return from->good ? (int64_t)number : 0;
}

static void take_bytes(struct reader *from, unsigned char *out, size_t len)
{
    as_span bytes = take(from, len);

    if (len > 0 && bytes.len == len) {
        memcpy(out, bytes.ptr, len);
    }
}

/* Text of ours is printable; what it means is judged elsewhere. */
static as_span take_text(struct reader *from)
{
    as_span text = take(from, (size_t)take_number(from, 2));

    from->good = from->good && text.len > 0 && !as_span_has_control(text);
    return text;
}

static void take_binding(struct reader *from, uint64_t version, uint64_t flags,
                         struct as_binding *binding)
{
    from->good = from->good && (flags & ~(uint64_t)FLAG_BOUND) == 0;
    binding->x5t = (flags & FLAG_BOUND) != 0;
    if (!binding->x5t) {
        return;
    }
    uint64_t class_ = take_number(from, 1);
    from->good = from->good && class_ <= AS_CERTIFICATE_REGISTERED;
    binding->class_ = (enum as_certificate_class)(from->good ? class_ : 0);
    take_bytes(from, binding->thumbprint, AS_DIGEST);
    if (version != VERSION_OLD) {
        take_bytes(from, binding->way, as_token_way_octets(binding->class_));
    }
}

as_err as_token_inside_parse(struct as_arena *mem, as_span inside, struct as_token *out)
{
    struct reader from = {inside, true};
    struct as_token token = {0};
    as_span *audience = as_arena_array(mem, AS_LIMIT_RESOURCES, sizeof(*audience));

    AS_NEED_MEM(audience);
    *out = token;
    const uint64_t version = take_number(&from, 1);
    from.good = from.good && (version == VERSION || version == VERSION_OLD);
    const uint64_t flags = take_number(&from, 1);
    take_bytes(&from, token.jti, sizeof(token.jti));
    token.issued_at = take_time(&from);
    token.expires_at = take_time(&from);
    token.client_epoch = take_time(&from);
    take_binding(&from, version, flags, &token.binding);
    token.client_id = take_text(&from);
    token.subject = take_text(&from);
    token.scope = take_text(&from);
    token.audience_count = (size_t)take_number(&from, 1);
    from.good = from.good && token.audience_count > 0 &&
                token.audience_count <= AS_LIMIT_RESOURCES && token.issued_at < token.expires_at;
    for (size_t i = 0; from.good && i < token.audience_count; i++) {
        audience[i] = take_text(&from);
    }
    token.audience = audience;
    if (from.good && from.rest.len == 0) {
        *out = token;
    }
    return AS_OK;
}

/* ---------------------------------------------------------------- sealing -------------------- */

static as_err write_sealed(const struct as_ctx *ctx, const struct as_token *token, enum as_alg alg,
                           as_span *out)
{
    unsigned char inside[AS_SEAL_PLAIN_MAX];
    size_t len = 0;

    (void)alg;
    AS_NEED(as_token_inside_write(token, inside, sizeof(inside), &len), AS_INVALID_SCOPE,
            "scope and audience are too long for a token");
    as_err err = as_seal(ctx->keys->ring, ctx->mem, AS_LIT(AS_TOKEN_PREFIX),
                         as_span_of(ctx->settings->issuer), as_span_bytes(inside, len), out);
    as_crypto_wipe(inside, sizeof(inside));
    return err;
}

static as_err read_sealed(const struct as_ctx *ctx, as_span text, const struct as_token **out)
{
    as_span inside = AS_SPAN_NONE;
    struct as_token *token = NULL;

    *out = NULL;
    AS_TRY(as_unseal(ctx->keys->ring, ctx->mem, AS_LIT(AS_TOKEN_PREFIX),
                     as_span_of(ctx->settings->issuer), text, &inside));
    if (inside.ptr == NULL) {
        return AS_OK;
    }
    token = as_arena_alloc(ctx->mem, sizeof(*token));
    AS_NEED_MEM(token);
    AS_TRY(as_token_inside_parse(ctx->mem, inside, token));
    if (token->client_id.ptr != NULL) {
        *out = token;
    }
    return AS_OK;
}

const struct as_token_form as_token_form_sealed = {write_sealed, read_sealed};
