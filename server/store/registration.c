/* SPDX-License-Identifier: Apache-2.0 */
/* Registration by clients: initial access tokens, and a party made with the use of one. */
#include "session.h"

/* ------------------------------------------------------------ what is read -------------------- */

as_err as_store_iat_get(struct as_store_session *session, struct as_arena *mem,
                        const unsigned char digest[AS_DIGEST], const struct as_iat **out)
{
    as_metric_add(AS_METRIC_store_reads_total, 1);
    AS_TRY(as_session_read(session));
    return session->store->ops->iat_get(session->reader, mem, digest, out);
}

as_err as_store_iat_list(struct as_store_session *session, struct as_arena *mem, as_span after,
                         size_t limit, const struct as_iat **out, size_t *count)
{
    as_metric_add(AS_METRIC_store_reads_total, 1);
    AS_TRY(as_session_read(session));
    return session->store->ops->iat_list(session->reader, mem, after, limit, out, count);
}

/* ------------------------------------------------------------ what is written ----------------- */

struct iat_ask {
    const struct as_iat *iat;
    as_span id;
    const struct as_audit *audit;
    bool found;
};

static as_err run_iat_create(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                             unsigned *touched)
{
    const struct iat_ask *ask = arg;

    (void)touched; /* initial access tokens are not cached */
    AS_TRY(ops->iat_create(backend, ask->iat));
    return as_verb_audit(ops, backend, ask->audit, ask->iat->id);
}

as_err as_store_iat_create(struct as_store_session *session, const struct as_iat *iat,
                           const struct as_audit *audit)
{
    struct iat_ask ask = {.iat = iat, .audit = audit};

    return as_session_write(session, run_iat_create, &ask);
}

static as_err run_iat_revoke(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                             unsigned *touched)
{
    struct iat_ask *ask = arg;

    (void)touched;
    AS_TRY(ops->iat_revoke(backend, ask->id, &ask->found));
    return ask->found ? as_verb_audit(ops, backend, ask->audit, ask->id) : AS_OK;
}

as_err as_store_iat_revoke(struct as_store_session *session, as_span id,
                           const struct as_audit *audit, bool *found)
{
    struct iat_ask ask = {.id = id, .audit = audit};

    AS_TRY(as_session_write(session, run_iat_revoke, &ask));
    *found = ask.found;
    return AS_OK;
}

struct register_ask {
    const struct as_party_write *write;
    const unsigned char *iat;
    as_time now;
    const struct as_audit *audit;
    bool taken;
};

/* One verb, one savepoint: a party that is refused gives the use back. */
static as_err run_register(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                           unsigned *touched)
{
    struct register_ask *ask = arg;

    ask->taken = ask->iat == NULL;
    if (ask->iat != NULL) {
        AS_TRY(ops->iat_take(backend, ask->iat, ask->now, &ask->taken));
    }
    if (!ask->taken) {
        return AS_OK;
    }
    *touched |= as_verb_tables(ask->write->party->kind);
    AS_TRY(ops->party_create(backend, ask->write));
    return as_verb_audit(ops, backend, ask->audit, ask->write->party->id);
}

as_err as_store_party_register(struct as_store_session *session, const struct as_party_write *write,
                               const unsigned char *iat, as_time now, const struct as_audit *audit,
                               bool *taken)
{
    struct register_ask ask = {.write = write, .iat = iat, .now = now, .audit = audit};

    AS_TRY(as_session_write(session, run_register, &ask));
    *taken = ask.taken;
    return AS_OK;
}
