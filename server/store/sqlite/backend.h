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
    struct as_db writer;   /* the committer's */
    struct as_db tidier;   /* the housekeeper's */
    atomic_int wal_pages;  /* length of the write-ahead log */
    atomic_int wal_tidied; /* so much of it is in the database file */
};

struct as_reader {
    struct as_db db;
};

#define AS_STORE_MESSAGE 256

/* --- open.c */
enum as_store_failure as_sqlite_open(const char *path, struct as_backend **out,
                                     char message[AS_STORE_MESSAGE]);
void as_sqlite_close(struct as_backend *backend);
/* Is another file, or none, at the path? Any thread. */
bool as_sqlite_is_lost(struct as_backend *backend);
/* What an SQLite code means while opening, and a sentence for the operator. */
enum as_store_failure as_open_failure(int code, const char *path, char message[AS_STORE_MESSAGE]);

/* --- files.c: what is on the disk before SQLite is asked. */
enum as_store_failure as_files_check(const char *path, char message[AS_STORE_MESSAGE]);
/* Makes the database file when it is absent, mode 0600. */
enum as_store_failure as_files_make(const char *path, char message[AS_STORE_MESSAGE]);
/* Takes PATH.lock; `make` it when it is absent, else *fd is -1 then. */
enum as_store_failure as_files_lock(const char *path, bool make, int *fd,
                                    char message[AS_STORE_MESSAGE]);

/* --- migrate.c */
#define AS_APPLICATION_ID 0x66617069 /* "fapi" */
/* Is it ours, and not newer than this program? *version is 0 for an empty file. */
enum as_store_failure as_schema_check(struct as_db *db, int64_t *version,
                                      char message[AS_STORE_MESSAGE]);
enum as_store_failure as_schema_migrate(struct as_db *db, char message[AS_STORE_MESSAGE]);
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
as_err as_sqlite_identifiers_put(struct as_db *db, int64_t party,
                                 const struct as_party_write *write);
/* party_write.c */
as_err as_sqlite_party_create(struct as_backend *backend, const struct as_party_write *write);
as_err as_sqlite_party_replace(struct as_backend *backend, const struct as_party_write *write,
                               bool *found);
as_err as_sqlite_party_set_status(struct as_backend *backend, enum as_party_kind kind, as_span id,
                                  enum as_party_status status, as_time at, bool *found);
as_err as_sqlite_party_delete(struct as_backend *backend, enum as_party_kind kind, as_span id,
                              bool *found);
as_err as_sqlite_party_revoke_tokens(struct as_backend *backend, as_span id, bool *found);
/* certificate.c */
as_err as_sqlite_certificate_get(struct as_reader *reader, struct as_arena *mem,
                                 const unsigned char thumbprint[AS_DIGEST],
                                 const struct as_certificate_row **out);
as_err as_sqlite_certificate_put(struct as_backend *backend, const struct as_certificate_row *row);
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
/* sweep.c */
as_err as_sqlite_sweep(struct as_backend *backend, as_time now, size_t *revocations,
                       size_t *certificates);
/* check.c */
enum as_store_failure as_sqlite_check(const char *path, void (*tell)(void *, const char *),
                                      void *arg);

#endif
