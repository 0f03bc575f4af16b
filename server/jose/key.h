/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a key: OpenSSL's parsed form, the one algorithm it serves, and what is asked of it
 * for every token, written once. Immutable after as_key_wrap, so that threads may share it; each
 * operation makes its own contexts.
 */
#ifndef AS_JOSE_KEY_H
#define AS_JOSE_KEY_H

#include "as/crypto.h"
#include "as/jose.h"
#include "openssl.h"

#define AS_KEY_COORDINATE 32                          /* octets: P-256, Ed25519 */
#define AS_KEY_ES256      (2 * AS_KEY_COORDINATE)     /* octets of a signature, r and s */
#define AS_KEY_SIGNATURE  (AS_LIMIT_RSA_MAX_BITS / 8) /* octets of the largest signature */
#define AS_KEY_SALT       32                          /* octets of PS256's salt: RFC 7518 3.5 */

/* What kind of key an algorithm takes (RFC 7518 6.1, RFC 8037 2). */
struct as_key_kind_row {
    const char *kty; /* of the JWK */
    const char *crv; /* of the JWK; NULL: it has none */
    const char *evp; /* OpenSSL's name */
    enum as_key_kind kind;
};
extern const struct as_key_kind_row as_key_kinds[AS_ALGS];

struct as_jws_key {
    enum as_alg alg;
    bool is_private;
    EVP_PKEY *pkey;
    size_t signature_len;
    char kid[AS_KID + 1];
    char *members; /* the public members as RFC 7638 3 orders them: {"crv":...,"kty":...} */
    size_t members_len;
};
AS_AUTO_DEFINE(struct as_jws_key, as_jws_key_free)

/* Does the key suit the algorithm: its kind, strong enough (as/crypto.h), sound? */
bool as_key_suits(enum as_alg alg, const EVP_PKEY *pkey);

/* A key of this kind (OpenSSL's name) from its numbers: EVP_PKEY_KEYPAIR or EVP_PKEY_PUBLIC_KEY;
 * NULL where they make none. The caller frees it. */
EVP_PKEY *as_key_of_params(const char *evp, int selection, OSSL_PARAM *params);

/* The public key of a JWK, which the caller frees; NULL for a kind that is not looked into. Errors:
 * AS_INVALID_CLIENT_METADATA for one that is unsound (REG-35). */
as_err as_key_public(const struct as_jwk *jwk, EVP_PKEY **out);

/* Takes over one reference to pkey, which suits the algorithm, in success and failure. */
as_err as_key_wrap(enum as_alg alg, bool is_private, EVP_PKEY *pkey, struct as_jws_key **out);

/* The public members, as RFC 7638 3 orders them, into `out`. */
as_err as_key_members(enum as_alg alg, const EVP_PKEY *pkey, struct as_buf *out);

/* The octets of a signature; `out` has room for AS_KEY_SIGNATURE. */
as_err as_key_sign(const struct as_jws_key *key, as_span text, unsigned char *out, size_t *len);
as_err as_key_verify(const struct as_jws_key *key, as_span text, as_span signature, bool *ok);

/* The digest that OpenSSL puts before the signature; NULL: Ed25519 hashes by itself. */
const char *as_key_digest(enum as_alg alg);
/* PS256 is RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of exactly 32 octets (RFC 7518
 * 3.5). Nothing to do for others. */
bool as_key_set_padding(enum as_alg alg, EVP_PKEY_CTX *ctx);

#endif
