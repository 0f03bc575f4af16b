/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to move octets, with TLS or without: a table of functions, so that nothing above asks
 * which it is. Nothing waits.
 */
#ifndef AS_EDGE_WIRE_H
#define AS_EDGE_WIRE_H

#include "tls_peer.h"

enum as_io {
    AS_IO_DONE,
    AS_IO_AGAIN, /* nothing more now: an event will tell */
    AS_IO_END,   /* the other side has ended (in order, where TLS can tell) */
    AS_IO_FAILED
};

struct as_wire {
    const struct as_wire_kind *kind;
    int fd;
    SSL *ssl; /* NULL without TLS */
    bool dry; /* the last read has emptied the socket, and nothing of it waits in `ssl` */
};

struct as_wire_kind {
    /* *why: a static reason on AS_IO_FAILED. */
    enum as_io (*handshake)(struct as_wire *wire, const char **why);
    /* After the handshake: what it says about the peer. */
    as_err (*fill)(const struct as_wire *wire, struct as_peer *peer);
    const char *(*sni)(const struct as_wire *wire);
    /* *moved is set on AS_IO_DONE and at least 1. */
    enum as_io (*read)(struct as_wire *wire, char *to, size_t room, size_t *moved);
    enum as_io (*write)(struct as_wire *wire, const char *from, size_t len, size_t *moved);
    /* Tells the other side that nothing more comes; as far as that goes without waiting. */
    void (*end)(struct as_wire *wire);
};

/* Takes the descriptor, on success; the wire stays where it is. as_wire_close gives all up.
 * `context` is NULL without TLS. Errors: server error. */
as_err as_wire_open(struct as_wire *wire, int fd, struct as_tls_context *context);
/* Closes the descriptor as well. */
void as_wire_close(struct as_wire *wire);

/* Has the other side sent any octet of a handshake? */
bool as_wire_has_heard(const struct as_wire *wire);

#endif
