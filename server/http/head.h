/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of answers, written by libmicrohttpd. One writer per engine. Threads: that of the engine.
 */
#ifndef AS_HTTP_HEAD_H
#define AS_HTTP_HEAD_H

#include "as/http.h"

struct as_head {
    unsigned status;
    const struct as_http_field *fields;
    size_t field_count;
    size_t body_len;
    bool close; /* it says that the connection closes */
};

struct as_heads;

as_err as_heads_new(struct as_heads **out);
/* NULL is allowed. */
void as_heads_free(struct as_heads *heads);
/*
 * The octets of a head without the empty line at its end, so that the caller can add what is of
 * this answer alone; good until the next call. `mem` is for what is needed on the way. Errors:
 * AS_UNAVAILABLE, server error.
 */
as_err as_heads_write(struct as_heads *heads, const struct as_head *head, struct as_arena *mem,
                      as_span *out);

#endif
