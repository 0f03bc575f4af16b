/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private part in the store is wrapped for its purpose and its kid, so that neither can be
 * exchanged in the database (design D16).
 */
#include "parts.h"

static as_err about(struct as_arena *mem, const struct as_key_row *row, as_span *out)
{
    return as_arena_printf(mem, out, "fapid/wrapped-key/1 %.*s %.*s", (int)row->purpose.len,
                           row->purpose.ptr, (int)row->kid.len, row->kid.ptr);
}

as_err as_keys_wrap(const struct as_kek *kek, struct as_arena *mem, struct as_key_row *row,
                    as_span private_)
{
    as_span what = AS_SPAN_NONE;
    unsigned char *wrapped = as_arena_alloc(mem, private_.len + AS_WRAP_EXTRA);

    AS_NEED_MEM(wrapped);
    AS_TRY(about(mem, row, &what));
    AS_TRY(as_wrap(kek->key, what, private_, wrapped));
    row->wrapped = as_span_bytes(wrapped, private_.len + AS_WRAP_EXTRA);
    return AS_OK;
}

as_err as_keys_unwrap(const struct as_kek *kek, struct as_arena *mem, const struct as_key_row *row,
                      as_span *private_)
{
    const size_t len = row->wrapped.len > AS_WRAP_EXTRA ? row->wrapped.len - AS_WRAP_EXTRA : 0;
    unsigned char *plain = as_arena_alloc(mem, len + 1);
    as_span what = AS_SPAN_NONE;

    AS_NEED_MEM(plain);
    AS_TRY(about(mem, row, &what));
    AS_NEED(len > 0 && !as_failed(as_unwrap(kek->key, what, row->wrapped, plain)),
            AS_BAD_CONFIGURATION,
            "a key of the store does not unwrap: this key file is not the one it was made with");
    *private_ = as_span_bytes(plain, len);
    return AS_OK;
}
