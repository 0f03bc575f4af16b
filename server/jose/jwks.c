/* SPDX-License-Identifier: Apache-2.0 */
/* Registered key sets: public keys only, decoded once, at registration (RFC 7517). */
#include "jwks.h"

#include <jansson.h>
#include <string.h>

/* Members that only private or symmetric keys have (RFC 7518 6.2.2, 6.3.2, 6.4). */
static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/* Absent or null gives the empty span; another type than string is an error. */
static as_err read_text(const json_t *key, const char *name, as_span *out)
{
    const json_t *value = json_object_get(key, name);

    *out = AS_SPAN_NONE;
    if (value == NULL || json_is_null(value)) {
        return AS_OK;
    }
    AS_NEED(json_is_string(value), AS_INVALID_CLIENT_METADATA,
            "a member of a key in jwks must be a string");
    *out = as_json_span(value);
    return AS_OK;
}

static as_err read_octets(struct as_arena *mem, const json_t *key, const char *name, as_span *out)
{
    as_span text;

    AS_TRY(read_text(key, name, &text));
    AS_NEED(text.len > 0, AS_INVALID_CLIENT_METADATA, "a key in jwks lacks a required member");
    as_err err = as_base64url_take(mem, text, out);
    AS_NEED(!as_err_is(err, AS_INVALID_REQUEST), AS_INVALID_CLIENT_METADATA,
            "a key member in jwks is not base64url");
    return err;
}

/* RFC 7517 4.3: where key_ops stands, it says all that the key may be used for. */
static as_err read_ops(const json_t *key, bool *not_for_verify)
{
    const json_t *ops = json_object_get(key, "key_ops");
    const json_t *op = NULL;
    size_t i = 0;

    *not_for_verify = ops != NULL;
    AS_NEED(ops == NULL || json_is_array(ops), AS_INVALID_CLIENT_METADATA,
            "key_ops must be an array");
    json_array_foreach(ops, i, op)
    {
        AS_NEED(json_is_string(op), AS_INVALID_CLIENT_METADATA, "key_ops must hold strings");
        if (strcmp(json_string_value(op), "verify") == 0) {
            *not_for_verify = false;
        }
    }
    return AS_OK;
}

static as_err refuse_private(const json_t *key)
{
    for (size_t i = 0; i < AS_COUNT(private_members); i++) {
        AS_NEED(json_object_get(key, private_members[i]) == NULL, AS_INVALID_CLIENT_METADATA,
                "jwks holds private or symmetric key material");
    }
    return AS_OK;
}

/* The members each kind of key must have. */
static as_err read_key_members(struct as_arena *mem, const json_t *key, struct as_jwk *out)
{
    if (as_span_is(out->kty, "RSA")) {
        AS_TRY(read_octets(mem, key, "n", &out->n));
        AS_TRY(read_octets(mem, key, "e", &out->e));
    } else if (as_span_is(out->kty, "EC")) {
        AS_TRY(read_text(key, "crv", &out->crv));
        AS_TRY(read_octets(mem, key, "x", &out->x));
        AS_TRY(read_octets(mem, key, "y", &out->y));
    } else if (as_span_is(out->kty, "OKP")) {
        AS_TRY(read_text(key, "crv", &out->crv));
        AS_TRY(read_octets(mem, key, "x", &out->x));
    }
    return AS_OK;
}

static as_err read_x5c(struct as_arena *mem, const json_t *key, struct as_jwk *out)
{
    const json_t *chain = json_object_get(key, "x5c");

    if (chain == NULL || json_is_null(chain)) {
        return AS_OK;
    }
    size_t count = json_array_size(chain);
    AS_NEED(json_is_array(chain) && count > 0 && count <= 1 + AS_LIMIT_CERT_COUNT,
            AS_INVALID_CLIENT_METADATA, "x5c must be an array of one to nine certificates");
    as_span *ders = as_arena_array(mem, count, sizeof(*ders));
    AS_NEED_MEM(ders);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(chain, i);

        AS_NEED(json_is_string(item), AS_INVALID_CLIENT_METADATA, "x5c must hold strings");
        as_span text = as_json_span(item);
        as_err err = as_base64_take(mem, text, &ders[i]);
        AS_NEED(!as_err_is(err, AS_INVALID_REQUEST) && (as_failed(err) || ders[i].len > 0),
                AS_INVALID_CLIENT_METADATA,
                "x5c must hold standard base64 of DER, without line breaks or armour");
        AS_TRY(err);
    }
    out->x5c = ders;
    out->x5c_count = count;
    return AS_OK;
}

as_err as_jwk_read(struct as_arena *mem, const struct json_t *key, struct as_jwk *out)
{
    AS_NEED(json_is_object(key), AS_INVALID_CLIENT_METADATA, "jwks keys must hold objects");
    AS_TRY(refuse_private(key));
    AS_TRY(read_text(key, "kty", &out->kty));
    AS_NEED(out->kty.len > 0, AS_INVALID_CLIENT_METADATA, "a key in jwks has no kty");
    AS_NEED(!as_span_is(out->kty, "oct"), AS_INVALID_CLIENT_METADATA,
            "jwks holds private or symmetric key material");
    AS_TRY(read_text(key, "kid", &out->kid));
    AS_TRY(read_text(key, "use", &out->use));
    AS_TRY(read_text(key, "alg", &out->alg));
    AS_TRY(read_ops(key, &out->not_for_verify));
    AS_TRY(read_key_members(mem, key, out));
    return read_x5c(mem, key, out);
}

/* One kid per kind: two keys of a kind under one name could not be told apart (REG-35). */
static as_err refuse_repeated_kid(const struct as_jwks *set)
{
    for (size_t i = 0; i < set->count; i++) {
        for (size_t j = i + 1; j < set->count; j++) {
            const struct as_jwk *a = &set->keys[i], *b = &set->keys[j];

            AS_NEED(a->kid.len == 0 || !as_span_equal(a->kid, b->kid) ||
                        !as_span_equal(a->kty, b->kty),
                    AS_INVALID_CLIENT_METADATA, "jwks repeats a kid");
        }
    }
    return AS_OK;
}

/* Of certificates: some are decoded, which costs far more than reading them. */
static size_t count_certificates(const struct as_jwks *set)
{
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        count += set->keys[i].x5c_count;
    }
    return count;
}

as_err as_jwks_read(struct as_arena *mem, const struct json_t *set, struct as_jwks *out)
{
    const json_t *keys = json_object_get(set, "keys");

    AS_NEED(json_is_object(set) && json_is_array(keys), AS_INVALID_CLIENT_METADATA,
            "jwks must be an object with the array keys");
    out->count = json_array_size(keys);
    AS_NEED(out->count > 0 && out->count <= AS_LIMIT_JWKS_KEYS, AS_INVALID_CLIENT_METADATA,
            "jwks must hold one to " AS_SAY(AS_LIMIT_JWKS_KEYS) " keys");
    out->keys = as_arena_array(mem, out->count, sizeof(*out->keys));
    AS_NEED_MEM(out->keys);
    for (size_t i = 0; i < out->count; i++) {
        AS_TRY(as_jwk_read(mem, json_array_get(keys, i), &out->keys[i]));
        AS_TRY(as_jwk_check(&out->keys[i]));
    }
    AS_NEED(count_certificates(out) <= AS_LIMIT_JWKS_CERTS, AS_INVALID_CLIENT_METADATA,
            "jwks must hold at most " AS_SAY(
                AS_LIMIT_JWKS_CERTS) " certificates in x5c of all its keys");
    return refuse_repeated_kid(out);
}
