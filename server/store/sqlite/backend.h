/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite backend: its connections and the verbs by file. */
#ifndef AS_STORE_SQLITE_BACKEND_H
#define AS_STORE_SQLITE_BACKEND_H

#include "ops.h"
#include "sqlite/db.h"

#include <stdatomic.h>
#include <sys/types.h>

struct as_backend {
    char *path;
    int lock_fd;  /* flock on PATH.lock */
    dev_t device; /* what was opened: is it still at its path? */
    ino_t inode;
    struct as_db_faults faults;
    struct as_db writer;   /* the committer's */
    struct as_db tidier;   /* the housekeeper's */
    atomic_int wal_pages;  /* length of the write-ahead log */
    atomic_int wal_tidied; /* so much of it is in the database file */
    int64_t truncate_ms;   /* the tidier's: not before */
    atomic_bool backing_up;
    atomic_bool restoring;
};

struct as_reader {
    struct as_db db;
};

/* Today's schema, checked, and nobody else's. */
struct as_copy {
    struct as_reader reader;
    struct as_backend *backend;
    const atomic_bool *cancelled;
    char *path;
};

/* --- ops.c */
as_err as_reader_new(struct as_backend *backend, enum as_db_role role, struct as_reader **out);
void as_reader_free(struct as_reader *reader);
AS_AUTO_DEFINE(struct as_reader, as_reader_free)

/* --- open.c */
as_err as_sqlite_open(const char *path, struct as_backend **out, char why[AS_STORE_MESSAGE]);
void as_sqlite_close(struct as_backend *backend);
/* Is another file, or none, at the path? Any thread. */
bool as_sqlite_is_lost(struct as_backend *backend);
/* What an SQLite code means while opening: AS_OK for SQLITE_OK. */
as_err as_open_need(int code, const char *path, char why[AS_STORE_MESSAGE]);

/* --- files.c: what is on the disk before SQLite is asked. */
as_err as_files_check(const char *path, bool must_exist, char why[AS_STORE_MESSAGE]);
/* Octets of the file PATH`suffix`; 0 where there is none. */
int64_t as_files_size(const char *path, const char *suffix);
/* Of a copy of the database that is being restored, and of the file that is locked. */
#define AS_FILES_RESTORE ".restore"
#define AS_FILES_LOCK    ".lock"
/* Root becomes the owner of the file until as_files_become: a folder of somebody else is not looked
 * into with more rights than its owner has, and what SQLite makes beside it is the owner's. */
struct as_owner {
    uid_t uid;
    gid_t gid;
};
struct as_owner as_files_become_owner(const char *path);
void as_files_become(struct as_owner owner);
/* Makes the database file when it is absent, mode 0600. */
as_err as_files_make(const char *path, char why[AS_STORE_MESSAGE]);
/* "PATH: text" becomes the sentence for the operator; gives `err` back. */
as_err as_files_say(char why[AS_STORE_MESSAGE], as_err err, const char *path, const char *text);
/* What SQLite takes for parts of a database, after its path; "" is the file itself, and first. */
#define AS_FILES_OWN 4
extern const char *const as_files_own[AS_FILES_OWN];
/* The path of a part, to be freed; NULL when memory is short. */
char *as_files_part(const char *path, const char *suffix);
/* errno for the operator, who may well do in a shell what fapid may not. */
const char *as_files_reason(int error);
/* Takes PATH.lock; `make` it when it is absent, else *fd is -1 then. */
as_err as_files_lock(const char *path, bool make, int *fd, char why[AS_STORE_MESSAGE]);

/* --- migrate.c */
#define AS_APPLICATION_ID 0x66617069 /* "fapi" */
/* Is it ours, and not newer than this program? *version is 0 for an empty file. */
as_err as_schema_check(struct as_db *db, const char *path, int64_t *version,
                       char why[AS_STORE_MESSAGE]);
as_err as_schema_migrate(struct as_db *db, const char *path, char why[AS_STORE_MESSAGE]);
int64_t as_schema_newest(void);

/* --- records, by file. party.c */
as_err as_sqlite_parties_check(struct as_reader *reader, struct as_arena *mem);
as_err as_sqlite_party_get(struct as_reader *reader, struct as_arena *mem, as_span id,
                           const struct as_party **out);
as_err as_sqlite_resources(struct as_reader *reader, struct as_arena *mem,
                           const struct as_resource_set **out);
as_err as_sqlite_party_list(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                            as_span after, size_t limit, const struct as_party *const **out,
                            size_t *count);
/* identifier.c */
as_err as_sqlite_parties_of(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                            const struct as_identifier *identifiers, size_t identifier_count,
                            as_span *ids, size_t room, size_t *count);
/* Replaces those of a party, which may be new; the row of one that is replaced is as it was. */
as_err as_sqlite_identifiers_put(struct as_db *db, int64_t party,
                                 const struct as_party_write *write);
/* party_write.c */
as_err as_sqlite_party_create(struct as_backend *backend, const struct as_party_write *write);
as_err as_sqlite_party_replace(struct as_backend *backend, const struct as_party_write *write,
                               bool *found);
as_err as_sqlite_party_is_still(struct as_backend *backend, const struct as_party *was,
                                bool altogether, bool *still);
as_err as_sqlite_party_set_status(struct as_backend *backend, enum as_party_kind kind, as_span id,
                                  enum as_party_status status, as_time at, bool *found);
as_err as_sqlite_party_delete(struct as_backend *backend, enum as_party_kind kind, as_span id,
                              bool *found);
as_err as_sqlite_client_revoke_tokens(struct as_backend *backend, as_span id, bool *found);
/* certificate.c */
as_err as_sqlite_certificate_get(struct as_reader *reader, struct as_arena *mem,
                                 const struct as_binding *binding,
                                 const struct as_certificate_row **out);
as_err as_sqlite_certificate_put(struct as_backend *backend, const struct as_certificate_row *row,
                                 bool *first);
as_err as_sqlite_certificates_check(struct as_reader *reader, struct as_arena *mem);
/* revocation.c */
as_err as_sqlite_token_is_revoked(struct as_reader *reader, const unsigned char jti[AS_JTI],
                                  bool *out);
as_err as_sqlite_token_revoke(struct as_backend *backend, const unsigned char jti[AS_JTI],
                              as_time expires_at);
/* key.c */
as_err as_sqlite_keys(struct as_reader *reader, struct as_arena *mem, const struct as_key_row **out,
                      size_t *count);
as_err as_sqlite_key_add(struct as_backend *backend, const struct as_key_row *row, bool *added);
as_err as_sqlite_key_activate(struct as_backend *backend, as_span kid, as_time at,
                              char retired[AS_LIMIT_KID + 1], bool *done);
as_err as_sqlite_key_retire(struct as_backend *backend, as_span kid, as_time at, bool *done);
as_err as_sqlite_key_delete(struct as_backend *backend, as_span kid, bool *found);
as_err as_sqlite_key_promise(struct as_backend *backend, int64_t lifetime);
/* iat.c */
as_err as_sqlite_iat_create(struct as_backend *backend, const struct as_iat *iat);
/* One use, if there is one left at `now`. */
as_err as_sqlite_iat_take(struct as_backend *backend, const unsigned char digest[AS_DIGEST],
                          as_time now, bool *taken);
as_err as_sqlite_iat_revoke(struct as_backend *backend, as_span id, bool *found);
as_err as_sqlite_iat_get(struct as_reader *reader, struct as_arena *mem,
                         const unsigned char digest[AS_DIGEST], const struct as_iat **out);
as_err as_sqlite_iat_list(struct as_reader *reader, struct as_arena *mem, as_span after,
                          size_t limit, const struct as_iat **out, size_t *count);
as_err as_sqlite_iats_check(struct as_reader *reader, struct as_arena *mem);
/* audit.c */
as_err as_sqlite_audit_put(struct as_backend *backend, const struct as_audit *audit, as_span about);
as_err as_sqlite_audit_list(struct as_reader *reader, struct as_arena *mem, int64_t after,
                            size_t limit, const struct as_audit_row **out, size_t *count);
/* sequence.c */
as_err as_sequence_get(struct as_db *db, as_span name, int64_t *out);
/* The next epoch of a party. */
as_err as_sequence_next(struct as_db *db, int64_t *out);
/* At least this from now on. */
as_err as_sequence_raise(struct as_db *db, as_span name, int64_t least);
/* All are there, in their bounds, and no epoch in use is beyond them. */
as_err as_sequences_need_sound(struct as_db *db);
/* Of a copy: they are so far from their bounds that the store which takes it never meets them. */
as_err as_sequences_need_room(struct as_db *db);
as_err as_sqlite_sequences_check(struct as_reader *reader, struct as_arena *mem);
/* sweep.c */
as_err as_sqlite_sweep(struct as_backend *backend, as_time now, struct as_swept *swept);

/* --- the database as a whole. check.c */
as_err as_sqlite_check(const char *path, void (*tell)(void *, const char *), void *arg);
as_err as_sqlite_check_live(struct as_backend *backend, void (*tell)(void *, const char *),
                            void *arg, const atomic_bool *cancelled, size_t *findings);
/* Each returns how many findings it told. */
size_t as_check_pages(struct as_reader *reader, void (*tell)(void *, const char *), void *arg);
size_t as_check_records(struct as_reader *reader, void (*tell)(void *, const char *), void *arg);
/* quick_check: SQLITE_OK; SQLITE_INTERRUPT when it is too large or took too long to be finished;
 * else what is wrong, with a sentence. */
int as_check_quickly(struct as_db *db, const char *path, char finding[AS_STORE_MESSAGE]);
bool as_sqlite_is_damaged(struct as_backend *backend);
void as_sqlite_recheck(struct as_backend *backend);
/* status.c */
as_err as_sqlite_status(struct as_reader *reader, struct as_backend *backend,
                        struct as_store_status *out);
/* backup.c */
as_err as_sqlite_backup(struct as_backend *backend, const char *path, const atomic_bool *cancelled,
                        char why[AS_STORE_MESSAGE]);
/* restore.c */
as_err as_sqlite_copy_open(struct as_backend *backend, const char *path,
                           const atomic_bool *cancelled, struct as_copy **out,
                           char why[AS_STORE_MESSAGE]);
void as_sqlite_copy_close(struct as_copy *copy);
/* What a restore that was killed left behind. */
void as_sqlite_copy_sweep(struct as_backend *backend);
/* replace.c */
as_err as_sqlite_replace(struct as_backend *backend, struct as_copy *copy);

#endif
