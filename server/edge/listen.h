/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: address text, bind, listen. One socket per listener, shared by all workers
 * (design D2).
 */
#ifndef AS_EDGE_LISTEN_H
#define AS_EDGE_LISTEN_H

#include "as/edge.h"

#include <netinet/in.h>
#include <sys/un.h>

union as_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
};

/*
 * Reads "127.0.0.1:8443" or "[::1]:8443" (numbers only: a name may have many addresses), or a path
 * for AS_LISTENER_SOCKET. *why is a static phrase when it cannot be used: malformed, or not
 * loopback for AS_LISTENER_PLAIN (TLS-01).
 */
bool as_address_parse(const struct as_listener_conf *conf, union as_address *out, socklen_t *len,
                      const char **why);

/* The address that a socket is bound to, in the same form. */
bool as_address_write(int fd, char *text, size_t room);

/*
 * Binds and listens; *text (room octets) is the address bound to. A socket's file is readable and
 * writable by the daemon's user and the group alone; a file left by a process that ended is
 * replaced, one that somebody listens on is not.
 */
enum as_edge_failure as_listen(const struct as_listener_conf *conf, as_edge_tell tell, void *arg,
                               int *fd, char *text, size_t room);

/*
 * The same with conf->inherited_fd, which is taken, and made non-blocking and close-on-exec. What
 * is no listening stream socket of this very address is AS_EDGE_BAD_CONFIGURATION, and left as it
 * was.
 */
enum as_edge_failure as_listen_inherited(const struct as_listener_conf *conf, as_edge_tell tell,
                                         void *arg, int *fd, char *text, size_t room);

#endif
