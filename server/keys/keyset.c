/* SPDX-License-Identifier: Apache-2.0 */
/* A keyset is made of all rows at once, is not changed, and goes with its last holder. */
#include "parts.h"

#include <stdatomic.h>
#include <stdlib.h>

#define ETAG_OCTETS 16 /* of the digest: enough to tell documents apart */

static void box_free(struct as_keyset_box *box)
{
    for (size_t i = 0; i < box->signing_count; i++) {
        as_jws_key_free(box->signing[i].key);
    }
    as_ring_free(box->ring);
    as_arena_free(box->mem);
    free(box);
}
AS_AUTO_DEFINE(struct as_keyset_box, box_free)

/* Every key must unwrap, of whatever purpose. */
static as_err take_row(struct as_keyset_box *box, const struct as_kek *kek, struct as_arena *secret,
                       const struct as_key_row *row)
{
    const struct as_purpose *purpose = as_purpose_of(row->purpose);
    as_span private_ = AS_SPAN_NONE;

    AS_TRY(as_keys_unwrap(kek, secret, row, &private_));
    return purpose != NULL ? purpose->take(box, row, private_) : AS_OK;
}

static as_err take_rows(struct as_keyset_box *box, const struct as_kek *kek,
                        const struct as_key_row *rows, size_t count)
{
    AS_AUTO(as_arena_free) struct as_arena *secret = as_arena_new(AS_LIMIT_ARENA);

    AS_NEED_MEM(secret);
    for (size_t i = 0; i < count; i++) {
        AS_TRY(take_row(box, kek, secret, &rows[i]));
    }
    return AS_OK;
}

/* The public halves, written anew from the keys themselves. */
static as_err write_jwks(struct as_keyset_box *box)
{
    as_span *jwks = as_arena_array(box->mem, box->signing_count + 1, sizeof(*jwks));
    unsigned char digest[AS_DIGEST];
    char text[AS_BASE64URL_LEN(ETAG_OCTETS) + 1];

    AS_NEED_MEM(jwks);
    for (size_t i = 0; i < box->signing_count; i++) {
        AS_TRY(as_jwk_write(box->signing[i].key, box->mem, &jwks[i]));
    }
    AS_TRY(as_jwks_write(jwks, box->signing_count, box->mem, &box->view.jwks));
    AS_TRY(as_sha256(box->view.jwks, digest));
    as_base64url_write(as_span_bytes(digest, ETAG_OCTETS), text);
    return as_arena_printf(box->mem, &box->view.etag, "\"%s\"", text);
}

int64_t as_keyset_max_age(const struct as_keys_conf *conf)
{
    const int64_t half = conf->publish_lead / 2;

    return half < AS_LIMIT_JWKS_AGE_S ? half : AS_LIMIT_JWKS_AGE_S;
}

static void fill_view(struct as_keyset_box *box, const struct as_keys_conf *conf)
{
    box->view.ring = box->ring;
    box->view.alg = conf->alg;
    box->view.max_age = as_keyset_max_age(conf);
}

as_err as_keyset_new(const struct as_kek *kek, const struct as_keys_conf *conf,
                     const struct as_key_row *rows, size_t count, struct as_keyset_box **out)
{
    AS_AUTO(box_free) struct as_keyset_box *box = calloc(1, sizeof(*box));

    AS_NEED_MEM(box);
    atomic_init(&box->holders, 1);
    box->mem = as_arena_new(AS_LIMIT_ARENA);
    AS_NEED_MEM(box->mem);
    box->signing = as_arena_array(box->mem, count + 1, sizeof(*box->signing));
    AS_NEED_MEM(box->signing);
    AS_TRY(as_ring_new(AS_PURPOSE_ACCESS_TOKEN, &box->ring));
    AS_TRY(take_rows(box, kek, rows, count));
    AS_TRY(write_jwks(box));
    fill_view(box, conf);
    *out = AS_MOVE(box);
    return AS_OK;
}

static const struct as_keyset_box *box_of(const struct as_keyset *set)
{
    return (const struct as_keyset_box *)set;
}

const struct as_jws_key *as_keyset_signer(const struct as_keyset *set, enum as_alg alg)
{
    const struct as_keyset_box *box = box_of(set);
    const enum as_alg wanted = alg == AS_ALG_NONE ? set->alg : alg;

    for (size_t i = 0; i < box->signing_count; i++) {
        if (box->signing[i].state == AS_KEY_ACTIVE &&
            as_jws_key_alg(box->signing[i].key) == wanted) {
            return box->signing[i].key;
        }
    }
    return NULL;
}

const struct as_jws_key *as_keyset_verifier(const struct as_keyset *set, as_span kid)
{
    const struct as_keyset_box *box = box_of(set);

    for (size_t i = 0; i < box->signing_count; i++) {
        if (as_span_equal(as_jws_key_kid(box->signing[i].key), kid)) {
            return box->signing[i].key;
        }
    }
    return NULL;
}

const struct as_keyset *as_keys_hold(struct as_keys *keys)
{
    pthread_mutex_lock(&keys->swap);
    struct as_keyset_box *box = keys->present;
    atomic_fetch_add_explicit(&box->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&keys->swap);
    return &box->view;
}

void as_keyset_drop(const struct as_keyset *set)
{
    struct as_keyset_box *box = (struct as_keyset_box *)(uintptr_t)set;

    if (box != NULL && atomic_fetch_sub_explicit(&box->holders, 1, memory_order_acq_rel) == 1) {
        box_free(box);
    }
}
