/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AS_JOSE_JWKS_H
#define AS_JOSE_JWKS_H

#include "as/jose.h"

/* One key of a set, as as_jwks_read reads it; texts belong to the json_t, octets to the arena. */
as_err as_jwk_read(struct as_arena *mem, const struct json_t *key, struct as_jwk *out);

#endif
