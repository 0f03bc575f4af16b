/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a store and of its sessions. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_store, as_store_close)
AS_AUTO_DEFINE(struct as_store_session, as_store_session_free)

/* What store.backend may be. */
static const struct {
    const char *name;
    const struct as_store_ops *ops;
} backends[] = {
    {"sqlite", &as_sqlite_ops},
};

/* NULL: there is none of that name. */
static const struct as_store_ops *ops_of(const char *backend)
{
    for (size_t i = 0; i < AS_COUNT(backends); i++) {
        if (strcmp(backends[i].name, backend) == 0) {
            return backends[i].ops;
        }
    }
    return NULL;
}

#define NO_BACKEND "there is no such backend"

static as_err open_with(const struct as_store_ops *ops, const char *path, struct as_store **out,
                        char why[AS_STORE_MESSAGE])
{
    AS_AUTO(as_store_close) struct as_store *store = calloc(1, sizeof(*store));

    AS_NEED_MEM(store);
    store->ops = ops;
    AS_TRY(ops->open(path, &store->backend, why));
    AS_TRY(as_committer_start(store, &store->committer));
    AS_TRY(as_housekeeper_start(store, &store->housekeeper));
    *out = AS_MOVE(store);
    return AS_OK;
}

as_err as_store_open(const char *backend, const char *path, struct as_store **out,
                     char why[AS_STORE_MESSAGE])
{
    const struct as_store_ops *ops = ops_of(backend);

    why[0] = '\0';
    as_err err = ops != NULL ? open_with(ops, path, out, why) : AS_FAIL(AS_UNAVAILABLE, NO_BACKEND);
    if (as_failed(err) && why[0] == '\0') {
        (void)snprintf(why, AS_STORE_MESSAGE, "%s", err.why);
    }
    return err;
}

/* The housekeeper asks the committer, and the committer wakes the housekeeper. */
void as_store_close(struct as_store *store)
{
    if (store->housekeeper != NULL) {
        as_housekeeper_stop(store->housekeeper);
    }
    if (store->committer != NULL) {
        as_committer_stop(store->committer);
        as_committer_free(store->committer);
    }
    as_housekeeper_free(store->housekeeper);
    if (store->backend != NULL) {
        store->ops->close(store->backend);
    }
    free(store);
}

as_err as_store_check(const char *backend, const char *path, void (*tell)(void *, const char *),
                      void *arg)
{
    const struct as_store_ops *ops = ops_of(backend);

    if (ops == NULL) {
        tell(arg, NO_BACKEND);
        return AS_FAIL(AS_UNAVAILABLE, NO_BACKEND);
    }
    return ops->check(path, tell, arg);
}

/* ------------------------------------------------------------ sessions ------------------------ */

static const struct {
    size_t worker, job;
} cache_bytes[AS_TABLES] = {
    [AS_TABLE_PARTY] = {AS_LIMIT_CACHE_BYTES, AS_LIMIT_CACHE_BYTES_JOB},
    [AS_TABLE_RESOURCE] = {AS_LIMIT_RESOURCE_BYTES, AS_LIMIT_RESOURCE_BYTES},
    [AS_TABLE_CERTIFICATE] = {AS_LIMIT_CACHE_BYTES, AS_LIMIT_CACHE_BYTES_JOB},
    [AS_TABLE_REVOCATION] = {AS_LIMIT_CACHE_BYTES, AS_LIMIT_CACHE_BYTES_JOB},
};

as_err as_store_session_new(struct as_store *store, bool may_wait, struct as_store_session **out)
{
    AS_AUTO(as_store_session_free) struct as_store_session *session = calloc(1, sizeof(*session));

    AS_NEED_MEM(session);
    session->store = store;
    session->may_wait = may_wait;
    for (size_t i = 0; i < AS_TABLES; i++) {
        session->caches[i].max_bytes = may_wait ? cache_bytes[i].job : cache_bytes[i].worker;
    }
    if (!may_wait) { /* a worker reads at once, and must not be the one to find that it cannot */
        AS_TRY(store->ops->reader_new(store->backend, may_wait, &session->reader));
    }
    *out = AS_MOVE(session);
    return AS_OK;
}

static void read_end(struct as_store_session *session)
{
    if (session->reading) {
        session->store->ops->read_end(session->reader);
        session->reading = false;
    }
}

void as_store_session_free(struct as_store_session *session)
{
    if (session == NULL) {
        return;
    }
    read_end(session);
    for (size_t i = 0; i < AS_TABLES; i++) {
        as_cache_free(&session->caches[i]);
    }
    if (session->reader != NULL) {
        session->store->ops->reader_free(session->reader);
    }
    free(session);
}

as_err as_session_read(struct as_store_session *session)
{
    struct as_store *store = session->store;

    if (session->reading) {
        return AS_OK;
    }
    if (session->reader == NULL) {
        AS_TRY(store->ops->reader_new(store->backend, session->may_wait, &session->reader));
    }
    for (size_t i = 0; i < AS_TABLES; i++) { /* before the snapshot: see session.h */
        session->stamps[i] = atomic_load(&store->counters[i]);
    }
    AS_TRY(store->ops->read_begin(session->reader));
    session->reading = true;
    return AS_OK;
}

/* The request's own reads after its write must see it, and a snapshot held open while waiting would
 * keep the checkpoint from its work: so the read transaction ends here. */
static as_err session_write(struct as_store_session *session, as_job_run run, void *ask, bool alone)
{
    AS_NEED(session->may_wait, AS_ELSEWHERE, "a write is for a job thread");
    read_end(session);
    as_metric_add(AS_METRIC_store_writes_total, 1);
    return as_committer_do(session->store->committer, run, ask, alone);
}

as_err as_session_write(struct as_store_session *session, as_job_run run, void *ask)
{
    return session_write(session, run, ask, false);
}

as_err as_session_write_alone(struct as_store_session *session, as_job_run run, void *ask)
{
    return session_write(session, run, ask, true);
}

void as_store_session_done(struct as_store_session *session)
{
    read_end(session);
    for (size_t i = 0; i < AS_TABLES; i++) {
        as_cache_settle(&session->caches[i]);
    }
}

bool as_store_is_ready(struct as_store_session *session)
{
    struct as_store *store = session->store;

    if (store->ops->is_damaged(store->backend)) {
        as_housekeeper_wake(store->housekeeper); /* to look again, when it is time */
        return false;
    }
    return !atomic_load(&store->commits_fail) && !store->ops->is_lost(store->backend) &&
           !as_failed(as_session_read(session)) && !as_failed(store->ops->probe(session->reader));
}
