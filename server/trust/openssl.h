/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL handles that free themselves; its error queue as as/crypto.h keeps it. */
#ifndef AS_TRUST_OPENSSL_H
#define AS_TRUST_OPENSSL_H

#include "as/crypto.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

AS_AUTO_DEFINE(X509, X509_free)
AS_AUTO_DEFINE(BIGNUM, BN_free)
AS_AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX_free)
AS_AUTO_DEFINE(NAME_CONSTRAINTS, NAME_CONSTRAINTS_free)
AS_AUTO_DEFINE(GENERAL_NAMES, GENERAL_NAMES_free)
AS_AUTO_DEFINE(X509_STORE_CTX, X509_STORE_CTX_free)
AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* A stack that owns one reference to each of its certificates. */
typedef STACK_OF(X509) as_x509s;

static inline void as_x509s_free(as_x509s *stack)
{
    sk_X509_pop_free(stack, X509_free);
}
AS_AUTO_DEFINE(as_x509s, as_x509s_free)

#endif
