/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question to a TLS server in memory: a ClientHello written here, octet by octet, so that it
 * can offer what OpenSSL's own client would not; and the beginning of the answer.
 */
#ifndef AS_EDGE_PROBE_HELLO_H
#define AS_EDGE_PROBE_HELLO_H

#include "as/base.h"

#include <openssl/ssl.h>

struct as_probe_question {
    uint16_t version;       /* 0x0300 to 0x0303 in the legacy field, 0x0304 by extension */
    const uint16_t *suites; /* in the client's order */
    size_t count;
};

struct as_probe_answer {
    bool hello;          /* a ServerHello came */
    uint16_t suite;      /* which it chose */
    unsigned char alert; /* else the alert, or 0 when nothing came */
};

/* Errors: server error when the question could not be asked. */
as_err as_probe_ask(SSL_CTX *ctx, const struct as_probe_question *question,
                    struct as_probe_answer *out);

#endif
