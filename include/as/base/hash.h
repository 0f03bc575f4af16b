/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash for tables whose keys come from outside: SipHash-2-4 (Aumasson, Bernstein: "SipHash: a
 * fast short-input PRF", 2012) under a seed that nobody outside knows, so that nobody can aim at a
 * slot. Not for secrets. Threads: any; values only.
 */
#ifndef AS_BASE_HASH_H
#define AS_BASE_HASH_H

#include "as/base/err.h"
#include "as/base/span.h"

struct as_hash_seed {
    uint64_t words[2];
};

/* Of the system's randomness. Errors: server error. */
as_err as_hash_seed_make(struct as_hash_seed *out);
uint64_t as_hash(const struct as_hash_seed *seed, as_span bytes);

#endif
