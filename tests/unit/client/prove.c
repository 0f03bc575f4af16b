/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a client that is not registered yet: the same question, the same answers. */
#include "support/world.h"

static struct world *w;
static struct as_party party;
static struct as_who who;

static void start(void)
{
    w = world_new();
    party = (struct as_party){.kind = AS_PARTY_CLIENT, .method = AS_METHOD_TLS_CLIENT_AUTH};
    ck_ok(as_name_parse(AS_NAME_SUBJECT_DN, AS_LIT("CN=c1"), w->mem, &party.name_canon));
    party.name_kind = AS_NAME_SUBJECT_DN;
}

static void stop(void)
{
    world_free(w);
}

START_TEST(tls_client_auth)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c1");

    ck_ok(as_client_prove(&w->ctx, &party, cert, &who));
    ck_assert_ptr_eq(who.party, &party);
    ck_refuses(as_client_prove(&w->ctx, &party, NULL, &who), AS_INVALID_CLIENT, "cert_missing");
    ck_refuses(as_client_prove(&w->ctx, &party, world_leaf(w, w->banks_ca, "CN=c2"), &who),
               AS_INVALID_CLIENT, "cert_subject_mismatch");
    ck_refuses(as_client_prove(&w->ctx, &party, world_leaf(w, w->others_ca, "CN=c1"), &who),
               AS_INVALID_CLIENT, "cert_untrusted");
    /* the group that will judge it */
    party.trust = AS_LIT("others");
    ck_ok(as_client_prove(&w->ctx, &party, world_leaf(w, w->others_ca, "CN=c1"), &who));
    ck_refuses(as_client_prove(&w->ctx, &party, cert, &who), AS_INVALID_CLIENT, "cert_untrusted");
}
END_TEST

START_TEST(self_signed_tls_client_auth)
{
    const struct as_cert *cert = world_leaf(w, NULL, "CN=c1");
    unsigned char digests[1][AS_DIGEST];

    memcpy(digests[0], cert->thumbprint, AS_DIGEST);
    party.method = AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH;
    party.certificates = (const unsigned char(*)[AS_DIGEST])digests;
    party.certificate_count = 1;
    ck_ok(as_client_prove(&w->ctx, &party, cert, &who));
    ck_refuses(as_client_prove(&w->ctx, &party, world_leaf(w, NULL, "CN=c1"), &who),
               AS_INVALID_CLIENT, "cert_not_registered");
    ck_refuses(as_client_prove(&w->ctx, &party, NULL, &who), AS_INVALID_CLIENT, "cert_missing");
}
END_TEST

AS_TESTS("client/prove", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, tls_client_auth);
    tcase_add_test(t, self_signed_tls_client_auth);
})
