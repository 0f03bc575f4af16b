/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens leave behind: certificates they are bound to, revocations, wrapped keys. */
#include "store/housekeeper.h"
#include "store/support/whole.h"

static struct fixture f;

/* Past any clock: the store's own sweeper is at work meanwhile. */
#define FAR INT64_C(40000000000)

static const unsigned char jti_a[16] = {1, 2, 3};
static const unsigned char jti_b[16] = {4, 5, 6};

/* ------------------------------------------------------------ certificates -------------------- */

static struct as_certificate_row certificate(void)
{
    struct as_certificate_row row = {
        .binding = {.x5t = true,
                    .thumbprint = {7, 7},
                    .class_ = AS_CERTIFICATE_PKI,
                    .way = {[15] = 5}},
        .der = AS_LIT("leaf"),
        .chain = AS_LIT("chain"),
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

    ck_ok(as_store_certificate_get(session, &want.binding, &row));
    return row;
}

static as_err put(struct as_store_session *session, const struct as_certificate_row *row)
{
    bool first = true;

    return as_store_certificate_put(session, row, &first);
}

START_TEST(a_certificate_comes_back_as_it_was_stored)
{
    const struct as_certificate_row want = certificate();

    fixture_start(&f, (size_t)_i);
    ck_assert_ptr_null(get(f.worker));
    as_store_session_done(f.worker);
    ck_ok(put(f.job, &want));
    const struct as_certificate_row *row = get(f.worker);
    ck_assert_ptr_nonnull(row);
    ck_assert(row->binding.x5t);
    ck_assert_mem_eq(row->binding.thumbprint, want.binding.thumbprint, AS_DIGEST);
    ck_assert_mem_eq(row->binding.way, want.binding.way, AS_WAY);
    ck_span_eq(row->der, "leaf");
    ck_span_eq(row->chain, "chain");
    ck_assert_int_eq(row->binding.class_, AS_CERTIFICATE_PKI);
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
    const struct as_certificate_row *back = NULL;

    fixture_start(&f, (size_t)_i);
    row.binding.class_ = AS_CERTIFICATE_REGISTERED;
    memset(row.binding.way, 0, AS_WAY);
    row.path_count = 0;
    row.trust = AS_SPAN_NONE;
    row.chain = AS_SPAN_NONE;
    ck_ok(put(f.job, &row));
    ck_ok(as_store_certificate_get(f.worker, &row.binding, &back));
    ck_assert_int_eq(back->binding.class_, AS_CERTIFICATE_REGISTERED);
    ck_assert_uint_eq(back->path_count, 0);
    ck_assert_uint_eq(back->trust.len, 0);
    fixture_end(&f);
}
END_TEST

START_TEST(an_equal_certificate_is_not_written_again)
{
    struct as_certificate_row row = certificate();

    fixture_start(&f, (size_t)_i);
    ck_fault(put(f.worker, &row), AS_ELSEWHERE);
    as_store_session_done(f.worker);
    ck_ok(put(f.job, &row));
    int64_t writes = as_metric_get(AS_METRIC_store_writes_total);
    ck_ok(put(f.worker, &row));
    ck_ok(put(f.job, &row));
    row.chain = AS_LIT("another chain to the same path");
    ck_ok(put(f.worker, &row));
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), writes);
    fixture_end(&f);
}
END_TEST

/* Whoever proves a certificate in another way writes a row of his own, and over none. */
START_TEST(D9_a_certificate_proven_otherwise_is_another_row)
{
    struct as_certificate_row rows[4];
    const struct as_certificate_row *back = NULL;
    bool first = false;

    fixture_start(&f, (size_t)_i);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        rows[i] = certificate();
        rows[i].path[0].not_after = (as_time)i;
    }
    rows[1].binding.class_ = AS_CERTIFICATE_REGISTERED;
    rows[2].binding.way[0] = 1;
    rows[3].binding.thumbprint[31] = 1;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        ck_fault(put(f.worker, &rows[i]), AS_ELSEWHERE);
        as_store_session_done(f.worker);
        ck_ok(as_store_certificate_put(f.job, &rows[i], &first));
        ck_assert(first == (i == 0 || i == 3)); /* of its certificate */
        as_store_session_done(f.job);
    }
    for (int again = 0; again < 2; again++) { /* from the database, from the cache */
        for (size_t i = 0; i < AS_COUNT(rows); i++) {
            ck_ok(as_store_certificate_get(f.worker, &rows[i].binding, &back));
            ck_assert_int_eq(back->path[0].not_after, (as_time)i);
        }
        as_store_session_done(f.worker);
    }
    ck_assert_int_eq(number_on(f.path, "SELECT count(*) FROM certificate"), AS_COUNT(rows));
    fixture_end(&f);
}
END_TEST

/* What a row says can end tokens: it stays as it was when they were issued. */
START_TEST(D9_a_row_is_never_written_over)
{
    struct as_certificate_row row = certificate();
    bool first = true;

    fixture_start(&f, (size_t)_i);
    ck_ok(put(f.job, &row));
    row.path_count = 1;
    row.trust = AS_LIT("others");
    row.anchor[31] = 1;
    ck_ok(as_store_certificate_put(f.job, &row, &first));
    ck_assert(!first);
    ck_assert_uint_eq(get(f.worker)->path_count, 2);
    ck_span_eq(get(f.worker)->trust, "banks");
    fixture_end(&f);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
    struct as_certificate_row row = certificate();

    fixture_start(&f, (size_t)_i);
    row.path_count = AS_PATH_MAX + 1;
    ck_refuses(put(f.job, &row), AS_SERVER_ERROR, "a path is too long");
    row.path_count = AS_PATH_MAX;
    ck_ok(put(f.job, &row));
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
    ck_ok(put(f.job, &row));
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

static size_t keys_of(const struct as_key_row **rows)
{
    size_t count = 0;

    ck_ok(as_store_keys(f.job, f.mem, rows, &count));
    return count;
}

static struct as_key_row key_row(const char *kid, enum as_key_state state)
{
    return (struct as_key_row){.kid = as_span_of(kid),
                               .purpose = AS_LIT("one"),
                               .alg = AS_LIT("ES256"),
                               .state = state,
                               .created = 5,
                               .activates = 7,
                               .lifetime = 300,
                               .public_ = AS_LIT("{}"),
                               .wrapped = AS_LIT("wrapped")};
}

static void key_add(struct as_key_row row, bool is_added)
{
    bool added = !is_added;

    ck_ok(as_store_key_add(f.job, &row, &audit_line, &added));
    ck_assert(added == is_added);
}

START_TEST(REG_146_a_line_has_one_published_and_one_active_key)
{
    const struct as_key_row *rows = NULL;
    struct as_key_row row = key_row("a", AS_KEY_ACTIVE);
    bool done = true;

    fixture_start(&f, (size_t)_i);
    ck_assert_uint_eq(keys_of(&rows), 0);
    key_add(row, true);
    key_add(key_row("b", AS_KEY_ACTIVE), false);
    key_add(key_row("b", AS_KEY_PUBLISHED), true);
    key_add(key_row("c", AS_KEY_PUBLISHED), false);
    ck_assert_uint_eq(audits(&f), 2);
    ck_fault(as_store_key_add(f.worker, &row, NULL, &done), AS_ELSEWHERE);
    ck_assert_uint_eq(keys_of(&rows), 2);
    ck_span_eq(rows[0].kid, "a"); /* the oldest first */
    ck_span_eq(rows[1].kid, "b");
    ck_assert_int_eq(rows[1].state, AS_KEY_PUBLISHED);
    ck_span_eq(rows[1].purpose, "one");
    ck_span_eq(rows[1].alg, "ES256");
    ck_assert_int_eq(rows[1].created, 5);
    ck_assert_int_eq(rows[1].activates, 7);
    ck_assert_int_eq(rows[1].retired, 0);
    ck_assert_int_eq(rows[1].lifetime, 300);
    ck_span_eq(rows[1].public_, "{}");
    ck_span_eq(rows[1].wrapped, "wrapped");
    row = key_row("d", AS_KEY_ACTIVE); /* another line */
    row.alg = AS_LIT("PS256");
    key_add(row, true);
    row = key_row("e", AS_KEY_ACTIVE);
    row.purpose = AS_LIT("two");
    key_add(row, true);
    row = key_row("f", AS_KEY_RETIRED);
    ck_fault(as_store_key_add(f.job, &row, NULL, &done), AS_SERVER_ERROR);
    row = key_row("", AS_KEY_ACTIVE);
    ck_fault(as_store_key_add(f.job, &row, NULL, &done), AS_SERVER_ERROR);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_146_a_published_key_takes_over_at_once)
{
    const struct as_key_row *rows = NULL;
    const struct as_audit_row *lines = NULL;
    size_t count = 0;
    bool done = false;

    fixture_start(&f, (size_t)_i);
    key_add(key_row("a", AS_KEY_ACTIVE), true);
    key_add(key_row("b", AS_KEY_PUBLISHED), true);
    ck_ok(as_store_key_activate(f.job, AS_LIT("a"), &audit_line, &done));
    ck_assert(!done); /* not published */
    ck_ok(as_store_key_activate(f.job, AS_LIT("x"), &audit_line, &done));
    ck_assert(!done);
    ck_assert_uint_eq(keys_of(&rows), 2);
    ck_assert_int_eq(rows[0].state, AS_KEY_ACTIVE);
    ck_ok(as_store_key_activate(f.job, AS_LIT("b"), &audit_line, &done));
    ck_assert(done);
    ck_assert_uint_eq(keys_of(&rows), 2);
    ck_assert_int_eq(rows[0].state, AS_KEY_RETIRED);
    ck_assert_int_eq(rows[0].retired, audit_line.at);
    ck_assert_int_eq(rows[1].state, AS_KEY_ACTIVE);
    ck_assert_int_eq(rows[1].activates, audit_line.at);
    ck_ok(as_store_audit_list(f.job, f.mem, 0, 100, &lines, &count));
    ck_assert_uint_eq(count, 4);
    ck_span_eq(lines[2].audit.client_id, "b");
    ck_span_eq(lines[3].audit.client_id, "a");
    ck_assert_str_eq(lines[3].audit.event, "key_retired");
    fixture_end(&f);
}
END_TEST

START_TEST(REG_147_a_key_retires_and_goes)
{
    const struct as_key_row *rows = NULL;
    bool done = false;

    fixture_start(&f, (size_t)_i);
    key_add(key_row("a", AS_KEY_ACTIVE), true);
    key_add(key_row("b", AS_KEY_PUBLISHED), true);
    ck_ok(as_store_key_retire(f.job, AS_LIT("b"), &audit_line, &done));
    ck_assert(!done); /* not active */
    ck_ok(as_store_key_retire(f.job, AS_LIT("a"), &audit_line, &done));
    ck_assert(done);
    ck_assert_uint_eq(keys_of(&rows), 2);
    ck_assert_int_eq(rows[0].state, AS_KEY_RETIRED);
    ck_assert_int_eq(rows[0].retired, audit_line.at);
    ck_assert_int_eq(rows[1].state, AS_KEY_PUBLISHED);
    ck_ok(as_store_key_delete(f.job, AS_LIT("x"), &audit_line, &done));
    ck_assert(!done);
    ck_ok(as_store_key_delete(f.job, AS_LIT("a"), &audit_line, &done));
    ck_assert(done);
    ck_assert_uint_eq(keys_of(&rows), 1);
    ck_assert_uint_eq(audits(&f), 4);
    fixture_end(&f);
}
END_TEST

/* What was promised is kept: a shorter life of tokens does not let a key go earlier. */
START_TEST(REG_146_a_promise_is_only_raised)
{
    const struct as_key_row *rows = NULL;
    bool done = false;

    fixture_start(&f, (size_t)_i);
    key_add(key_row("a", AS_KEY_ACTIVE), true);
    key_add(key_row("b", AS_KEY_PUBLISHED), true);
    ck_ok(as_store_key_activate(f.job, AS_LIT("b"), &audit_line, &done));
    key_add(key_row("c", AS_KEY_PUBLISHED), true);
    ck_ok(as_store_key_promise(f.job, 299));
    ck_assert_uint_eq(keys_of(&rows), 3);
    ck_assert_int_eq(rows[1].lifetime, 300);
    ck_ok(as_store_key_promise(f.job, 301));
    ck_assert_uint_eq(keys_of(&rows), 3);
    ck_assert_int_eq(rows[0].lifetime, 300); /* retired: it makes nothing more */
    ck_assert_int_eq(rows[1].lifetime, 301);
    ck_assert_int_eq(rows[2].lifetime, 301);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_tokens", {
    add_for_backends(t, a_certificate_comes_back_as_it_was_stored);
    add_for_backends(t, a_registered_certificate_has_no_path);
    add_for_backends(t, an_equal_certificate_is_not_written_again);
    add_for_backends(t, D9_a_certificate_proven_otherwise_is_another_row);
    add_for_backends(t, D9_a_row_is_never_written_over);
    add_for_backends(t, a_path_that_is_too_long_is_refused);
    add_for_backends(t, TOK_170_a_revoked_token_is_known_to_the_next_request);
    add_for_backends(t, TOK_173_revoking_twice_is_no_error_and_shortens_nothing);
    add_for_backends(t, what_is_over_is_swept_and_nothing_else);
    add_for_backends(t, the_sweeper_takes_small_steps);
    add_for_backends(t, REG_146_a_line_has_one_published_and_one_active_key);
    add_for_backends(t, REG_146_a_published_key_takes_over_at_once);
    add_for_backends(t, REG_147_a_key_retires_and_goes);
    add_for_backends(t, REG_146_a_promise_is_only_raised);
})
