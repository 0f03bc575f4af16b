/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host with its port, as it stands in a URL, in a Host field and in an address to listen at; and
 * the parts of a URL of our own configuration. Threads: values only.
 */
#ifndef AS_BASE_URL_H
#define AS_BASE_URL_H

#include "as/base/span.h"

/* host[:port], in parts of the text it was cut from. */
struct as_host_port {
    as_span host;   /* as written */
    as_span bare;   /* without the brackets of an IPv6 address; never empty */
    bool bracketed; /* it had some */
    bool has_port;  /* there is a colon after the host */
    as_span port;   /* what stands after it, whatever that is */
};

/*
 * Cuts by the form alone (RFC 3986 3.2.2): brackets are closed, hold something and stand nowhere
 * else, outside of them is one colon at the most. False: it is not of this form. What the host and
 * the port are remains to be asked: as_ip_parse, as_port_parse.
 */
bool as_host_port_cut(as_span text, struct as_host_port *out);
/* One to five decimal digits, at most 65535. */
bool as_port_parse(as_span text, uint16_t *out);

/* Parts of the text it was cut from. */
struct as_url {
    as_span origin; /* scheme, host and port as written */
    as_span host;   /* an IPv6 address with its brackets */
    uint16_t port;  /* 443 where none is written */
    as_span path;   /* with its first slash; empty: there is none */
};

/* Cuts an https URL that settings/ has checked (RFC 3986 3): it has a host, and a port that is one.
 */
struct as_url as_url_cut(const char *url);

#endif
