/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate that only its registration vouched for goes with it. */
#include "store/support/fixture.h"

static struct fixture f;

static bool has_row(const unsigned char thumbprint[AS_DIGEST])
{
    const struct as_certificate_row *row = NULL;

    ck_ok(as_store_certificate_get(f.worker, thumbprint, &row));
    as_store_session_done(f.worker);
    return row != NULL;
}

static void put_class(const unsigned char thumbprint[AS_DIGEST], enum as_certificate_class class_)
{
    struct as_certificate_row row = {
        .der = AS_LIT("leaf"), .class_ = class_, .not_after = INT64_C(253402300799)};

    memcpy(row.thumbprint, thumbprint, AS_DIGEST);
    ck_ok(as_store_certificate_put(f.job, &row));
    as_store_session_done(f.job);
    ck_assert(has_row(thumbprint));
}

/* Else whoever may change his own certificate could fill the disk with rows that end in 9999. */
START_TEST(D9_a_certificate_that_nobody_has_registered_is_forgotten)
{
    struct a_client a, b;
    unsigned char both[2][AS_DIGEST];
    bool found = false;

    fixture_start(&f, (size_t)_i);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    put_class(digest_a, AS_CERTIFICATE_REGISTERED);
    put_class(digest_b, AS_CERTIFICATE_PKI);
    /* what is kept stays, as does what is not of this class */
    memcpy(both[0], digest_b, AS_DIGEST);
    memcpy(both[1], digest_a, AS_DIGEST);
    a.party.certificates = (const unsigned char(*)[AS_DIGEST])both;
    a.party.certificate_count = 2;
    ck_ok(as_store_party_replace(f.job, &a.write, NULL, &found));
    ck_assert(found && has_row(digest_a));
    a.party.certificate_count = 1;
    memcpy(a.identifier.digest, digest_b, AS_DIGEST);
    ck_ok(as_store_party_replace(f.job, &a.write, NULL, &found));
    ck_assert(!has_row(digest_a) && has_row(digest_b));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(found && has_row(digest_b));
    /* nor is what another has registered too */
    put_class(digest_a, AS_CERTIFICATE_REGISTERED);
    ck_ok(create(f.job, client_known(&a, "a", AS_IDENTIFIER_CERTIFICATE, digest_a)));
    (void)client_known(&b, "b", AS_IDENTIFIER_CERTIFICATE, digest_a);
    b.party.shared = true;
    ck_ok(create(f.job, &b.write));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("a"), NULL, &found));
    ck_assert(has_row(digest_a));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("b"), NULL, &found));
    ck_assert(found && !has_row(digest_a));
    ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, AS_LIT("b"), NULL, &found));
    ck_assert(!found);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_forget",
         { add_for_backends(t, D9_a_certificate_that_nobody_has_registered_is_forgotten); })
