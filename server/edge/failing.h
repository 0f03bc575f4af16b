/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose handshakes keep failing (design D4): counted over all workers together, for a window of
 * time that begins with the first failure. Slots are few and may collide: whoever fails more stays.
 *
 * Threads: any, on all of these but new and free.
 */
#ifndef AS_EDGE_FAILING_H
#define AS_EDGE_FAILING_H

#include "sources.h"

#define AS_FAILING_SLOTS 1024

struct as_failing;
struct as_exempt;

/* Addresses that are never counted. Errors: AS_BAD_CONFIGURATION, one is no IP address. */
as_err as_exempt_new(const char *const *addresses, size_t count, struct as_exempt **out);
/* NULL is allowed. */
void as_exempt_free(struct as_exempt *exempt);

/* NULL: no memory. It bounds nobody until as_failing_use. */
struct as_failing *as_failing_new(void);
/* NULL is allowed. */
void as_failing_free(struct as_failing *failing);
/* So many failures are one too many (0: no bound), and these addresses are not counted, from now
 * on. Takes the list; NULL: none. */
void as_failing_use(struct as_failing *failing, unsigned most, struct as_exempt *exempt);

bool as_failing_counts(struct as_failing *failing, const struct sockaddr_storage *from);
void as_failing_note(struct as_failing *failing, struct as_source source, int64_t now_ms);
/* Has it failed too often in a window that is not over? */
bool as_failing_is(struct as_failing *failing, struct as_source source, int64_t now_ms);

#endif
