/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One suite for every backend: a fixture opens an empty store of the backend under test, with a
 * session that may wait (job) and one that may not (worker). A second backend is a second name.
 */
#ifndef AS_TESTS_STORE_FIXTURE_H
#define AS_TESTS_STORE_FIXTURE_H

#include "as/store.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char dir[64];
    char path[96];
    struct as_store *store;
    struct as_store_session *job;
    struct as_store_session *worker;
    struct as_arena *mem;
};

static const char *const backends[] = {"sqlite"};

/* For tests that run once per backend; _i is check's index of the loop. */
#define add_for_backends(tcase, test) tcase_add_loop_test(tcase, test, 0, AS_COUNT(backends))

static inline void fixture_open(struct fixture *f, size_t backend)
{
    char message[AS_STORE_MESSAGE] = "";

    as_err err = as_store_open(backends[backend], f->path, &f->store, message);
    ck_assert_msg(!as_failed(err), "%s: %s", backends[backend], message);
    ck_ok(as_store_session_new(f->store, true, &f->job));
    ck_ok(as_store_session_new(f->store, false, &f->worker));
}

static inline void fixture_start(struct fixture *f, size_t backend)
{
    memset(f, 0, sizeof(*f));
    (void)snprintf(f->dir, sizeof(f->dir), "%s/fapid-store-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/store.db", f->dir);
    f->mem = as_arena_new(16 << 20);
    ck_assert_ptr_nonnull(f->mem);
    fixture_open(f, backend);
}

static inline void fixture_close(struct fixture *f)
{
    as_store_session_free(f->worker);
    as_store_session_free(f->job);
    as_store_close(f->store);
}

static inline void fixture_remove(struct fixture *f)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock", ".copy", ".restore"};

    for (size_t i = 0; i < AS_COUNT(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s%s", f->path, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->dir);
    as_arena_free(f->mem);
}

static inline void fixture_end(struct fixture *f)
{
    fixture_close(f);
    fixture_remove(f);
}

/* ------------------------------------------------------------ records to store ---------------- */

static const unsigned char digest_a[AS_DIGEST] = {0xAA, 1};
static const unsigned char digest_b[AS_DIGEST] = {0xBB, 2};

static const struct as_audit audit_line = {
    .event = "client_created",
    .actor = AS_LIT_ROW("uid:0"),
    .auth_method = "admin",
    .outcome = "success",
    .reason = "",
    .request_id = AS_LIT_ROW("r-1"),
    .at = INT64_C(40000000000), /* past any clock: the store sweeps old lines */
};

/* A client with an id; everything else as small as may be. */
struct a_client {
    struct as_party party;
    struct as_client client;
    struct as_identifier identifier;
    struct as_party_write write;
};

static inline const struct as_party_write *client_named(struct a_client *c, const char *id)
{
    memset(c, 0, sizeof(*c));
    c->party.id = as_span_of(id);
    c->party.kind = AS_PARTY_CLIENT;
    c->party.metadata = AS_LIT("{}");
    c->party.created = 1600000000;
    c->party.updated = 1600000000;
    c->party.client = &c->client;
    c->client.party = &c->party;
    c->client.profile = AS_LIT("fapi1");
    c->client.scope = AS_LIT("accounts");
    c->write.party = &c->party;
    return &c->write;
}

/* The same, known by one identifier. */
static inline const struct as_party_write *client_known(struct a_client *c, const char *id,
                                                        unsigned kind,
                                                        const unsigned char digest[AS_DIGEST])
{
    (void)client_named(c, id);
    c->identifier.kind = kind;
    memcpy(c->identifier.digest, digest, AS_DIGEST);
    c->write.identifiers = &c->identifier;
    c->write.identifier_count = 1;
    return &c->write;
}

struct a_resource {
    struct as_party party;
    struct as_resource resource;
    as_span audience;
    struct as_party_write write;
};

static inline const struct as_party_write *resource_named(struct a_resource *r, const char *id,
                                                          const char *audience)
{
    memset(r, 0, sizeof(*r));
    r->party.id = as_span_of(id);
    r->party.kind = AS_PARTY_RESOURCE;
    r->party.metadata = AS_LIT("{\"resource\":true}");
    r->party.resource = &r->resource;
    r->audience = as_span_of(audience);
    r->resource.party = &r->party;
    r->resource.audience = &r->audience;
    r->resource.audience_count = 1;
    r->resource.scope = AS_LIT("accounts payments");
    r->write.party = &r->party;
    return &r->write;
}

/* Creates, and ends the request as the server does. */
static inline as_err create(struct as_store_session *session, const struct as_party_write *write)
{
    size_t which = 0;
    as_err err = as_store_party_create(session, write, 1, NULL, &which);

    as_store_session_done(session);
    return err;
}

/* Is there such a party? A request of its own. */
static inline bool is_there(struct as_store_session *session, const char *id)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(session, as_span_of(id), &party));
    as_store_session_done(session);
    return party != NULL;
}

static inline size_t audits(struct fixture *f)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(f->job, f->mem, 0, 100, &rows, &count));
    as_store_session_done(f->job);
    return count;
}

/* A row of a certificate, all else left out. */
static inline void put_certificate(struct fixture *f, const unsigned char thumbprint[AS_DIGEST],
                                   enum as_certificate_class class_, as_time not_after)
{
    struct as_certificate_row row = {
        .binding = {.x5t = true, .class_ = class_}, .der = AS_LIT("leaf"), .not_after = not_after};
    bool first = false;

    memcpy(row.binding.thumbprint, thumbprint, AS_DIGEST);
    ck_ok(as_store_certificate_put(f->job, &row, &first));
    as_store_session_done(f->job);
}

static inline bool has_certificate(struct fixture *f, const unsigned char thumbprint[AS_DIGEST],
                                   enum as_certificate_class class_)
{
    struct as_binding binding = {.x5t = true, .class_ = class_};
    const struct as_certificate_row *row = NULL;

    memcpy(binding.thumbprint, thumbprint, AS_DIGEST);
    ck_ok(as_store_certificate_get(f->worker, &binding, &row));
    as_store_session_done(f->worker);
    return row != NULL;
}

#endif
