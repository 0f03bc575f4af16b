/* SPDX-License-Identifier: Apache-2.0 */
/* The database as a whole: status, backup, restore, check. None is for a worker. */
#include "session.h"

#include <stdio.h>

#define NEED_PATIENCE(session)                                                                     \
    AS_NEED((session)->may_wait, AS_ELSEWHERE, "the whole database is for a job thread")

as_err as_store_status(struct as_store_session *session, struct as_arena *mem,
                       struct as_store_status *out)
{
    struct as_store *store = session->store;
    struct as_store_status status = {.schema = 0};

    NEED_PATIENCE(session);
    as_metric_add(AS_METRIC_store_reads_total, 1);
    AS_TRY(as_session_read(session));
    AS_TRY(store->ops->status(session->reader, store->backend, &status));
    AS_TRY(as_arena_copy(mem, status.path, &status.path));
    status.ready = as_store_is_ready(session);
    *out = status;
    return AS_OK;
}

as_err as_store_backup(struct as_store_session *session, const char *path,
                       char why[AS_STORE_MESSAGE])
{
    why[0] = '\0';
    NEED_PATIENCE(session);
    as_store_session_done(session); /* its snapshot would keep the log from being emptied */
    return session->store->ops->backup(session->store->backend, path, &session->cancelled, why);
}

as_err as_store_check_live(struct as_store_session *session, void (*tell)(void *, const char *),
                           void *arg, size_t *findings)
{
    NEED_PATIENCE(session);
    as_store_session_done(session);
    return session->store->ops->check_live(session->store->backend, tell, arg, &session->cancelled,
                                           findings);
}

void as_store_session_cancel(struct as_store_session *session)
{
    atomic_store(&session->cancelled, true);
}

/* ------------------------------------------------------------ restore ------------------------- */

struct restore_ask {
    struct as_copy *copy;
    const struct as_audit *audit;
};

static as_err run_restore(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                          unsigned *touched)
{
    const struct restore_ask *ask = arg;

    *touched = (1U << AS_TABLES) - 1;
    AS_TRY(ops->replace(backend, ask->copy));
    return as_verb_audit(ops, backend, ask->audit, AS_SPAN_NONE);
}

as_err as_store_restore(struct as_store_session *session, const char *path,
                        const struct as_audit *audit, char why[AS_STORE_MESSAGE])
{
    const struct as_store_ops *ops = session->store->ops;
    struct restore_ask ask = {.audit = audit};

    why[0] = '\0';
    NEED_PATIENCE(session);
    as_store_session_done(session);
    AS_TRY(ops->copy_open(session->store->backend, path, &session->cancelled, &ask.copy, why));
    as_err err = as_session_write_alone(session, run_restore, &ask);
    ops->copy_close(ask.copy);
    if (as_failed(err)) {
        (void)snprintf(why, AS_STORE_MESSAGE, "%.180s: %s", path, err.why);
    }
    return err;
}
