/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"

#include <jansson.h>

AS_AUTO_DEFINE(json_t, json_decref)

/* Extensions we do not have (RFC 7515 4.1.11, RFC 7797), and keys that the sender brings along
 * (RFC 8725 3.8, 3.10). */
static const char *const refused[] = {"crit", "zip", "b64", "jku", "x5u", "x5c", "jwk"};

/* A text, or absent, which is the empty span. */
static as_err read_text(struct as_arena *mem, const json_t *header, const char *name, as_span *out,
                        bool *ok)
{
    const json_t *value = json_object_get(header, name);

    *ok = value == NULL || json_is_string(value);
    if (value == NULL || !*ok) {
        return AS_OK;
    }
    return as_arena_copy(mem, as_json_span(value), out);
}

static as_err read_members(struct as_arena *mem, const json_t *header, struct as_jws *out, bool *ok)
{
    const json_t *alg = json_object_get(header, "alg");

    *ok = false;
    for (size_t i = 0; i < AS_COUNT(refused); i++) {
        if (json_object_get(header, refused[i]) != NULL) {
            return AS_OK;
        }
    }
    if (!json_is_string(alg)) {
        return AS_OK;
    }
    out->alg = AS_ALG_NONE;
    as_alg_named(as_json_span(alg), &out->alg);
    AS_TRY(read_text(mem, header, "kid", &out->kid, ok));
    return *ok ? read_text(mem, header, "typ", &out->typ, ok) : AS_OK;
}

/* Decodes a part; text that is no base64url is no error. */
static as_err read_part(struct as_arena *mem, as_span part, as_span *out, bool *ok)
{
    as_err err = as_base64url_take(mem, part, out);

    *ok = !as_failed(err);
    return as_err_is(err, AS_INVALID_REQUEST) ? AS_OK : err;
}

static as_err read_header(struct as_arena *mem, as_span part, struct as_jws *out, bool *ok)
{
    AS_AUTO(json_decref) json_t *header = NULL;
    as_span text = AS_SPAN_NONE;

    AS_TRY(read_part(mem, part, &text, ok));
    if (!*ok) {
        return AS_OK;
    }
    as_err err = as_json_parse(text, &header);
    *ok = !as_failed(err) && json_is_object(header);
    if (!*ok) {
        return as_err_is(err, AS_INVALID_REQUEST) ? AS_OK : err;
    }
    return read_members(mem, header, out, ok);
}

/* header.payload.signature: two dots and no third. */
static bool cut(as_span text, as_span part[3])
{
    size_t parts = 0;
    as_span rest = text;

    while (parts < 3 && as_span_cut(&rest, '.', &part[parts])) {
        parts++;
    }
    return parts == 3 && rest.len == 0 && text.ptr[text.len - 1] != '.';
}

as_err as_jws_read(struct as_arena *mem, as_span text, struct as_jws *out, bool *ok)
{
    struct as_jws jws = {0};
    as_span part[3];

    *ok = false;
    *out = jws;
    if (text.len > AS_LIMIT_JWT || !cut(text, part)) {
        return AS_OK;
    }
    AS_TRY(read_header(mem, part[0], &jws, ok));
    if (*ok) {
        AS_TRY(read_part(mem, part[1], &jws.payload, ok));
    }
    if (*ok) {
        AS_TRY(read_part(mem, part[2], &jws.signature, ok));
    }
    jws.signing = (as_span){text.ptr, part[0].len + 1 + part[1].len};
    if (*ok) {
        *out = jws;
    }
    return AS_OK;
}
