/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/: outgoing HTTP by libcurl, one function. Today it speaks to a Unix socket alone (fapictl
 * to the admin socket); it follows no redirects, uses no proxy and no environment.
 *
 * Threads: any; one call blocks until its answer or its timeout.
 */
#ifndef AS_FETCH_H
#define AS_FETCH_H

#include "as/base.h"

struct as_fetch_ask {
    const char *socket;       /* path of the Unix socket */
    const char *method;       /* "GET", "POST", ... */
    const char *url;          /* "http://admin/v1/clients"; the host is only the Host field */
    const char *content_type; /* NULL: no body */
    as_span body;
    long timeout_ms;
};

struct as_fetch_answer {
    unsigned status;
    struct as_buf body; /* made by the caller with its maximum, freed by the caller */
};

/* One request. AS_UNAVAILABLE when the socket cannot be reached (AS_NOT_ALLOWED: for want of
 * permission), the answer is longer than its buffer may grow, or time runs out; `why` tells an
 * operator which. */
as_err as_fetch(const struct as_fetch_ask *ask, struct as_fetch_answer *answer);

#endif
