/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose handshakes keep failing (design D4): counted over all workers together, by source,
 * in AS_LIMIT_FAILED_WINDOW_MS.
 *
 * Threads: any, on all of these but new and free.
 */
#ifndef AS_EDGE_FAILING_H
#define AS_EDGE_FAILING_H

#include "sources.h"

struct as_failing;

/* It bounds nobody until as_failing_use. Errors: server error. */
as_err as_failing_new(struct as_failing **out);
/* NULL is allowed. */
void as_failing_free(struct as_failing *failing);
/* So many failures are one too many (0: no bound), and these addresses are not counted, from now
 * on. Takes the list; NULL: none. */
void as_failing_use(struct as_failing *failing, unsigned most, struct as_ip_list *exempt);

/* Are the failures of this address counted at all? */
bool as_failing_counts(struct as_failing *failing, const struct sockaddr_storage *from);
void as_failing_note(struct as_failing *failing, struct as_source source, int64_t now_ms);
/* Has it failed too often in a window that is not over? */
bool as_failing_is(struct as_failing *failing, struct as_source source, int64_t now_ms);

#endif
