/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the operator about a listener, as the start, a check and a reload have them. */
#ifndef AS_EDGE_TELLER_H
#define AS_EDGE_TELLER_H

#include "as/edge.h"

/* Who is told, and for which listener. */
struct as_teller {
    as_edge_tell tell; /* NULL: nobody */
    void *arg;
    const char *listener;
};

/* Tells one message, cut at 512 octets. */
void as_teller_say(const struct as_teller *teller, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
