/* SPDX-License-Identifier: Apache-2.0 */
/* A rehearsal answers like the verb and leaves nothing behind. */
#include "store/support/fixture.h"

static struct fixture f;

static size_t audit_rows(void)
{
    const struct as_audit_row *rows = NULL;
    struct as_arena *mem = as_arena_new(1 << 20);
    size_t count = 0;

    ck_ok(as_store_audit_list(f.job, mem, 0, 100, &rows, &count));
    as_store_session_done(f.job);
    as_arena_free(mem);
    return count;
}

START_TEST(REG_87_creation_is_rehearsed)
{
    struct a_client c, d;
    struct as_party_write both[2];
    size_t which = 9;

    fixture_start(&f, (size_t)_i);
    both[0] = *client_known(&c, "a", 1, digest_a);
    both[1] = *client_known(&d, "b", 1, digest_b);
    ck_ok(as_store_party_create_rehearse(f.job, both, 2, &which));
    ck_ok(as_store_party_create_rehearse(f.job, both, 2, &which)); /* it is not there now */
    ck_assert(!is_there(f.worker, "a"));
    ck_assert_uint_eq(audit_rows(), 0);
    ck_ok(create(f.job, &both[0]));
    size_t rows = audit_rows();
    ck_fault(as_store_party_create_rehearse(f.job, both, 2, &which), AS_ALREADY_EXISTS);
    ck_assert_uint_eq(which, 0);
    both[0] = *client_known(&c, "c", 1, digest_b);
    ck_fault(as_store_party_create_rehearse(f.job, both, 2, &which), AS_INVALID_CLIENT_METADATA);
    ck_assert_uint_eq(which, 1);
    ck_assert_uint_eq(audit_rows(), rows);
    ck_assert(!is_there(f.worker, "c"));
    ck_fault(as_store_party_create_rehearse(f.worker, both, 1, &which), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_87_replacement_is_rehearsed)
{
    const struct as_party *party = NULL;
    struct a_client c;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&c, "a", 1, digest_a)));
    ck_ok(create(f.job, client_known(&c, "b", 1, digest_b)));
    (void)client_known(&c, "a", 2, digest_a);
    c.party.trust = AS_LIT("others");
    ck_ok(as_store_party_replace_rehearse(f.job, &c.write, &found));
    ck_assert(found);
    ck_ok(as_store_party_get(f.job, AS_LIT("a"), &party));
    ck_assert_uint_eq(party->trust.len, 0);
    as_store_session_done(f.job);
    ck_ok(create(f.job, client_known(&c, "c", 2, digest_a))); /* the name was not taken */
    (void)client_known(&c, "a", 1, digest_b);
    ck_fault(as_store_party_replace_rehearse(f.job, &c.write, &found), AS_INVALID_CLIENT_METADATA);
    (void)client_known(&c, "nobody", 3, digest_a);
    ck_ok(as_store_party_replace_rehearse(f.job, &c.write, &found));
    ck_assert(!found);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_rehearse", {
    add_for_backends(t, REG_87_creation_is_rehearsed);
    add_for_backends(t, REG_87_replacement_is_rehearsed);
})
