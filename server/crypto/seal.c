/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seal is kid 8 || salt 24 || ciphertext || tag 16 (design D8). Each seal has a key and an iv of
 * its own, derived from the master and 192 random bits, so that no limit on random nonces is ever
 * near. What is encrypted is length 2 || plaintext || zeros up to a multiple of 64, so that the
 * length of a token says little of its contents.
 */
#include "ring.h"

#include <string.h>

#define HEAD      (AS_SEAL_KID + AS_SEAL_SALT)
#define BLOCK     64
#define LENGTH    2
#define RAW_MAX   (HEAD + AS_LIMIT_TOKEN_PLAIN + AS_SEAL_TAG)
#define RAW_MIN   (HEAD + BLOCK + AS_SEAL_TAG)
#define ABOUT_MAX 2048

_Static_assert(AS_LIMIT_TOKEN_PLAIN % BLOCK == 0, "the largest plaintext is whole blocks");
_Static_assert(AS_SEAL_TAG == AS_GCM_TAG, "one tag length");
_Static_assert(AS_BASE64URL_LEN(RAW_MAX) < AS_LIMIT_TOKEN_TEXT, "no seal passes the limit");

struct seal_keys {
    unsigned char key[AS_GCM_KEY];
    unsigned char iv[AS_GCM_IV];
};

static as_err derive(const struct as_ring *ring, const struct as_ring_key *from,
                     const unsigned char *salt, struct seal_keys *out)
{
    _Static_assert(sizeof(*out) == AS_GCM_KEY + AS_GCM_IV, "derived in one piece");
    return as_kbkdf_derive(from->master, as_span_of(ring->purpose),
                           as_span_bytes(salt, AS_SEAL_SALT), (unsigned char *)out, sizeof(*out));
}

static size_t put_about(unsigned char *to, as_span part)
{
    as_octets_put(to, part.len, 4);
    if (part.len > 0) {
        memcpy(to + 4, part.ptr, part.len);
    }
    return 4 + part.len;
}

/* The associated data: prefix, kid, salt and what the seal is about, each after its length. */
static as_err write_about(const unsigned char *head, as_span prefix, as_span about,
                          unsigned char out[ABOUT_MAX], size_t *len)
{
    const as_span parts[] = {prefix, as_span_bytes(head, AS_SEAL_KID),
                             as_span_bytes(head + AS_SEAL_KID, AS_SEAL_SALT), about};
    size_t total = 0;

    for (size_t i = 0; i < AS_COUNT(parts); i++) {
        AS_NEED(parts[i].len <= ABOUT_MAX - 4 - total, AS_SERVER_ERROR, "a seal about too much");
        total += put_about(out + total, parts[i]);
    }
    *len = total;
    return AS_OK;
}

/* What all the cryptography of one seal needs; wiped by whoever made it. */
struct seal_work {
    struct seal_keys keys;
    unsigned char about[ABOUT_MAX];
    struct as_gcm gcm;
};

static void seal_work_end(struct seal_work *work)
{
    as_crypto_wipe(&work->keys, sizeof(work->keys));
}

#define SEAL_WORK __attribute__((cleanup(seal_work_end))) struct seal_work

static as_err seal_work_start(const struct as_ring *ring, const struct as_ring_key *key,
                              const unsigned char *head, as_span prefix, as_span about,
                              struct seal_work *work)
{
    size_t len = 0;

    AS_TRY(write_about(head, prefix, about, work->about, &len));
    AS_TRY(derive(ring, key, head + AS_SEAL_KID, &work->keys));
    work->gcm = (struct as_gcm){ring->cipher, work->keys.key, work->keys.iv,
                                as_span_bytes(work->about, len)};
    return AS_OK;
}

static size_t padded(size_t len)
{
    return (LENGTH + len + BLOCK - 1) / BLOCK * BLOCK;
}

as_err as_seal(const struct as_ring *ring, struct as_arena *mem, as_span prefix, as_span about,
               as_span plain, as_span *out)
{
    unsigned char inner[AS_LIMIT_TOKEN_PLAIN] = {0};
    unsigned char raw[RAW_MAX];
    SEAL_WORK work = {0};

    AS_NEED(ring->sealing != NULL, AS_UNAVAILABLE, "no key seals");
    AS_NEED(plain.len <= AS_SEAL_PLAIN_MAX, AS_SERVER_ERROR, "too long to be sealed");
    size_t len = padded(plain.len);
    size_t total = HEAD + len + AS_SEAL_TAG;
    char *text = as_arena_alloc(mem, prefix.len + AS_BASE64URL_LEN(total) + 1);
    AS_NEED_MEM(text);
    memcpy(raw, ring->sealing->kid, AS_SEAL_KID);
    AS_TRY(as_random_open(raw + AS_SEAL_KID, AS_SEAL_SALT));
    AS_TRY(seal_work_start(ring, ring->sealing, raw, prefix, about, &work));

    as_octets_put(inner, plain.len, LENGTH);
    if (plain.len > 0) {
        memcpy(inner + LENGTH, plain.ptr, plain.len);
    }
    as_err err = as_gcm_encrypt(&work.gcm, as_span_bytes(inner, len), raw + HEAD);
    as_crypto_wipe(inner, sizeof(inner));
    AS_TRY(err);

    if (prefix.len > 0) {
        memcpy(text, prefix.ptr, prefix.len);
    }
    as_base64url_write(as_span_bytes(raw, total), text + prefix.len);
    *out = as_span_bytes(text, prefix.len + AS_BASE64URL_LEN(total));
    return AS_OK;
}

/* The text as octets, when its shape is that of a seal. */
static bool read_raw(as_span prefix, as_span text, unsigned char raw[RAW_MAX], size_t *len)
{
    return as_span_starts(text, prefix) &&
           as_base64url_parse(as_span_from(text, prefix.len), raw, RAW_MAX, len) && *len >= RAW_MIN;
}

/* Takes the padding off. A seal that opened is ours; the check is against our own mistakes. */
static bool unpad(const unsigned char *inner, size_t len, as_span *out)
{
    size_t plain = (size_t)as_octets_get(inner, LENGTH);

    if (padded(plain) != len) {
        return false;
    }
    for (size_t i = LENGTH + plain; i < len; i++) {
        if (inner[i] != 0) {
            return false;
        }
    }
    *out = as_span_bytes(inner + LENGTH, plain);
    return true;
}

as_err as_unseal(const struct as_ring *ring, struct as_arena *mem, as_span prefix, as_span about,
                 as_span text, as_span *out)
{
    unsigned char raw[RAW_MAX];
    size_t total = 0;
    bool intact = false;
    SEAL_WORK work = {0};

    *out = AS_SPAN_NONE;
    if (!read_raw(prefix, text, raw, &total)) {
        return AS_OK;
    }
    const struct as_ring_key *key = as_ring_find(ring, raw);
    if (key == NULL) {
        return AS_OK;
    }
    size_t len = total - HEAD - AS_SEAL_TAG;
    unsigned char *inner = as_arena_alloc(mem, len);
    AS_NEED_MEM(inner);
    AS_TRY(seal_work_start(ring, key, raw, prefix, about, &work));
    AS_TRY(as_gcm_decrypt(&work.gcm, as_span_bytes(raw + HEAD, len + AS_SEAL_TAG), inner, &intact));
    if (!intact || !unpad(inner, len, out)) {
        *out = AS_SPAN_NONE;
    }
    return AS_OK;
}
