/* SPDX-License-Identifier: Apache-2.0 */
#include "support/world.h"

static struct world *w;
static const struct as_cert *good, *stranger, *other, *self;

/* pki and self are clients, rs is a resource server. */
static void start(void)
{
    w = world_new();
    good = world_leaf(w, w->banks_ca, "C=GB,O=Acme,CN=c1");
    stranger = world_leaf(w, w->banks_ca, "C=GB,O=Acme,CN=other");
    other = world_leaf(w, w->others_ca, "C=GB,O=Acme,CN=c1");
    self = world_leaf(w, NULL, "CN=self");
    world_add(w, (struct world_party){.id = "pki", .dn = "CN=c1,O=Acme,C=GB"});
    world_add(w, (struct world_party){.id = "self", .certs = {self}});
}

static void stop(void)
{
    world_free(w);
}

static as_err try(struct as_client_ask ask, struct as_who *who)
{
    as_store_session_done(w->session);
    return as_client_authenticate(&w->ctx, &ask, who);
}

#define REFUSED(ask, reason)                                                                       \
    do {                                                                                           \
        struct as_who who_;                                                                        \
        ck_refuses(try((ask), &who_), AS_INVALID_CLIENT, (reason));                                \
    } while (0)

START_TEST(MTLS_20_tls_client_auth)
{
    struct as_who who;

    ck_ok(try(world_ask("pki", good), &who));
    ck_span_eq(who.party->id, "pki");
    ck_assert_int_eq(who.class_, AS_CERTIFICATE_PKI);
    ck_span_eq(who.trust, "banks");
    ck_assert_ptr_null(who.verdict.reason);
    ck_assert_uint_ge(who.verdict.step_count, 1);
    ck_assert_int_le(who.verdict.not_after, good->not_after);
    REFUSED(world_ask("pki", other), "cert_untrusted");
    REFUSED(world_ask("pki", self), "cert_untrusted");
    REFUSED(world_ask("pki", stranger), "cert_subject_mismatch");
}
END_TEST

START_TEST(MTLS_02_party_first_then_certificate)
{
    struct as_who who;

    /* the certificate is another client's, and good for that one */
    world_add(w, (struct world_party){.id = "b", .dn = "CN=other,O=Acme,C=GB"});
    ck_ok(try(world_ask("b", stranger), &who));
    REFUSED(world_ask("pki", stranger), "cert_subject_mismatch");
    REFUSED(world_ask("self", stranger), "cert_not_registered");
    REFUSED(world_ask("b", good), "cert_subject_mismatch");
}
END_TEST

START_TEST(MTLS_01_no_client_id)
{
    struct as_client_ask ask = world_ask(NULL, good);

    REFUSED(ask, "client_unknown");
    REFUSED(world_ask("nobody", good), "client_unknown");
    REFUSED(world_ask("PKI", good), "client_unknown");
    ask.client_id = AS_LIT("pki");
    struct as_who who;
    ck_ok(try(ask, &who));
}
END_TEST

START_TEST(MTLS_04_no_certificate)
{
    struct as_who who;

    REFUSED(world_ask("pki", NULL), "cert_missing");
    REFUSED(world_ask("self", NULL), "cert_missing");
    ck_ok(try(world_ask("pki", good), &who));
    ck_ok(try(world_ask("self", self), &who));
}
END_TEST

START_TEST(MTLS_08_a_method_is_the_clients_own)
{
    static const char *const ids[] = {"pki", "self"};
    const struct as_cert *certs[] = {good, self};

    for (size_t i = 0; i < 2; i++) {
        const struct as_client_ask right = world_ask(ids[i], certs[i]);
        struct as_client_ask ask = right;
        struct as_who who;
        ck_ok(try(ask, &who));
        ask.authorization = AS_LIT("Basic cGtpOnNlY3JldA");
        REFUSED(ask, "method_mismatch");
        ask = right;
        ask.client_secret = AS_LIT("secret");
        REFUSED(ask, "method_mismatch");
        ask = right;
        ask.client_assertion = AS_LIT("a.b.c");
        REFUSED(ask, "method_mismatch");
        ask.client_assertion_type =
            AS_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        REFUSED(ask, "method_mismatch"); /* two parts of one mechanism */
        ask.cert = NULL;
        REFUSED(ask, "method_mismatch");
    }
}
END_TEST

/* Decided on the syntax: nothing is looked up. */
START_TEST(MTLS_10_two_mechanisms)
{
    const struct as_client_ask base = world_ask("pki", good);
    struct as_client_ask pairs[] = {base, base, base, base};
    struct as_who who;

    pairs[0].authorization = AS_LIT("Basic x");
    pairs[0].client_secret = AS_LIT("x");
    pairs[1].authorization = AS_LIT("Basic x");
    pairs[1].client_assertion = AS_LIT("x");
    pairs[2].client_secret = AS_LIT("x");
    pairs[2].client_assertion_type = AS_LIT("x");
    pairs[3] = pairs[0];
    pairs[3].client_assertion = AS_LIT("x");
    for (size_t i = 0; i < AS_COUNT(pairs); i++) {
        int64_t reads = as_metric_get(AS_METRIC_store_reads_total);
        int64_t paths = as_metric_get(AS_METRIC_paths_asked_total);
        ck_refuses(try(pairs[i], &who), AS_INVALID_REQUEST, "method_conflict");
        ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), reads);
        ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total), paths);
    }
    ck_ok(try(base, &who)); /* a certificate that is merely present is none */
}
END_TEST

START_TEST(MTLS_13_a_method_switched_off)
{
    struct as_who who;

    w->settings.methods = 1u << AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
    REFUSED(world_ask("pki", good), "method_mismatch");
    ck_ok(try(world_ask("self", self), &who));
    w->settings.methods = 1u << AS_METHOD_TLS_CLIENT_AUTH;
    REFUSED(world_ask("self", self), "method_mismatch");
    ck_ok(try(world_ask("pki", good), &who));
}
END_TEST

START_TEST(D12_a_profile_that_is_unknown_allows_no_method)
{
    struct as_who who;

    world_replace(w,
                  (struct world_party){.id = "pki", .dn = "CN=c1,O=Acme,C=GB", .profile = "fapi9"});
    REFUSED(world_ask("pki", good), "method_mismatch");
    world_replace(w,
                  (struct world_party){.id = "pki", .dn = "CN=c1,O=Acme,C=GB", .profile = "fapi2"});
    ck_ok(try(world_ask("pki", good), &who));
}
END_TEST

START_TEST(MTLS_15_each_request_by_itself)
{
    struct as_who who;

    ck_ok(try(world_ask("pki", good), &who));
    world_set_status(w, AS_PARTY_CLIENT, "pki", AS_PARTY_DISABLED);
    REFUSED(world_ask("pki", good), "client_disabled");
    world_set_status(w, AS_PARTY_CLIENT, "pki", AS_PARTY_ENABLED);
    ck_ok(try(world_ask("pki", good), &who));
    world_delete(w, AS_PARTY_CLIENT, "pki");
    REFUSED(world_ask("pki", good), "client_unknown");
}
END_TEST

/* MTLS-06, TOK-20: whatever a refusal is for, it has cost the same. */
START_TEST(MTLS_06_refusals_cost_the_same)
{
    const struct as_cert *weak = world_cert(
        w, test_cert(w->banks_ca, (struct test_cert_ask){.subject = "CN=weak", .key = "RSA:1024"}));
    world_add(w, (struct world_party){.id = "off", .dn = "CN=off", .disabled = true});
    world_add(w, (struct world_party){.id = "pinned", .dn = "CN=p", .trust = "others"});
    world_add(w, (struct world_party){.id = "lost", .dn = "CN=l", .trust = "no such group"});
    world_add(w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://rs.example"}, .scope = "read"});
    static const char *const ids[] = {"nobody", "", "pki", "self", "off", "pinned", "lost", "rs"};
    const struct as_cert *const certs[] = {NULL, stranger, other, self, weak};
    size_t refused = 0;

    for (size_t i = 0; i < AS_COUNT(ids); i++) {
        for (size_t k = 0; k < AS_COUNT(certs); k++) {
            for (int secret = 0; secret < 2; secret++) {
                struct as_client_ask ask = world_ask(ids[i], certs[k]);
                ask.client_secret = secret ? AS_LIT("x") : AS_SPAN_NONE;
                struct as_who who;
                int64_t reads = as_metric_get(AS_METRIC_store_reads_total);
                int64_t paths = as_metric_get(AS_METRIC_paths_asked_total);
                as_err err = try(ask, &who);
                if (!as_failed(err)) {
                    ck_assert(i == 3 && certs[k] == self && !secret);
                    continue;
                }
                refused++;
                ck_fault(err, AS_INVALID_CLIENT);
                ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), reads + 2);
                ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total), paths + 1);
            }
        }
    }
    ck_assert_uint_eq(refused, AS_COUNT(ids) * AS_COUNT(certs) * 2 - 1);
}
END_TEST

/* The path that a refusal asks for is that of the certificate shown: a decoy's, which is soon in
 * the cache, would cost less than that of somebody known. */
START_TEST(MTLS_06_a_refusal_builds_the_path_that_was_shown)
{
    struct as_who who;

    REFUSED(world_ask("nobody", NULL), "client_unknown"); /* the decoy is in the cache now */
    int64_t built = as_metric_get(AS_METRIC_paths_built_total);
    ck_refuses(try(world_ask("nobody", NULL), &who), AS_INVALID_CLIENT, "client_unknown");
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_built_total), built);
    ck_refuses(try(world_ask("nobody", world_leaf(w, w->banks_ca, "CN=new")), &who),
               AS_INVALID_CLIENT, "client_unknown");
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_built_total), built + 1);
}
END_TEST

START_TEST(MTLS_115_key_kinds_at_use)
{
    const struct as_cert *weak =
        world_cert(w, test_cert(w->banks_ca, (struct test_cert_ask){.subject = "C=GB,O=Acme,CN=c1",
                                                                    .key = "RSA:1024"}));
    const struct as_cert *weak_self = world_cert(
        w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=w", .key = "RSA:1024"}));

    world_add(w, (struct world_party){.id = "weak", .certs = {weak_self}});
    REFUSED(world_ask("pki", weak), "cert_weak_key");
    REFUSED(world_ask("weak", weak_self), "cert_weak_key");
    struct as_who who;
    ck_ok(try(world_ask("pki", good), &who));
}
END_TEST

START_TEST(MTLS_118_the_party_is_known_to_the_log)
{
    struct as_who who;

    ck_refuses(try(world_ask("pki", stranger), &who), AS_INVALID_CLIENT, "cert_subject_mismatch");
    ck_span_eq(who.party->id, "pki");
    ck_refuses(try(world_ask("nobody", stranger), &who), AS_INVALID_CLIENT, "client_unknown");
    ck_assert_ptr_null(who.party);
}
END_TEST

/* MTLS-119, TOK-10: whatever the reason, the public side is one row, of plain characters. */
START_TEST(MTLS_119_one_public_answer)
{
    const struct as_fault *row = &as_faults[AS_INVALID_CLIENT];

    ck_assert(!row->show_why);
    ck_assert_uint_eq(row->status, 401);
    ck_assert_str_eq(row->code, "invalid_client");
    for (size_t i = 0; i < AS_FAULT_COUNT; i++) {
        for (const char *c = as_faults[i].says; *c != '\0'; c++) {
            ck_assert(*c >= 0x20 && *c <= 0x7E && *c != '"' && *c != '\\');
        }
    }
}
END_TEST

START_TEST(TOK_13_failures_are_counted_and_successes_are_not)
{
    struct as_who who;
    struct as_client_ask elsewhere = world_ask("pki", good);
    struct as_client_ask wrong = world_ask("pki", stranger);

    world_throttle(w, 3, NULL, 0);
    elsewhere.address = "192.0.2.2";
    for (int i = 0; i < 100; i++) {
        ck_ok(try(world_ask("pki", good), &who));
    }
    int64_t failed = as_metric_get(AS_METRIC_client_authentications_failed_total);
    for (int i = 0; i < 3; i++) {
        REFUSED(wrong, "cert_subject_mismatch");
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_client_authentications_failed_total), failed + 3);
    ck_refuses(try(wrong, &who), AS_TOO_MANY_FAILURES, "too_many_failures");
    ck_refuses(try(world_ask("pki", good), &who), AS_TOO_MANY_FAILURES, "too_many_failures");
    ck_ok(try(elsewhere, &who)); /* a stranger locks nobody out */
    ck_ok(try(world_ask("self", self), &who));
    w->ctx.mono_ms += 60000;
    ck_ok(try(world_ask("pki", good), &who));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_20_tls_client_auth);
    tcase_add_test(t, MTLS_02_party_first_then_certificate);
    tcase_add_test(t, MTLS_01_no_client_id);
    tcase_add_test(t, MTLS_04_no_certificate);
    tcase_add_test(t, MTLS_08_a_method_is_the_clients_own);
    tcase_add_test(t, MTLS_10_two_mechanisms);
    tcase_add_test(t, MTLS_13_a_method_switched_off);
    tcase_add_test(t, D12_a_profile_that_is_unknown_allows_no_method);
    tcase_add_test(t, MTLS_15_each_request_by_itself);
    tcase_add_test(t, MTLS_06_refusals_cost_the_same);
    tcase_add_test(t, MTLS_06_a_refusal_builds_the_path_that_was_shown);
    tcase_add_test(t, MTLS_115_key_kinds_at_use);
    tcase_add_test(t, MTLS_118_the_party_is_known_to_the_log);
    tcase_add_test(t, MTLS_119_one_public_answer);
    tcase_add_test(t, TOK_13_failures_are_counted_and_successes_are_not);
}

int main(void)
{
    return as_tests_run("authenticate", add_tests);
}
