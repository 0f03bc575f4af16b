/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of an access token; today the sealed one. What is inside a seal, in this order, numbers
 * big-endian:
 *
 *     version 1 | flags 1 | jti 16 | issued 8 | expires 8 | client epoch 8
 *     | class 1, thumbprint 32            when flag 1 (bound to a certificate) is set
 *     | client id, subject, scope         each after its length in 2 octets
 *     | count 1, audience ...             each after its length in 2 octets
 *
 * One version has one form for each token; a reader refuses all else, also what it does not know.
 */
#ifndef AS_TOKEN_FORM_H
#define AS_TOKEN_FORM_H

#include "as/token.h"

/* Writes the inside of a token; false when it does not fit into `room` octets. */
bool as_token_inside_write(const struct as_token *token, unsigned char *out, size_t room,
                           size_t *len);
/*
 * Reads it. *out has a NULL client_id.ptr when the octets are no inside of ours, and this is no
 * error. Its spans point into `inside`; its audience array is in the arena.
 */
as_err as_token_inside_parse(struct as_arena *mem, as_span inside, struct as_token *out);

/* Opens a token whatever the time; *out is NULL when it is not an intact one of ours. */
as_err as_token_unseal(const struct as_ctx *ctx, as_span text, const struct as_token **out);

/* What the time alone says of a token: NULL, or why it is not active. */
const char *as_token_check_time(const struct as_token *token, as_time now);

#endif
