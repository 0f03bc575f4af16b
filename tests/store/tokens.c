/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens leave behind: certificates they are bound to, revocations, wrapped keys. */
#include "store/housekeeper.h"
#include "store/support/fixture.h"

static struct fixture f;

/* Past any clock: the store's own sweeper is at work meanwhile. */
#define FAR INT64_C(40000000000)

static const unsigned char jti_a[16] = {1, 2, 3};
static const unsigned char jti_b[16] = {4, 5, 6};

/* ------------------------------------------------------------ certificates -------------------- */

static struct as_certificate_row certificate(void)
{
    struct as_certificate_row row = {
        .thumbprint = {7, 7},
        .der = AS_LIT("leaf"),
        .chain = AS_LIT("chain"),
        .class_ = AS_CERTIFICATE_PKI,
        .trust = AS_LIT("banks"),
        .anchor = {9, 9},
        .path = {{.issuer_spki = {1}, .serial = {0, 0xFF}, .serial_len = 2, .not_after = 1},
                 {.issuer_spki = {2}, .serial_len = 20, .not_after = INT64_MAX}},
        .path_count = 2,
        .not_after = 1800000000,
    };

    memset(row.path[1].serial, 0xEE, 20);
    return row;
}

static const struct as_certificate_row *get(struct as_store_session *session)
{
    const struct as_certificate_row want = certificate();
    const struct as_certificate_row *row = NULL;

    ck_ok(as_store_certificate_get(session, want.thumbprint, &row));
    return row;
}

START_TEST(a_certificate_comes_back_as_it_was_stored)
{
    const struct as_certificate_row want = certificate();

    fixture_start(&f, (size_t)_i);
    ck_assert_ptr_null(get(f.worker));
    as_store_session_done(f.worker);
    ck_ok(as_store_certificate_put(f.job, &want));
    const struct as_certificate_row *row = get(f.worker);
    ck_assert_ptr_nonnull(row);
    ck_assert_mem_eq(row->thumbprint, want.thumbprint, AS_DIGEST);
    ck_span_eq(row->der, "leaf");
    ck_span_eq(row->chain, "chain");
    ck_assert_int_eq(row->class_, AS_CERTIFICATE_PKI);
    ck_span_eq(row->trust, "banks");
    ck_assert_mem_eq(row->anchor, want.anchor, AS_DIGEST);
    ck_assert_uint_eq(row->path_count, 2);
    ck_assert_mem_eq(&row->path[0], &want.path[0], sizeof(want.path[0]));
    ck_assert_mem_eq(row->path[1].serial, want.path[1].serial, 20);
    ck_assert_int_eq(row->path[1].not_after, INT64_MAX);
    ck_assert_int_eq(row->not_after, 1800000000);
    fixture_end(&f);
}
END_TEST

START_TEST(a_registered_certificate_has_no_path)
{
    struct as_certificate_row row = certificate();

    fixture_start(&f, (size_t)_i);
    row.class_ = AS_CERTIFICATE_REGISTERED;
    row.path_count = 0;
    row.trust = AS_SPAN_NONE;
    row.chain = AS_SPAN_NONE;
    ck_ok(as_store_certificate_put(f.job, &row));
    ck_assert_int_eq(get(f.worker)->class_, AS_CERTIFICATE_REGISTERED);
    ck_assert_uint_eq(get(f.worker)->path_count, 0);
    ck_assert_uint_eq(get(f.worker)->trust.len, 0);
    fixture_end(&f);
}
END_TEST

START_TEST(an_equal_certificate_is_not_written_again)
{
    struct as_certificate_row row = certificate();

    fixture_start(&f, (size_t)_i);
    ck_fault(as_store_certificate_put(f.worker, &row), AS_ELSEWHERE);
    as_store_session_done(f.worker);
    ck_ok(as_store_certificate_put(f.job, &row));
    int64_t writes = as_metric_get(AS_METRIC_store_writes_total);
    ck_ok(as_store_certificate_put(f.worker, &row));
    ck_ok(as_store_certificate_put(f.job, &row));
    row.chain = AS_LIT("another chain to the same path");
    ck_ok(as_store_certificate_put(f.worker, &row));
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), writes);
    fixture_end(&f);
}
END_TEST

START_TEST(a_certificate_judged_otherwise_is_written)
{
    struct as_certificate_row rows[6];

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        rows[i] = certificate();
    }
    rows[0].class_ = AS_CERTIFICATE_REGISTERED;
    rows[1].trust = AS_LIT("others");
    rows[2].anchor[31] = 1;
    rows[3].path_count = 1;
    rows[4].path[1].serial[19] = 0;
    rows[5].path[1].not_after = 5;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        const struct as_certificate_row first = certificate();
        ck_ok(as_store_certificate_put(f.job, &first));
        ck_fault(as_store_certificate_put(f.worker, &rows[i]), AS_ELSEWHERE);
        as_store_session_done(f.worker);
        ck_ok(as_store_certificate_put(f.job, &rows[i]));
        ck_ok(as_store_certificate_put(f.worker, &rows[i]));
        as_store_session_done(f.worker);
    }
    fixture_end(&f);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    struct as_certificate_row row = certificate();

    fixture_start(&f, (size_t)_i);
    row.path_count = AS_PATH_MAX + 1;
    ck_refuses(as_store_certificate_put(f.job, &row), AS_SERVER_ERROR, "a path is too long");
    row.path_count = AS_PATH_MAX;
    ck_ok(as_store_certificate_put(f.job, &row));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ revocation ---------------------- */

static bool is_revoked(struct as_store_session *session, const unsigned char jti[16])
{
    bool revoked = false;

    ck_ok(as_store_token_is_revoked(session, jti, &revoked));
    as_store_session_done(session);
    return revoked;
}

START_TEST(TOK_170_a_revoked_token_is_known_to_the_next_request)
{
    fixture_start(&f, (size_t)_i);
    ck_assert(!is_revoked(f.worker, jti_a));
    ck_assert(!is_revoked(f.worker, jti_a)); /* from the cache */
    ck_ok(as_store_token_revoke(f.job, jti_a, 1800000000, &audit_line));
    ck_assert(is_revoked(f.worker, jti_a));
    ck_assert(!is_revoked(f.worker, jti_b));
    ck_assert_uint_eq(audits(&f), 1);
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_173_revoking_twice_is_no_error_and_shortens_nothing)
{
    bool more = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_token_revoke(f.job, jti_a, FAR + 1000, NULL));
    ck_ok(as_store_token_revoke(f.job, jti_a, FAR, NULL));
    ck_ok(as_store_sweep(f.store, FAR + 500 + AS_LIMIT_SWEEP_GRACE_S, &more));
    ck_assert(is_revoked(f.worker, jti_a));
    fixture_end(&f);
}
END_TEST

START_TEST(what_is_over_is_swept_and_nothing_else)
{
    struct as_certificate_row row = certificate();
    bool more = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_token_revoke(f.job, jti_a, FAR, NULL));
    ck_ok(as_store_token_revoke(f.job, jti_b, FAR + 1, NULL));
    row.not_after = FAR;
    ck_ok(as_store_certificate_put(f.job, &row));
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_SWEEP_GRACE_S, &more));
    ck_assert(!more);
    ck_assert(is_revoked(f.worker, jti_a));
    ck_ok(as_store_sweep(f.store, FAR + 1 + AS_LIMIT_SWEEP_GRACE_S, &more));
    ck_assert(!is_revoked(f.worker, jti_a));
    ck_assert(is_revoked(f.worker, jti_b));
    ck_ok(as_store_sweep(f.store, FAR + AS_LIMIT_CERTIFICATE_KEEP_S, &more));
    ck_assert_ptr_nonnull(get(f.worker));
    as_store_session_done(f.worker);
    ck_ok(as_store_sweep(f.store, FAR + 1 + AS_LIMIT_CERTIFICATE_KEEP_S, &more));
    ck_assert_ptr_null(get(f.worker));
    fixture_end(&f);
}
END_TEST

START_TEST(the_sweeper_takes_small_steps)
{
    bool more = false;

    fixture_start(&f, (size_t)_i);
    for (unsigned i = 0; i <= AS_LIMIT_SWEEP_ROWS; i++) {
        const unsigned char jti[16] = {(unsigned char)i, (unsigned char)(i >> 8)};
        ck_ok(as_store_token_revoke(f.job, jti, FAR, NULL));
    }
    ck_ok(as_store_sweep(f.store, 2 * FAR, &more));
    ck_assert(more);
    ck_ok(as_store_sweep(f.store, 2 * FAR, &more));
    ck_assert(!more);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ keys ---------------------------- */

START_TEST(only_the_first_key_of_a_purpose_is_added)
{
    struct as_key_row row = {
        .kid = {1}, .purpose = AS_LIT("one"), .wrapped = AS_LIT("wrapped"), .created = 5};
    const struct as_key_row *rows = NULL;
    size_t count = 9;
    bool added = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(as_store_keys(f.job, f.mem, &rows, &count));
    ck_assert_uint_eq(count, 0);
    ck_ok(as_store_key_add_first(f.job, &row, &audit_line, &added));
    ck_assert(added);
    row.kid[0] = 2;
    ck_ok(as_store_key_add_first(f.job, &row, &audit_line, &added));
    ck_assert(!added);
    row.purpose = AS_LIT("two");
    row.created = 4;
    ck_ok(as_store_key_add_first(f.job, &row, NULL, &added));
    ck_assert(added);
    ck_ok(as_store_keys(f.job, f.mem, &rows, &count));
    ck_assert_uint_eq(count, 2);
    ck_span_eq(rows[0].purpose, "two"); /* the oldest first */
    ck_assert_int_eq(rows[1].kid[0], 1);
    ck_span_eq(rows[1].wrapped, "wrapped");
    ck_assert_int_eq(rows[1].created, 5);
    ck_assert_uint_eq(audits(&f), 1);
    ck_fault(as_store_key_add_first(f.worker, &row, NULL, &added), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_tokens", {
    add_for_backends(t, a_certificate_comes_back_as_it_was_stored);
    add_for_backends(t, a_registered_certificate_has_no_path);
    add_for_backends(t, an_equal_certificate_is_not_written_again);
    add_for_backends(t, a_certificate_judged_otherwise_is_written);
    add_for_backends(t, a_path_that_is_too_long_is_refused);
    add_for_backends(t, TOK_170_a_revoked_token_is_known_to_the_next_request);
    add_for_backends(t, TOK_173_revoking_twice_is_no_error_and_shortens_nothing);
    add_for_backends(t, what_is_over_is_swept_and_nothing_else);
    add_for_backends(t, the_sweeper_takes_small_steps);
    add_for_backends(t, only_the_first_key_of_a_purpose_is_added);
})
