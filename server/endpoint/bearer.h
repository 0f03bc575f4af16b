/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bearer tokens of registration: initial access tokens and registration access tokens (RFC 7591
 * 1.2). Each is a prefix and 192 random bits; the store knows their SHA-256 alone, and neither log
 * nor audit nor an error ever holds one.
 */
#ifndef AS_ENDPOINT_BEARER_H
#define AS_ENDPOINT_BEARER_H

#include "app.h"

#define AS_BEARER_IAT "iat."
#define AS_BEARER_RAT "rat."

/* In whose name failures are counted where no client is named; no id begins with '-' (REG-05). */
#define AS_BEARER_NOBODY AS_LIT("-")

/*
 * The token of the Authorization field (RFC 6750 2.1), and nowhere else: there may be no query.
 * AS_TOKEN_MISSING: no field, or another scheme; AS_INVALID_TOKEN: it is malformed;
 * AS_INVALID_REQUEST: a query, or the field twice; AS_TOO_MANY_FAILURES: this address has shown too
 * many bad ones `about` this client (TOK-13).
 */
as_err as_bearer_read(struct as_http_call *call, as_span about, as_span *out);
/* AS_INVALID_TOKEN for this reason, which is for the log alone; counted. Only once it is certain,
 * since a request may be run twice (D10). */
as_err as_bearer_refuse(struct as_http_call *call, as_span about, const char *why);
/* Makes one; `digest` is what the store keeps. */
as_err as_bearer_make(struct as_arena *mem, const char *prefix, as_span *out,
                      unsigned char digest[AS_DIGEST]);

#endif
