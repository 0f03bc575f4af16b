/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer.h"

#define SECRET 24

/* RFC 7235 2.1: letters, digits and -._~+/ with '=' at the end. */
static bool is_token68(as_span text)
{
    size_t len = text.len;

    while (len > 0 && text.ptr[len - 1] == '=') {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];

        if (!as_ascii_is_letter(c) && !as_ascii_is_digit(c) && !as_ascii_is_one_of(c, "-._~+/")) {
            return false;
        }
    }
    return len > 0 && text.len <= AS_LIMIT_TOKEN_TEXT;
}

as_err as_bearer_refuse(struct as_http_call *call, as_span about, const char *why)
{
    const struct as_visit *visit = as_visit_of(call);

    as_throttle_failed(visit->ctx.throttle, visit->peer->address, about, visit->ctx.mono_ms);
    return AS_FAIL(AS_INVALID_TOKEN, why);
}

as_err as_bearer_read(struct as_http_call *call, as_span about, as_span *out)
{
    const struct as_visit *visit = as_visit_of(call);
    as_span field = as_http_field(call->request, "authorization"), scheme;

    AS_NEED(call->request->query.len == 0, AS_INVALID_REQUEST,
            "there is no query here; a token belongs in the Authorization field");
    AS_NEED(as_direct_fields(call->request, "authorization") <= 1, AS_INVALID_REQUEST,
            "the Authorization field is repeated");
    (void)as_span_cut(&field, ' ', &scheme);
    AS_NEED(as_span_equal_nocase(scheme, AS_LIT("Bearer")), AS_TOKEN_MISSING, "token_missing");
    AS_NEED(as_throttle_may(visit->ctx.throttle, visit->peer->address, about, visit->ctx.mono_ms),
            AS_TOO_MANY_FAILURES, "too_many_failures");
    *out = as_span_trim(field);
    return is_token68(*out) ? AS_OK : as_bearer_refuse(call, about, "token_malformed");
}

as_err as_bearer_make(struct as_arena *mem, const char *prefix, as_span *out,
                      unsigned char digest[AS_DIGEST])
{
    unsigned char secret[SECRET];
    char text[AS_BASE64URL_LEN(SECRET) + 1];

    AS_TRY(as_random(secret, sizeof(secret)));
    as_base64url_write(as_span_bytes(secret, sizeof(secret)), text);
    as_err err = as_arena_printf(mem, out, "%s%s", prefix, text);
    as_crypto_wipe(secret, sizeof(secret));
    as_crypto_wipe(text, sizeof(text));
    AS_TRY(err);
    return as_sha256(*out, digest);
}
