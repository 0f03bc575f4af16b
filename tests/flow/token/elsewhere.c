/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first token for a certificate writes its row (design D9) and so runs on a job thread; what
 * the worker tried before leaves nothing behind (D10). The second is answered by the worker.
 */
#include "support/flow.h"

#define ASK "grant_type=client_credentials&client_id=c1&scope=read"

static struct flow *f;
static const struct as_cert *cert;

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read write"});
    world_add(f->w, (struct world_party){.id = "rs",
                                         .dn = "CN=rs",
                                         .audience = {"https://api.example"},
                                         .scope = "read write"});
}

static void stop(void)
{
    flow_free(f);
}

static size_t audit_rows(void)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(f->w->session, f->w->mem, 0, 100, &rows, &count));
    world_next(f->w);
    return count;
}

/* All that could tell that a token was made, or that its request was answered. Not the commits: the
 * sweeper may make one meanwhile. */
static const enum as_metric counted[] = {AS_METRIC_requests_total,
                                         AS_METRIC_store_writes_total,
                                         AS_METRIC_client_authentications_total,
                                         AS_METRIC_tokens_issued_total,
                                         AS_METRIC_client_authentications_failed_total,
                                         AS_METRIC_certificates_shared_total};

START_TEST(MTLS_70_the_worker_s_try_has_no_effect)
{
    int64_t before[AS_COUNT(counted)];
    size_t rows = audit_rows();

    for (size_t i = 0; i < AS_COUNT(counted); i++) {
        before[i] = as_metric_get(counted[i]);
    }
    ck_assert(!flow_try(f, (struct flow_ask){.path = "/token", .body = ASK, .cert = cert}));
    for (size_t i = 0; i < AS_COUNT(counted); i++) {
        ck_assert_int_eq(as_metric_get(counted[i]), before[i]);
    }
    ck_assert_uint_eq(flow_lines(f->audit_fd), 0);
    ck_assert_uint_eq(flow_lines(f->log_fd), 0);
    ck_assert_uint_eq(audit_rows(), rows);
    ck_assert_ptr_null(world_row(f->w, "c1", cert));
    ck_assert_uint_eq(f->exchange->reply.status, 0);
    ck_assert_uint_eq(f->exchange->reply.field_count, 0);
}
END_TEST

START_TEST(MTLS_70_the_first_token_goes_elsewhere_the_second_does_not)
{
    const struct as_certificate_row *row = NULL;
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);

    flow_status(answer, 200);
    ck_assert(answer->elsewhere);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_issued_total), 1);
    ck_assert_int_eq(as_metric_get(AS_METRIC_client_authentications_total), 1);
    ck_assert_uint_eq(flow_lines(f->audit_fd), 1);
    ck_assert_uint_eq(flow_lines(f->log_fd), 1);
    row = world_row(f->w, "c1", cert);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->binding.class_, AS_CERTIFICATE_PKI);
    ck_span_eq(row->trust, "banks");
    world_next(f->w);

    int64_t writes = as_metric_get(AS_METRIC_store_writes_total);
    answer = flow_post(f, cert, "/token", ASK);
    flow_status(answer, 200);
    ck_assert(!answer->elsewhere);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), writes);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_issued_total), 2);
    ck_assert_uint_eq(flow_lines(f->audit_fd), 2);
}
END_TEST

/* A request that is refused is refused in the worker: it has nothing to write. */
START_TEST(MTLS_05_refusals_stay_in_the_worker)
{
    const struct as_cert *stranger = world_leaf(f->w, f->w->banks_ca, "CN=stranger");
    struct flow_answer *answer = flow_post(f, stranger, "/token", ASK);

    flow_refused(answer, 401, "invalid_client");
    ck_assert(!answer->elsewhere);
    ck_assert_int_eq(as_metric_get(AS_METRIC_client_authentications_failed_total), 1);
    answer = flow_post(f, cert, "/token", ASK);
    flow_status(answer, 200);
    ck_assert(answer->elsewhere);
}
END_TEST

/* A row that says the same is not written again after a restart. */
START_TEST(MTLS_70_the_row_survives)
{
    flow_status(flow_post(f, cert, "/token", ASK), 200);
    flow_restart(f);
    struct flow_answer *answer = flow_post(f, cert, "/token", ASK);
    flow_status(answer, 200);
    ck_assert(!answer->elsewhere);
}
END_TEST

/* Unbound tokens need no row. */
START_TEST(MTLS_76_unbound_tokens_write_nothing)
{
    struct flow_answer *answer;

    world_add(
        f->w,
        (struct world_party){
            .id = "plain", .dn = "CN=plain", .scope = "read", .profile = "oauth", .unbound = true});
    answer = flow_post(f, world_leaf(f->w, f->w->banks_ca, "CN=plain"), "/token",
                       "grant_type=client_credentials&client_id=plain");
    flow_status(answer, 200);
    ck_assert(!answer->elsewhere);
}
END_TEST

AS_TESTS("flow/token/elsewhere", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_70_the_worker_s_try_has_no_effect);
    tcase_add_test(t, MTLS_70_the_first_token_goes_elsewhere_the_second_does_not);
    tcase_add_test(t, MTLS_05_refusals_stay_in_the_worker);
    tcase_add_test(t, MTLS_70_the_row_survives);
    tcase_add_test(t, MTLS_76_unbound_tokens_write_nothing);
})
