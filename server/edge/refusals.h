/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the edge answers by itself: one const row per reason, each a status and one sentence. The
 * answer is JSON (TOK-08), is never stored (TOK-09), obeys RFC 6749 5.2 in its text (TOK-10), tells
 * nothing of what was sent, and always closes the connection.
 *
 * Pure: no clock, no sockets. Threads: any.
 */
#ifndef AS_EDGE_REFUSALS_H
#define AS_EDGE_REFUSALS_H

#include "as/http.h"

/* id, status, sentence. The sentence is the `error_description` and the `reason` of the log. */
#define AS_REFUSALS(X)                                                                             \
    /* lines and fields: RFC 9112 2 to 5 */                                                        \
    X(AS_REFUSE_LINE_END, 400, "A line of the head does not end in CRLF.")                         \
    X(AS_REFUSE_REQUEST_LINE, 400, "The request line is malformed.")                               \
    X(AS_REFUSE_METHOD, 400, "The method is not a token.")                                         \
    X(AS_REFUSE_TARGET, 400, "The request target is neither a path nor a URI of http or https.")   \
    X(AS_REFUSE_FIELD, 400, "A header field has no colon.")                                        \
    X(AS_REFUSE_FIELD_NAME, 400, "The name of a header field is not a token.")                     \
    X(AS_REFUSE_FIELD_VALUE, 400, "The value of a header field has a control character.")          \
    X(AS_REFUSE_FOLDING, 400, "A line of the head begins with a blank.")                           \
    X(AS_REFUSE_FIELD_TWICE, 400, "A header field that may occur once occurs twice.")              \
    X(AS_REFUSE_NO_HOST, 400, "There is no Host field.")                                           \
    X(AS_REFUSE_HOST, 400, "The Host field is not a host name or address.")                        \
    X(AS_REFUSE_CONNECTION, 400, "The Connection field is not a list of tokens.")                  \
    /* framing of the body: RFC 9112 6 and 7 */                                                    \
    X(AS_REFUSE_LENGTH, 400, "Content-Length is not one decimal number.")                          \
    X(AS_REFUSE_LENGTH_AND_CODING, 400,                                                            \
      "Content-Length and Transfer-Encoding exclude each other.")                                  \
    X(AS_REFUSE_OLD_CODING, 400, "Transfer-Encoding needs HTTP/1.1.")                              \
    X(AS_REFUSE_CHUNK, 400, "The chunked body is malformed or uses extensions or trailers.")       \
    /* bounds: TOK-12 */                                                                           \
    X(AS_REFUSE_TIMEOUT, 408, "The request was not complete in time.")                             \
    X(AS_REFUSE_BODY_SIZE, 413, "The request body is too large.")                                  \
    X(AS_REFUSE_TARGET_SIZE, 414, "The request line is too long.")                                 \
    X(AS_REFUSE_HEAD_SIZE, 431, "The header fields are too large.")                                \
    X(AS_REFUSE_FIELD_COUNT, 431, "There are too many header fields.")                             \
    /* TLS-39: RFC 9110 15.5.20 */                                                                 \
    X(AS_REFUSE_MISDIRECTED, 421, "This host is not served here.")                                 \
    /* what HTTP knows and we do not */                                                            \
    X(AS_REFUSE_EXPECT, 417, "Only the expectation 100-continue is known here.")                   \
    X(AS_REFUSE_METHOD_SIZE, 501, "The method is not known here.")                                 \
    X(AS_REFUSE_CODING, 501, "The only transfer coding known here is chunked.")                    \
    X(AS_REFUSE_VERSION, 505, "The HTTP versions known here are 1.0 and 1.1.")                     \
    /* the worker's own */                                                                         \
    X(AS_REFUSE_OVERLOAD, 503, "The server cannot do this at the moment; try again later.")

enum as_refusal_id {
#define AS_REFUSAL_ID(name, status, says) name,
    AS_REFUSALS(AS_REFUSAL_ID)
#undef AS_REFUSAL_ID
        AS_REFUSAL_COUNT
};

struct as_refusal {
    unsigned status;
    const char *says;
};

extern const struct as_refusal as_refusals[AS_REFUSAL_COUNT];

/* What the answer to a refused request says beside the row. */
struct as_refusal_answer {
    const struct as_http_field *always; /* of every answer of the listener */
    size_t always_count;
    bool head_only;     /* the method was HEAD: no body (RFC 9110 9.3.2) */
    as_span request_id; /* adds X-Request-Id; empty: none */
    as_time now;        /* Date (RFC 9110 6.6.1) */
};

/*
 * Appends the whole HTTP answer (at most AS_REFUSAL_MAX octets) to `out`. AS_SERVER_ERROR when it
 * does not fit.
 */
#define AS_REFUSAL_MAX 1024
as_err as_refusal_write(const struct as_refusal *row, const struct as_refusal_answer *answer,
                        struct as_buf *out);

#endif
