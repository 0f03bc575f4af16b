/* SPDX-License-Identifier: Apache-2.0 */
#include "form.h"

static const struct as_token_form *const forms[AS_TOKEN_FORMATS] = {
    [AS_TOKEN_SEALED] = &as_token_form_sealed,
    [AS_TOKEN_JWT] = &as_token_form_jwt,
};

const struct as_token_form *as_token_form_of(enum as_token_format format)
{
    return (unsigned)format < AS_TOKEN_FORMATS ? forms[format] : NULL;
}

size_t as_token_way_octets(enum as_certificate_class class_)
{
    return class_ == AS_CERTIFICATE_PKI ? AS_WAY : 0;
}

/* A sealed token says so at its beginning; a JWT begins with base64url of a brace. */
as_err as_token_read(const struct as_ctx *ctx, as_span text, const struct as_token **out)
{
    const enum as_token_format format =
        as_span_starts(text, AS_LIT(AS_TOKEN_PREFIX)) ? AS_TOKEN_SEALED : AS_TOKEN_JWT;

    *out = NULL;
    return text.len <= AS_LIMIT_TOKEN_TEXT ? forms[format]->read(ctx, text, out) : AS_OK;
}
