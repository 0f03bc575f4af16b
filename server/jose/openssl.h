/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL handles that free themselves, and its error queue left as it was found: TLS on the same
 * thread reads that queue and would take our entries for its own.
 */
#ifndef AS_JOSE_OPENSSL_H
#define AS_JOSE_OPENSSL_H

#include "as/base.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

AS_AUTO_DEFINE(BIGNUM, BN_free)
AS_AUTO_DEFINE(BN_CTX, BN_CTX_free)
AS_AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free)
AS_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
AS_AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free)

static inline void as_errors_restore(const int *unused)
{
    (void)unused;
    ERR_pop_to_mark();
}

/* Whatever OpenSSL reports until the end of the block is forgotten. */
#define AS_ERRORS_KEPT                                                                             \
    __attribute__((cleanup(as_errors_restore), unused)) const int as_errors_mark_ = ERR_set_mark()

#endif
