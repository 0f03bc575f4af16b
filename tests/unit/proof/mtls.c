/* SPDX-License-Identifier: Apache-2.0 */
#include "as/proof.h"
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

static int64_t writes(void)
{
    return as_metric_get(AS_METRIC_store_writes_total);
}

static struct as_binding bound(const char *id, const struct as_cert *cert)
{
    struct as_binding binding;
    struct as_who who = world_who(w, id, cert);

    ck_ok(as_proof_bind(&w->ctx, &who, cert, &binding));
    world_next(w);
    return binding;
}

/* The example certificate of RFC 8705 appendix A and its thumbprint. */
START_TEST(MTLS_70_the_vector_of_the_rfc)
{
    static const char base64[] = "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx"
                                 "ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG"
                                 "SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ"
                                 "/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID"
                                 "SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV"
                                 "bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=";
    as_span der = AS_SPAN_NONE;
    char x5t[AS_X5T_TEXT];

    ck_ok(as_base64_take(w->mem, as_span_of(base64), &der));
    ck_ok(as_cert_of_der(&der, 1, &w->certs[w->cert_count]));
    const struct as_cert *cert = w->certs[w->cert_count++];
    world_add(w, (struct world_party){.id = "rfc", .certs = {cert}});
    struct as_binding binding = bound("rfc", cert); /* expired, which is no matter: MTLS-56 */
    ck_assert(binding.x5t);
    as_cert_x5t(binding.thumbprint, x5t);
    ck_assert_str_eq(x5t, "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
}
END_TEST

/* MTLS-71: over the DER as presented, also where an encoder of today would write it otherwise. */
START_TEST(MTLS_71_the_der_as_presented)
{
    X509_NAME *t61 = X509_NAME_new();
    unsigned char digest[AS_DIGEST];

    ck_assert_int_eq(X509_NAME_add_entry_by_txt(t61, "CN", V_ASN1_T61STRING,
                                                (const unsigned char *)"teletex", -1, -1, 0),
                     1);
    const struct as_cert *cert = world_cert(
        w, test_cert(NULL, (struct test_cert_ask){.subject_name = t61, .key = "RSA:2048"}));
    X509_NAME_free(t61);
    world_add(w, (struct world_party){.id = "s", .certs = {cert}});
    struct as_binding binding = bound("s", cert);
    as_span der = test_cert_der(w->made[w->made_count - 1]);
    ck_ok(as_sha256(der, digest));
    free((void *)(uintptr_t)der.ptr);
    ck_assert_mem_eq(binding.thumbprint, digest, AS_DIGEST);
}
END_TEST

START_TEST(D9_the_row_of_a_pki_certificate)
{
    struct test_cert *sub = test_sub_ca(w->banks_ca, "CN=Banks sub CA");
    struct test_cert *leaf = test_leaf(sub, "CN=c");

    const struct as_cert *cert = world_cert_with(w, leaf, sub);
    w->made[w->made_count++] = sub;
    w->made[w->made_count++] = leaf;
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    ck_assert_ptr_null(world_row(w, "c", cert));
    bound("c", cert);

    struct as_who who = world_who(w, "c", cert);
    const struct as_certificate_row *row = world_row(w, "c", cert);
    ck_assert_ptr_nonnull(row);
    ck_assert_mem_eq(row->binding.thumbprint, cert->thumbprint, AS_DIGEST);
    ck_assert(as_span_equal(row->der, cert->der));
    ck_assert_int_eq(row->binding.class_, AS_CERTIFICATE_PKI);
    ck_span_eq(row->trust, "banks");
    ck_assert_mem_eq(row->anchor, who.verdict.anchor, AS_DIGEST);
    ck_assert_int_eq(row->not_after, cert->not_after);
    ck_assert_uint_eq(row->path_count, who.verdict.step_count);
    ck_assert_uint_eq(row->path_count, 2);
    for (size_t i = 0; i < row->path_count; i++) {
        ck_assert_mem_eq(row->path[i].issuer_spki, who.verdict.steps[i].issuer_spki, AS_DIGEST);
        ck_assert_uint_eq(row->path[i].serial_len, who.verdict.steps[i].serial_len);
        ck_assert_mem_eq(row->path[i].serial, who.verdict.steps[i].serial, row->path[i].serial_len);
        ck_assert_int_eq(row->path[i].not_after, who.verdict.steps[i].not_after);
    }
    as_span sent = cert->chain[0];
    ck_assert_uint_eq(cert->chain_count, 1);
    ck_assert_uint_eq(row->chain.len, 4 + sent.len);
    ck_assert_uint_eq((size_t)as_span_u8(row->chain)[2] << 8 | as_span_u8(row->chain)[3], sent.len);
    ck_assert(as_span_equal(as_span_from(row->chain, 4), sent));
}
END_TEST

START_TEST(D9_the_row_of_a_registered_certificate)
{
    static const unsigned char no_way[AS_WAY];
    const struct as_cert *self = world_leaf(w, NULL, "CN=self");

    world_add(w, (struct world_party){.id = "s", .certs = {self}});
    bound("s", self);
    const struct as_certificate_row *row = world_row(w, "s", self);
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(row->binding.class_, AS_CERTIFICATE_REGISTERED);
    ck_assert_mem_eq(row->binding.way, no_way, AS_WAY); /* there is but one */
    ck_assert_uint_eq(row->trust.len, 0);
    ck_assert_uint_eq(row->path_count, 0);
    ck_assert_uint_eq(row->chain.len, 0);
}
END_TEST

START_TEST(D9_an_equal_row_is_not_written_again)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    int64_t before = writes();
    bound("c", cert);
    ck_assert_int_eq(writes(), before + 1);
    bound("c", cert);
    bound("c", cert);
    ck_assert_int_eq(writes(), before + 1);
}
END_TEST

/* The row of a binding that was made before. */
static const struct as_certificate_row *row_of(const struct as_binding *binding)
{
    const struct as_certificate_row *row = NULL;

    ck_ok(as_store_certificate_get(w->session, binding, &row));
    ck_assert_ptr_nonnull(row);
    return row;
}

/* Another group, or the same group with another anchor, is another row, and takes none away. */
START_TEST(D9_a_row_for_each_group)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    const struct as_binding before = bound("c", cert);
    w->ca_names[1] = w->ca_files[0]; /* "others" now holds the same authority */
    world_trust(w, 3);
    world_replace(w, (struct world_party){.id = "c", .dn = "CN=c", .trust = "others"});
    int64_t written = writes();
    const struct as_binding after = bound("c", cert);
    ck_assert_int_eq(writes(), written + 1);
    ck_assert_mem_ne(before.way, after.way, AS_WAY);
    ck_span_eq(row_of(&after)->trust, "others");
    ck_span_eq(row_of(&before)->trust, "banks");
}
END_TEST

/* Makes this authority the one of the group "banks". */
static void anchor(const struct test_cert *ca)
{
    test_file_drop(w->ca_files[0]);
    w->ca_files[0] = test_cert_file(ca);
    w->ca_names[0] = w->ca_files[0];
    world_trust(w, 3);
}

/* The same key in another certificate: all that the row says of it is the anchor. */
START_TEST(D9_a_row_for_each_anchor)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    struct test_cert *renewed = test_cert(
        NULL,
        (struct test_cert_ask){.subject = "CN=Banks CA", .ca = true, .use_key = w->banks_ca->key});

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    const struct as_who who_before = world_who(w, "c", cert);
    const struct as_binding before = bound("c", cert);
    anchor(renewed);
    int64_t written = writes();
    const struct as_binding after = bound("c", cert);
    ck_assert_int_eq(writes(), written + 1);
    const struct as_who who = world_who(w, "c", cert);
    ck_assert_mem_ne(who.verdict.anchor, who_before.verdict.anchor, AS_DIGEST);
    ck_assert_mem_eq(row_of(&after)->anchor, who.verdict.anchor, AS_DIGEST);
    ck_assert_mem_eq(row_of(&before)->anchor, who_before.verdict.anchor, AS_DIGEST);
    test_cert_free(renewed);
}
END_TEST

/* The same leaf by way of a renewed intermediate. */
START_TEST(D9_a_row_for_each_path)
{
    struct test_cert *sub = test_sub_ca(w->banks_ca, "CN=Banks sub CA");
    struct test_cert *renewed = test_cert(
        w->banks_ca,
        (struct test_cert_ask){.subject = "CN=Banks sub CA", .ca = true, .use_key = sub->key});
    struct test_cert *leaf = test_leaf(sub, "CN=c");

    w->made[w->made_count++] = sub;
    w->made[w->made_count++] = renewed;
    w->made[w->made_count++] = leaf;
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    bound("c", world_cert_with(w, leaf, sub));
    int64_t before = writes();
    bound("c", world_cert_with(w, leaf, sub));
    ck_assert_int_eq(writes(), before);
    bound("c", world_cert_with(w, leaf, renewed));
    ck_assert_int_eq(writes(), before + 1);
    bound("c", world_cert_with(w, leaf, sub)); /* the first is still there */
    bound("c", world_cert_with(w, leaf, renewed));
    ck_assert_int_eq(writes(), before + 1);
}
END_TEST

/* D10: a worker's session never writes; the request moves, and nothing has happened by then. */
START_TEST(D10_a_worker_hands_the_write_over)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    struct as_store_session *worker = NULL;
    struct as_binding binding;

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    ck_ok(as_store_session_new(w->store, false, &worker));
    w->ctx.store = worker;
    struct as_who who = world_who(w, "c", cert);
    ck_fault(as_proof_bind(&w->ctx, &who, cert, &binding), AS_ELSEWHERE);
    as_store_session_done(worker);
    w->ctx.store = w->session;
    ck_assert_ptr_null(world_row(w, "c", cert));
    bound("c", cert);
    w->ctx.store = worker; /* once the row is there, the worker needs nobody */
    who = world_who(w, "c", cert);
    ck_ok(as_proof_bind(&w->ctx, &who, cert, &binding));
    ck_assert(binding.x5t);
    w->ctx.store = w->session;
    as_store_session_free(worker);
}
END_TEST

START_TEST(MTLS_76_bound_when_somebody_asks_for_it)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    struct world_party party = {.id = "c", .dn = "CN=c", .profile = "oauth", .unbound = true};

    world_add(w, party);
    ck_assert(!bound("c", cert).x5t);
    ck_assert_ptr_null(world_row(w, "c", cert)); /* no binding, no row */
    w->settings.always_bind = true;
    ck_assert(bound("c", cert).x5t);
    w->settings.always_bind = false;
    party.unbound = false; /* the client's flag */
    world_replace(w, party);
    ck_assert(bound("c", cert).x5t);
    party.unbound = true;
    for (unsigned i = 0; i < AS_PROFILE_COUNT; i++) { /* TOK-70: the profile */
        const struct as_profile *profile = as_profile_get((enum as_profile_id)i);
        party.profile = profile->name;
        world_replace(w, party);
        ck_assert(bound("c", cert).x5t == profile->sender_constrained);
    }
}
END_TEST

/* A profile that is gone is not taken for a lenient one. */
START_TEST(TOK_70_an_unknown_profile_binds)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    struct world_party party = {.id = "c", .dn = "CN=c", .profile = "oauth", .unbound = true};
    struct as_binding binding;

    world_add(w, party);
    struct as_who who = world_who(w, "c", cert);
    struct as_client client = *who.party->client;
    struct as_party copy = *who.party;
    copy.client = &client;
    who.party = &copy;
    ck_ok(as_proof_bind(&w->ctx, &who, cert, &binding));
    ck_assert(!binding.x5t);
    client.profile = AS_LIT("fapi9");
    ck_ok(as_proof_bind(&w->ctx, &who, cert, &binding));
    ck_assert(binding.x5t);
}
END_TEST

START_TEST(MTLS_75_binding_without_a_certificate)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    struct as_binding binding;

    world_add(w, (struct world_party){.id = "c", .dn = "CN=c"});
    struct as_who who = world_who(w, "c", cert);
    ck_refuses(as_proof_bind(&w->ctx, &who, NULL, &binding), AS_INVALID_REQUEST,
               "a client certificate is required for the token");
    ck_ok(as_proof_bind(&w->ctx, &who, cert, &binding));
    world_next(w);
    world_replace(
        w, (struct world_party){.id = "c", .dn = "CN=c", .profile = "oauth", .unbound = true});
    who = world_who(w, "c", cert);
    ck_ok(as_proof_bind(&w->ctx, &who, NULL, &binding)); /* none is asked for */
    ck_assert(!binding.x5t);
}
END_TEST

static int64_t shared(void)
{
    return as_metric_get(AS_METRIC_certificates_shared_total);
}

START_TEST(MTLS_114_a_shared_certificate_is_told_of_and_works)
{
    const struct as_cert *cert =
        world_cert(w, test_cert(w->banks_ca,
                                (struct test_cert_ask){.subject = "CN=a", .san = "DNS:a.example"}));
    const struct as_cert *alone = world_leaf(w, w->banks_ca, "CN=alone");

    world_add(w, (struct world_party){.id = "a", .dn = "CN=a"});
    world_add(w, (struct world_party){.id = "b", .san_dns = "a.example"});
    world_add(w, (struct world_party){.id = "alone", .dn = "CN=alone"});
    int64_t before = shared();
    ck_assert(bound("alone", alone).x5t);
    ck_assert_int_eq(shared(), before);
    ck_assert(bound("a", cert).x5t);
    ck_assert_int_eq(shared(), before + 1);
    ck_assert(bound("a", cert).x5t); /* when its row is new, not at each request */
    ck_assert_int_eq(shared(), before + 1);
    w->ca_names[1] = w->ca_files[0]; /* nor when the row is written again */
    world_trust(w, 3);
    world_replace(w, (struct world_party){.id = "a", .dn = "CN=a", .trust = "others"});
    int64_t written = writes();
    ck_assert(bound("a", cert).x5t);
    ck_assert_int_eq(writes(), written + 1);
    ck_assert_int_eq(shared(), before + 1);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, MTLS_70_the_vector_of_the_rfc);
    tcase_add_test(t, MTLS_71_the_der_as_presented);
    tcase_add_test(t, D9_the_row_of_a_pki_certificate);
    tcase_add_test(t, D9_the_row_of_a_registered_certificate);
    tcase_add_test(t, D9_an_equal_row_is_not_written_again);
    tcase_add_test(t, D9_a_row_for_each_group);
    tcase_add_test(t, D9_a_row_for_each_anchor);
    tcase_add_test(t, D9_a_row_for_each_path);
    tcase_add_test(t, D10_a_worker_hands_the_write_over);
    tcase_add_test(t, MTLS_76_bound_when_somebody_asks_for_it);
    tcase_add_test(t, TOK_70_an_unknown_profile_binds);
    tcase_add_test(t, MTLS_75_binding_without_a_certificate);
    tcase_add_test(t, MTLS_114_a_shared_certificate_is_told_of_and_works);
}

int main(void)
{
    return as_tests_run("mtls", add_tests);
}
