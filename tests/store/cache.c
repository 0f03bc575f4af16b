/* SPDX-License-Identifier: Apache-2.0 */
/* What a request may rely on: nothing acknowledged before it began is missing from its answers. */
#include "store/support/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static struct fixture f;

START_TEST(a_request_reads_what_it_wrote)
{
    struct a_client c;
    const struct as_party *party = NULL;
    size_t which = 0;
    bool revoked = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party)); /* opens the request's snapshot */
    ck_assert_ptr_null(party);
    ck_ok(as_store_token_is_revoked(f.job, digest_a, &revoked));
    ck_assert(!revoked);
    ck_ok(as_store_party_create(f.job, client_named(&c, "c-1"), 1, NULL, &which));
    ck_ok(as_store_token_revoke(f.job, digest_a, 1800000000, NULL));
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_ptr_nonnull(party);
    ck_ok(as_store_token_is_revoked(f.job, digest_a, &revoked));
    ck_assert(revoked);
    fixture_end(&f);
}
END_TEST

START_TEST(a_request_has_one_snapshot_and_the_next_one_a_new_one)
{
    struct a_client c;
    const struct as_party *party = NULL;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_party_get(f.worker, AS_LIT("nobody"), &party));
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &party));
    ck_assert_ptr_null(party); /* written after this request began to read */
    as_store_session_done(f.worker);
    ck_assert(is_there(f.worker, "c-1"));
    fixture_end(&f);
}
END_TEST

START_TEST(records_live_until_the_request_is_done)
{
    struct a_client c;
    const struct as_party *old = NULL;
    const struct as_party *new = NULL;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert(is_there(f.worker, "c-1"));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &old)); /* from the cache: no snapshot yet */
    ck_ok(as_store_party_set_status(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), AS_PARTY_DISABLED, NULL,
                                    &found));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &new));
    ck_assert_int_eq(new->status, AS_PARTY_DISABLED);
    ck_assert_int_eq(old->status, AS_PARTY_ENABLED);
    ck_span_eq(old->id, "c-1"); /* AddressSanitizer would tell */
    fixture_end(&f);
}
END_TEST

START_TEST(the_cache_spares_the_store)
{
    struct a_client c;
    const struct as_party *first = NULL;
    const struct as_party *second = NULL;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &first));
    as_store_session_done(f.worker);
    int64_t reads = as_metric_get(AS_METRIC_store_reads_total);
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-1"), &second));
    ck_assert_ptr_eq(first, second); /* the same record: nobody fetched it again */
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), reads + 1); /* asked, though */
    fixture_end(&f);
}
END_TEST

START_TEST(more_parties_than_the_cache_holds_are_served)
{
    enum { MANY = AS_LIMIT_CACHE_ENTRIES + 10 };
    struct a_client *c = calloc(MANY, sizeof(*c));
    struct as_party_write *writes = calloc(MANY, sizeof(*writes));
    char(*names)[16] = calloc(MANY, sizeof(*names));
    const struct as_party *first = NULL;
    const struct as_party *party = NULL;
    size_t which = 0;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "c-%zu", i);
        writes[i] = *client_named(&c[i], names[i]);
    }
    ck_ok(as_store_party_create(f.job, writes, MANY, NULL, &which));
    ck_ok(as_store_party_get(f.worker, AS_LIT("c-0"), &first));
    for (size_t i = 0; i < MANY; i++) {
        ck_ok(as_store_party_get(f.worker, as_span_of(names[i]), &party));
        ck_assert_ptr_nonnull(party);
        ck_span_eq(party->id, names[i]);
    }
    ck_span_eq(first->id, "c-0"); /* of a generation that was emptied in this request */
    fixture_end(&f);
    free(c);
    free(writes);
    free(names);
}
END_TEST

START_TEST(records_larger_than_the_rest_of_the_cache_are_served)
{
    enum { LARGE = 300 * 1024, COUNT = 8 }; /* of a job's cache of 1 MiB */
    char *metadata = malloc(LARGE);
    const struct as_party *party = NULL;
    struct a_client c;
    char names[COUNT][8];

    fixture_start(&f, (size_t)_i);
    memset(metadata, 'x', LARGE);
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "c-%zu", i);
        (void)client_named(&c, names[i]);
        c.party.metadata = as_span_bytes(metadata, LARGE);
        ck_ok(create(f.job, &c.write));
    }
    for (size_t i = 0; i < COUNT; i++) {
        ck_ok(as_store_party_get(f.job, as_span_of(names[i]), &party));
        ck_assert_uint_eq(party->metadata.len, LARGE);
        ck_span_eq(party->id, names[i]);
    }
    fixture_end(&f);
    free(metadata);
}
END_TEST

/* ------------------------------------------------------------ under threads ------------------- */

/*
 * A writer acknowledges steps 1, 2, 3, ... by `acknowledged`; each reader first notes the step and
 * then begins a request. A step shows in everything that is cached: the client's time of change,
 * the resource server's scope, the revocation of a jti, and a certificate. A request that sees less
 * than the step it noted has read from the past.
 */
enum { STEPS = 150, READERS = 3 };

static atomic_int acknowledged;
static atomic_int stale;

static void jti_of(int step, unsigned char jti[16])
{
    memset(jti, 0, 16);
    memcpy(jti, &step, sizeof(step));
}

static struct as_binding certificate_of(int step)
{
    struct as_binding binding = {.x5t = true, .class_ = AS_CERTIFICATE_REGISTERED};

    memcpy(binding.thumbprint, &step, sizeof(step));
    return binding;
}

/* Rows never change, but they go: the one of this step has gone with its registration. That of the
 * next is looked at too, so that it is kept when it goes. */
static bool certificate_is_gone(struct as_store_session *session, int step)
{
    const struct as_binding next = certificate_of(step + 1);
    const struct as_binding gone = certificate_of(step);
    const struct as_certificate_row *row = NULL;

    ck_ok(as_store_certificate_get(session, &next, &row));
    ck_ok(as_store_certificate_get(session, &gone, &row));
    return row == NULL;
}

static int party_step(struct as_store_session *session)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(session, AS_LIT("c-1"), &party));
    ck_assert_ptr_nonnull(party);
    return (int)party->updated;
}

static int resource_step(struct as_store_session *session)
{
    const struct as_resource_set *set = NULL;

    ck_ok(as_store_resources(session, &set));
    ck_assert_uint_eq(set->count, 1);
    return (int)set->items[0]->scope.len;
}

static bool knows(struct as_store_session *session, int step, unsigned order)
{
    unsigned char jti[16];
    bool revoked = true;
    bool fresh = true;

    for (unsigned i = 0; i < 4 && step > 0; i++) {
        switch ((i + order) % 4) {
        case 0:
            fresh = fresh && party_step(session) >= step;
            break;
        case 1:
            fresh = fresh && resource_step(session) >= step;
            break;
        case 2:
            jti_of(step, jti);
            ck_ok(as_store_token_is_revoked(session, jti, &revoked));
            fresh = fresh && revoked;
            break;
        default:
            fresh = fresh && certificate_is_gone(session, step);
            break;
        }
    }
    as_store_session_done(session);
    return fresh;
}

static void *reader(void *arg)
{
    struct as_store_session *session = NULL;
    unsigned order = 0;

    ck_ok(as_store_session_new(arg, false, &session));
    for (int step = 0; step < STEPS; order++) {
        step = atomic_load(&acknowledged);
        atomic_fetch_add(&stale, knows(session, step, order) ? 0 : 1);
    }
    as_store_session_free(session);
    return NULL;
}

static void write_step(int step)
{
    static char scope[STEPS + 1];
    const struct as_binding next = certificate_of(step + 1);
    struct a_client c;
    struct a_resource r;
    unsigned char jti[16];
    bool found = false;

    put_certificate(&f, next.thumbprint, next.class_, 1800000000);
    (void)client_known(&c, "c-1", AS_IDENTIFIER_CERTIFICATE, next.thumbprint);
    c.party.updated = step;
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    (void)resource_named(&r, "rs", "https://rs.example/");
    memset(scope, 'x', (size_t)step);
    r.resource.scope = as_span_bytes(scope, (size_t)step);
    ck_ok(as_store_party_replace(f.job, &r.write, NULL, &found));
    jti_of(step, jti);
    ck_ok(as_store_token_revoke(f.job, jti, 1800000000, NULL));
    as_store_session_done(f.job);
    atomic_store(&acknowledged, step);
}

START_TEST(MTLS_15_no_session_ever_answers_from_the_past)
{
    pthread_t threads[READERS];
    struct a_client c;
    struct a_resource r;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_ok(create(f.job, resource_named(&r, "rs", "https://rs.example/")));
    for (size_t i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, reader, f.store), 0);
    }
    for (int step = 1; step <= STEPS; step++) {
        write_step(step);
    }
    for (size_t i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(atomic_load(&stale), 0);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_cache", {
    add_for_backends(t, a_request_reads_what_it_wrote);
    add_for_backends(t, a_request_has_one_snapshot_and_the_next_one_a_new_one);
    add_for_backends(t, records_live_until_the_request_is_done);
    add_for_backends(t, the_cache_spares_the_store);
    add_for_backends(t, more_parties_than_the_cache_holds_are_served);
    add_for_backends(t, records_larger_than_the_rest_of_the_cache_are_served);
    add_for_backends(t, MTLS_15_no_session_ever_answers_from_the_past);
})
