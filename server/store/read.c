/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs that read: from the cache where its stamp says it is current, else from the backend. */
#include "as/crypto.h"
#include "session.h"

#include <string.h>

/* ------------------------------------------------------------ one way through the caches ------ */

/* A cached table: how a record is made when it is not there. */
struct look {
    enum as_table table;
    unsigned char key[AS_CACHE_KEY];
    as_span id;
    const struct as_binding *binding;
    as_err (*load)(struct as_store_session *session, struct as_arena *mem, const struct look *look,
                   const void **record);
};

static as_err look_up(struct as_store_session *session, const struct look *look,
                      const void **record)
{
    struct as_cache *cache = &session->caches[look->table];
    struct as_arena *mem = NULL;

    AS_TRY(as_session_read(session));
    AS_TRY(as_cache_memory(cache, session->stamps[look->table], &mem));
    AS_TRY(look->load(session, mem, look, record));
    /* Absent is not cached: strangers choose what is absent. */
    return *record != NULL ? as_cache_put(cache, look->key, *record) : AS_OK;
}

static as_err look(struct as_store_session *session, const struct look *look, const void **record)
{
    struct as_cache *cache = &session->caches[look->table];
    uint64_t stamp = session->reading ? session->stamps[look->table]
                                      : atomic_load(&session->store->counters[look->table]);

    *record = as_cache_find(cache, look->key, stamp);
    if (*record != NULL) {
        return AS_OK;
    }
    as_err err = look_up(session, look, record);
    if (as_err_is(err, AS_SERVER_ERROR) && as_cache_empty(cache)) {
        err = look_up(session, look, record); /* it was full */
    }
    return err;
}

static void count_read(void)
{
    as_metric_add(AS_METRIC_store_reads_total, 1);
}

/* ------------------------------------------------------------ parties ------------------------- */

static as_err load_party(struct as_store_session *session, struct as_arena *mem,
                         const struct look *look, const void **record)
{
    const struct as_party *party = NULL;

    AS_TRY(session->store->ops->party_get(session->reader, mem, look->id, &party));
    *record = party;
    return AS_OK;
}

as_err as_store_party_get(struct as_store_session *session, as_span id, const struct as_party **out)
{
    struct look what = {.table = AS_TABLE_PARTY, .id = id, .load = load_party};
    const void *record = NULL;

    count_read();
    if (id.len == 0 || id.len > AS_LIMIT_PARTY_ID || as_span_has_byte(id, '\0')) {
        *out = NULL;
        return AS_OK;
    }
    AS_TRY(as_sha256(id, what.key)); /* the id is a client's text */
    AS_TRY(look(session, &what, &record));
    *out = record;
    return AS_OK;
}

static as_err load_resources(struct as_store_session *session, struct as_arena *mem,
                             const struct look *look, const void **record)
{
    const struct as_resource_set *set = NULL;

    (void)look;
    AS_TRY(session->store->ops->resources(session->reader, mem, &set));
    *record = set;
    return AS_OK;
}

as_err as_store_resources(struct as_store_session *session, const struct as_resource_set **out)
{
    const struct look what = {.table = AS_TABLE_RESOURCE, .load = load_resources};
    const void *record = NULL;

    count_read();
    AS_TRY(look(session, &what, &record));
    *out = record;
    return AS_OK;
}

as_err as_store_party_list(struct as_store_session *session, struct as_arena *mem,
                           enum as_party_kind kind, as_span after, size_t limit,
                           const struct as_party *const **out, size_t *count)
{
    count_read();
    AS_TRY(as_session_read(session));
    return session->store->ops->party_list(session->reader, mem, kind, after, limit, out, count);
}

as_err as_store_parties_of(struct as_store_session *session, struct as_arena *mem,
                           enum as_party_kind kind, const struct as_identifier *identifiers,
                           size_t identifier_count, as_span *ids, size_t room, size_t *count)
{
    count_read();
    AS_TRY(as_session_read(session));
    return session->store->ops->parties_of(session->reader, mem, kind, identifiers,
                                           identifier_count, ids, room, count);
}

/* ------------------------------------------------------------ certificates and tokens --------- */

static as_err load_certificate(struct as_store_session *session, struct as_arena *mem,
                               const struct look *look, const void **record)
{
    const struct as_certificate_row *row = NULL;

    AS_TRY(session->store->ops->certificate_get(session->reader, mem, look->binding, &row));
    *record = row;
    return AS_OK;
}

as_err as_store_certificate_get(struct as_store_session *session, const struct as_binding *binding,
                                const struct as_certificate_row **out)
{
    struct look what = {
        .table = AS_TABLE_CERTIFICATE, .binding = binding, .load = load_certificate};
    const void *record = NULL;

    count_read();
    memcpy(what.key, binding->thumbprint, AS_DIGEST);
    memcpy(what.key + AS_DIGEST, binding->way, AS_WAY);
    what.key[AS_DIGEST + AS_WAY] = (unsigned char)binding->class_;
    AS_TRY(look(session, &what, &record));
    *out = record;
    return AS_OK;
}

/* Both answers are worth keeping: a jti is of our own making, since it came out of a seal. */
static as_err load_revocation(struct as_store_session *session, struct as_arena *mem,
                              const struct look *look, const void **record)
{
    static const bool answers[] = {false, true};
    bool revoked = false;

    (void)mem;
    AS_TRY(session->store->ops->token_is_revoked(session->reader, look->key, &revoked));
    *record = &answers[revoked];
    return AS_OK;
}

as_err as_store_token_is_revoked(struct as_store_session *session, const unsigned char jti[AS_JTI],
                                 bool *out)
{
    struct look what = {.table = AS_TABLE_REVOCATION, .load = load_revocation};
    const void *record = NULL;

    count_read();
    memcpy(what.key, jti, AS_JTI);
    AS_TRY(look(session, &what, &record));
    *out = *(const bool *)record;
    return AS_OK;
}

/* ------------------------------------------------------------ keys and audit ------------------ */

as_err as_store_keys(struct as_store_session *session, struct as_arena *mem,
                     const struct as_key_row **out, size_t *count)
{
    count_read();
    AS_TRY(as_session_read(session));
    return session->store->ops->keys(session->reader, mem, out, count);
}

as_err as_store_audit_list(struct as_store_session *session, struct as_arena *mem, int64_t after,
                           size_t limit, const struct as_audit_row **out, size_t *count)
{
    count_read();
    AS_TRY(as_session_read(session));
    return session->store->ops->audit_list(session->reader, mem, after, limit, out, count);
}
