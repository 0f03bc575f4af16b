/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is served next. Connections that have something to do stand in the line of their address, and
 * the lines take turns: an address gets its share however many connections and requests others
 * bring (fair queueing by hashing, RFC 7806 3.1 with the packet as a unit of work). Lines are few
 * and may be shared by addresses; they are seeded, so that nobody can choose whose.
 *
 * Owner: the ticket lies in its connection. Threads: one.
 */
#ifndef AS_EDGE_TURNS_H
#define AS_EDGE_TURNS_H

#include "as/base.h"

#define AS_TURN_LINES 1024

struct as_ticket {
    struct as_ticket *next;
    uint16_t line;
    bool waits;
    void *owner;
};

struct as_line {
    struct as_ticket *first;
    struct as_ticket *last;
    struct as_line *next; /* that somebody stands in */
};

struct as_turns {
    struct as_line lines[AS_TURN_LINES];
    struct as_line *first; /* whose turn it is */
    struct as_line *last;
};

/* To the end of its line; who waits already keeps the place. */
void as_turns_wait(struct as_turns *turns, struct as_ticket *ticket);
/* The owner of the next ticket; NULL: nobody waits. */
void *as_turns_next(struct as_turns *turns);

#endif
