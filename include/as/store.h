/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/: what is remembered. Verbs named for what the protocol needs, each one transaction, atomic
 * against a second caller; no begin or commit is visible. Behind them one table of functions per
 * backend; today SQLite (design D14).
 *
 * Threads (D10): one as_store per process; one session per thread. A worker's session only reads
 * and never waits: a write verb, or a read that meets a lock, returns AS_ELSEWHERE. A job thread's
 * session may wait: its write verbs queue at the committer and return after COMMIT, so acknowledged
 * means fsynced. Queue full: AS_UNAVAILABLE without effect. Commit failed: AS_UNAVAILABLE to every
 * verb of the batch.
 *
 * A session's reads of one request are one read transaction, begun at the first that the caches do
 * not answer; a write of the session ends it, so that what is read next holds what was written.
 * as_store_session_done ends it too. Records that verbs hand out live until then. Parties, the set
 * of resource servers, certificates and live revocations are cached per session, bounded
 * (AS_LIMIT_CACHE_ENTRIES, AS_LIMIT_CACHE_BYTES); the committer bumps a counter per table before it
 * acknowledges, and an older entry is never used: a request that starts after a change was
 * acknowledged sees it (MTLS-15; the reasoning is in server/store/session.h).
 *
 * Errors of every verb beside its own: AS_ELSEWHERE in a worker's session; AS_UNAVAILABLE when the
 * store cannot be reached, is locked by others for too long, or is overloaded; AS_SERVER_ERROR when
 * memory is short or a stored record cannot be understood. A verb that returns AS_UNAVAILABLE has
 * no effect, but for one case that no store can exclude: a machine that stops while COMMIT is
 * under way may later show the whole change.
 */
#ifndef AS_STORE_H
#define AS_STORE_H

#include "as/base.h"
#include "as/model.h"

struct as_store;
struct as_store_session;

#define AS_STORE_MESSAGE 512 /* octets of a sentence for the operator, with its NUL */

/*
 * `backend` is a name of the table in store.c, which settings/ has checked (design D14); another is
 * unavailable.
 *
 * Opens, migrates, and starts the committer and the housekeeper (checkpoints, sweeping). `path` is
 * the database; beside it stand its -wal and -shm and PATH.lock. The file is made with mode 0600; a
 * directory that anybody but its owner may write, or a file that anybody but its owner may read, is
 * refused, and both must belong to the caller or root; so is an empty file, and one of which a page
 * is found damaged: up to AS_LIMIT_STORE_CHECK_OCTETS all pages are looked at, for
 * AS_LIMIT_STORE_CHECK_MS or so.
 *
 * AS_CONFLICT: another fapid holds the database (flock). AS_INVALID_REQUEST: what is there is
 * damaged, no database of ours, or of a schema newer than this program knows. AS_UNAVAILABLE: it
 * cannot be opened or written, or might be by others. `why` gets one sentence for the operator.
 */
as_err as_store_open(const char *backend, const char *path, struct as_store **out,
                     char why[AS_STORE_MESSAGE]);
/* Writes what is queued, ends the threads, checkpoints, closes. Free all sessions before. */
void as_store_close(struct as_store *store);

/* Reads the whole database without changing it: integrity_check, foreign keys, schema version and
 * that each record can be decoded (`fapid --check-store`). Findings go to `tell`, a sentence each;
 * AS_INVALID_REQUEST when there are any. Otherwise errors are those of as_store_open, and `tell`
 * gets their sentence. For root the process is the file's owner meanwhile: call it before there are
 * threads. */
as_err as_store_check(const char *backend, const char *path, void (*tell)(void *, const char *),
                      void *arg);

/* A worker's session (`may_wait` false) opens its connection now, another at its first read. */
as_err as_store_session_new(struct as_store *store, bool may_wait, struct as_store_session **out);
void as_store_session_free(struct as_store_session *session);
/* Ends the read transaction of a request. Call before the request is answered or suspended. */
void as_store_session_done(struct as_store_session *session);
/* Can the store be read, was the last commit fine, was no damage met, and is the database still at
 * its path? (health) After a failed commit a write is tried each second; after damage all pages are
 * looked at each AS_LIMIT_STORE_RECHECK_MS. Ended by as_store_session_done like a read. */
bool as_store_is_ready(struct as_store_session *session);

/* ---------------------------------------------------------------- parties -------------------- */

/* One name or certificate a party is known by, for the index of MTLS-114. */
struct as_identifier {
    unsigned kind; /* as_name_kind, or AS_IDENTIFIER_CERTIFICATE / _KEY / _SOFTWARE */
    unsigned char digest[AS_DIGEST]; /* SHA-256 of the canonical name, of the DER, of the SPKI */
};
#define AS_IDENTIFIER_CERTIFICATE 100
#define AS_IDENTIFIER_KEY         101
#define AS_IDENTIFIER_SOFTWARE    102 /* of software_id, NUL, software_version (REG-17) */

struct as_party_write {
    const struct as_party *party; /* with client or resource; epoch is the store's to give */
    const struct as_identifier *identifiers;
    size_t identifier_count;
};

/* The party of an id, or NULL. */
as_err as_store_party_get(struct as_store_session *session, as_span id,
                          const struct as_party **out);
/* All resource servers in the order of their ids (at most AS_LIMIT_RESOURCE_SERVERS), disabled ones
 * too. Their `metadata` is left empty: as_store_party_get has it. */
as_err as_store_resources(struct as_store_session *session, const struct as_resource_set **out);
/* Parties of a kind in the order of their ids, after `after`, at most `limit`. */
as_err as_store_party_list(struct as_store_session *session, struct as_arena *mem,
                           enum as_party_kind kind, as_span after, size_t limit,
                           const struct as_party *const **out, size_t *count);
/*
 * Ids of parties of a kind that hold any of the identifiers, each once, at most `room`; when there
 * are more, *count is room + 1.
 */
as_err as_store_parties_of(struct as_store_session *session, struct as_arena *mem,
                           enum as_party_kind kind, const struct as_identifier *identifiers,
                           size_t identifier_count, as_span *ids, size_t room, size_t *count);

/*
 * Creates parties, all or none. AS_ALREADY_EXISTS: an id or an audience is taken;
 * AS_INVALID_CLIENT_METADATA: another party, of either kind, holds an identifier and `shared` is
 * not set on the written one (MTLS-114), the id is ill-formed, or a resource server exceeds
 * AS_LIMIT_RESOURCE_OCTETS (its texts, and 32 for each audience); AS_NOT_ALLOWED: there are
 * AS_LIMIT_RESOURCE_SERVERS already. *which is then the index of the offending one. One audit row
 * is written per party; an empty audit->client_id becomes the party's id, here and below.
 */
as_err as_store_party_create(struct as_store_session *session, const struct as_party_write *writes,
                             size_t count, const struct as_audit *audit, size_t *which);
/* Replaces all but id, kind, epoch, created and rat. Refuses as create does; but a party that does
 * not share keeps the identifiers it held before, though others share them since: they came later,
 * and hold up no change of its own. Another method or another registered name moves the epoch on:
 * what was issued to the old identity ends with it. Rows of class registered whose certificate
 * nobody has then are forgotten, as at delete (D9). *found is false when there is none of that id
 * and kind; then nothing is written, and no audit row. */
as_err as_store_party_replace(struct as_store_session *session, const struct as_party_write *write,
                              const struct as_audit *audit, bool *found);
/* The same for a party that replaces itself: only while its status, trust group, sharing, profile,
 * scope and rat are as in `was`, so that it cannot undo what an operator does meanwhile; otherwise
 * *found is false. */
as_err as_store_party_replace_own(struct as_store_session *session,
                                  const struct as_party_write *write, const struct as_party *was,
                                  const struct as_audit *audit, bool *found);
/* The same for a change of some members, the others being those of `was`: only while all is as in
 * `was`, so that two who change different things at once do not undo each other. */
as_err as_store_party_amend(struct as_store_session *session, const struct as_party_write *write,
                            const struct as_party *was, const struct as_audit *audit, bool *found);
/* What create and replace would answer now, without a trace: the verb is run and undone. */
as_err as_store_party_create_rehearse(struct as_store_session *session,
                                      const struct as_party_write *writes, size_t count,
                                      size_t *which);
as_err as_store_party_replace_rehearse(struct as_store_session *session,
                                       const struct as_party_write *write, bool *found);
/* `updated` becomes audit->at, when there is an audit. */
as_err as_store_party_set_status(struct as_store_session *session, enum as_party_kind kind,
                                 as_span id, enum as_party_status status,
                                 const struct as_audit *audit, bool *found);
as_err as_store_party_delete(struct as_store_session *session, enum as_party_kind kind, as_span id,
                             const struct as_audit *audit, bool *found);
/* All tokens of the client so far become inactive: its epoch moves on (D8). Epochs come from one
 * sequence of the store and never repeat, so that an id deleted and imported again revives nothing.
 * *found is false for a resource server too: nothing is issued to it. */
as_err as_store_client_revoke_tokens(struct as_store_session *session, as_span id,
                                     const struct as_audit *audit, bool *found);

/* ---------------------------------------------------------------- certificates (D9) ---------- */

/* The row of a binding: its certificate as it was proven for it, or NULL. */
as_err as_store_certificate_get(struct as_store_session *session, const struct as_binding *binding,
                                const struct as_certificate_row **out);
/* Adds the row of its binding, beside those of other ways to prove the same certificate; *first:
 * there was none. A row that is there stays as it is, even if the certificate came with another
 * chain: then nothing is written, and a worker's session may put it too. */
as_err as_store_certificate_put(struct as_store_session *session,
                                const struct as_certificate_row *row, bool *first);

/* ---------------------------------------------------------------- revocation of one token ---- */

/* Kept until expires_at and AS_LIMIT_SWEEP_GRACE_S more; revoking again is no error. */
as_err as_store_token_revoke(struct as_store_session *session, const unsigned char jti[AS_JTI],
                             as_time expires_at, const struct as_audit *audit);
as_err as_store_token_is_revoked(struct as_store_session *session, const unsigned char jti[AS_JTI],
                                 bool *out);

/* ---------------------------------------------------------------- keys ----------------------- */

/* Keys of one purpose and algorithm form a line: at most one is published, at most one active. */
enum as_key_state {
    AS_KEY_PUBLISHED, /* shown, not used before `activates` */
    AS_KEY_ACTIVE,    /* the one that signs or seals */
    AS_KEY_RETIRED,   /* verifies and opens alone */
    AS_KEY_STATES
};

struct as_key_row {
    as_span kid;     /* sealing: 16 hex digits; signing: RFC 7638 thumbprint */
    as_span purpose; /* AS_PURPOSE_... of keys/ */
    as_span alg;     /* "ES256", ...; empty for sealing keys */
    enum as_key_state state;
    as_time created;
    as_time activates; /* published: not before this; later: when it became active */
    as_time retired;   /* 0 before */
    int64_t lifetime;  /* seconds: the longest that anything made by it lives */
    as_span public_;   /* the public JWK as text; empty for sealing keys */
    as_span wrapped;   /* the private part, by the key-encryption key (D16) */
};

/* All, in the order of their creation. In audit rows the kid stands where a party's id would. */
as_err as_store_keys(struct as_store_session *session, struct as_arena *mem,
                     const struct as_key_row **out, size_t *count);
/* Adds a published or active key unless its line has one of that state already; *added tells. */
as_err as_store_key_add(struct as_store_session *session, const struct as_key_row *row,
                        const struct as_audit *audit, bool *added);
/* The published key of this kid becomes active at audit->at, and the active one of its line
 * retires, at once; *done is false when it is not there or not published. */
as_err as_store_key_activate(struct as_store_session *session, as_span kid,
                             const struct as_audit *audit, bool *done);
/* The active key of this kid retires without a successor; *done as above. */
as_err as_store_key_retire(struct as_store_session *session, as_span kid,
                           const struct as_audit *audit, bool *done);
/* Takes a key away, whatever its state. */
as_err as_store_key_delete(struct as_store_session *session, as_span kid,
                           const struct as_audit *audit, bool *found);
/* What published and active keys make may live this long: raises `lifetime`, never lowers it. */
as_err as_store_key_promise(struct as_store_session *session, int64_t lifetime);

/* ---------------------------------------------------------------- registration by clients ---- */

/* Initial access tokens (REG-15). They are swept AS_LIMIT_IAT_KEEP_S after their end. An id or
 * digest that is there already is AS_ALREADY_EXISTS. */
as_err as_store_iat_create(struct as_store_session *session, const struct as_iat *iat,
                           const struct as_audit *audit);
/* By its digest, used up and expired ones too; *out is NULL when there is none. */
as_err as_store_iat_get(struct as_store_session *session, struct as_arena *mem,
                        const unsigned char digest[AS_DIGEST], const struct as_iat **out);
/* In the order of their creation, after the id `after`; without digests. AS_INVALID_REQUEST when
 * there is none of that id (any more). */
as_err as_store_iat_list(struct as_store_session *session, struct as_arena *mem, as_span after,
                         size_t limit, const struct as_iat **out, size_t *count);
as_err as_store_iat_revoke(struct as_store_session *session, as_span id,
                           const struct as_audit *audit, bool *found);
/*
 * Takes one use of an initial access token and creates a party, both or neither; refuses as
 * as_store_party_create does. `iat` NULL: none is needed. *taken is false, and nothing is written,
 * when the token is gone, used up or expired at `now`: of 20 at once for the last use one wins. The
 * last use ends the token: expires_at becomes `now`.
 */
as_err as_store_party_register(struct as_store_session *session, const struct as_party_write *write,
                               const unsigned char *iat, as_time now, const struct as_audit *audit,
                               bool *taken);

/* ---------------------------------------------------------------- the database as a whole ---- */

struct as_store_status {
    as_span backend; /* "sqlite" */
    as_span path;
    int64_t schema;     /* of the database; what this program knows is the same */
    int64_t epoch;      /* of the store: how often it was restored */
    int64_t octets;     /* of the database file */
    int64_t wal_octets; /* of the write-ahead log */
    int64_t clients, resources, revocations, keys, iats, audits;
    int64_t certificates; /* that tokens were bound to, in however many ways */
    bool ready;           /* as as_store_is_ready */
};

/* Counts. Like the verbs below it is for sessions that may wait, others get AS_ELSEWHERE. */
as_err as_store_status(struct as_store_session *session, struct as_arena *mem,
                       struct as_store_status *out);
/*
 * Writes a consistent copy to a new file, mode 0600, while the store serves; the copy is complete
 * and synced when this returns, and holds nothing that was deleted. `path` is absolute, in a
 * directory where others may not rename files; what is there already is AS_ALREADY_EXISTS. `why`
 * gets one sentence for the operator on failure (AS_UNAVAILABLE); nothing is left at `path` then.
 * Until it is complete the copy is PATH.partial.
 */
as_err as_store_backup(struct as_store_session *session, const char *path,
                       char why[AS_STORE_MESSAGE]);
/*
 * Replaces everything by a copy that as_store_backup wrote, in one transaction, while the store
 * serves. The copy is checked first as as_store_check does, and brought to today's schema. All keys
 * and initial access tokens of both are left out and the store's epoch moves on: what was issued
 * before, by either, is dead; the caller has as_keys_reload make new keys. Registration access
 * tokens come back with their parties. Audit rows are only added: those of the copy that the store
 * has not, then `audit`. Refused (AS_INVALID_REQUEST, `why` says the reason): a file that is
 * absent, not ours, newer, damaged, or that others may write; nothing has changed then, nor with
 * any other error. Where the database itself is damaged, stop fapid, move it away, and restore into
 * a new one.
 */
as_err as_store_restore(struct as_store_session *session, const char *path,
                        const struct as_audit *audit, char why[AS_STORE_MESSAGE]);
/* as_store_check on the store in use: it goes on serving. *findings counts what was found, of which
 * at most a hundred of a kind are told. */
as_err as_store_check_live(struct as_store_session *session, void (*tell)(void *, const char *),
                           void *arg, size_t *findings);
/*
 * The three verbs above end early on this session, from now on: AS_UNAVAILABLE, and what they were
 * about has no effect, unless it was complete already. Any thread.
 */
void as_store_session_cancel(struct as_store_session *session);

/* ---------------------------------------------------------------- audit ---------------------- */

struct as_audit_row {
    int64_t number; /* grows by time of writing; never given twice */
    struct as_audit audit;
};

/* At most `limit` audit rows, oldest first, after number `after`; serials and issuers are cut at
 * 1,024 characters. Rows older
 * than AS_LIMIT_AUDIT_KEEP_S are swept, and the oldest beyond AS_LIMIT_AUDIT_ROWS. */
as_err as_store_audit_list(struct as_store_session *session, struct as_arena *mem, int64_t after,
                           size_t limit, const struct as_audit_row **out, size_t *count);

#endif
