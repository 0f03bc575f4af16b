/* SPDX-License-Identifier: Apache-2.0 */
#include "support/world.h"

static struct world *w;

static void start(void)
{
    w = world_new();
}

static void stop(void)
{
    world_free(w);
}

static as_err try(const char *id, const struct as_cert *cert)
{
    struct as_client_ask ask = world_ask(id, cert);
    struct as_who who;

    as_store_session_done(w->session);
    return as_client_authenticate(&w->ctx, &ask, &who);
}

#define REFUSED(id, cert, reason) ck_refuses(try((id), (cert)), AS_INVALID_CLIENT, (reason))

START_TEST(MTLS_44_a_renewed_certificate_works_at_once)
{
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c,O=Acme"});
    ck_ok(try("c", world_leaf(w, w->banks_ca, "O=Acme,CN=c")));
    ck_ok(try("c", world_leaf(w, w->banks_ca, "O=Acme,CN=c"))); /* another key and serial */
    REFUSED("c", world_leaf(w, w->others_ca, "O=Acme,CN=c"), "cert_untrusted");
}
END_TEST

START_TEST(MTLS_26_order_and_number_of_rdns)
{
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c,O=Acme,C=GB"});
    ck_ok(try("c", world_leaf(w, w->banks_ca, "C=GB,O=Acme,CN=c")));
    REFUSED("c", world_leaf(w, w->banks_ca, "CN=c,O=Acme,C=GB"), "cert_subject_mismatch");
    REFUSED("c", world_leaf(w, w->banks_ca, "O=Acme,CN=c"), "cert_subject_mismatch");
    REFUSED("c", world_leaf(w, w->banks_ca, "C=GB,O=Acme,OU=x,CN=c"), "cert_subject_mismatch");
}
END_TEST

static const struct as_cert *san(const char *subject, const char *names)
{
    return world_cert(
        w, test_cert(w->banks_ca, (struct test_cert_ask){.subject = subject, .san = names}));
}

START_TEST(MTLS_42_only_the_registered_kind_counts)
{
    world_add(w, (struct world_party){.id = "c", .san_dns = "c.example.com"});
    ck_ok(try("c", san("CN=anything", "DNS:C.Example.COM")));
    ck_ok(try("c", san("CN=x", "DNS:a.example,URI:urn:x,DNS:c.example.com"))); /* MTLS-43 */
    REFUSED("c", world_leaf(w, w->banks_ca, "CN=c.example.com"), "cert_subject_mismatch");
    REFUSED("c", san("CN=c.example.com", "URI:https://c.example.com"), "cert_subject_mismatch");
    REFUSED("c", san("CN=x", "DNS:d.example.com"), "cert_subject_mismatch");
}
END_TEST

START_TEST(MTLS_46_a_pinned_group_is_the_only_one)
{
    const struct as_cert *banks = world_leaf(w, w->banks_ca, "CN=c");
    const struct as_cert *others = world_leaf(w, w->others_ca, "CN=c");

    world_add(w, (struct world_party){.id = "free", .dn = "CN=c"});
    world_add(
        w, (struct world_party){.id = "pinned", .dn = "CN=c", .trust = "others", .shared = true});
    ck_ok(try("free", banks));
    REFUSED("free", others, "cert_untrusted");
    ck_ok(try("pinned", others));
    REFUSED("pinned", banks, "cert_untrusted");

    struct as_client_ask ask = world_ask("pinned", others);
    struct as_who who;
    ck_ok(as_client_authenticate(&w->ctx, &ask, &who));
    ck_span_eq(who.trust, "others");
}
END_TEST

/* D5: a group vouches for its use and nothing else, pinned or not. */
START_TEST(D5_a_group_vouches_for_its_use_alone)
{
    const struct as_cert *shops = world_leaf(w, w->shops_ca, "CN=p");
    const struct as_cert *banks = world_leaf(w, w->banks_ca, "CN=p");
    const struct world_party rs = {.id = "rs",
                                   .dn = "CN=p",
                                   .audience = {"https://rs.example"},
                                   .scope = "read",
                                   .shared = true};
    struct world_party pinned = rs;

    world_add(w, (struct world_party){.id = "c", .dn = "CN=p", .trust = "shops"});
    REFUSED("c", shops, "cert_untrusted");
    REFUSED("c", banks, "cert_untrusted");
    world_add(w, rs);
    ck_ok(try("rs", shops));
    REFUSED("rs", banks, "cert_untrusted"); /* default_trust is for clients */
    pinned.trust = "banks";
    world_replace(w, pinned);
    REFUSED("rs", banks, "cert_untrusted");
    pinned.trust = "shops";
    world_replace(w, pinned);
    ck_ok(try("rs", shops));
}
END_TEST

START_TEST(MTLS_45_no_group_judges_nobody)
{
    const struct as_cert *banks = world_leaf(w, w->banks_ca, "CN=c");

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    ck_ok(try("c", banks));
    w->settings.default_trust = NULL; /* two client groups and no default: none */
    REFUSED("c", banks, "cert_untrusted");
    world_trust(w, 1); /* the only one */
    ck_ok(try("c", banks));
    world_trust(w, 0);
    REFUSED("c", banks, "cert_untrusted");
    w->settings.default_trust = "banks"; /* named, but not there */
    REFUSED("c", banks, "cert_untrusted");
}
END_TEST

START_TEST(MTLS_20_dates)
{
    struct as_cert const *cert = world_leaf(w, w->banks_ca, "CN=c");
    const as_time now = w->ctx.now;

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    w->ctx.now = cert->not_before - 1;
    REFUSED("c", cert, "cert_not_yet_valid");
    w->ctx.now = cert->not_after + 1;
    REFUSED("c", cert, "cert_expired");
    w->ctx.now = now;
    ck_ok(try("c", cert));
}
END_TEST

/* MTLS-62: a registered certificate is no anchor, even when it is an authority's. */
START_TEST(MTLS_62_a_registered_certificate_is_no_anchor)
{
    struct test_cert *rogue = test_ca("CN=Rogue");
    const struct as_cert *self = world_cert(w, rogue);
    const struct as_cert *issued = world_leaf(w, rogue, "CN=c");

    world_add(w, (struct world_party){.id = "a", .certs = {self}});
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    ck_ok(try("a", self));
    REFUSED("c", issued, "cert_untrusted");
    REFUSED("a", issued, "cert_not_registered");
    ck_ok(try("c", world_leaf(w, w->banks_ca, "CN=c")));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_44_a_renewed_certificate_works_at_once);
    tcase_add_test(t, MTLS_26_order_and_number_of_rdns);
    tcase_add_test(t, MTLS_42_only_the_registered_kind_counts);
    tcase_add_test(t, MTLS_46_a_pinned_group_is_the_only_one);
    tcase_add_test(t, D5_a_group_vouches_for_its_use_alone);
    tcase_add_test(t, MTLS_45_no_group_judges_nobody);
    tcase_add_test(t, MTLS_20_dates);
    tcase_add_test(t, MTLS_62_a_registered_certificate_is_no_anchor);
}

int main(void)
{
    return as_tests_run("tls_client_auth", add_tests);
}
