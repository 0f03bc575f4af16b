/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that write. Each is a question on its caller's stack (struct ..._ask), and a function
 * that the committer runs. The caller looks at the answer in it only after the acknowledgement.
 */
#include "session.h"

/* ------------------------------------------------------------ parties ------------------------- */

/* How a rehearsal ends: as a refusal, so that the committer undoes the verb. */
struct rehearsal {
    bool wanted, over;
};

static as_err rehearsal_end(struct rehearsal *rehearsal)
{
    rehearsal->over = rehearsal->wanted;
    return rehearsal->wanted ? AS_FAIL(AS_ELSEWHERE, "a rehearsal is undone") : AS_OK;
}

static as_err rehearsal_answer(const struct rehearsal *rehearsal, as_err err)
{
    return rehearsal->over && as_err_is(err, AS_ELSEWHERE) ? AS_OK : err;
}

struct create_ask {
    const struct as_party_write *writes;
    size_t count;
    const struct as_audit *audit;
    size_t which;
    struct rehearsal rehearsal;
};

static as_err run_create(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                         unsigned *touched)
{
    struct create_ask *ask = arg;

    for (ask->which = 0; ask->which < ask->count; ask->which++) {
        const struct as_party_write *write = &ask->writes[ask->which];
        AS_TRY(ops->party_create(backend, write));
        AS_TRY(as_verb_audit(ops, backend, ask->audit, write->party->id));
        *touched |= as_verb_tables(write->party->kind);
    }
    return rehearsal_end(&ask->rehearsal);
}

static as_err create(struct as_store_session *session, struct create_ask *ask, size_t *which)
{
    as_err err = as_session_write(session, run_create, ask);

    *which = ask->which < ask->count ? ask->which : 0;
    return rehearsal_answer(&ask->rehearsal, err);
}

as_err as_store_party_create(struct as_store_session *session, const struct as_party_write *writes,
                             size_t count, const struct as_audit *audit, size_t *which)
{
    struct create_ask ask = {.writes = writes, .count = count, .audit = audit};

    return create(session, &ask, which);
}

as_err as_store_party_create_rehearse(struct as_store_session *session,
                                      const struct as_party_write *writes, size_t count,
                                      size_t *which)
{
    struct create_ask ask = {.writes = writes, .count = count, .rehearsal = {.wanted = true}};

    return create(session, &ask, which);
}

struct party_ask {
    const struct as_party_write *write;
    const struct as_party *was; /* replaced only while it is still so; NULL: however it is */
    bool altogether;            /* in everything, not only in what is an operator's */
    enum as_party_kind kind;
    enum as_party_status status;
    as_span id;
    const struct as_audit *audit;
    bool found;
    struct rehearsal rehearsal;
};

static as_err run_replace(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                          unsigned *touched)
{
    struct party_ask *ask = arg;

    *touched |= as_verb_tables(ask->write->party->kind) | 1U << AS_TABLE_CERTIFICATE;
    if (ask->was != NULL) {
        bool still = false;

        AS_TRY(ops->party_is_still(backend, ask->was, ask->altogether, &still));
        if (!still) {
            return AS_OK;
        }
    }
    AS_TRY(ops->party_replace(backend, ask->write, &ask->found));
    if (ask->found) {
        AS_TRY(as_verb_audit(ops, backend, ask->audit, ask->write->party->id));
    }
    return rehearsal_end(&ask->rehearsal);
}

static as_err replace(struct as_store_session *session, struct party_ask *ask, bool *found)
{
    AS_TRY(rehearsal_answer(&ask->rehearsal, as_session_write(session, run_replace, ask)));
    *found = ask->found;
    return AS_OK;
}

as_err as_store_party_replace(struct as_store_session *session, const struct as_party_write *write,
                              const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.write = write, .audit = audit};

    return replace(session, &ask, found);
}

as_err as_store_party_replace_own(struct as_store_session *session,
                                  const struct as_party_write *write, const struct as_party *was,
                                  const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.write = write, .was = was, .audit = audit};

    return replace(session, &ask, found);
}

as_err as_store_party_amend(struct as_store_session *session, const struct as_party_write *write,
                            const struct as_party *was, const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.write = write, .was = was, .altogether = true, .audit = audit};

    return replace(session, &ask, found);
}

as_err as_store_party_replace_rehearse(struct as_store_session *session,
                                       const struct as_party_write *write, bool *found)
{
    struct party_ask ask = {.write = write, .rehearsal = {.wanted = true}};

    return replace(session, &ask, found);
}

static as_err run_set_status(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                             unsigned *touched)
{
    struct party_ask *ask = arg;
    as_time at = ask->audit != NULL ? ask->audit->at : 0;

    *touched |= as_verb_tables(ask->kind);
    AS_TRY(ops->party_set_status(backend, ask->kind, ask->id, ask->status, at, &ask->found));
    return ask->found ? as_verb_audit(ops, backend, ask->audit, ask->id) : AS_OK;
}

as_err as_store_party_set_status(struct as_store_session *session, enum as_party_kind kind,
                                 as_span id, enum as_party_status status,
                                 const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.kind = kind, .id = id, .status = status, .audit = audit};

    AS_TRY(as_session_write(session, run_set_status, &ask));
    *found = ask.found;
    return AS_OK;
}

static as_err run_delete(const struct as_store_ops *ops, struct as_backend *backend, void *arg,
                         unsigned *touched)
{
    struct party_ask *ask = arg;

    *touched |= as_verb_tables(ask->kind) | 1U << AS_TABLE_CERTIFICATE;
    AS_TRY(ops->party_delete(backend, ask->kind, ask->id, &ask->found));
    return ask->found ? as_verb_audit(ops, backend, ask->audit, ask->id) : AS_OK;
}

as_err as_store_party_delete(struct as_store_session *session, enum as_party_kind kind, as_span id,
                             const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.kind = kind, .id = id, .audit = audit};

    AS_TRY(as_session_write(session, run_delete, &ask));
    *found = ask.found;
    return AS_OK;
}

static as_err run_revoke_tokens(const struct as_store_ops *ops, struct as_backend *backend,
                                void *arg, unsigned *touched)
{
    struct party_ask *ask = arg;

    *touched |= as_verb_tables(AS_PARTY_CLIENT);
    AS_TRY(ops->client_revoke_tokens(backend, ask->id, &ask->found));
    return ask->found ? as_verb_audit(ops, backend, ask->audit, ask->id) : AS_OK;
}

as_err as_store_client_revoke_tokens(struct as_store_session *session, as_span id,
                                     const struct as_audit *audit, bool *found)
{
    struct party_ask ask = {.id = id, .audit = audit};

    AS_TRY(as_session_write(session, run_revoke_tokens, &ask));
    *found = ask.found;
    return AS_OK;
}

/* ------------------------------------------------------------ certificates -------------------- */

struct certificate_ask {
    const struct as_certificate_row *row;
    bool first;
};

static as_err run_certificate_put(const struct as_store_ops *ops, struct as_backend *backend,
                                  void *arg, unsigned *touched)
{
    struct certificate_ask *ask = arg;

    *touched |= 1U << AS_TABLE_CERTIFICATE;
    return ops->certificate_put(backend, ask->row, &ask->first);
}

as_err as_store_certificate_put(struct as_store_session *session,
                                const struct as_certificate_row *row, bool *first)
{
    struct certificate_ask ask = {.row = row};
    const struct as_certificate_row *old = NULL;

    *first = false;
    AS_NEED(row->path_count <= AS_PATH_MAX, AS_SERVER_ERROR, "a path is too long");
    AS_TRY(as_store_certificate_get(session, &row->binding, &old));
    if (old != NULL) {
        return AS_OK;
    }
    AS_TRY(as_session_write(session, run_certificate_put, &ask));
    *first = ask.first;
    return AS_OK;
}

/* ------------------------------------------------------------ tokens -------------------------- */

struct revoke_ask {
    const unsigned char *jti;
    as_time expires_at;
    const struct as_audit *audit;
};

static as_err run_token_revoke(const struct as_store_ops *ops, struct as_backend *backend,
                               void *arg, unsigned *touched)
{
    const struct revoke_ask *ask = arg;

    *touched |= 1U << AS_TABLE_REVOCATION;
    AS_TRY(ops->token_revoke(backend, ask->jti, ask->expires_at));
    return as_verb_audit(ops, backend, ask->audit, AS_SPAN_NONE);
}

as_err as_store_token_revoke(struct as_store_session *session, const unsigned char jti[AS_JTI],
                             as_time expires_at, const struct as_audit *audit)
{
    struct revoke_ask ask = {jti, expires_at, audit};

    return as_session_write(session, run_token_revoke, &ask);
}
