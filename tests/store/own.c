/* SPDX-License-Identifier: Apache-2.0 */
/* A client that replaces itself (RFC 7592) undoes nothing that an operator did meanwhile; an
 * operator who changes a part undoes nothing at all. */
#include "store/support/fixture.h"

static struct fixture f;
static struct a_client c;
static struct as_party was;
static struct as_client was_client;

/* The client as it is read, whose copy is what its own change is built on. */
static void read_it(void)
{
    const struct as_party *party = NULL;

    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_ptr_nonnull(party);
    was = *party;
    was_client = *party->client;
    ck_ok(as_arena_copy(f.mem, was.trust, &was.trust));
    ck_ok(as_arena_copy(f.mem, was_client.scope, &was_client.scope));
    ck_ok(as_arena_copy(f.mem, was_client.profile, &was_client.profile));
    was.id = AS_LIT("c-1");
    was.client = &was_client;
    as_store_session_done(f.job);
}

static bool replaces(const char *metadata)
{
    const struct as_party_write *write = client_named(&c, "c-1");
    bool found = true;

    c.party.metadata = as_span_of(metadata);
    ck_ok(as_store_party_replace_own(f.job, write, &was, &audit_line, &found));
    return found;
}

static void make(size_t backend)
{
    fixture_start(&f, backend);
    const struct as_party_write *write = client_named(&c, "c-1");
    c.party.has_rat = true;
    memset(c.party.rat, 7, AS_DIGEST);
    ck_ok(create(f.job, write));
    read_it();
}

START_TEST(REG_96_the_last_of_its_own_wins)
{
    make((size_t)_i);
    ck_assert(replaces("{\"a\":1}"));
    ck_assert(replaces("{\"a\":2}")); /* built on the same reading: still its own */
    ck_assert_uint_eq(audits(&f), 2);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_92_not_after_an_operator)
{
    const struct as_party *party = NULL;
    bool found = false;

    make((size_t)_i);
    ck_ok(as_store_party_set_status(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), AS_PARTY_DISABLED, NULL,
                                    &found));
    ck_assert(found);
    ck_assert(!replaces("{\"a\":1}"));
    ck_assert_uint_eq(audits(&f), 0);
    ck_ok(as_store_party_get(f.job, AS_LIT("c-1"), &party));
    ck_assert_int_eq(party->status, AS_PARTY_DISABLED);
    as_store_session_done(f.job);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_28_not_after_its_scope_was_cut)
{
    bool found = false;

    make((size_t)_i);
    const struct as_party_write *write = client_named(&c, "c-1");
    c.client.scope = AS_LIT("less");
    ck_ok(as_store_party_replace(f.job, write, NULL, &found));
    ck_assert(found);
    ck_assert(!replaces("{}"));
    read_it();
    ck_assert(replaces("{}"));
    fixture_end(&f);
}
END_TEST

/* Deleted, and registered anew with another token: it is another client. */
START_TEST(REG_91_not_after_its_end)
{
    bool found = false;

    make((size_t)_i);
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), NULL, &found));
    ck_assert(!replaces("{}"));
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert(!replaces("{}"));
    fixture_end(&f);
}
END_TEST

static bool amends(const char *metadata)
{
    const struct as_party_write *write = client_named(&c, "c-1");
    bool found = true;

    c.party.metadata = as_span_of(metadata);
    ck_ok(as_store_party_amend(f.job, write, &was, &audit_line, &found));
    return found;
}

/* What is built on a reading undoes nothing that came after it, whoever did it. */
START_TEST(REG_89_a_part_is_changed_of_what_it_is_by_then)
{
    bool found = false;

    make((size_t)_i);
    ck_ok(as_arena_copy(f.mem, was.metadata, &was.metadata));
    ck_assert(replaces("{\"a\":1}")); /* by the client */
    ck_assert(!amends("{\"a\":2}"));
    ck_assert_uint_eq(audits(&f), 1);
    was.metadata = AS_LIT("{\"a\":1}");
    ck_assert(amends("{\"a\":2}"));
    ck_assert(!amends("{\"a\":3}"));
    was.metadata = AS_LIT("{\"a\":2}");
    ck_ok(as_store_party_set_status(f.job, AS_PARTY_CLIENT, AS_LIT("c-1"), AS_PARTY_DISABLED, NULL,
                                    &found));
    ck_assert(!amends("{\"a\":3}"));
    ck_assert_uint_eq(audits(&f), 2);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_own", {
    add_for_backends(t, REG_96_the_last_of_its_own_wins);
    add_for_backends(t, REG_92_not_after_an_operator);
    add_for_backends(t, REG_28_not_after_its_scope_was_cut);
    add_for_backends(t, REG_91_not_after_its_end);
    add_for_backends(t, REG_89_a_part_is_changed_of_what_it_is_by_then);
})
