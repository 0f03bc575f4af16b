/* SPDX-License-Identifier: Apache-2.0 */
/* Access tokens as JWT (RFC 9068). */
#include "form.h"

AS_AUTO_DEFINE(struct json_t, as_json_free)

#define TYP      "at+jwt"  /* RFC 9068 2.1 */
#define OURS     "fapid/2" /* form.h */
#define OURS_OLD "fapid/1"
#define CLAIMS   10 /* without cnf */
#define JTI_TEXT AS_BASE64URL_LEN(AS_JTI)
#define WAY_TEXT AS_BASE64URL_LEN(AS_WAY)

static const char *const classes[] = {
    [AS_CERTIFICATE_PKI] = "pki",
    [AS_CERTIFICATE_REGISTERED] = "registered",
};

/* ---------------------------------------------------------------- writing -------------------- */

/* What we keep to ourselves. */
static void put_ours(struct as_buf *to, const struct as_token *token)
{
    const struct as_binding *binding = &token->binding;
    const size_t octets = as_token_way_octets(binding->class_);
    char way[WAY_TEXT + 1];

    as_buf_add_json_name(to, OURS);
    as_buf_add_byte(to, '{');
    as_buf_add_json_number(to, "epoch", token->client_epoch);
    if (binding->x5t) {
        as_buf_add_json_text(to, "class", as_span_of(classes[binding->class_]));
    }
    if (binding->x5t && octets > 0) {
        as_base64url_write(as_span_bytes(binding->way, octets), way);
        as_buf_add_json_text(to, "way", as_span_of(way));
    }
    as_buf_add_byte(to, '}');
}

bool as_token_claims_write(const char *issuer, const struct as_token *token, struct as_buf *out)
{
    char jti[JTI_TEXT + 1];

    as_base64url_write(as_span_bytes(token->jti, AS_JTI), jti);
    as_buf_add_json_text(out, "iss", as_span_of(issuer));
    as_buf_add_json_text(out, "sub", token->subject);
    as_token_put_audience(token, out);
    as_buf_add_json_number(out, "exp", token->expires_at);
    as_buf_add_json_number(out, "nbf", token->issued_at);
    as_buf_add_json_number(out, "iat", token->issued_at);
    as_buf_add_json_text(out, "jti", as_span_of(jti));
    as_buf_add_json_text(out, "client_id", token->client_id);
    as_buf_add_json_text(out, "scope", token->scope);
    as_token_put_cnf(token, out);
    put_ours(out, token);
    as_buf_add_byte(out, '}');
    return !out->full && token->audience_count > 0 && token->audience_count <= AS_LIMIT_RESOURCES;
}

static as_err write_jwt(const struct as_ctx *ctx, const struct as_token *token, enum as_alg alg,
                        as_span *out)
{
    AS_AUTO_BUF struct as_buf claims = AS_BUF(AS_LIMIT_TOKEN_CLAIMS);
    const struct as_jws_key *key = as_keyset_signer(ctx->keys, alg);

    AS_NEED(key != NULL, AS_SERVER_ERROR, "no key signs with the algorithm of this token");
    bool fits = as_token_claims_write(ctx->settings->issuer, token, &claims);
    AS_NEED(!claims.starved, AS_SERVER_ERROR, "out of memory");
    AS_NEED(fits, AS_INVALID_SCOPE, "scope and audience are too long for a token");
    return as_jws_sign(key, TYP, as_buf_span(&claims), ctx->mem, out);
}

/* ---------------------------------------------------------------- reading -------------------- */

struct reader {
    struct as_arena *mem;
    const struct json_t *claims;
    bool good;
};

/* Text of ours is not empty and printable; what it means is judged elsewhere. */
static as_err take_text(struct reader *from, const struct json_t *object, const char *name,
                        as_span *out)
{
    AS_TRY(as_json_text(from->mem, object, name, out));
    from->good = from->good && out->len > 0 && !as_span_has_control(*out);
    return AS_OK;
}

static void take_time(struct reader *from, const struct json_t *object, const char *name,
                      int64_t *out)
{
    from->good = from->good && as_json_integer(object, name, out) && *out >= 0;
}

/* Base64url of exactly so many octets. */
static as_err take_octets(struct reader *from, const struct json_t *object, const char *name,
                          unsigned char *out, size_t octets)
{
    as_span text = AS_SPAN_NONE;
    size_t len = 0;

    AS_TRY(take_text(from, object, name, &text));
    from->good = from->good && as_base64url_parse(text, out, octets, &len) && len == octets;
    return AS_OK;
}

static as_err take_class(struct reader *from, const struct json_t *ours, struct as_binding *binding)
{
    as_span text = AS_SPAN_NONE;

    AS_TRY(take_text(from, ours, "class", &text));
    for (size_t i = 0; i < AS_COUNT(classes); i++) {
        if (as_span_is(text, classes[i])) {
            binding->class_ = (enum as_certificate_class)i;
            return AS_OK;
        }
    }
    from->good = false;
    return AS_OK;
}

/* What we keep to ourselves of a bound token; version 1 had no way. */
static as_err take_proof(struct reader *from, const struct json_t *ours, bool is_old,
                         struct as_binding *binding)
{
    AS_TRY(take_class(from, ours, binding));
    const size_t way = is_old ? 0 : as_token_way_octets(binding->class_);
    from->good = from->good && as_json_size(ours) == (size_t)2 + (way > 0);
    return way > 0 ? take_octets(from, ours, "way", binding->way, way) : AS_OK;
}

/* Another kind of confirmation, or one thing more than we write, is none of ours. */
static as_err take_binding(struct reader *from, struct as_token *token)
{
    const struct json_t *cnf = as_json_object(from->claims, "cnf");
    const struct json_t *ours = as_json_object(from->claims, OURS);
    const bool is_old = ours == NULL;

    ours = is_old ? as_json_object(from->claims, OURS_OLD) : ours;
    token->binding.x5t = cnf != NULL;
    from->good = from->good && as_json_size(from->claims) == CLAIMS + (cnf != NULL) &&
                 as_json_size(cnf) == (cnf != NULL);
    take_time(from, ours, "epoch", &token->client_epoch);
    if (cnf == NULL) {
        from->good = from->good && as_json_size(ours) == 1;
        return AS_OK;
    }
    AS_TRY(take_octets(from, cnf, "x5t#S256", token->binding.thumbprint, AS_DIGEST));
    return take_proof(from, ours, is_old, &token->binding);
}

static as_err take_audience(struct reader *from, struct as_token *token)
{
    as_span *audience = as_arena_array(from->mem, AS_LIMIT_RESOURCES, sizeof(*audience));

    AS_NEED_MEM(audience);
    AS_TRY(as_json_texts(from->mem, from->claims, "aud", audience, AS_LIMIT_RESOURCES,
                         &token->audience_count));
    from->good = from->good && token->audience_count > 0;
    for (size_t i = 0; i < token->audience_count; i++) {
        from->good = from->good && audience[i].len > 0 && !as_span_has_control(audience[i]);
    }
    token->audience = audience;
    return AS_OK;
}

static as_err take_claims(struct reader *from, const char *issuer, struct as_token *token)
{
    as_span iss = AS_SPAN_NONE;
    int64_t nbf = 0;

    AS_TRY(take_text(from, from->claims, "iss", &iss));
    AS_TRY(take_text(from, from->claims, "sub", &token->subject));
    AS_TRY(take_audience(from, token));
    take_time(from, from->claims, "exp", &token->expires_at);
    take_time(from, from->claims, "nbf", &nbf);
    take_time(from, from->claims, "iat", &token->issued_at);
    AS_TRY(take_octets(from, from->claims, "jti", token->jti, AS_JTI));
    AS_TRY(take_text(from, from->claims, "client_id", &token->client_id));
    AS_TRY(take_text(from, from->claims, "scope", &token->scope));
    AS_TRY(take_binding(from, token));
    from->good = from->good && as_span_is(iss, issuer) && nbf == token->issued_at &&
                 token->issued_at < token->expires_at;
    return AS_OK;
}

as_err as_token_claims_parse(struct as_arena *mem, const char *issuer, as_span claims,
                             struct as_token *out)
{
    AS_AUTO(as_json_free) struct json_t *json = NULL;
    struct as_token token = {0};

    *out = token;
    as_err err = as_json_parse(claims, &json);
    if (as_failed(err)) {
        return as_err_is(err, AS_INVALID_REQUEST) ? AS_OK : err;
    }
    struct reader from = {mem, json, true};
    AS_TRY(take_claims(&from, issuer, &token));
    if (from.good) {
        *out = token;
    }
    return AS_OK;
}

/* Is it a JWS of one of our keys, and of this kind alone (TOK-129, RFC 8725 3.12)? */
static as_err verify(const struct as_ctx *ctx, as_span text, struct as_jws *jws, bool *ok)
{
    AS_TRY(as_jws_read(ctx->mem, text, jws, ok));
    const struct as_jws_key *key =
        *ok && as_span_is(jws->typ, TYP) ? as_keyset_verifier(ctx->keys, jws->kid) : NULL;
    *ok = key != NULL;
    return *ok ? as_jws_verify(jws, key, ok) : AS_OK;
}

static as_err read_jwt(const struct as_ctx *ctx, as_span text, const struct as_token **out)
{
    struct as_jws jws = {0};
    struct as_token *token = NULL;
    bool ok = false;

    *out = NULL;
    AS_TRY(verify(ctx, text, &jws, &ok));
    if (!ok) {
        return AS_OK;
    }
    token = as_arena_alloc(ctx->mem, sizeof(*token));
    AS_NEED_MEM(token);
    AS_TRY(as_token_claims_parse(ctx->mem, ctx->settings->issuer, jws.payload, token));
    if (token->client_id.ptr != NULL) {
        *out = token;
    }
    return AS_OK;
}

const struct as_token_form as_token_form_jwt = {write_jwt, read_jwt};
