/* SPDX-License-Identifier: Apache-2.0 */
/* Registration by clients: initial access tokens, parties made with them, and what part two adds to
 * a party. */
#include "store/support/iat.h"

#include <pthread.h>

static struct fixture f;

static const struct as_iat *get(const unsigned char digest[AS_DIGEST])
{
    return iat_get(&f, digest);
}

/* ------------------------------------------------------------ initial access tokens ----------- */

START_TEST(REG_15_an_initial_access_token_comes_back_as_it_was_stored)
{
    const struct as_iat iat = an_iat("i-1", 1, 3);
    const unsigned char other[AS_DIGEST] = {1, 8};

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_iat_create(f.job, &iat, &audit_line));
    int64_t reads = as_metric_get(AS_METRIC_store_reads_total);
    const struct as_iat *got = get(iat.digest);
    ck_assert_ptr_nonnull(got);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), reads + 1);
    ck_span_eq(got->id, "i-1");
    ck_span_eq(got->profile, "fapi2");
    ck_span_eq(got->scope, "accounts payments");
    ck_assert_mem_eq(got->digest, iat.digest, AS_DIGEST);
    ck_assert_int_eq(got->uses, 3);
    ck_assert_int_eq(got->created, NOW);
    ck_assert_int_eq(got->expires_at, FAR);
    ck_assert_uint_eq(audits(&f), 1);
    ck_assert_ptr_null(get(other));
    fixture_end(&f);
}
END_TEST

START_TEST(REG_15_a_second_of_the_same_name_or_digest_is_refused)
{
    struct as_iat iat = an_iat("i-1", 1, 3);

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    iat.digest[0] = 2;
    ck_fault(as_store_iat_create(f.job, &iat, &audit_line), AS_ALREADY_EXISTS);
    iat = an_iat("i-2", 1, 3);
    ck_fault(as_store_iat_create(f.job, &iat, &audit_line), AS_ALREADY_EXISTS);
    ck_assert_uint_eq(audits(&f), 0);
    iat.digest[0] = 2;
    ck_ok(as_store_iat_create(f.job, &iat, &audit_line));
    ck_fault(as_store_iat_create(f.worker, &iat, NULL), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_15_they_are_listed_in_the_order_of_creation)
{
    static const char *const ids[] = {"c", "a", "b"};
    const struct as_iat *rows = NULL;
    size_t count = 0;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        const struct as_iat iat = an_iat(ids[i], (unsigned char)i, 1);
        ck_ok(as_store_iat_create(f.job, &iat, NULL));
    }
    ck_ok(as_store_iat_list(f.worker, f.mem, AS_SPAN_NONE, 2, &rows, &count));
    ck_assert_uint_eq(count, 2);
    ck_span_eq(rows[0].id, "c");
    ck_span_eq(rows[1].id, "a");
    ck_assert_uint_eq(rows[1].digest[1], 0); /* a listing shows none */
    ck_ok(as_store_iat_list(f.worker, f.mem, AS_LIT("a"), 2, &rows, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(rows[0].id, "b");
    ck_ok(as_store_iat_list(f.worker, f.mem, AS_LIT("b"), 2, &rows, &count));
    ck_assert_uint_eq(count, 0);
    ck_fault(as_store_iat_list(f.worker, f.mem, AS_LIT("gone"), 2, &rows, &count),
             AS_INVALID_REQUEST);
    fixture_end(&f);
}
END_TEST

static as_err registers(const char *id, const unsigned char *iat, as_time now, bool *taken)
{
    struct a_client c;
    as_err err = as_store_party_register(f.job, client_named(&c, id), iat, now, &audit_line, taken);

    as_store_session_done(f.job);
    return err;
}

START_TEST(REG_15_a_revoked_one_lets_nobody_register)
{
    const struct as_iat iat = an_iat("i-1", 1, 3);
    bool found = true;
    bool taken = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    ck_ok(as_store_iat_revoke(f.job, AS_LIT("i-2"), &audit_line, &found));
    ck_assert(!found);
    ck_assert_uint_eq(audits(&f), 0);
    ck_ok(as_store_iat_revoke(f.job, AS_LIT("i-1"), &audit_line, &found));
    ck_assert(found);
    ck_assert_uint_eq(audits(&f), 1);
    ck_assert_ptr_null(get(iat.digest));
    ck_ok(registers("c-1", iat.digest, NOW, &taken));
    ck_assert(!taken);
    ck_assert(!is_there(f.worker, "c-1"));
    ck_fault(as_store_iat_revoke(f.worker, AS_LIT("i-1"), NULL, &found), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ a use and a party, or neither --- */

START_TEST(REG_15_each_use_makes_one_party)
{
    const struct as_iat iat = an_iat("i-1", 1, 2);
    bool taken = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    ck_ok(registers("c-1", iat.digest, NOW, &taken));
    ck_assert(taken);
    ck_assert_int_eq(get(iat.digest)->uses, 1);
    ck_assert_int_eq(get(iat.digest)->expires_at, FAR);
    ck_ok(registers("c-2", iat.digest, NOW + 5, &taken));
    ck_assert(taken);
    ck_assert_int_eq(get(iat.digest)->uses, 0);
    ck_assert_int_eq(get(iat.digest)->expires_at, NOW + 5); /* over since then */
    ck_ok(registers("c-3", iat.digest, NOW, &taken));
    ck_assert(!taken);
    ck_assert(is_there(f.worker, "c-1"));
    ck_assert(is_there(f.worker, "c-2"));
    ck_assert(!is_there(f.worker, "c-3"));
    ck_assert_uint_eq(audits(&f), 2);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_15_an_expired_one_is_not_taken)
{
    struct as_iat iat = an_iat("i-1", 1, 2);
    bool taken = true;

    fixture_start(&f, (size_t)_i);
    iat.expires_at = NOW;
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    ck_ok(registers("c-1", iat.digest, NOW, &taken));
    ck_assert(!taken);
    ck_assert_int_eq(get(iat.digest)->uses, 2);
    ck_ok(registers("c-1", iat.digest, NOW - 1, &taken));
    ck_assert(taken);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_15_a_party_that_is_refused_gives_the_use_back)
{
    const struct as_iat iat = an_iat("i-1", 1, 1);
    bool taken = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    ck_ok(registers("c-1", NULL, NOW, &taken)); /* where none is asked for */
    ck_assert(taken);
    ck_fault(registers("c-1", iat.digest, NOW, &taken), AS_ALREADY_EXISTS);
    ck_assert_int_eq(get(iat.digest)->uses, 1);
    ck_assert_uint_eq(audits(&f), 1);
    ck_ok(registers("c-2", iat.digest, NOW, &taken));
    ck_assert(taken);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_15_a_worker_cannot_register)
{
    struct a_client c;
    bool taken = false;

    fixture_start(&f, (size_t)_i);
    ck_fault(as_store_party_register(f.worker, client_named(&c, "c-1"), NULL, NOW, NULL, &taken),
             AS_ELSEWHERE);
    ck_ok(as_store_party_register(f.job, &c.write, NULL, NOW, NULL, &taken));
    ck_assert(taken);
    fixture_end(&f);
}
END_TEST

#define RACERS 20

struct racer {
    char id[16];
    const unsigned char *iat;
    pthread_barrier_t *gate;
    bool taken;
    as_err err;
};

static void *race(void *arg)
{
    struct racer *racer = arg;
    struct as_store_session *session = NULL;
    struct a_client c;

    ck_ok(as_store_session_new(f.store, true, &session));
    (void)pthread_barrier_wait(racer->gate);
    racer->err = as_store_party_register(session, client_named(&c, racer->id), racer->iat, NOW,
                                         &audit_line, &racer->taken);
    as_store_session_free(session);
    return NULL;
}

/* All at once; how many got their use. */
static size_t races(const unsigned char *iat, unsigned round)
{
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t gate;
    size_t winners = 0;

    ck_assert_int_eq(pthread_barrier_init(&gate, NULL, RACERS), 0);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.iat = iat, .gate = &gate};
        (void)snprintf(racers[i].id, sizeof(racers[i].id), "r%u-%u", round, i);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_ok(racers[i].err);
        ck_assert(is_there(f.worker, racers[i].id) == racers[i].taken);
        winners += racers[i].taken;
    }
    (void)pthread_barrier_destroy(&gate);
    return winners;
}

START_TEST(REG_15_of_twenty_at_once_for_the_last_use_one_wins)
{
    fixture_start(&f, (size_t)_i);
    for (unsigned round = 0; round < 10; round++) {
        char id[8];
        (void)snprintf(id, sizeof(id), "i-%u", round);
        const struct as_iat iat = an_iat(id, (unsigned char)round, 1);
        ck_ok(as_store_iat_create(f.job, &iat, NULL));
        ck_assert_uint_eq(races(iat.digest, round), 1);
        ck_assert_int_eq(get(iat.digest)->uses, 0);
    }
    ck_assert_uint_eq(audits(&f), 10);
    const struct as_iat iat = an_iat("some", 100, 7);
    ck_ok(as_store_iat_create(f.job, &iat, NULL));
    ck_assert_uint_eq(races(iat.digest, 10), 7);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ what part two adds to a party --- */

static const struct as_party *party_get(const char *id)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(f.worker, as_span_of(id), &party));
    ck_assert_ptr_nonnull(party);
    return party;
}

START_TEST(REG_07_a_registration_access_token_stays_with_its_client)
{
    struct a_client c, d;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    (void)client_named(&c, "c-1");
    c.party.has_rat = true;
    memset(c.party.rat, 0xCD, AS_DIGEST);
    c.client.token_format = AS_TOKEN_JWT;
    ck_ok(create(f.job, &c.write));
    ck_ok(create(f.job, client_named(&d, "c-2")));
    ck_assert(party_get("c-1")->has_rat);
    ck_assert_mem_eq(party_get("c-1")->rat, c.party.rat, AS_DIGEST);
    ck_assert_int_eq(party_get("c-1")->client->token_format, AS_TOKEN_JWT);
    ck_assert(!party_get("c-2")->has_rat);
    ck_assert_int_eq(party_get("c-2")->client->token_format, AS_TOKEN_UNSET);
    as_store_session_done(f.worker);
    c.party.has_rat = false; /* replacing keeps it, whatever it says */
    c.client.token_format = AS_TOKEN_SEALED;
    ck_ok(as_store_party_replace(f.job, &c.write, NULL, &found));
    ck_assert(found);
    as_store_session_done(f.job);
    ck_assert(party_get("c-1")->has_rat);
    ck_assert_mem_eq(party_get("c-1")->rat, c.party.rat, AS_DIGEST);
    ck_assert_int_eq(party_get("c-1")->client->token_format, AS_TOKEN_SEALED);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_109_what_a_resource_server_says_of_tokens_comes_back)
{
    const struct as_resource_set *set = NULL;
    struct a_resource r, s;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    (void)resource_named(&r, "rs-1", "https://one.example/");
    r.resource.token_format = AS_TOKEN_JWT;
    r.resource.token_alg = AS_ALG_PS256;
    r.resource.introspection_alg = AS_ALG_EDDSA;
    r.resource.scopes_hidden = true;
    ck_ok(create(f.job, &r.write));
    ck_ok(create(f.job, resource_named(&s, "rs-2", "https://two.example/")));
    ck_ok(as_store_resources(f.worker, &set));
    ck_assert_int_eq(set->items[0]->token_format, AS_TOKEN_JWT);
    ck_assert_int_eq(set->items[0]->token_alg, AS_ALG_PS256);
    ck_assert_int_eq(set->items[0]->introspection_alg, AS_ALG_EDDSA);
    ck_assert(set->items[0]->scopes_hidden);
    ck_assert_int_eq(set->items[1]->token_format, AS_TOKEN_UNSET);
    ck_assert_int_eq(set->items[1]->token_alg, AS_ALG_NONE);
    ck_assert_int_eq(set->items[1]->introspection_alg, AS_ALG_NONE);
    ck_assert(!set->items[1]->scopes_hidden);
    as_store_session_done(f.worker);
    r.resource.token_alg = AS_ALG_NONE;
    r.resource.scopes_hidden = false;
    ck_ok(as_store_party_replace(f.job, &r.write, NULL, &found));
    as_store_session_done(f.job);
    ck_assert_int_eq(party_get("rs-1")->resource->token_alg, AS_ALG_NONE);
    ck_assert_int_eq(party_get("rs-1")->resource->introspection_alg, AS_ALG_EDDSA);
    ck_assert(!party_get("rs-1")->resource->scopes_hidden);
    fixture_end(&f);
}
END_TEST

START_TEST(an_algorithm_that_nobody_knows_is_a_server_error)
{
    const struct as_party *party = NULL;
    struct a_resource r;

    fixture_start(&f, 0);
    ck_ok(create(f.job, resource_named(&r, "rs-1", "https://one.example/")));
    fixture_close(&f);
    sql_on(f.path, "UPDATE party SET token_alg = 'RS256'");
    fixture_open(&f, 0);
    ck_refuses(as_store_party_get(f.worker, AS_LIT("rs-1"), &party), AS_SERVER_ERROR,
               "a stored party has an unknown algorithm");
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_registration", {
    add_for_backends(t, REG_15_an_initial_access_token_comes_back_as_it_was_stored);
    add_for_backends(t, REG_15_a_second_of_the_same_name_or_digest_is_refused);
    add_for_backends(t, REG_15_they_are_listed_in_the_order_of_creation);
    add_for_backends(t, REG_15_a_revoked_one_lets_nobody_register);
    add_for_backends(t, REG_15_each_use_makes_one_party);
    add_for_backends(t, REG_15_an_expired_one_is_not_taken);
    add_for_backends(t, REG_15_a_party_that_is_refused_gives_the_use_back);
    add_for_backends(t, REG_15_a_worker_cannot_register);
    add_for_backends(t, REG_15_of_twenty_at_once_for_the_last_use_one_wins);
    add_for_backends(t, REG_07_a_registration_access_token_stays_with_its_client);
    add_for_backends(t, REG_109_what_a_resource_server_says_of_tokens_comes_back);
    tcase_add_test(t, an_algorithm_that_nobody_knows_is_a_server_error);
})
