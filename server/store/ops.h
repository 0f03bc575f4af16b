/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backend must be able to do (design D14). store.c, read.c and write.c turn the public verbs
 * into these; the committer orders the writes.
 *
 * Threads: the functions on a reader are called by the thread that owns its session; begin to rest
 * by the committer's thread alone; tidy and recheck by the housekeeper's alone; wants_tidy, is_lost
 * and is_damaged by any.
 */
#ifndef AS_STORE_OPS_H
#define AS_STORE_OPS_H

#include "as/store.h"

#include <stdatomic.h>

struct as_backend;
struct as_reader;
struct as_copy;

/* How many rows of each kind a step of the sweeper deleted. */
struct as_swept {
    size_t revocations, certificates, iats, audits;
};

/* What is cached, each with a counter of its own (session.h). */
enum as_table {
    AS_TABLE_PARTY,
    AS_TABLE_RESOURCE, /* the set of resource servers */
    AS_TABLE_CERTIFICATE,
    AS_TABLE_REVOCATION,
    AS_TABLES
};

struct as_store_ops {
    /* Here and below `why` stays empty where the error's own says all. */
    as_err (*open)(const char *path, struct as_backend **out, char why[AS_STORE_MESSAGE]);
    void (*close)(struct as_backend *backend);
    as_err (*check)(const char *path, void (*tell)(void *, const char *), void *arg);

    /* --- reading. A reader that may not wait answers AS_ELSEWHERE where it meets a lock. */
    as_err (*reader_new)(struct as_backend *backend, bool may_wait, struct as_reader **out);
    void (*reader_free)(struct as_reader *reader);
    /* The snapshot is taken at the first read after read_begin, never before it. */
    as_err (*read_begin)(struct as_reader *reader);
    void (*read_end)(struct as_reader *reader);
    as_err (*probe)(struct as_reader *reader);
    as_err (*party_get)(struct as_reader *reader, struct as_arena *mem, as_span id,
                        const struct as_party **out);
    as_err (*resources)(struct as_reader *reader, struct as_arena *mem,
                        const struct as_resource_set **out);
    as_err (*party_list)(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                         as_span after, size_t limit, const struct as_party *const **out,
                         size_t *count);
    as_err (*parties_of)(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                         const struct as_identifier *identifiers, size_t identifier_count,
                         as_span *ids, size_t room, size_t *count);
    as_err (*certificate_get)(struct as_reader *reader, struct as_arena *mem,
                              const struct as_binding *binding,
                              const struct as_certificate_row **out);
    as_err (*token_is_revoked)(struct as_reader *reader, const unsigned char jti[AS_JTI],
                               bool *out);
    as_err (*keys)(struct as_reader *reader, struct as_arena *mem, const struct as_key_row **out,
                   size_t *count);
    as_err (*iat_get)(struct as_reader *reader, struct as_arena *mem,
                      const unsigned char digest[AS_DIGEST], const struct as_iat **out);
    as_err (*iat_list)(struct as_reader *reader, struct as_arena *mem, as_span after, size_t limit,
                       const struct as_iat **out, size_t *count);
    as_err (*audit_list)(struct as_reader *reader, struct as_arena *mem, int64_t after,
                         size_t limit, const struct as_audit_row **out, size_t *count);

    /* --- one transaction of several verbs, each between mark and keep or undo. An undo that fails
     * means that the transaction is lost as a whole. */
    as_err (*begin)(struct as_backend *backend);
    as_err (*mark)(struct as_backend *backend);
    as_err (*keep)(struct as_backend *backend);
    as_err (*undo)(struct as_backend *backend);
    as_err (*commit)(struct as_backend *backend);
    void (*rollback)(struct as_backend *backend);

    /* --- the verbs that write */
    as_err (*party_create)(struct as_backend *backend, const struct as_party_write *write);
    as_err (*party_replace)(struct as_backend *backend, const struct as_party_write *write,
                            bool *found);
    /* Is the party as `was` says in all that is an operator's (as_store_party_replace_own), or
     * altogether (as_store_party_amend)? */
    as_err (*party_is_still)(struct as_backend *backend, const struct as_party *was,
                             bool altogether, bool *still);
    as_err (*party_set_status)(struct as_backend *backend, enum as_party_kind kind, as_span id,
                               enum as_party_status status, as_time at, bool *found);
    as_err (*party_delete)(struct as_backend *backend, enum as_party_kind kind, as_span id,
                           bool *found);
    as_err (*client_revoke_tokens)(struct as_backend *backend, as_span id, bool *found);
    as_err (*certificate_put)(struct as_backend *backend, const struct as_certificate_row *row,
                              bool *first);
    as_err (*token_revoke)(struct as_backend *backend, const unsigned char jti[AS_JTI],
                           as_time expires_at);
    as_err (*key_add)(struct as_backend *backend, const struct as_key_row *row, bool *added);
    /* `retired`: the kid that was active before, or empty. */
    as_err (*key_activate)(struct as_backend *backend, as_span kid, as_time at,
                           char retired[AS_LIMIT_KID + 1], bool *done);
    as_err (*key_retire)(struct as_backend *backend, as_span kid, as_time at, bool *done);
    as_err (*key_delete)(struct as_backend *backend, as_span kid, bool *found);
    as_err (*key_promise)(struct as_backend *backend, int64_t lifetime);
    as_err (*iat_create)(struct as_backend *backend, const struct as_iat *iat);
    as_err (*iat_take)(struct as_backend *backend, const unsigned char digest[AS_DIGEST],
                       as_time now, bool *taken);
    as_err (*iat_revoke)(struct as_backend *backend, as_span id, bool *found);
    /* `about` stands for an empty audit->client_id. */
    as_err (*audit_put)(struct as_backend *backend, const struct as_audit *audit, as_span about);
    /* Deletes at most AS_LIMIT_SWEEP_ROWS of each kind. */
    as_err (*sweep)(struct as_backend *backend, as_time now, struct as_swept *swept);
    /* Changes something of no meaning, to see whether writing works. */
    as_err (*touch)(struct as_backend *backend);
    /* Between two transactions, when no write is near: gives back what memory they filled. */
    void (*rest)(struct as_backend *backend);

    /* --- the database as a whole (include/as/store.h). Any thread that may wait. Once *cancelled,
     * which outlives it, is true, the work ends with AS_UNAVAILABLE and without effect. */
    as_err (*status)(struct as_reader *reader, struct as_backend *backend,
                     struct as_store_status *out);
    as_err (*backup)(struct as_backend *backend, const char *path, const atomic_bool *cancelled,
                     char why[AS_STORE_MESSAGE]);
    as_err (*check_live)(struct as_backend *backend, void (*tell)(void *, const char *), void *arg,
                         const atomic_bool *cancelled, size_t *findings);
    /* A copy, checked and brought to today's schema; at most one at a time. */
    as_err (*copy_open)(struct as_backend *backend, const char *path, const atomic_bool *cancelled,
                        struct as_copy **out, char why[AS_STORE_MESSAGE]);
    void (*copy_close)(struct as_copy *copy);
    /* The content of the copy becomes the store's. A verb that writes, and stands alone in its
     * transaction: it changes more than a mark is good for. */
    as_err (*replace)(struct as_backend *backend, struct as_copy *copy);

    /* --- upkeep that holds up neither readers nor the committer (checkpoints) */
    bool (*wants_tidy)(struct as_backend *backend);
    void (*tidy)(struct as_backend *backend);
    /* Has what we write to been taken away from its place? Then nothing written would be found. */
    bool (*is_lost)(struct as_backend *backend);
    /* Has something been met that cannot be read? A recheck may put that to rest. */
    bool (*is_damaged)(struct as_backend *backend);
    void (*recheck)(struct as_backend *backend);
};

extern const struct as_store_ops as_sqlite_ops;

#endif
