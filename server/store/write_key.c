/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that write keys, in the manner of write.c. Keys are not cached: none touches a table.
 */
#include "session.h"

struct key_ask {
    const struct as_key_row *row;
    as_span kid;
    int64_t lifetime;
    const struct as_audit *audit;
    char retired[AS_LIMIT_KID + 1];
    bool done;
};

static as_time key_time(const struct key_ask *ask)
{
    return ask->audit != NULL ? ask->audit->at : 0;
}

static as_err key_audit(const struct as_store_ops *ops, struct as_backend *backend,
                        const struct key_ask *ask)
{
    return ask->done ? as_verb_audit(ops, backend, ask->audit, ask->kid) : AS_OK;
}

static as_err key_write(struct as_store_session *session, as_job_run run, struct key_ask *ask,
                        bool *done)
{
    AS_TRY(as_session_write(session, run, ask));
    *done = ask->done;
    return AS_OK;
}

static as_err run_key_add(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                          unsigned *touched)
{
    struct key_ask *ask = arg;

    (void)touched;
    AS_TRY(ops->key_add(backend, ask->row, &ask->done));
    return key_audit(ops, backend, ask);
}

as_err as_store_key_add(struct as_store_session *session, const struct as_key_row *row,
                        const struct as_audit *audit, bool *added)
{
    struct key_ask ask = {.row = row, .kid = row->kid, .audit = audit};

    AS_NEED(row->state == AS_KEY_PUBLISHED || row->state == AS_KEY_ACTIVE, AS_SERVER_ERROR,
            "a key is made to be used");
    AS_NEED(row->kid.len > 0 && row->kid.len <= AS_LIMIT_KID, AS_SERVER_ERROR,
            "a key needs a name");
    return key_write(session, run_key_add, &ask, added);
}

/* Two lines of audit: what is active, and what is not any more. */
static as_err run_key_activate(const struct as_store_ops *ops, struct as_backend *backend,
                               void *arg, unsigned *touched)
{
    struct key_ask *ask = arg;

    (void)touched;
    AS_TRY(ops->key_activate(backend, ask->kid, key_time(ask), ask->retired, &ask->done));
    AS_TRY(key_audit(ops, backend, ask));
    if (ask->done && ask->audit != NULL && ask->retired[0] != '\0') {
        struct as_audit line = *ask->audit;
        line.event = "key_retired";
        AS_TRY(ops->audit_put(backend, &line, as_span_of(ask->retired)));
    }
    return AS_OK;
}

as_err as_store_key_activate(struct as_store_session *session, as_span kid,
                             const struct as_audit *audit, bool *done)
{
    struct key_ask ask = {.kid = kid, .audit = audit};

    return key_write(session, run_key_activate, &ask, done);
}

static as_err run_key_retire(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                             unsigned *touched)
{
    struct key_ask *ask = arg;

    (void)touched;
    AS_TRY(ops->key_retire(backend, ask->kid, key_time(ask), &ask->done));
    return key_audit(ops, backend, ask);
}

as_err as_store_key_retire(struct as_store_session *session, as_span kid,
                           const struct as_audit *audit, bool *done)
{
    struct key_ask ask = {.kid = kid, .audit = audit};

    return key_write(session, run_key_retire, &ask, done);
}

static as_err run_key_delete(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                             unsigned *touched)
{
    struct key_ask *ask = arg;

    (void)touched;
    AS_TRY(ops->key_delete(backend, ask->kid, &ask->done));
    return key_audit(ops, backend, ask);
}

as_err as_store_key_delete(struct as_store_session *session, as_span kid,
                           const struct as_audit *audit, bool *found)
{
    struct key_ask ask = {.kid = kid, .audit = audit};

    return key_write(session, run_key_delete, &ask, found);
}

static as_err run_key_promise(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                              unsigned *touched)
{
    const struct key_ask *ask = arg;

    (void)touched;
    return ops->key_promise(backend, ask->lifetime);
}

as_err as_store_key_promise(struct as_store_session *session, int64_t lifetime)
{
    struct key_ask ask = {.lifetime = lifetime};

    return as_session_write(session, run_key_promise, &ask);
}
