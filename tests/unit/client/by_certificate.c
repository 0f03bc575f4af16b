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

static as_err try(const struct as_cert *cert, bool alone, struct as_who *who)
{
    struct as_client_ask ask = world_ask(NULL, cert);

    ask.cert_alone_will_do = alone;
    as_store_session_done(w->session);
    return as_client_authenticate(&w->ctx, &ask, who);
}

#define REFUSED(cert, reason)                                                                      \
    do {                                                                                           \
        struct as_who who_;                                                                        \
        int64_t paths_ = as_metric_get(AS_METRIC_paths_asked_total);                               \
        ck_refuses(try((cert), true, &who_), AS_INVALID_CLIENT, (reason));                         \
        ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total), paths_ + 1);                  \
    } while (0)

#define RS(name) .id = (name), .audience = {"https://" name ".example"}, .scope = (name)

START_TEST(MTLS_01a_the_one_resource_server)
{
    const struct as_cert *cert =
        world_cert(w, test_cert(w->shops_ca, (struct test_cert_ask){.subject = "O=Shop,CN=rs",
                                                                    .san = "DNS:rs.example"}));
    const struct as_cert *self = world_leaf(w, NULL, "CN=self");
    struct as_who who;

    world_add(w, (struct world_party){RS("a"), .dn = "CN=rs,O=Shop"});
    world_add(w, (struct world_party){RS("b"), .certs = {self}});
    ck_ok(try(cert, true, &who));
    ck_span_eq(who.party->id, "a");
    ck_ok(try(self, true, &who));
    ck_span_eq(who.party->id, "b");
    ck_assert_int_eq(who.class_, AS_CERTIFICATE_REGISTERED);
    /* never where the endpoint does not ask for it */
    ck_refuses(try(cert, false, &who), AS_INVALID_CLIENT, "client_unknown");

    /* a second record with one of its names */
    world_add(w, (struct world_party){RS("c"), .san_dns = "rs.example"});
    REFUSED(cert, "cert_shared");
    ck_ok(try(self, true, &who));
}
END_TEST

START_TEST(MTLS_01a_none)
{
    struct as_who who;

    world_add(w, (struct world_party){RS("a"), .dn = "CN=rs"});
    REFUSED(world_leaf(w, w->shops_ca, "CN=rt"), "client_unknown");
    REFUSED(NULL, "cert_missing");
    REFUSED(world_leaf(w, w->banks_ca, "CN=rs"), "cert_untrusted"); /* found, not proven */
    ck_ok(try(world_leaf(w, w->shops_ca, "CN=rs"), true, &who));
    world_set_status(w, AS_PARTY_RESOURCE, "a", AS_PARTY_DISABLED);
    REFUSED(world_leaf(w, w->shops_ca, "CN=rs"), "client_disabled");
}
END_TEST

/* Clients are never found so. */
START_TEST(MTLS_01a_no_client)
{
    struct as_who who;
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    REFUSED(cert, "client_unknown");
    struct as_client_ask ask = world_ask("c", cert);
    ask.cert_alone_will_do = true; /* a client_id that is there is used */
    ck_ok(as_client_authenticate(&w->ctx, &ask, &who));
    ck_span_eq(who.party->id, "c");
}
END_TEST

START_TEST(MTLS_01a_a_certificate_beyond_reading)
{
    const struct as_cert *weak = world_cert(
        w, test_cert(w->shops_ca, (struct test_cert_ask){.subject = "CN=rs", .key = "RSA:1024"}));
    struct as_who who;

    world_add(w, (struct world_party){RS("a"), .dn = "CN=rs"});
    REFUSED(weak, "cert_weak_key");
    ck_ok(try(world_leaf(w, w->shops_ca, "CN=rs"), true, &who));
}
END_TEST

START_TEST(MTLS_37_a_wildcard_names_nobody)
{
    struct as_identifier *ids = NULL;
    size_t count = 0;
    const struct as_cert *cert = world_cert(
        w, test_cert(w->shops_ca,
                     (struct test_cert_ask){.subject = "CN=x",
                                            .san = "DNS:*.example.com,DNS:a.example.com"}));

    ck_ok(as_client_identifiers(w->mem, cert, &ids, &count));
    ck_assert_uint_eq(count, 3); /* the certificate, the subject, the plain name */
    ck_assert_uint_eq(ids[0].kind, AS_IDENTIFIER_CERTIFICATE);
    ck_assert_mem_eq(ids[0].digest, cert->thumbprint, AS_DIGEST);
    ck_assert_uint_eq(ids[1].kind, AS_NAME_SUBJECT_DN);
    ck_assert_uint_eq(ids[2].kind, AS_NAME_SAN_DNS);
}
END_TEST

/* A name that can match nothing is no identifier, or all that have such a one would share it. */
START_TEST(MTLS_42_no_name_names_nobody)
{
    struct as_identifier *ids = NULL;
    size_t count = 0;
    const struct as_cert *cert = world_cert(
        w, test_cert(w->shops_ca, (struct test_cert_ask){.subject = "", .san = "DNS:a.example"}));

    ck_ok(as_client_identifiers(w->mem, cert, &ids, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(ids[0].kind, AS_IDENTIFIER_CERTIFICATE);
    ck_assert_uint_eq(ids[1].kind, AS_NAME_SAN_DNS);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_01a_the_one_resource_server);
    tcase_add_test(t, MTLS_01a_none);
    tcase_add_test(t, MTLS_01a_no_client);
    tcase_add_test(t, MTLS_01a_a_certificate_beyond_reading);
    tcase_add_test(t, MTLS_37_a_wildcard_names_nobody);
    tcase_add_test(t, MTLS_42_no_name_names_nobody);
}

int main(void)
{
    return as_tests_run("by_certificate", add_tests);
}
