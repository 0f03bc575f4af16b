/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing guard (design D3): bytes in, verdict out. One guard per connection reads one request
 * at a time from the connection's input buffer and admits it only when it is complete and has
 * exactly one reading (RFC 9112). What it admits goes on as spans of that reading, so that nothing
 * behind it frames a request again.
 *
 * Pure: no sockets, no TLS, no clock, no allocation; it keeps offsets into `in`, never pointers, so
 * that the buffer may grow between calls. The verdict depends on the octets alone, not on how they
 * were cut. Deadlines are the worker's: the phase says which one runs.
 *
 * How a worker uses it, with `in` made by AS_BUF(as_guard_in_max(rules) + one read):
 *
 *     read into `in`; then
 *     switch (as_guard_feed(&guard, &in)) {
 *     case AS_GUARD_MORE:     read on, under the deadline of as_guard_phase();
 *     case AS_GUARD_CONTINUE: send AS_GUARD_100 and feed again;
 *     case AS_GUARD_READY:    as_guard_request() and as_guard_field() for the engine; once it
 *                             has answered, as_guard_next(&guard, &in) and feed again;
 *     case AS_GUARD_REFUSED:  as_refusal_write(guard.refusal, ...); close.
 *     }
 *
 * Choices where RFC 9112 leaves one: one empty line before a request line is skipped (2.2);
 * HTTP/1.0 needs a Host too and is always closed after the answer; a version other than 1.0 and 1.1
 * is 505; a method longer than AS_LIMIT_METHOD is 501 (3); absolute-form is taken with the
 * schemes http and https, its authority then standing for the Host, which must be there all the
 * same (3.2.2); a fragment, userinfo, authority-form and asterisk-form are refused; a body is read
 * with any method and handed on, but not where the rules say that nobody wants it; a
 * field that may occur once (Host, Content-Length, Transfer-Encoding, Expect, Content-Type,
 * Authorization) is refused when it occurs twice, equal or not; an expectation other than
 * 100-continue is 417.
 *
 * Owner: the connection. Threads: one at a time.
 */
#ifndef AS_EDGE_GUARD_H
#define AS_EDGE_GUARD_H

#include "refusals.h"

#define AS_GUARD_100 "HTTP/1.1 100 Continue\r\n\r\n"

#define AS_GUARD_UNREAD SIZE_MAX

/* The bounds of a listener; outlives its guards. */
struct as_guard_rules {
    size_t line_max;  /* octets of the request line without CRLF; more: 414 */
    size_t head_max;  /* octets of all that follows it, line ends and blank line too; more: 431 */
    size_t field_max; /* header fields; more: 431 */
    size_t body_max;  /* octets of any body; more: 413 */
    /* The cap of a method and path (without query), at most body_max applies; AS_GUARD_UNREAD: the
     * request is READY without its body, and the last of its connection. NULL: body_max. */
    size_t (*body_cap)(const void *arg, as_span method, as_span path);
    const void *body_arg;
};

/* The bounds of base/limits.h without a callback. */
#define AS_GUARD_RULES                                                                             \
    ((struct as_guard_rules){AS_LIMIT_REQUEST_LINE, AS_LIMIT_HEAD, AS_LIMIT_FIELDS, AS_LIMIT_BODY, \
                             NULL, NULL})

enum as_guard_state {
    AS_GUARD_MORE,     /* needs more octets */
    AS_GUARD_CONTINUE, /* send AS_GUARD_100 now; comes at most once per request */
    AS_GUARD_READY,    /* one complete request */
    AS_GUARD_REFUSED   /* guard->refusal says why; final */
};

enum as_guard_phase {
    AS_GUARD_AT_IDLE, /* no octet of a request has come: idle deadline */
    AS_GUARD_AT_HEAD, /* head deadline */
    AS_GUARD_AT_BODY, /* body deadline */
    AS_GUARD_AT_END   /* ready or refused: nothing to wait for */
};

/* Which step of a chunked body comes next (RFC 9112 7.1). */
enum as_guard_chunk {
    AS_CHUNK_SIZE,
    AS_CHUNK_DATA,
    AS_CHUNK_DATA_END,
    AS_CHUNK_LAST,
    AS_CHUNK_DONE
};

/* Read `refusal`; the rest is the guard's own. All offsets count from the start of `in`. */
struct as_guard {
    const struct as_refusal *refusal; /* NULL unless refused */

    const struct as_guard_rules *rules;
    enum as_guard_phase phase;
    size_t line_at; /* where the current line begins */
    size_t scanned; /* no LF stands before this */
    size_t method_len;
    size_t target_len;
    size_t scheme_len; /* absolute-form: of the scheme at the beginning of the target, and of ... */
    size_t authority_len; /* ... what stands between "://" and the path; else both 0 */
    size_t fields_at;     /* 0 until the request line is read */
    size_t field_count;
    size_t host_at;
    size_t host_len;
    size_t body_at; /* where the body begins; the head ends there */
    size_t body_len;
    size_t body_cap;
    size_t raw_at;   /* chunked: next octet not yet decoded */
    size_t raw_left; /* octets of the body (Content-Length) or left of the chunk */
    enum as_guard_chunk chunk;
    unsigned seen;     /* bit per row of the field table */
    bool skipped_line; /* the one empty line before the request line */
    bool http10;
    bool close;      /* Connection: close */
    bool has_length; /* Content-Length */
    bool has_coding; /* Transfer-Encoding */
    bool chunked;    /* ... and it is chunked */
    bool expects;    /* Expect: 100-continue, not answered yet */
    bool unread;     /* a body was announced and is not wanted */
};

void as_guard_init(struct as_guard *guard, const struct as_guard_rules *rules);

/*
 * Looks at what is in `in` and goes as far as it can. Only skips the empty line before a request
 * line and squeezes chunk framing out of `in`; all else stays until as_guard_next. Call again after
 * adding octets (or after CONTINUE); once READY or REFUSED it says so again without looking.
 */
enum as_guard_state as_guard_feed(struct as_guard *guard, struct as_buf *in);
enum as_guard_phase as_guard_phase(const struct as_guard *guard);
/* Was the method HEAD, as far as it is known? For as_refusal_answer.head_only. */
bool as_guard_is_head(const struct as_guard *guard, const struct as_buf *in);

/* The octets of the present request with its body, as far as its head has told or they are here. */
size_t as_guard_whole(const struct as_guard *guard, const struct as_buf *in);

/* The largest part of `in` that a guard may need to keep while it asks for more. */
size_t as_guard_in_max(const struct as_guard_rules *rules);

/* A READY request; the spans point into `in` and live until `in` is changed. */
struct as_guard_request {
    as_span method;
    as_span scheme; /* of absolute-form, in the case it was sent with; else ptr NULL */
    as_span path;   /* begins with '/' */
    as_span query;  /* what follows '?'; ptr NULL when there is none */
    as_span host;   /* with port, if one was sent; in absolute-form that of the target */
    as_span body;
    bool keep_alive; /* false: close after the answer */
    bool http10;
    bool unread; /* the body, or part of it, may still come, and is not to be looked at */
};

void as_guard_request(const struct as_guard *guard, const struct as_buf *in,
                      struct as_guard_request *out);

/*
 * Goes through the fields of a READY request as sent. *at is 0 at first; false at the end. The name
 * has the case it was sent with; the value has no blanks around it.
 */
bool as_guard_field(const struct as_guard *guard, const struct as_buf *in, size_t *at,
                    as_span *name, as_span *value);

/* Drops the READY request from `in` and begins with the next; what was pipelined stays. */
void as_guard_next(struct as_guard *guard, struct as_buf *in);

#endif
