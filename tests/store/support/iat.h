/* SPDX-License-Identifier: Apache-2.0 */
/* Initial access tokens for tests. */
#ifndef AS_TESTS_STORE_IAT_H
#define AS_TESTS_STORE_IAT_H

#include "store/support/whole.h"

#define NOW (FAR - 1000) /* past any clock: the store's own sweeper is at work meanwhile */

static inline struct as_iat an_iat(const char *id, unsigned char first, int64_t uses)
{
    return (struct as_iat){.id = as_span_of(id),
                           .digest = {first, 7},
                           .profile = AS_LIT("fapi2"),
                           .scope = AS_LIT("accounts payments"),
                           .uses = uses,
                           .created = NOW,
                           .expires_at = FAR};
}

static inline const struct as_iat *iat_get(struct fixture *f, const unsigned char digest[AS_DIGEST])
{
    const struct as_iat *iat = NULL;

    ck_ok(as_store_iat_get(f->worker, f->mem, digest, &iat));
    as_store_session_done(f->worker);
    return iat;
}

#endif
