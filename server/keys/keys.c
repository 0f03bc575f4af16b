/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of the server's keys. A key in the store is wrapped for its purpose and its kid, so
 * that neither can be exchanged in the database.
 */
#include "as/keys.h"

#include "kek.h"

#include <string.h>

#define MASTER  AS_SEAL_MASTER
#define WRAPPED (AS_SEAL_MASTER + AS_WRAP_EXTRA)

AS_AUTO_DEFINE(struct as_arena, as_arena_free)
AS_AUTO_DEFINE(struct as_ring, as_ring_free)

struct keys {
    struct as_store_session *session;
    struct as_arena *mem;
    struct as_kek kek;
    const struct as_key_row *rows; /* as stored, oldest first */
    size_t count;
};

static as_err about(struct as_arena *mem, const struct as_key_row *row, as_span *out)
{
    char kid[2 * AS_SEAL_KID + 1];

    as_hex_write(as_span_bytes(row->kid, AS_SEAL_KID), kid);
    return as_arena_printf(mem, out, "fapid/wrapped-key/1 %.*s %s", (int)row->purpose.len,
                           row->purpose.ptr, kid);
}

/* ------------------------------------------------------------ the key-encryption key ---------- */

static as_err find_kek(struct keys *keys, const char *key_file)
{
    bool found = false;

    AS_TRY(as_kek_read(key_file, &keys->kek, &found));
    if (found) {
        return AS_OK;
    }
    AS_NEED(keys->count == 0, AS_BAD_CONFIGURATION,
            "the key file is missing, and the store holds keys that only it opens");
    AS_TRY(as_kek_make(key_file, &keys->kek));
    AS_LOG(AS_LOG_NOTICE, "key_file_made", AS_LOG_TEXT("path", key_file));
    return AS_OK;
}

/* ------------------------------------------------------------ sealing keys -------------------- */

static as_err wrap_new(struct keys *keys, struct as_key_row *row, unsigned char out[WRAPPED])
{
    unsigned char master[MASTER] = {0};
    as_span what = AS_SPAN_NONE;

    AS_TRY(as_random(row->kid, sizeof(row->kid)));
    AS_TRY(about(keys->mem, row, &what));
    AS_TRY(as_random(master, sizeof(master)));
    as_err err = as_wrap(keys->kek.key, what, as_span_bytes(master, sizeof(master)), out);
    as_crypto_wipe(master, sizeof(master));
    return err;
}

static as_err add_first(struct keys *keys, as_span purpose, as_time now)
{
    unsigned char wrapped[WRAPPED] = {0};
    struct as_key_row row = {
        .purpose = purpose, .wrapped = as_span_bytes(wrapped, WRAPPED), .created = now};
    bool added = false;
    const struct as_audit audit = {.event = "key_created",
                                   .actor = AS_LIT("server"),
                                   .outcome = "success",
                                   .reason = "first_start",
                                   .at = now};

    AS_TRY(wrap_new(keys, &row, wrapped));
    return as_store_key_add_first(keys->session, &row, &audit, &added);
}

static bool has_purpose(const struct keys *keys, as_span purpose)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (as_span_equal(keys->rows[i].purpose, purpose)) {
            return true;
        }
    }
    return false;
}

static as_err see_to_first(struct keys *keys, as_span purpose, as_time now)
{
    if (has_purpose(keys, purpose)) {
        return AS_OK;
    }
    AS_TRY(add_first(keys, purpose, now));
    return as_store_keys(keys->session, keys->mem, &keys->rows, &keys->count);
}

/* ------------------------------------------------------------ the ring ------------------------ */

static as_err unwrap(struct keys *keys, const struct as_key_row *row, unsigned char master[MASTER])
{
    as_span what = AS_SPAN_NONE;

    AS_TRY(about(keys->mem, row, &what));
    AS_NEED(row->wrapped.len == WRAPPED &&
                !as_failed(as_unwrap(keys->kek.key, what, row->wrapped, master)),
            AS_BAD_CONFIGURATION,
            "a key of the store does not unwrap: this key file is not the one it was made with");
    return AS_OK;
}

/* Every key must unwrap, of whatever purpose; the youngest of the purpose seals. */
static as_err fill(struct keys *keys, as_span purpose, struct as_ring *ring)
{
    unsigned char master[MASTER] = {0};
    as_err err = AS_OK;

    for (size_t i = 0; i < keys->count && !as_failed(err); i++) {
        const struct as_key_row *row = &keys->rows[i];
        err = unwrap(keys, row, master);
        if (!as_failed(err) && as_span_equal(row->purpose, purpose)) {
            err = as_ring_add(ring, row->kid, master, true);
        }
    }
    as_crypto_wipe(master, sizeof(master));
    return err;
}

static as_err start(struct keys *keys, const char *key_file, as_time now, struct as_ring *ring)
{
    const as_span purpose = AS_LIT(AS_PURPOSE_ACCESS_TOKEN);

    AS_TRY(as_store_keys(keys->session, keys->mem, &keys->rows, &keys->count));
    AS_TRY(find_kek(keys, key_file));
    AS_TRY(see_to_first(keys, purpose, now));
    return fill(keys, purpose, ring);
}

as_err as_keys_start(struct as_store_session *session, const char *key_file, as_time now,
                     struct as_ring **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    AS_AUTO(as_ring_free) struct as_ring *ring = NULL;
    struct keys keys = {.session = session, .mem = mem};

    AS_NEED_MEM(mem);
    AS_TRY(as_ring_new(AS_PURPOSE_ACCESS_TOKEN, &ring));
    as_err err = start(&keys, key_file, now, ring);
    as_kek_wipe(&keys.kek);
    as_store_session_done(session);
    AS_TRY(err);
    *out = AS_MOVE(ring);
    return AS_OK;
}
