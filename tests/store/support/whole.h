/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the database as a whole share: SQL behind the store's back, copies, a full store.
 */
#ifndef AS_TESTS_STORE_WHOLE_H
#define AS_TESTS_STORE_WHOLE_H

#include "store/support/fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* On a database that nobody has open. */
static inline void sql_on(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    char *why = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK, "%s: %s", text, why);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* The one number that a statement gives; the database may be in use. */
static inline int64_t number_on(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;

    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, text, -1, &rows, NULL) == SQLITE_OK, "%s: %s", text,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(rows), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(rows, 0);
    (void)sqlite3_finalize(rows);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    return number;
}

static inline const char *copy_path(const struct fixture *f)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s.copy", f->path);
    return path;
}

static inline bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* A copy of a file, octet for octet. What is there is written over and never cut to nothing first:
 * SQLite takes the write-ahead log away from a database that it finds empty. */
static inline void file_copy(const char *from, const char *to)
{
    static char bytes[1 << 20];
    int in = open(from, O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT, 0600);

    ck_assert(in >= 0 && out >= 0);
    for (ssize_t got = read(in, bytes, sizeof(bytes)); got > 0;
         got = read(in, bytes, sizeof(bytes))) {
        ck_assert_int_eq(write(out, bytes, (size_t)got), got);
    }
    ck_assert_int_eq(ftruncate(out, lseek(out, 0, SEEK_CUR)), 0);
    ck_assert_int_eq(close(in) + close(out), 0);
}

/* Does the file hold these octets somewhere? */
static inline bool file_holds(const char *path, const char *text)
{
    static char bytes[4 << 20];
    int fd = open(path, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    ssize_t got = read(fd, bytes, sizeof(bytes));
    ck_assert(got > 0 && got < (ssize_t)sizeof(bytes));
    (void)close(fd);
    return memmem(bytes, (size_t)got, text, strlen(text)) != NULL;
}

static inline void file_overwrite(const char *path, off_t at, size_t len)
{
    char rubbish[4096];
    int fd = open(path, O_WRONLY);

    ck_assert_int_ge(fd, 0);
    memset(rubbish, 0x5A, sizeof(rubbish));
    ck_assert_int_eq(pwrite(fd, rubbish, len, at), (ssize_t)len);
    ck_assert_int_eq(close(fd), 0);
}

static inline void check_opens(const struct fixture *f)
{
    struct as_store *store = NULL;
    char why[AS_STORE_MESSAGE];
    as_err err = as_store_open("sqlite", f->path, &store, why);

    ck_assert_msg(!as_failed(err), "%s", why);
    as_store_close(store);
}

/* The database does not open, and the operator learns of which and why. */
static inline void check_refuses(const struct fixture *f, enum as_fault_id want, const char *says)
{
    struct as_store *store = NULL;
    char why[AS_STORE_MESSAGE];

    ck_fault(as_store_open("sqlite", f->path, &store, why), want);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(why, says) != NULL, "\"%s\" lacks \"%s\"", why, says);
    ck_assert_msg(strstr(why, f->dir) != NULL, "\"%s\" names no path", why);
}

/* ------------------------------------------------------------ one of everything --------------- */

#define FAR INT64_C(40000000000) /* past any clock */

static const unsigned char jti_of_all[AS_JTI] = {1, 2, 3};

static inline void put_key(struct fixture *f, const char *kid, const char *purpose)
{
    const struct as_key_row key = {.kid = as_span_of(kid),
                                   .purpose = as_span_of(purpose),
                                   .state = AS_KEY_ACTIVE,
                                   .created = 5,
                                   .activates = 5,
                                   .lifetime = 60,
                                   .wrapped = AS_LIT("a wrapped key, not to be found later")};
    bool added = false;

    ck_ok(as_store_key_add(f->job, &key, NULL, &added));
    ck_assert(added);
}

/* A client and a resource server that know each other's kind of everything, a certificate, a
 * revocation, a key, an initial access token, and an audit row. */
static inline void put_all(struct fixture *f, const char *client, const char *resource,
                           const char *audience)
{
    struct as_certificate_row certificate = {.binding = {.x5t = true, .thumbprint = {7}},
                                             .der = AS_LIT("leaf"),
                                             .chain = AS_LIT("chain"),
                                             .trust = AS_LIT("banks"),
                                             .anchor = {9},
                                             .not_after = FAR};
    struct as_iat iat = {.id = as_span_of(client), .uses = 3, .created = 1, .expires_at = FAR};
    struct a_client c;
    struct a_resource r;
    bool first = false;
    size_t which = 0;

    (void)client_known(&c, client, 1, digest_a);
    c.party.has_rat = true;
    memset(c.party.rat, 0xCD, AS_DIGEST);
    c.party.shared = true;
    ck_ok(as_store_party_create(f->job, &c.write, 1, &audit_line, &which));
    ck_ok(create(f->job, resource_named(&r, resource, audience)));
    ck_ok(as_store_certificate_put(f->job, &certificate, &first));
    ck_assert(first);
    ck_ok(as_store_token_revoke(f->job, jti_of_all, FAR, NULL));
    iat.digest[0] = (unsigned char)client[0];
    ck_ok(as_store_iat_create(f->job, &iat, NULL));
    as_store_session_done(f->job);
}

static inline struct as_store_status status_of(struct fixture *f)
{
    struct as_store_status status;

    ck_ok(as_store_status(f->job, f->mem, &status));
    as_store_session_done(f->job);
    return status;
}

static inline int64_t epoch_of(struct fixture *f, const char *id)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(f->worker, as_span_of(id), &party));
    ck_assert_ptr_nonnull(party);
    int64_t epoch = party->epoch;
    as_store_session_done(f->worker);
    return epoch;
}

static inline void back_up(struct fixture *f)
{
    char why[AS_STORE_MESSAGE] = "";

    as_err err = as_store_backup(f->job, copy_path(f), why);
    ck_assert_msg(!as_failed(err), "%s: %s", err.why, why);
}

#endif
