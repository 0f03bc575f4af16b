/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of an access token, a row each: sealed and JWT. One version of a form has one text for
 * what is inside; a reader refuses all else, also what it does not know. Version 2 is written. What
 * version 1 said is read too: it had no way, and an update must not end the tokens that are out.
 *
 * Sealed. Inside the seal, in this order, numbers big-endian:
 *
 *     version 2 | flags 1 | jti 16 | issued 8 | expires 8 | client epoch 8
 *     | class 1, thumbprint 32            when flag 1 (bound to a certificate) is set
 *     | way 16                            when it is, and the class is pki
 *     | client id, subject, scope         each after its length in 2 octets
 *     | count 1, audience ...             each after its length in 2 octets
 *
 * JWT (RFC 9068). The header is {"alg","kid","typ":"at+jwt"}, the claims in this order:
 *
 *     iss sub aud exp nbf iat jti client_id scope
 *     cnf                                 {"x5t#S256"} of a bound token (RFC 8705 3.1)
 *     "fapid/2"                           {"epoch", "class", "way"}: for this server alone; `class`
 *                                         (pki or registered) of a bound token, `way` where the
 *                                         class is pki
 *
 * `aud` is a text when there is one, else an array. Nobody else defines a claim "fapid/2"; its
 * number is the version of this form.
 */
#ifndef AS_TOKEN_FORM_H
#define AS_TOKEN_FORM_H

#include "as/token.h"

struct as_token_form {
    /* The text of a token. AS_INVALID_SCOPE when scope and audience are too long for the form. */
    as_err (*write)(const struct as_ctx *ctx, const struct as_token *token, enum as_alg alg,
                    as_span *out);
    /* Whatever the time; *out is NULL when it is not an intact one of ours. */
    as_err (*read)(const struct as_ctx *ctx, as_span text, const struct as_token **out);
};

extern const struct as_token_form as_token_form_sealed;
extern const struct as_token_form as_token_form_jwt;

/* NULL for AS_TOKEN_UNSET. */
const struct as_token_form *as_token_form_of(enum as_token_format format);
/* Reads a token of either form; *out as above. */
as_err as_token_read(const struct as_ctx *ctx, as_span text, const struct as_token **out);

/* How many octets the way of a class has: AS_WAY, or none where there is but one way. */
size_t as_token_way_octets(enum as_certificate_class class_);

/* --- form_sealed.c */

/* Writes the inside of a token; false when it does not fit into `room` octets. */
bool as_token_inside_write(const struct as_token *token, unsigned char *out, size_t room,
                           size_t *len);
/*
 * Reads it. *out has a NULL client_id.ptr when the octets are no inside of ours, and this is no
 * error. Its spans point into `inside`; its audience array is in the arena.
 */
as_err as_token_inside_parse(struct as_arena *mem, as_span inside, struct as_token *out);

/* --- form_jwt.c */

/* The claims of a token as JSON; false when they do not fit into `out`, which is empty before. */
bool as_token_claims_write(const char *issuer, const struct as_token *token, struct as_buf *out);
/* Reads them; *out as as_token_inside_parse. All is copied into the arena. */
as_err as_token_claims_parse(struct as_arena *mem, const char *issuer, as_span claims,
                             struct as_token *out);

#endif
