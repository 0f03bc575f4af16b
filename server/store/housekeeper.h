/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The housekeeper: a thread that checkpoints, sweeps expired rows in small steps, and, after a
 * failed commit, tries a write each second, and, after something that could not be read, looks at
 * all pages now and then, so that health tells when the store works again.
 */
#ifndef AS_STORE_HOUSEKEEPER_H
#define AS_STORE_HOUSEKEEPER_H

#include "as/store.h"

struct as_housekeeper;

as_err as_housekeeper_start(struct as_store *store, struct as_housekeeper **out);
/* Ends the thread; call before the committer stops. */
void as_housekeeper_stop(struct as_housekeeper *housekeeper);
/* Call when nobody can wake it any more. NULL is allowed. */
void as_housekeeper_free(struct as_housekeeper *housekeeper);
/* There may be something to do. Any thread. */
void as_housekeeper_wake(struct as_housekeeper *housekeeper);

/* One step of the sweeper at the time `now`; *more: a further step would find something. */
as_err as_store_sweep(struct as_store *store, as_time now, bool *more);

#endif
