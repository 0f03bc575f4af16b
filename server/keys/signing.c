/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys: named by the thumbprint of their public half, which stands beside the private one
 * (design D11, REG-141). */
#include "parts.h"

AS_AUTO_DEFINE(struct as_jws_key, as_jws_key_free)

static as_err make(struct as_arena *mem, enum as_alg alg, struct as_key_fresh *out)
{
    AS_AUTO(as_jws_key_free) struct as_jws_key *key = NULL;

    AS_TRY(as_jws_key_make(alg, &key));
    AS_TRY(as_arena_copy(mem, as_jws_key_kid(key), &out->kid));
    AS_TRY(as_jwk_write(key, mem, &out->public_));
    return as_jws_key_private(key, mem, &out->private_);
}

/* REG-148: the kid is the thumbprint of both halves, or they are no pair. */
static as_err check_pair(const struct as_key_row *row, const struct as_jws_key *private_,
                         enum as_alg alg)
{
    AS_AUTO(as_jws_key_free) struct as_jws_key *public_ = NULL;

    AS_NEED(!as_failed(as_jws_key_of_text(alg, row->public_, &public_)) &&
                as_span_equal(as_jws_key_kid(public_), row->kid) &&
                as_span_equal(as_jws_key_kid(private_), row->kid),
            AS_BAD_CONFIGURATION,
            "a signing key of the store does not match the public key that is shown for it");
    return AS_OK;
}

static as_err take(struct as_keyset_box *box, const struct as_key_row *row, as_span private_)
{
    AS_AUTO(as_jws_key_free) struct as_jws_key *key = NULL;
    enum as_alg alg = AS_ALG_NONE;

    AS_NEED(as_alg_named(row->alg, &alg), AS_BAD_CONFIGURATION,
            "a signing key of the store has an algorithm that is not on offer");
    AS_TRY(as_jws_key_of_private(alg, private_, &key));
    AS_TRY(check_pair(row, key, alg));
    box->signing[box->signing_count++] = (struct as_held_key){row->state, AS_MOVE(key)};
    return AS_OK;
}

const struct as_purpose as_purpose_signing = {AS_PURPOSE_SIGNATURE, make, take};
