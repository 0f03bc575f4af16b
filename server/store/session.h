/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store and its sessions from inside, and the rule that keeps caches honest.
 *
 * Each cached table has a counter. The committer, after COMMIT and before it acknowledges, adds one
 * to the counter of every table that the batch touched. What a session caches carries a stamp: the
 * counter as it was *before* the read transaction that fetched it began. Let C be a committed
 * change of a table, and R a request that starts after C was acknowledged:
 *
 *  - A cached record is used only if its stamp equals the counter now (or, inside R's own read
 *    transaction, the counter as R saw it before that began). R starts after the acknowledgement,
 *    hence after the counter moved, hence sees it moved. A record fetched without C was fetched in
 *    a snapshot older than C; its stamp was read before that snapshot, hence before C was committed
 *    and before the counter moved: it differs, and the record is dropped.
 *  - What R reads anew, it reads in a snapshot begun in R, which holds C.
 *  - A record fetched with C but stamped before the counter moved is dropped without need, once.
 *
 * So nothing acknowledged is missed. Counters also move when COMMIT fails: whether it took effect
 * is then not known. Within a request, answers from the cache and answers from the snapshot may be
 * of different moments, each within the request or still current at it: no acknowledged change is
 * missing from either.
 */
#ifndef AS_STORE_SESSION_H
#define AS_STORE_SESSION_H

#include "cache.h"
#include "committer.h"
#include "housekeeper.h"
#include "ops.h"

#include <stdatomic.h>

struct as_store {
    const struct as_store_ops *ops;
    struct as_backend *backend;
    struct as_committer *committer;
    struct as_housekeeper *housekeeper;
    _Atomic uint64_t counters[AS_TABLES];
    atomic_bool commits_fail; /* the last one did */
};

struct as_store_session {
    struct as_store *store;
    bool may_wait;
    struct as_reader *reader;   /* opened at the first read of a session that may wait */
    bool reading;               /* a read transaction is open */
    atomic_bool cancelled;      /* work on the whole database is to end early */
    uint64_t stamps[AS_TABLES]; /* the counters before it began */
    struct as_cache caches[AS_TABLES];
};

/* Begins the read transaction of the request unless it has one. */
as_err as_session_read(struct as_store_session *session);
/* What a verb that writes does beside its own: its audit row, if it is to have one; `about` stands
 * for an empty client_id. */
static inline as_err as_verb_audit(const struct as_store_ops *ops, struct as_backend *backend,
                                   const struct as_audit *line, as_span about)
{
    return line != NULL ? ops->audit_put(backend, line, about) : AS_OK;
}

/* The cached tables that a change of a party touches, as bits. */
static inline unsigned as_verb_tables(enum as_party_kind kind)
{
    return 1U << AS_TABLE_PARTY | (kind == AS_PARTY_RESOURCE ? 1U << AS_TABLE_RESOURCE : 0);
}

/* Has the committer run a verb; AS_ELSEWHERE in a session that may not wait. */
as_err as_session_write(struct as_store_session *session, as_job_run run, void *ask);
/* The same in a transaction of its own. */
as_err as_session_write_alone(struct as_store_session *session, as_job_run run, void *ask);

#endif
