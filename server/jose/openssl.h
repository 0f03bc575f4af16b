/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL handles that free themselves; its error queue as as/crypto.h keeps it. */
#ifndef AS_JOSE_OPENSSL_H
#define AS_JOSE_OPENSSL_H

#include "as/crypto.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

AS_AUTO_DEFINE(BIGNUM, BN_free)
AS_AUTO_DEFINE(BN_CTX, BN_CTX_free)
AS_AUTO_DEFINE(EVP_PKEY, EVP_PKEY_free)
AS_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
AS_AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free)

#endif
