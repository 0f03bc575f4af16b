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

START_TEST(MTLS_50_a_registered_certificate)
{
    const struct as_cert *self = world_leaf(w, NULL, "CN=self");
    struct as_client_ask ask = world_ask("s", self);
    struct as_who who;

    world_add(w, (struct world_party){.id = "s", .certs = {self}});
    ck_ok(as_client_authenticate(&w->ctx, &ask, &who));
    ck_assert_int_eq(who.class_, AS_CERTIFICATE_REGISTERED);
    ck_assert_uint_eq(who.trust.len, 0);
    REFUSED("s", world_leaf(w, NULL, "CN=self"), "cert_not_registered");
    REFUSED("s", world_leaf(w, w->banks_ca, "CN=self"), "cert_not_registered");
}
END_TEST

START_TEST(MTLS_54_the_whole_certificate_not_the_key)
{
    struct test_cert *first = test_leaf(NULL, "CN=self");
    const struct as_cert *self = world_cert(w, first);
    const struct as_cert *again = world_cert(
        w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=self", .use_key = first->key}));

    world_add(w, (struct world_party){.id = "s", .certs = {self}});
    ck_assert_mem_eq(self->spki_hash, again->spki_hash, 32);
    ck_ok(try("s", self));
    REFUSED("s", again, "cert_not_registered");
}
END_TEST

START_TEST(MTLS_55_nothing_but_equality_counts)
{
    struct test_cert *unknown = test_ca("CN=Unknown CA");
    const struct as_cert *certs[] = {
        world_cert(w, unknown), /* CA:TRUE itself */
        world_leaf(w, unknown, "CN=issued elsewhere"),
        world_cert(w, test_cert(unknown, (struct test_cert_ask){.subject = "CN=server",
                                                                .ku = "keyAgreement",
                                                                .eku = "serverAuth"})),
        world_cert(w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=bare", .v1 = true})),
    };

    world_add(w,
              (struct world_party){.id = "s", .certs = {certs[0], certs[1], certs[2], certs[3]}});
    for (size_t i = 0; i < AS_COUNT(certs); i++) {
        ck_ok(try("s", certs[i]));
    }
    REFUSED("s", world_leaf(w, unknown, "CN=issued elsewhere"), "cert_not_registered");
}
END_TEST

START_TEST(MTLS_56_dates_by_a_switch)
{
    const time_t day = 24 * 3600;
    const time_t now = time(NULL);
    const struct as_cert *old =
        world_cert(w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=old",
                                                             .not_before = now - 9 * day,
                                                             .not_after = now - day}));
    const struct as_cert *early =
        world_cert(w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=early",
                                                             .not_before = now + day,
                                                             .not_after = now + 9 * day}));
    const struct as_cert *current = world_leaf(w, NULL, "CN=current");

    world_add(w, (struct world_party){.id = "s", .certs = {old, early, current}});
    ck_ok(try("s", old));
    ck_ok(try("s", early));
    w->settings.check_self_signed_validity = true;
    REFUSED("s", old, "cert_expired");
    REFUSED("s", early, "cert_not_yet_valid");
    ck_ok(try("s", current));
    w->ctx.now = current->not_after; /* the last second still counts */
    ck_ok(try("s", current));
    w->ctx.now = current->not_after + 1;
    REFUSED("s", current, "cert_expired");
    w->ctx.now = current->not_before;
    ck_ok(try("s", current));
}
END_TEST

START_TEST(MTLS_57_any_of_several)
{
    const struct as_cert *one = world_leaf(w, NULL, "CN=one");
    const struct as_cert *two = world_leaf(w, NULL, "CN=two");

    world_add(w, (struct world_party){.id = "s", .certs = {one, two}});
    ck_ok(try("s", one));
    ck_ok(try("s", two));
    world_replace(w, (struct world_party){.id = "s", .certs = {two}});
    REFUSED("s", one, "cert_not_registered");
    ck_ok(try("s", two));
}
END_TEST

/* MTLS-63: one listener serves both methods; the verdict counts only for the one that needs it. */
START_TEST(MTLS_63_untrusted_is_no_matter_here)
{
    const struct as_cert *self = world_leaf(w, NULL, "CN=self");

    world_add(w, (struct world_party){.id = "s", .certs = {self}});
    world_add(w, (struct world_party){.id = "p", .dn = "CN=self"});
    int64_t paths = as_metric_get(AS_METRIC_paths_asked_total);
    ck_ok(try("s", self));
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total), paths);
    REFUSED("p", self, "cert_untrusted");
    ck_ok(try("p", world_leaf(w, w->banks_ca, "CN=self")));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_50_a_registered_certificate);
    tcase_add_test(t, MTLS_54_the_whole_certificate_not_the_key);
    tcase_add_test(t, MTLS_55_nothing_but_equality_counts);
    tcase_add_test(t, MTLS_56_dates_by_a_switch);
    tcase_add_test(t, MTLS_57_any_of_several);
    tcase_add_test(t, MTLS_63_untrusted_is_no_matter_here);
}

int main(void)
{
    return as_tests_run("self_signed_tls_client_auth", add_tests);
}
