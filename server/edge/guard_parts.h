/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the guard share. A step returns the row that it refuses with, or NULL. */
#ifndef AS_EDGE_GUARD_PARTS_H
#define AS_EDGE_GUARD_PARTS_H

#include "guard.h"

typedef const struct as_refusal *as_guard_no;

#define GUARD_TRY(step)                                                                            \
    do {                                                                                           \
        as_guard_no guard_no_ = (step);                                                            \
        if (guard_no_ != NULL) {                                                                   \
            return guard_no_;                                                                      \
        }                                                                                          \
    } while (0)

#define GUARD_NEED(condition, id)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return &as_refusals[id];                                                               \
        }                                                                                          \
    } while (0)

/* guard_chars.c: RFC 9110 5.6.2, RFC 3986 3.3 and 3.4. */
bool as_guard_is_token(as_span text); /* false for the empty one */
bool as_guard_is_path(as_span text);
bool as_guard_is_query(as_span text);
bool as_guard_is_value(as_span text); /* no control but HTAB */

/* guard_host.c: a name or address with an optional port. */
bool as_guard_is_host(as_span text);

/* guard_line.c: the request line without its CRLF; it stands at the start of `in`. */
as_guard_no as_guard_take_line(struct as_guard *guard, as_span line);

/* guard_head.c: one field line without its CRLF; `start` is the start of `in`. */
as_guard_no as_guard_take_field(struct as_guard *guard, const char *start, as_span line);
/* What the head as a whole must have; settles how the body is framed. */
as_guard_no as_guard_take_head_end(struct as_guard *guard);

/* guard_chunked.c: undoes as much as there is; guard->chunk is AS_CHUNK_DONE at the end. */
as_guard_no as_guard_take_chunks(struct as_guard *guard, struct as_buf *in);

static inline as_span as_guard_span(const struct as_buf *in, size_t at, size_t len)
{
    return (as_span){in->ptr + at, len};
}

#endif
