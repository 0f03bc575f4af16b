/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a URL of our own configuration. Threads: values only. */
#ifndef AS_BASE_URL_H
#define AS_BASE_URL_H

#include "as/base/span.h"

/* Parts of the text it was cut from. */
struct as_url {
    as_span origin; /* scheme, host and port as written */
    as_span host;   /* an IPv6 address with its brackets */
    unsigned port;  /* 443 where none is written */
    as_span path;   /* with its first slash; empty: there is none */
};

/* Cuts an https URL that settings/ has checked (RFC 3986 3): it has a host, and a port that is one.
 */
struct as_url as_url_cut(const char *url);

#endif
