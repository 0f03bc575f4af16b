/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate that only its registration vouched for goes with it. */
#include "store/support/fixture.h"

static struct fixture f;

#define REGISTERED AS_CERTIFICATE_REGISTERED
#define NEVER      INT64_C(253402300799)

/* Else whoever may change his own certificate could fill the disk with rows that end in 9999. */
START_TEST(D9_a_certificate_that_nobody_has_registered_is_forgotten)
{
    struct a_client a, b;
    unsigned char both[2][AS_DIGEST];
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    put_certificate(&f, digest_a, REGISTERED, NEVER);
    put_certificate(&f, digest_b, AS_CERTIFICATE_PKI, NEVER);
    /* what is kept stays, as does what is not of this class */
    memcpy(both[0], digest_b, AS_DIGEST);
    memcpy(both[1], digest_a, AS_DIGEST);
    a.party.certificates = (const unsigned char(*)[AS_DIGEST])both;
    a.party.certificate_count = 2;
    ck_ok(as_store_party_replace(f.job, &a.write, NULL, &found));
    ck_assert(found && has_certificate(&f, digest_a, REGISTERED));
    a.party.certificate_count = 1;
    memcpy(a.identifier.digest, digest_b, AS_DIGEST);
    ck_ok(as_store_party_replace(f.job, &a.write, NULL, &found));
    ck_assert(!has_certificate(&f, digest_a, REGISTERED) &&
              has_certificate(&f, digest_b, AS_CERTIFICATE_PKI));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(found && has_certificate(&f, digest_b, AS_CERTIFICATE_PKI));
    /* nor is what another has registered too */
    put_certificate(&f, digest_a, REGISTERED, NEVER);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    (void)client_known(&b, "b", AS_IDENTIFIER_CERTIFICATE, digest_a);
    b.party.shared = true;
    ck_ok(create(f.job, &b.write));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(has_certificate(&f, digest_a, REGISTERED));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("b"), NULL, &found));
    ck_assert(found && !has_certificate(&f, digest_a, REGISTERED));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("b"), NULL, &found));
    ck_assert(!found);
    fixture_end(&f);
}
END_TEST

/* What others proved of the same certificate, under a trust group, is theirs. */
START_TEST(D9_only_the_row_of_the_registration_is_forgotten)
{
    struct a_client a;
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    put_certificate(&f, digest_a, REGISTERED, NEVER);
    put_certificate(&f, digest_a, AS_CERTIFICATE_PKI, NEVER);
    ck_assert(has_certificate(&f, digest_a, REGISTERED) &&
              has_certificate(&f, digest_a, AS_CERTIFICATE_PKI));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(found && !has_certificate(&f, digest_a, REGISTERED));
    ck_assert(has_certificate(&f, digest_a, AS_CERTIFICATE_PKI));
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_forget", {
    add_for_backends(t, D9_a_certificate_that_nobody_has_registered_is_forgotten);
    add_for_backends(t, D9_only_the_row_of_the_registration_is_forgotten);
})
