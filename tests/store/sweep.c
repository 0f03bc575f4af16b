/* SPDX-License-Identifier: Apache-2.0 */
/* What the sweeper takes away beside revocations and certificates (tokens.c), and what it leaves.
 */
#include "store/housekeeper.h"
#include "store/support/iat.h"

static struct fixture f;

static const struct as_iat *get(const unsigned char digest[AS_DIGEST])
{
    return iat_get(&f, digest);
}

START_TEST(REG_15_those_that_are_over_are_swept_a_day_later)
{
    struct as_iat used = an_iat("used", 1, 1);
    struct as_iat late = an_iat("late", 2, 5);
    struct as_iat good = an_iat("good", 3, 5);
    bool more = true;
    struct a_client c;
    bool taken = false;

    fixture_start(&f, (size_t)_i);
    used.expires_at = FAR * 2;
    late.expires_at = FAR;
    good.expires_at = FAR * 2;
    ck_ok(as_store_iat_create(f.job, &used, NULL));
    ck_ok(as_store_iat_create(f.job, &late, NULL));
    ck_ok(as_store_iat_create(f.job, &good, NULL));
    ck_ok(as_store_party_register(f.job, client_named(&c, "c-1"), used.digest, FAR, NULL, &taken));
    ck_assert(taken);
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_IAT_KEEP_S, &more));
    ck_assert(!more);
    ck_assert_ptr_nonnull(get(used.digest));
    ck_assert_ptr_nonnull(get(late.digest));
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_IAT_KEEP_S + 1, &more));
    ck_assert_ptr_null(get(used.digest));
    ck_assert_ptr_null(get(late.digest));
    ck_assert_ptr_nonnull(get(good.digest));
    fixture_end(&f);
}
END_TEST

static void put_audits(size_t count, as_time at)
{
    struct as_audit line = audit_line;

    line.at = at;
    for (size_t i = 0; i < count; i++) {
        const unsigned char jti[AS_JTI] = {(unsigned char)i};
        ck_ok(as_store_token_revoke(f.job, jti, FAR * 2, &line));
    }
}

START_TEST(audit_rows_are_swept_by_age)
{
    bool more = true;

    fixture_start(&f, (size_t)_i);
    put_audits(3, FAR);
    put_audits(2, FAR + 1);
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_AUDIT_KEEP_S, &more));
    ck_assert_uint_eq(audits(&f), 5);
    ck_ok(as_store_sweep(f.store, FAR + 1 + AS_LIMIT_AUDIT_KEEP_S, &more));
    ck_assert(!more);
    ck_assert_uint_eq(audits(&f), 2);
    fixture_end(&f);
}
END_TEST

/* A young row of a high number stands for those that were written meanwhile. */
START_TEST(audit_rows_beyond_the_bound_are_swept_the_oldest_first)
{
    const struct as_audit_row *rows = NULL;
    char text[160];
    size_t count = 0;
    bool more = true;

    fixture_start(&f, 0);
    put_audits(AS_LIMIT_SWEEP_ROWS + 2, FAR);
    fixture_close(&f);
    (void)snprintf(text, sizeof(text), "UPDATE audit SET number = %d WHERE number = %d",
                   AS_LIMIT_AUDIT_ROWS + AS_LIMIT_SWEEP_ROWS, AS_LIMIT_SWEEP_ROWS + 2);
    sql_on(f.path, text);
    fixture_open(&f, 0);
    ck_ok(as_store_sweep(f.store, FAR, &more));
    ck_assert(more);
    ck_ok(as_store_sweep(f.store, FAR, &more));
    ck_assert(!more);
    ck_ok(as_store_audit_list(f.job, f.mem, 0, 10, &rows, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rows[0].number, AS_LIMIT_SWEEP_ROWS + 1);
    fixture_end(&f);
}
END_TEST

#define REGISTERED AS_CERTIFICATE_REGISTERED

/* Its dates are its owner's affair, and its tokens outlive them. Of the others none stays for ever,
 * whatever their class: nor one that came after its registration had gone. */
START_TEST(MTLS_56_a_registered_certificate_outlives_its_end)
{
    static const unsigned char path_a[AS_DIGEST] = {0xCC, 3};
    struct a_client a, b;
    bool more = true, found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    /* the same digest as a name of its kind keeps nothing */
    ck_ok(create(f.job, client_known(&b, "b", AS_IDENTIFIER_KEY, digest_b)));
    put_certificate(&f, digest_a, REGISTERED, FAR);
    put_certificate(&f, digest_a, AS_CERTIFICATE_PKI, FAR); /* the same by way of a trust group */
    put_certificate(&f, digest_b, REGISTERED, FAR);
    put_certificate(&f, path_a, AS_CERTIFICATE_PKI, FAR);
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_CERTIFICATE_KEEP_S, &more));
    ck_assert(has_certificate(&f, digest_a, REGISTERED) &&
              has_certificate(&f, digest_b, REGISTERED));
    ck_assert(has_certificate(&f, digest_a, AS_CERTIFICATE_PKI));
    ck_assert(has_certificate(&f, path_a, AS_CERTIFICATE_PKI));
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_CERTIFICATE_KEEP_S + 1, &more));
    ck_assert(has_certificate(&f, digest_a, REGISTERED) &&
              !has_certificate(&f, digest_b, REGISTERED));
    ck_assert(!has_certificate(&f, digest_a, AS_CERTIFICATE_PKI));
    ck_assert(!has_certificate(&f, path_a, AS_CERTIFICATE_PKI));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(found && !has_certificate(&f, digest_a, REGISTERED));
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_sweep", {
    add_for_backends(t, MTLS_56_a_registered_certificate_outlives_its_end);
    add_for_backends(t, REG_15_those_that_are_over_are_swept_a_day_later);
    add_for_backends(t, audit_rows_are_swept_by_age);
    tcase_add_test(t, audit_rows_beyond_the_bound_are_swept_the_oldest_first);
})
