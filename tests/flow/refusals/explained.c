/* SPDX-License-Identifier: Apache-2.0 */
/* Level debug says which rule a certificate fell under; the caller and level info never do. */
#include "support/flow.h"

static struct flow *f;

static void start(void)
{
    f = flow_new();
    world_add(f->w, (struct world_party){.id = "c", .dn = "CN=c", .scope = "read"});
}

static void stop(void)
{
    flow_free(f);
}

static void ask(const struct as_cert *cert)
{
    flow_refused(flow_post(f, cert, "/token", "grant_type=client_credentials&client_id=c"), 401,
                 "invalid_client");
}

START_TEST(MTLS_119_the_rule_is_in_the_log_at_debug)
{
    const struct as_cert *other = world_leaf(f->w, f->w->others_ca, "CN=c");
    const struct as_cert *weak = world_cert(
        f->w, test_cert(f->w->banks_ca, (struct test_cert_ask){.subject = "CN=c", .key = "P-521"}));
    char x5t[AS_X5T_TEXT];

    ask(other);
    as_cert_x5t(other->thumbprint, x5t);
    ck_assert(flow_says(f->log_fd, "\"event\":\"certificate_refused\""));
    ck_assert(flow_says(f->log_fd, x5t));
    ck_assert(flow_says(f->log_fd, "\"reason\":\"cert_untrusted\",\"detail\":\"unable to get"));
    ck_assert_ptr_null(strstr(f->answer.body, "unable to get"));
    ask(weak);
    ck_assert(flow_says(f->log_fd, "\"reason\":\"cert_weak_key\",\"detail\":\"the EC key is not on "
                                   "P-256 or P-384 by name\""));
    ck_assert_ptr_null(strstr(f->answer.body, "P-256"));
    flow_last_has(f->log_fd, "reason", "cert_weak_key"); /* the request's own line */
}
END_TEST

START_TEST(MTLS_119_and_not_at_info)
{
    as_log_start(f->log_fd, AS_LOG_JSON, AS_LOG_INFO);
    ask(world_leaf(f->w, f->w->others_ca, "CN=c"));
    ck_assert(!flow_says(f->log_fd, "certificate_refused"));
    flow_last_has(f->log_fd, "reason", "cert_untrusted");
}
END_TEST

AS_TESTS("flow/refusals/explained", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_119_the_rule_is_in_the_log_at_debug);
    tcase_add_test(t, MTLS_119_and_not_at_info);
})
