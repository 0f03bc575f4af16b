/* SPDX-License-Identifier: Apache-2.0 */
/* TLS-39: is a request meant for this listener, and for the name its TLS was made for? Pure. */
#ifndef AS_EDGE_HOST_H
#define AS_EDGE_HOST_H

#include "as/edge.h"

/*
 * `host` is the Host field, its port ignored; `sni` the listener's name that the handshake asked
 * for, or NULL. A listener without names takes any host. False: 421 (RFC 9110 15.5.20).
 */
bool as_host_is_served(const struct as_listener_conf *conf, as_span host, const char *sni);

#endif
