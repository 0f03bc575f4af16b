/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict text encodings: base64url (RFC 4648 5, without padding), base64 (RFC 4648 4, with padding)
 * and hex. Decoders refuse foreign characters, line breaks, wrong padding and non-zero trailing
 * bits, so that each octet string has exactly one text, but for the case of hex digits.
 */
#ifndef AS_BASE_TEXT_H
#define AS_BASE_TEXT_H

#include "as/base/arena.h"

#define AS_BASE64URL_LEN(bytes) (((bytes)*4 + 2) / 3)

/* Writes AS_BASE64URL_LEN(bytes.len) characters and a NUL to `out`. */
void as_base64url_write(as_span bytes, char *out);
/* Decodes into `out` (room octets). False when ill-formed or too long. *len is the octets written.
 */
bool as_base64url_parse(as_span text, void *out, size_t room, size_t *len);
/* Decodes into the arena; AS_INVALID_REQUEST when ill-formed. */
as_err as_base64url_take(struct as_arena *mem, as_span text, as_span *out);
/* The same for padded base64 (RFC 7517 4.7 x5c). */
as_err as_base64_take(struct as_arena *mem, as_span text, as_span *out);
/* Padded base64 of the bytes. */
as_err as_base64_put(struct as_arena *mem, as_span bytes, as_span *out);

/* Writes 2 * bytes.len lower-case digits and a NUL. */
void as_hex_write(as_span bytes, char *out);
/* Writes text.len / 2 octets to `out`. False unless the text is pairs of digits, of either case. */
bool as_hex_parse(as_span text, void *out);

#endif
