/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world to authenticate, mint and introspect in: a store in a new folder, authorities and
 * trust groups made now, settings, keys, a context. Everything is real; nothing listens.
 *
 *     trust groups: "banks" (client, the default), "others" (client), "shops" (resource)
 *     settings:     all methods, all profiles, tokens of 300 s, 60 failures a minute
 *
 *     struct world *w = world_new();
 *     struct test_cert *c = test_leaf(w->banks_ca, "CN=c1");
 *     world_add(w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
 *     const struct as_cert *cert = world_cert(w, c);
 *     ck_ok(as_client_authenticate(&w->ctx, &(struct as_client_ask){...}, &who));
 *     world_next(w);        the next request: records and arena are gone
 *
 * Aborts the test when something cannot be made.
 */
#ifndef AS_TESTS_SUPPORT_WORLD_H
#define AS_TESTS_SUPPORT_WORLD_H

#include "as/client.h"
#include "harness.h"
#include "keys/parts.h"
#include "support/certs.h"

#include <dirent.h>

#define WORLD_CERTS     64
#define WORLD_AUDIENCES 4
#define WORLD_ISSUER    "https://as.example:8443"

struct world {
    char dir[64];
    struct as_store *store;
    struct as_store_session *session; /* a job thread's: it may wait */
    struct as_trust *trust;
    struct as_keys *keys;
    const struct as_keyset *keyset;
    struct as_tally *failures;
    struct as_throttle *throttle;
    struct as_settings settings;
    struct as_arena *mem;
    struct as_ctx ctx;
    struct test_cert *banks_ca, *others_ca, *shops_ca;
    char *ca_files[3];
    const char *ca_names[3];
    struct as_trust_group_conf groups[3];
    struct as_cert *certs[WORLD_CERTS];
    struct test_cert *made[WORLD_CERTS];
    size_t cert_count, made_count;
};

/* A client, or a resource server where `audience` is set. Members left out take the default of a
 * good fapi1 client of tls_client_auth. */
struct world_party {
    const char *id;
    const char *dn;                 /* tls_client_auth_subject_dn */
    const char *san_dns;            /* or tls_client_auth_san_dns */
    const struct as_cert *certs[4]; /* or self_signed_tls_client_auth: these certificates */
    const char *audience[WORLD_AUDIENCES];
    const char *scope;
    const char *profile; /* "fapi1" */
    const char *trust;   /* a pinned group */
    const char *default_resource;
    unsigned grants; /* client_credentials; WORLD_NO_GRANTS */
    bool unbound;    /* tls_client_certificate_bound_access_tokens is false */
    bool disabled;
    bool shared;
    enum as_token_format token_format;
    enum as_alg token_alg, introspection_alg; /* of a resource server */
    bool scopes_hidden;
};
#define WORLD_NO_GRANTS (1u << 31)

TEST_UNUSED static void world_tell(void *arg, const char *group, const char *file,
                                   const char *message, bool fatal)
{
    (void)arg;
    (void)file;
    ck_assert_msg(!fatal, "trust group %s: %s", group, message);
}

/* (Re)reads the first `count` trust groups as w->groups says. */
TEST_UNUSED static void world_trust(struct world *w, size_t count)
{
    as_trust_free(w->trust);
    w->trust = NULL;
    ck_ok(as_trust_new(w->groups, count, world_tell, NULL, &w->trust));
    w->ctx.trust = w->trust;
}

/* Allows so many failed authentications per minute, with these exempt; counted from nought. */
TEST_UNUSED static void world_throttle(struct world *w, unsigned allowed, const char *const *exempt,
                                       size_t count)
{
    as_throttle_free(w->throttle);
    as_tally_free(w->failures);
    w->throttle = NULL;
    ck_ok(as_tally_new(AS_LIMIT_THROTTLE, AS_LIMIT_FAILURE_WINDOW_MS, &w->failures));
    ck_ok(as_throttle_new(w->failures, allowed, exempt, count, &w->throttle));
    w->ctx.throttle = w->throttle;
}

/* Ends the request and begins the next one, at the same time of day. */
TEST_UNUSED static void world_next(struct world *w)
{
    as_store_session_done(w->session);
    as_arena_reset(w->mem);
}

static inline void world_groups(struct world *w)
{
    static const char *const names[] = {"banks", "others", "shops"};
    struct test_cert *const cas[] = {w->banks_ca, w->others_ca, w->shops_ca};

    for (size_t i = 0; i < 3; i++) {
        w->ca_files[i] = test_cert_file(cas[i]);
        w->ca_names[i] = w->ca_files[i];
        w->groups[i] = (struct as_trust_group_conf){
            .name = names[i],
            .use = i == 2 ? AS_USE_RESOURCE : AS_USE_CLIENT,
            .anchors = &w->ca_names[i],
            .anchor_count = 1,
            .strict = true,
            .depth = AS_LIMIT_PATH_DEPTH,
        };
    }
    world_trust(w, 3);
}

static inline void world_store(struct world *w)
{
    char path[96];
    char message[AS_STORE_MESSAGE] = "";

    snprintf(w->dir, sizeof(w->dir), "%s/fapid-world-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(w->dir));
    snprintf(path, sizeof(path), "%s/fapid.db", w->dir);
    ck_assert_msg(!as_failed(as_store_open("sqlite", path, &w->store, message)), "store: %s",
                  message);
    ck_ok(as_store_session_new(w->store, true, &w->session));
}

/* (Re)starts the keys of the store with this configuration. No keeper: what it reads at its first
 * look would be counted among the reads of a test. */
TEST_UNUSED static void world_keys(struct world *w, struct as_keys_conf conf)
{
    char file[96];

    as_keyset_drop(w->keyset);
    as_keys_stop(w->keys);
    w->keys = NULL;
    snprintf(file, sizeof(file), "%s/kek", w->dir);
    ck_ok(as_keys_open(w->store, file, &conf, (struct as_moment){w->ctx.now, as_clock_mono_ms()},
                       &w->keys));
    w->keyset = as_keys_hold(w->keys);
    w->ctx.keys = w->keyset;
}

/* The context holds what the keys are now. */
TEST_UNUSED static void world_keys_seen(struct world *w)
{
    as_keyset_drop(w->keyset);
    w->keyset = as_keys_hold(w->keys);
    w->ctx.keys = w->keyset;
}

TEST_UNUSED static struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    ck_assert_ptr_nonnull(w);
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_ERROR);
    w->mem = as_arena_new(AS_LIMIT_ARENA);
    ck_assert_ptr_nonnull(w->mem);
    w->banks_ca = test_ca("CN=Banks CA");
    w->others_ca = test_ca("CN=Others CA");
    w->shops_ca = test_ca("CN=Shops CA");
    world_groups(w);
    world_store(w);
    w->settings = (struct as_settings){
        .issuer = WORLD_ISSUER,
        .profiles = (1u << AS_PROFILE_COUNT) - 1,
        .default_trust = "banks",
        .access_token_lifetime = 300,
        .methods = (1u << AS_METHODS) - 1,
        .introspection_by_certificate = true,
        .failures_per_minute = 60,
        .token_format = AS_TOKEN_SEALED,
        .key_algs = 1u << AS_ALG_ES256,
        .key_alg = AS_ALG_ES256,
    };
    w->ctx = (struct as_ctx){
        .mem = w->mem,
        .now = as_clock_now(),
        .mono_ms = 1000,
        .request_id = AS_LIT("request-1"),
        .store = w->session,
        .settings = &w->settings,
        .trust = w->trust,
    };
    world_throttle(w, w->settings.failures_per_minute, NULL, 0);
    world_keys(w, (struct as_keys_conf){.algs = 1u << AS_ALG_ES256,
                                        .alg = AS_ALG_ES256,
                                        .rotate_every = 30 * 86400,
                                        .publish_lead = 7200,
                                        .token_lifetime = 86400});
    return w;
}

static inline void world_remove(const char *dir)
{
    char path[512];
    DIR *open = opendir(dir);

    for (struct dirent *entry = open != NULL ? readdir(open) : NULL; entry != NULL;
         entry = readdir(open)) {
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    if (open != NULL) {
        closedir(open);
    }
    rmdir(dir);
}

TEST_UNUSED static void world_free(struct world *w)
{
    as_store_session_free(w->session);
    as_keyset_drop(w->keyset);
    as_keys_stop(w->keys);
    as_store_close(w->store);
    as_trust_free(w->trust);
    as_throttle_free(w->throttle);
    as_tally_free(w->failures);
    as_arena_free(w->mem);
    for (size_t i = 0; i < w->cert_count; i++) {
        as_cert_drop(w->certs[i]);
    }
    for (size_t i = 0; i < w->made_count; i++) {
        test_cert_free(w->made[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        test_file_drop(w->ca_files[i]);
    }
    test_cert_free(w->banks_ca);
    test_cert_free(w->others_ca);
    test_cert_free(w->shops_ca);
    world_remove(w->dir);
    free(w);
}

/* The certificate as a request carries it; the world keeps both. */
TEST_UNUSED static const struct as_cert *world_cert(struct world *w, struct test_cert *made)
{
    ck_assert(w->cert_count < WORLD_CERTS && w->made_count < WORLD_CERTS);
    w->made[w->made_count++] = made;
    ck_ok(as_cert_of_x509(made->x509, NULL, &w->certs[w->cert_count]));
    return w->certs[w->cert_count++];
}

/* With one more certificate; whoever made the two keeps them. */
TEST_UNUSED static const struct as_cert *
world_cert_with(struct world *w, const struct test_cert *leaf, const struct test_cert *more)
{
    STACK_OF(X509) *chain = sk_X509_new_null();

    ck_assert(w->cert_count < WORLD_CERTS && sk_X509_push(chain, more->x509) == 1);
    ck_ok(as_cert_of_x509(leaf->x509, chain, &w->certs[w->cert_count]));
    sk_X509_free(chain);
    return w->certs[w->cert_count++];
}

/* A leaf of an authority (self-signed when NULL) as a request carries it. */
TEST_UNUSED static const struct as_cert *world_leaf(struct world *w, const struct test_cert *ca,
                                                    const char *subject)
{
    return world_cert(w, test_leaf(ca, subject));
}

struct world_record {
    struct as_party party;
    struct as_client client;
    struct as_resource resource;
    as_span audience[WORLD_AUDIENCES];
    unsigned char digests[4][AS_DIGEST];
    struct as_identifier ids[8];
    size_t id_count;
};

static inline void world_claim(struct world_record *made, unsigned kind,
                               const unsigned char digest[AS_DIGEST])
{
    made->ids[made->id_count].kind = kind;
    memcpy(made->ids[made->id_count++].digest, digest, AS_DIGEST);
}

/* How the party authenticates. */
static inline void world_identity(struct world *w, const struct world_party *ask,
                                  struct world_record *made)
{
    struct as_party *party = &made->party;
    unsigned char digest[AS_DIGEST];

    if (ask->certs[0] != NULL) {
        party->method = AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
        party->certificates = (const unsigned char(*)[AS_DIGEST])made->digests;
        for (size_t i = 0; i < 4 && ask->certs[i] != NULL; i++) {
            memcpy(made->digests[party->certificate_count++], ask->certs[i]->thumbprint, AS_DIGEST);
            world_claim(made, AS_IDENTIFIER_CERTIFICATE, ask->certs[i]->thumbprint);
            world_claim(made, AS_IDENTIFIER_KEY, ask->certs[i]->spki_hash);
        }
        return;
    }
    party->method = AS_METHOD_TLS_CLIENT_AUTH;
    party->name_kind = ask->dn != NULL ? AS_NAME_SUBJECT_DN : AS_NAME_SAN_DNS;
    ck_ok(as_name_parse(party->name_kind, as_span_of(ask->dn != NULL ? ask->dn : ask->san_dns),
                        w->mem, &party->name_canon));
    ck_ok(as_sha256(party->name_canon, digest));
    world_claim(made, party->name_kind, digest);
}

static inline void world_fill(struct world *w, const struct world_party *ask,
                              struct world_record *made)
{
    made->party = (struct as_party){
        .id = as_span_of(ask->id),
        .kind = ask->audience[0] != NULL ? AS_PARTY_RESOURCE : AS_PARTY_CLIENT,
        .status = ask->disabled ? AS_PARTY_DISABLED : AS_PARTY_ENABLED,
        .trust = as_span_of(ask->trust),
        .shared = ask->shared,
        .created = w->ctx.now,
        .updated = w->ctx.now,
        .metadata = AS_LIT("{}"),
    };
    made->client = (struct as_client){
        .party = &made->party,
        .profile = as_span_of(ask->profile != NULL ? ask->profile : "fapi1"),
        .grants =
            ask->grants == 0 ? 1u << AS_GRANT_CLIENT_CREDENTIALS : ask->grants & ~WORLD_NO_GRANTS,
        .scope = as_span_of(ask->scope),
        .default_resource = as_span_of(ask->default_resource),
        .bound_access_tokens = !ask->unbound,
    };
    made->client.token_format = ask->token_format;
    made->resource = (struct as_resource){
        .party = &made->party,
        .audience = made->audience,
        .scope = as_span_of(ask->scope),
        .token_format = ask->token_format,
        .token_alg = ask->token_alg,
        .introspection_alg = ask->introspection_alg,
        .scopes_hidden = ask->scopes_hidden,
    };
    while (made->resource.audience_count < WORLD_AUDIENCES &&
           ask->audience[made->resource.audience_count] != NULL) {
        made->audience[made->resource.audience_count] =
            as_span_of(ask->audience[made->resource.audience_count]);
        made->resource.audience_count++;
    }
    if (made->party.kind == AS_PARTY_CLIENT) {
        made->party.client = &made->client;
    } else {
        made->party.resource = &made->resource;
    }
    world_identity(w, ask, made);
}

static inline struct as_audit world_audit(const struct world *w, const char *event)
{
    return (struct as_audit){.event = event,
                             .actor = AS_LIT("uid:0"),
                             .outcome = "success",
                             .request_id = AS_LIT("request-1"),
                             .at = w->ctx.now};
}

/* Registers the party; a request of its own. */
TEST_UNUSED static void world_add(struct world *w, struct world_party ask)
{
    struct world_record made = {0};
    struct as_audit audit = world_audit(w, "party_created");
    size_t which = 0;

    world_fill(w, &ask, &made);
    const struct as_party_write write = {&made.party, made.ids, made.id_count};
    ck_ok(as_store_party_create(w->session, &write, 1, &audit, &which));
    world_next(w);
}

/* Registers it anew under the same id. */
TEST_UNUSED static void world_replace(struct world *w, struct world_party ask)
{
    struct world_record made = {0};
    struct as_audit audit = world_audit(w, "party_replaced");
    bool found = false;

    world_fill(w, &ask, &made);
    const struct as_party_write write = {&made.party, made.ids, made.id_count};
    ck_ok(as_store_party_replace(w->session, &write, &audit, &found));
    ck_assert(found);
    world_next(w);
}

TEST_UNUSED static void world_set_status(struct world *w, enum as_party_kind kind, const char *id,
                                         enum as_party_status status)
{
    struct as_audit audit = world_audit(w, "party_status");
    bool found = false;

    ck_ok(as_store_party_set_status(w->session, kind, as_span_of(id), status, &audit, &found));
    ck_assert(found);
    world_next(w);
}

TEST_UNUSED static void world_delete(struct world *w, enum as_party_kind kind, const char *id)
{
    struct as_audit audit = world_audit(w, "party_deleted");
    bool found = false;

    ck_ok(as_store_party_delete(w->session, kind, as_span_of(id), &audit, &found));
    ck_assert(found);
    world_next(w);
}

/* A request of a client that shows a certificate and names itself. */
TEST_UNUSED static struct as_client_ask world_ask(const char *id, const struct as_cert *cert)
{
    return (struct as_client_ask){
        .client_id = as_span_of(id), .cert = cert, .address = "192.0.2.1"};
}

/* Authenticates; the party stays usable until world_next. */
TEST_UNUSED static struct as_who world_who(struct world *w, const char *id,
                                           const struct as_cert *cert)
{
    struct as_who who;
    struct as_client_ask ask = world_ask(id, cert);

    ck_ok(as_client_authenticate(&w->ctx, &ask, &who));
    return who;
}

/* What a token of the client would be bound to: the certificate, as it is proven now. */
TEST_UNUSED static struct as_binding world_binding(struct world *w, const char *id,
                                                   const struct as_cert *cert)
{
    const struct as_who who = world_who(w, id, cert);
    struct as_binding binding = {.x5t = true, .class_ = who.class_};

    memcpy(binding.thumbprint, cert->thumbprint, AS_DIGEST);
    if (who.class_ == AS_CERTIFICATE_PKI) {
        memcpy(binding.way, who.verdict.way, AS_WAY);
    }
    return binding;
}

/* The row of that, or NULL; it stays usable until world_next. */
TEST_UNUSED static const struct as_certificate_row *world_row(struct world *w, const char *id,
                                                              const struct as_cert *cert)
{
    const struct as_certificate_row *row = NULL;

    as_store_session_done(w->session);
    const struct as_binding binding = world_binding(w, id, cert);
    ck_ok(as_store_certificate_get(w->session, &binding, &row));
    return row;
}

#endif
