/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/: random octets, SHA-256, constant-time comparison, the sealing of access tokens and the
 * wrapping of keys (design D8, D16), and the floor of public keys (D4). Signatures are in jose/,
 * X.509 is in trust/.
 *
 * Owner: a ring belongs to whoever made it; all else is written where the caller says. Threads:
 * any; a ring is immutable once it is used. No function leaves an entry in OpenSSL's error queue,
 * which TLS on the same thread would take for its own.
 */
#ifndef AS_CRYPTO_H
#define AS_CRYPTO_H

#include "as/base.h"

struct evp_pkey_st; /* openssl/types.h: EVP_PKEY */

#define AS_DIGEST 32 /* octets of a SHA-256 digest: of a certificate, a key, a token, a name */

/* Fills from the generator of the operating system or OpenSSL; a generator that cannot answer is a
 * server error, never weak octets. */
as_err as_random(void *out, size_t len);
/* The same for what is shown to others anyway, as the salt of a seal or an identifier of a token:
 * at most 512 octets, drawn ahead of time, and so never for a key or a secret. */
as_err as_random_open(void *out, size_t len);
as_err as_sha256(as_span bytes, unsigned char out[AS_DIGEST]);
/* Equal, in a time that depends on the length alone. */
bool as_crypto_equal(const void *a, const void *b, size_t len);
/* Has libcrypto ask for memory as as/base/memory.h says: first thing in main(). False when it has
 * asked already. */
bool as_crypto_watch_memory(void);
/* Overwrites a secret; not optimised away. */
void as_crypto_wipe(void *secret, size_t len);

/* Whatever OpenSSL reports until the end of the block is forgotten; what stood in the queue of the
 * thread before stays. The two functions are the macro's. */
#define AS_ERRORS_KEPT                                                                             \
    __attribute__((cleanup(as_crypto_errors_restore), unused)) const int as_errors_mark_ =         \
        as_crypto_errors_mark()
int as_crypto_errors_mark(void);
void as_crypto_errors_restore(const int *unused);

/* A random id: a letter that tells its kind and 22 characters of base64url, 128 bits (TOK-17,
 * REG-05). Without the letter one in 64 would begin with '-' and look like a flag of fapictl. */
#define AS_RANDOM_ID 23
as_err as_random_id(struct as_arena *mem, char kind, as_span *out);

/* ---------------------------------------------------------------- the floor of public keys --- */

/* The kinds of public keys that are in use anywhere (design D4, D11). */
enum as_key_kind { AS_KEY_OTHER, AS_KEY_RSA, AS_KEY_P256, AS_KEY_P384, AS_KEY_ED25519 };

/* NULL is AS_KEY_OTHER; so are an RSA key restricted to PSS and EC keys on other curves or with
 * explicit parameters. */
enum as_key_kind as_key_kind_of(const struct evp_pkey_st *key);
/* One of these kinds; an RSA key of 2048 bits to that many, and an odd exponent in [65537, 2^32).
 */
bool as_key_is_strong(const struct evp_pkey_st *key, int most_rsa_bits);

/* ---------------------------------------------------------------- key-encryption key --------- */

#define AS_KEK        32
#define AS_WRAP_EXTRA 28 /* nonce 12, tag 16 */

/*
 * AES-256-GCM with a random nonce: nonce 12 || ciphertext || tag 16, `about` as associated data, so
 * that a wrapped key cannot be passed off as another. `out` has room for plain.len + AS_WRAP_EXTRA.
 */
as_err as_wrap(const unsigned char kek[AS_KEK], as_span about, as_span plain, unsigned char *out);
/* `out` has room for wrapped.len - AS_WRAP_EXTRA. AS_SERVER_ERROR "key does not unwrap" when the
 * key, the octets or `about` are not what was wrapped. */
as_err as_unwrap(const unsigned char kek[AS_KEK], as_span about, as_span wrapped,
                 unsigned char *out);

/* ---------------------------------------------------------------- sealing -------------------- */

#define AS_SEAL_KID    8
#define AS_SEAL_MASTER 32
#define AS_SEAL_SALT   24
#define AS_SEAL_TAG    16

/* A set of sealing keys by kid, one of which seals. */
struct as_ring;

/* The longest plaintext: two octets of a full one hold its length. */
#define AS_SEAL_PLAIN_MAX (AS_LIMIT_TOKEN_PLAIN - 2)

/* An empty ring for one purpose, which is the KBKDF label: "fapid/access-token/1". */
as_err as_ring_new(const char *purpose, struct as_ring **out);
/* Adds a key (the master is copied); `seals`: use it for new seals, in place of an earlier one. A
 * kid that is in the ring already is a server error. */
as_err as_ring_add(struct as_ring *ring, const unsigned char kid[AS_SEAL_KID],
                   const unsigned char master[AS_SEAL_MASTER], bool seals);
/* Wipes all. NULL is allowed. */
void as_ring_free(struct as_ring *ring);

/*
 * Seals: prefix || base64url(kid 8 || salt 24 || AES-256-GCM ciphertext || tag 16). Key and iv come
 * from KBKDF(master, purpose, context = salt), so that no nonce repeats; associated data are
 * prefix, kid, salt and `about` (the issuer), each with its length. The plaintext with two octets
 * of length is padded to a multiple of 64. Longer than AS_SEAL_PLAIN_MAX: server error; no key that
 * seals, as for a moment after a restore: AS_UNAVAILABLE.
 */
as_err as_seal(const struct as_ring *ring, struct as_arena *mem, as_span prefix, as_span about,
               as_span plain, as_span *out);
/*
 * Opens. Anything but an intact seal of a known key leaves *out with a NULL ptr and succeeds:
 * absent is not broken. Errors: server error only.
 */
as_err as_unseal(const struct as_ring *ring, struct as_arena *mem, as_span prefix, as_span about,
                 as_span text, as_span *out);

#endif
