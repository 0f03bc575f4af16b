/* SPDX-License-Identifier: Apache-2.0 */
/* Making a peer; afterwards it is immutable and counted (as_peer_hold, as_peer_drop). */
#ifndef AS_EDGE_PEER_H
#define AS_EDGE_PEER_H

#include "conf.h"

#include <sys/socket.h>

/* With one holder, and a hold of the configuration: address, and on a socket who it is by
 * SO_PEERCRED. NULL: no memory, or the system does not tell who it is. The rest is the caller's to
 * fill, before anybody else sees it. */
struct as_peer *as_peer_new(struct as_conf *conf, int fd, const struct sockaddr_storage *from);

#endif
