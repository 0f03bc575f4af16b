/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose/: JSON Web Keys as registered by clients (RFC 7517), and strict JSON reading for all rooms
 * that read JSON from outside. Public keys only. Threads: any; values live in the arena or in the
 * json_t the caller owns.
 */
#ifndef AS_JOSE_H
#define AS_JOSE_H

#include "as/base.h"

struct json_t;

/*
 * Parses one JSON text strictly: UTF-8, no repeated member names, nothing after the value, depth at
 * most AS_LIMIT_JSON_DEPTH (scanned before the parser sees it), no NUL in strings. The caller owns
 * *out (json_decref). Errors: AS_INVALID_REQUEST with a public reason.
 */
as_err as_json_parse(as_span text, struct json_t **out);

/* A public key of a set. Members that the key does not have are empty. */
struct as_jwk {
    as_span kty, kid, use, alg, crv;
    as_span n, e, x, y; /* decoded octets */
    const as_span *x5c; /* decoded DER, the leaf first (RFC 7517 4.7) */
    size_t x5c_count;
};

struct as_jwks {
    struct as_jwk *keys;
    size_t count;
};

/*
 * Reads {"keys":[...]}: at most AS_LIMIT_JWKS_KEYS; a private or symmetric member (d p q dp dq qi
 * oth k, kty oct) refuses the set (REG-34); x5c is an array of standard base64 without line breaks
 * (MTLS-53); n and e, or crv, x and y, must be present for RSA, EC and OKP keys; unknown kinds are
 * kept with their kty alone; one kid per kind (REG-35).
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason.
 */
as_err as_jwks_read(struct as_arena *mem, const struct json_t *set, struct as_jwks *out);

#endif
