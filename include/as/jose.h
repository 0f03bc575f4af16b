/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose/: JSON Web Keys (RFC 7517), JSON Web Signatures in compact form (RFC 7515, design D11), and
 * strict JSON reading for all rooms that read JSON from outside. EVP for these is here, as X.509 is
 * in trust/. Threads: any; a key is immutable and may be used by several threads at once; values
 * live in the arena or in the json_t the caller owns. No function leaves an entry in OpenSSL's
 * error queue.
 */
#ifndef AS_JOSE_H
#define AS_JOSE_H

#include "as/base.h"

struct json_t;

/* Has jansson ask for memory as as/base/memory.h says: call before it is used. Where memory is
 * short, jansson may give a value or a text of which a piece is missing; the next two do not. */
void as_json_watch_memory(void);
/*
 * Parses one JSON text strictly: UTF-8, no repeated member names, nothing after the value, depth at
 * most AS_LIMIT_JSON_DEPTH (scanned before the parser sees it), no NUL in strings. The caller owns
 * *out (json_decref). Errors: AS_INVALID_REQUEST with a public reason.
 */
as_err as_json_parse(as_span text, struct json_t **out);
/* The text of a value, without blanks. */
as_err as_json_write(struct as_arena *mem, const struct json_t *value, as_span *out);
/* One owner less. NULL is allowed. For rooms that do not know the parser, like what follows. */
void as_json_free(struct json_t *value);
/* How many members an object has; 0 for anything else. */
size_t as_json_size(const struct json_t *object);
/* The text of a string, which lives as long as the value; a NULL ptr for anything else. */
as_span as_json_span(const struct json_t *value);
/* A string of octets that need not be UTF-8, as in a file or an argument: then `text` becomes ASCII
 * first, with ? for what is none. NULL: memory is short. */
struct json_t *as_json_of_octets(char *text);
/* A member of an object that is itself an object; NULL when there is none. It lives as long as the
 * object. */
const struct json_t *as_json_object(const struct json_t *object, const char *name);
/* A member that is text, copied; a NULL ptr when there is none. Errors: server error. */
as_err as_json_text(struct as_arena *mem, const struct json_t *object, const char *name,
                    as_span *out);
/* A member that is an array of texts, or one text alone (RFC 7519 4.1.3), copied; at most `room`.
 * *count is 0 when there is none, or it is anything else. Errors: server error. */
as_err as_json_texts(struct as_arena *mem, const struct json_t *object, const char *name,
                     as_span *out, size_t room, size_t *count);
/* A member that is an integer; false when there is none. */
bool as_json_integer(const struct json_t *object, const char *name, int64_t *out);

/* A public key of a set. Members that the key does not have are empty. */
struct as_jwk {
    as_span kty, kid, use, alg, crv;
    as_span n, e, x, y;  /* decoded octets */
    bool not_for_verify; /* key_ops is there and does not name verify (RFC 7517 4.3) */
    const as_span *x5c;  /* decoded DER, the leaf first (RFC 7517 4.7) */
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
 * kept with their kty alone; one kid per kind (REG-35). Keys of the kinds RSA, EC (P-256, P-384,
 * P-521) and OKP (Ed25519) are sound, whatever they are for: RSA 2048 to 4096 bits with odd
 * 65537 <= e < 2^32, exact coordinate lengths, a point on the curve. That costs up to 0.2 ms a key.
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason.
 */
as_err as_jwks_read(struct as_arena *mem, const struct json_t *set, struct as_jwks *out);

/* ---------------------------------------------------------------- signatures ------------------ */

/* The algorithms on offer (RFC 7518 3.1, RFC 8037 3.1; FAPI 2.0 SP 5.4.1). Never none, never HS*,
 * never RS*. EdDSA is Ed25519 alone. */
enum as_alg { AS_ALG_NONE, AS_ALG_ES256, AS_ALG_PS256, AS_ALG_EDDSA, AS_ALGS };

/* "ES256", "PS256", "EdDSA"; case-sensitive. NULL for AS_ALG_NONE. */
const char *as_alg_name(enum as_alg alg);
bool as_alg_named(as_span name, enum as_alg *out);

/* A parsed key, public or private, bound to one algorithm (RFC 8725 3.1). */
struct as_jws_key;

/* The kid of our own keys: the SHA-256 thumbprint of RFC 7638 as base64url (REG-141). */
#define AS_KID 43

/* Makes a private key: P-256, RSA of 2048 bits with e = 65537, Ed25519. Slow for RSA (up to a
 * second): not on a worker. The caller frees it. */
as_err as_jws_key_make(enum as_alg alg, struct as_jws_key **out);
/* A private key from PKCS #8 DER, as as_jws_key_private wrote it; another kind of key than `alg`
 * takes, or one below the floor (RSA 2048, REG-145), is AS_BAD_CONFIGURATION. */
as_err as_jws_key_of_private(enum as_alg alg, as_span der, struct as_jws_key **out);
/* PKCS #8 DER into the arena, which is wiped at its end; for wrapping and nothing else. */
as_err as_jws_key_private(const struct as_jws_key *key, struct as_arena *mem, as_span *out);
/* A public key from a JWK, strictly: the kind that `alg` takes, exact coordinate lengths with
 * leading zeros kept, a point on the curve, RSA 2048 to 4096 bits with odd 65537 <= e < 2^32;
 * `use` other than sig, `alg` other than this, key_ops without verify are refused (TOK-43).
 * Errors: AS_INVALID_CLIENT_METADATA with a public reason. */
as_err as_jws_key_of_jwk(enum as_alg alg, const struct as_jwk *jwk, struct as_jws_key **out);
/* The same from the text of one JWK, as as_jwk_write wrote it. */
as_err as_jws_key_of_text(enum as_alg alg, as_span text, struct as_jws_key **out);
/* NULL is allowed. Private parts are wiped. */
void as_jws_key_free(struct as_jws_key *key);
enum as_alg as_jws_key_alg(const struct as_jws_key *key);
/* AS_KID characters; lives as long as the key. */
as_span as_jws_key_kid(const struct as_jws_key *key);

/* The public half as a JWK: kty, kid, use sig, alg and the key's own members, in the encodings of
 * REG-143; never a private member. JSON text into the arena. */
as_err as_jwk_write(const struct as_jws_key *key, struct as_arena *mem, as_span *out);
/* {"keys":[...]} of such texts. */
as_err as_jwks_write(const as_span *jwks, size_t count, struct as_arena *mem, as_span *out);

/*
 * Signs: BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature), with the header
 * {"alg","kid","typ"} and nothing more (REG-142). `typ` is plain text without need of escapes.
 * ES256 is 64 raw octets, PS256 has a salt of 32 (TOK-45). Errors: server error.
 */
as_err as_jws_sign(const struct as_jws_key *key, const char *typ, as_span payload,
                   struct as_arena *mem, as_span *out);

/* What a JWS in compact form claims to be, before anything is believed. */
struct as_jws {
    enum as_alg alg; /* AS_ALG_NONE: one we do not offer */
    as_span kid;     /* empty: absent */
    as_span typ;     /* as written; empty: absent */
    as_span signing; /* what is signed, a part of the text */
    as_span payload; /* decoded */
    as_span signature;
};

/*
 * Takes a compact JWS apart: exactly three parts, strict base64url, at most AS_LIMIT_JWT octets,
 * the header one JSON object without repeated names in which alg is a text and kid and typ are
 * texts where present; crit, zip, b64, jku, x5u, x5c, jwk are refused (TOK-41, TOK-46). *ok is
 * false for anything else; that is no error. Errors: server error.
 */
as_err as_jws_read(struct as_arena *mem, as_span text, struct as_jws *out, bool *ok);
/* Is it signed by this key, with the key's own algorithm? Another alg in the header: no. */
as_err as_jws_verify(const struct as_jws *jws, const struct as_jws_key *key, bool *ok);

#endif
