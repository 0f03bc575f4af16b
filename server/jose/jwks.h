/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a set, one by one. */
#ifndef AS_JOSE_JWKS_H
#define AS_JOSE_JWKS_H

#include "as/jose.h"

#define AS_JWK_UNSOUND "a key in jwks is malformed, too weak or not on its curve"

/* One key of a set, as as_jwks_read reads it; texts belong to the json_t, octets to the arena. */
as_err as_jwk_read(struct as_arena *mem, const struct json_t *key, struct as_jwk *out);
/* Are the numbers of a kind that we know sound? Other kinds are (REG-35). */
as_err as_jwk_check(const struct as_jwk *jwk);

#endif
