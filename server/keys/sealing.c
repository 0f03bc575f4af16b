/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing keys: 32 random octets under a random name of 16 hex digits (design D8). */
#include "parts.h"

#define KID_TEXT (2 * AS_SEAL_KID)

static as_err make(struct as_arena *mem, enum as_alg alg, struct as_key_fresh *out)
{
    unsigned char kid[AS_SEAL_KID];
    char *text = as_arena_alloc(mem, KID_TEXT + 1);
    unsigned char *master = as_arena_alloc(mem, AS_SEAL_MASTER);

    (void)alg;
    AS_NEED_MEM(text);
    AS_NEED_MEM(master);
    AS_TRY(as_random(kid, sizeof(kid)));
    as_hex_write(as_span_bytes(kid, sizeof(kid)), text);
    AS_TRY(as_random(master, AS_SEAL_MASTER));
    *out = (struct as_key_fresh){.kid = {text, KID_TEXT},
                                 .private_ = as_span_bytes(master, AS_SEAL_MASTER)};
    return AS_OK;
}

static as_err take(struct as_keyset_box *box, const struct as_key_row *row, as_span private_)
{
    unsigned char kid[AS_SEAL_KID];

    AS_NEED(row->kid.len == KID_TEXT && as_hex_parse(row->kid, kid) && row->alg.len == 0 &&
                row->public_.len == 0 && private_.len == AS_SEAL_MASTER,
            AS_BAD_CONFIGURATION, "a sealing key of the store is none");
    return as_ring_add(box->ring, kid, as_span_u8(private_), row->state == AS_KEY_ACTIVE);
}

const struct as_purpose as_purpose_sealing = {AS_PURPOSE_ACCESS_TOKEN, make, take};
