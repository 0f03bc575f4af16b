/* SPDX-License-Identifier: Apache-2.0 */
/* Certification paths (RFC 5280 6): who signed, when, with what right. */
#include "support/groups.h"

static struct test_cert *root, *sub, *leaf;

static void setup(void)
{
    root = test_ca("C=GB,O=Test,CN=Root");
    sub = test_sub_ca(root, "C=GB,O=Test,CN=Sub");
    leaf = test_leaf(sub, "C=GB,O=Test,CN=client");
}

static void teardown(void)
{
    test_cert_free(leaf);
    test_cert_free(sub);
    test_cert_free(root);
}

#define ASK(...)        ((struct test_cert_ask){__VA_ARGS__})
#define ROOTED          ((struct group){.anchors = {root}})
#define ROOTED_BUT(...) ((struct group){.anchors = {root}, __VA_ARGS__})

/* A certificate below `issuer` with the sub in the chain; says "ok" or the reason. */
static const char *judged_leaf(struct group group, struct test_cert_ask ask)
{
    struct test_cert *made = test_cert(sub, ask);
    const char *reason = judged(group, LIST(made, sub));
    test_cert_free(made);
    return reason;
}

/* A good leaf below an authority that is made as asked, below the root. */
static const char *judged_issuer(struct group group, struct test_cert_ask ask)
{
    struct test_cert *issuer = test_cert(root, ask);
    struct test_cert *made = test_leaf(issuer, "CN=client");
    const char *reason = judged(group, LIST(made, issuer));
    test_cert_free(made);
    test_cert_free(issuer);
    return reason;
}

/* --- signatures and anchors
 * --------------------------------------------------------------------------- */

START_TEST(MTLS_20_path_to_an_anchor)
{
    struct test_cert *stranger = test_ca("C=GB,O=Test,CN=Stranger");
    struct test_cert *self = test_leaf(NULL, "C=GB,O=Test,CN=client");

    ck_assert_str_eq(judged(ROOTED, LIST(leaf, sub)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, sub, root)), "ok");
    ck_assert_str_eq(judged(((struct group){.anchors = {stranger}}), LIST(leaf, sub, root)),
                     "cert_untrusted");
    ck_assert_str_eq(judged(((struct group){.anchors = {stranger, root}}), LIST(leaf, sub)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(self)), "cert_untrusted");
    test_cert_free(stranger);
    test_cert_free(self);
}
END_TEST

START_TEST(TLS_60_same_name_other_key)
{
    struct test_cert *twin = test_ca("C=GB,O=Test,CN=Root");
    /* without key identifiers only the signature can tell */
    struct test_cert *bare = test_cert(NULL, ASK(.subject = "CN=Bare", .ca = true, .skid = ""));
    struct test_cert *bare_twin =
        test_cert(NULL, ASK(.subject = "CN=Bare", .ca = true, .skid = ""));
    struct test_cert *below = test_leaf(bare, "CN=client");

    ck_assert_str_eq(judged(((struct group){.anchors = {twin}}), LIST(leaf, sub)),
                     "cert_untrusted");
    ck_assert_str_eq(judged(((struct group){.anchors = {bare_twin}, .relaxed = true}), LIST(below)),
                     "cert_untrusted");
    ck_assert_str_eq(judged(((struct group){.anchors = {bare}, .relaxed = true}), LIST(below)),
                     "ok");
    /* the wrong one of two is not the end */
    ck_assert_str_eq(
        judged(((struct group){.anchors = {bare_twin, bare}, .relaxed = true}), LIST(below)), "ok");
    test_cert_free(below);
    test_cert_free(bare_twin);
    test_cert_free(bare);
    test_cert_free(twin);
}
END_TEST

START_TEST(MTLS_62_a_leaf_signs_nothing)
{
    struct test_cert *self = test_ca("C=GB,O=Test,CN=self-signed client");
    struct test_cert *forged = test_leaf(self, "C=GB,O=Test,CN=client");
    struct test_cert *below_leaf = test_leaf(leaf, "C=GB,O=Test,CN=client");

    ck_assert_str_eq(judged(ROOTED, LIST(forged, self)), "cert_untrusted");
    ck_assert_str_eq(judged(ROOTED, LIST(below_leaf, leaf, sub)), "cert_untrusted");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, sub)), "ok");
    test_cert_free(below_leaf);
    test_cert_free(forged);
    test_cert_free(self);
}
END_TEST

/* --- dates
 * ---------------------------------------------------------------------------------------------- */

START_TEST(TLS_61_dates_inclusive)
{
    const time_t from = 1700000000;
    const time_t until = 1700001000;
    struct test_cert *old_root =
        test_cert(NULL, ASK(.subject = "CN=r", .ca = true, .not_before = from - 100,
                            .not_after = until + 100));
    struct test_cert *old_sub =
        test_cert(old_root, ASK(.subject = "CN=s", .ca = true, .not_before = from + 10,
                                .not_after = until - 10));
    struct test_cert *direct =
        test_cert(old_root, ASK(.subject = "CN=d", .not_before = from, .not_after = until));
    struct test_cert *below =
        test_cert(old_sub, ASK(.subject = "CN=b", .not_before = from, .not_after = until));
    const struct group group = {.anchors = {old_root}};

    ck_assert_str_eq(judged_at(group, LIST(direct), from - 1), "cert_not_yet_valid");
    ck_assert_str_eq(judged_at(group, LIST(direct), from), "ok");
    ck_assert_str_eq(judged_at(group, LIST(direct), until), "ok");
    ck_assert_str_eq(judged_at(group, LIST(direct), until + 1), "cert_expired");
    /* the intermediate's window is the narrower */
    ck_assert_str_eq(judged_at(group, LIST(below, old_sub), from + 9), "cert_not_yet_valid");
    ck_assert_str_eq(judged_at(group, LIST(below, old_sub), from + 10), "ok");
    ck_assert_str_eq(judged_at(group, LIST(below, old_sub), until - 10), "ok");
    ck_assert_str_eq(judged_at(group, LIST(below, old_sub), until - 9), "cert_expired");
    test_cert_free(below);
    test_cert_free(direct);
    test_cert_free(old_sub);
    test_cert_free(old_root);
}
END_TEST

START_TEST(TLS_61_expired_anchor)
{
    const time_t until = 1700000000;
    struct test_cert *old = test_cert(
        NULL, ASK(.subject = "CN=r", .ca = true, .not_before = until - 100, .not_after = until));
    struct test_cert *below =
        test_cert(old, ASK(.subject = "CN=c", .not_before = until - 100, .not_after = until + 100));
    const struct group group = {.anchors = {old}};

    ck_assert_str_eq(judged_at(group, LIST(below), until), "ok");
    ck_assert_str_eq(judged_at(group, LIST(below), until + 1), "cert_expired");
    test_cert_free(below);
    test_cert_free(old);
}
END_TEST

/* --- authorities
 * -------------------------------------------------------------------------------------------- */

START_TEST(TLS_62_intermediate_is_an_authority)
{
    const struct group relaxed = ROOTED_BUT(.relaxed = true);

    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true)), "ok");
    ck_assert_str_eq(
        judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .bc = "critical,CA:FALSE")),
        "cert_untrusted");
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .bc = "")),
                     "cert_untrusted");
    ck_assert_str_eq(judged_issuer(relaxed, ASK(.subject = "CN=i", .ca = true, .bc = "")),
                     "cert_untrusted");
    ck_assert_str_eq(judged_issuer(relaxed, ASK(.subject = "CN=i", .v1 = true)), "cert_untrusted");
}
END_TEST

/* sub (pathlen as asked) > inner > leaf, where inner may carry the same name as sub */
static const char *judged_pathlen(const char *bc, const char *inner_name)
{
    struct test_cert *limited = test_cert(root, ASK(.subject = "CN=limited", .ca = true, .bc = bc));
    struct test_cert *inner = test_sub_ca(limited, inner_name);
    struct test_cert *below = test_leaf(inner, "CN=client");
    const char *reason = judged(ROOTED, LIST(below, inner, limited));
    test_cert_free(below);
    test_cert_free(inner);
    test_cert_free(limited);
    return reason;
}

START_TEST(TLS_63_path_length)
{
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true,
                                               .bc = "critical,CA:TRUE,pathlen:0")),
                     "ok");
    ck_assert_str_eq(judged_pathlen("critical,CA:TRUE,pathlen:0", "CN=inner"), "cert_untrusted");
    ck_assert_str_eq(judged_pathlen("critical,CA:TRUE,pathlen:1", "CN=inner"), "ok");
    /* self-issued: does not count */
    ck_assert_str_eq(judged_pathlen("critical,CA:TRUE,pathlen:0", "CN=limited"), "ok");
}
END_TEST

START_TEST(TLS_64_authority_key_usage)
{
    ck_assert_str_eq(
        judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .ku = "critical,cRLSign")),
        "cert_untrusted");
    ck_assert_str_eq(judged_issuer(ROOTED_BUT(.relaxed = true),
                                   ASK(.subject = "CN=i", .ca = true, .ku = "critical,cRLSign")),
                     "cert_untrusted");
    ck_assert_str_eq(
        judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .ku = "critical,keyCertSign")),
        "ok");
}
END_TEST

/* --- the leaf
 * ------------------------------------------------------------------------------------------------
 */

START_TEST(TLS_65_leaf_key_usage)
{
    static const struct {
        const char *ku;
        const char *verdict;
    } cases[] = {
        {"critical,digitalSignature", "ok"},
        {"digitalSignature,keyEncipherment", "ok"},
        {"", "ok"},
        {"critical,keyEncipherment", "cert_purpose"},
        {"critical,keyAgreement", "cert_purpose"},
        {"critical,nonRepudiation", "cert_purpose"},
    };

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .ku = cases[i].ku)),
                         cases[i].verdict);
        ck_assert_str_eq(
            judged_leaf(ROOTED_BUT(.relaxed = true), ASK(.subject = "CN=c", .ku = cases[i].ku)),
            cases[i].verdict);
    }
}
END_TEST

START_TEST(TLS_66_leaf_purpose)
{
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "clientAuth")), "ok");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "serverAuth,clientAuth")),
                     "ok");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "serverAuth")),
                     "cert_purpose");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "",
                                             .extra = {{"2.5.29.37", "DER:30:00"}})),
                     "cert_purpose");
}
END_TEST

START_TEST(TLS_67_purpose_options)
{
    const struct group demanding = ROOTED_BUT(.require_eku = true);

    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "")), "ok");
    ck_assert_str_eq(judged_leaf(demanding, ASK(.subject = "CN=c", .eku = "")), "cert_purpose");
    ck_assert_str_eq(judged_leaf(demanding, ASK(.subject = "CN=c", .eku = "clientAuth")), "ok");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "anyExtendedKeyUsage")),
                     "cert_purpose");
    ck_assert_str_eq(
        judged_leaf(ROOTED, ASK(.subject = "CN=c", .eku = "anyExtendedKeyUsage,clientAuth")), "ok");
    /* what an intermediate does not allow, its leaves cannot do */
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .eku = "serverAuth")),
                     "cert_purpose");
    ck_assert_str_eq(
        judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .eku = "anyExtendedKeyUsage")),
        "cert_purpose");
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .eku = "clientAuth")),
                     "ok");
}
END_TEST

START_TEST(TLS_75_authority_as_a_client)
{
    struct group anchored = {.anchors = {root, leaf}, .partial_chain = true};

    ck_assert_str_eq(judged(ROOTED, LIST(root)), "cert_purpose");
    ck_assert_str_eq(judged(ROOTED, LIST(sub)), "cert_purpose");
    ck_assert_str_eq(judged(ROOTED_BUT(.relaxed = true), LIST(sub)), "cert_purpose");
    /* cA TRUE with all that a client has besides */
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .bc = "critical,CA:TRUE",
                                             .ku = "critical,digitalSignature,keyCertSign")),
                     "cert_purpose");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .bc = "critical,CA:FALSE")), "ok");
    /* a client certificate put among the anchors */
    ck_assert_str_eq(judged(anchored, LIST(leaf, sub)), "cert_purpose");
    anchored.anchors[1] = NULL;
    ck_assert_str_eq(judged(anchored, LIST(leaf, sub)), "ok");
}
END_TEST

START_TEST(MTLS_37_wildcard_names_no_client)
{
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .san = "DNS:*.example.com")),
                     "cert_purpose");
    ck_assert_str_eq(judged_leaf(ROOTED_BUT(.relaxed = true),
                                 ASK(.subject = "CN=c", .san = "DNS:a.test,DNS:b*.test")),
                     "cert_purpose");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .san = "DNS:a.example.com")), "ok");
}
END_TEST

START_TEST(TLS_79_names_of_their_kind)
{
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .san = "DNS:a b")),
                     "cert_malformed");
    ck_assert_str_eq(
        judged_leaf(ROOTED_BUT(.relaxed = true), ASK(.subject = "CN=c", .san = "DNS:a b")), "ok");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .san = "DNS:a_b")), "ok");
}
END_TEST

START_TEST(TLS_68_leaf_holds_no_constraints)
{
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c",
                                             .extra = {{"nameConstraints", "permitted;DNS:a"}})),
                     "cert_purpose");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c")), "ok");
}
END_TEST

/* --- name constraints
 * ------------------------------------------------------------------------------------------ */

static const char *judged_constraint(const char *constraint, const char *subject, const char *san)
{
    struct test_cert *issuer = test_cert(
        root, ASK(.subject = "CN=i", .ca = true, .extra = {{"nameConstraints", constraint}}));
    struct test_cert *made = test_cert(issuer, ASK(.subject = subject, .san = san));
    const char *reason = judged(ROOTED, LIST(made, issuer));
    test_cert_free(made);
    test_cert_free(issuer);
    return reason;
}

START_TEST(TLS_68_name_constraints)
{
    static const struct {
        const char *constraint;
        const char *good;
        const char *bad;
    } cases[] = {
        {"critical,permitted;DNS:a.test", "DNS:x.a.test", "DNS:x.b.test"},
        {"critical,excluded;DNS:a.test", "DNS:x.b.test", "DNS:x.a.test"},
        {"critical,permitted;DNS:a.test,excluded;DNS:b.a.test", "DNS:x.a.test", "DNS:x.b.a.test"},
        {"critical,permitted;IP:192.0.2.0/255.255.255.0", "IP:192.0.2.9", "IP:198.51.100.1"},
        {"critical,excluded;IP:192.0.2.0/255.255.255.0", "IP:198.51.100.1", "IP:192.0.2.9"},
        {"critical,permitted;email:a.test", "email:c@a.test", "email:c@b.test"},
        {"critical,permitted;URI:a.test", "URI:https://a.test/x", "URI:https://b.test/x"},
        {"critical,permitted;DNS:a.test", "DNS:x.a.test", "DNS:x.a.test,DNS:y.b.test"},
    };

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        ck_assert_str_eq(
            judged_constraint(cases[i].constraint, "O=a,CN=client name", cases[i].good), "ok");
        ck_assert_str_eq(judged_constraint(cases[i].constraint, "O=a,CN=client name", cases[i].bad),
                         "cert_untrusted");
    }
}
END_TEST

/* Constraints on the subject; the configuration syntax of OpenSSL wants a section for a DN. */
START_TEST(TLS_68_name_constraints_on_the_subject)
{
    NAME_CONSTRAINTS *constraints = NAME_CONSTRAINTS_new();
    GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
    tree->base->type = GEN_DIRNAME;
    tree->base->d.directoryName = test_name("C=GB,O=Test");
    constraints->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
    sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, tree);
    struct test_cert *issuer = test_sub_ca(root, "C=GB,O=Test,CN=i");
    ck_assert(X509_add1_ext_i2d(issuer->x509, NID_name_constraints, constraints, 1,
                                X509V3_ADD_DEFAULT) == 1);
    test_sign(issuer->x509, root->key, NULL);
    struct test_cert *inside = test_leaf(issuer, "C=GB,O=Test,CN=c");
    struct test_cert *outside = test_leaf(issuer, "C=GB,O=Other,CN=c");

    ck_assert_str_eq(judged(ROOTED, LIST(inside, issuer)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(outside, issuer)), "cert_untrusted");
    test_cert_free(outside);
    test_cert_free(inside);
    test_cert_free(issuer);
    NAME_CONSTRAINTS_free(constraints);
}
END_TEST

START_TEST(TLS_79_constraints_of_rfc_5280)
{
    ck_assert_str_eq(judged_constraint("critical,permitted;DNS:.a.test", "CN=c", "DNS:x.a.test"),
                     "cert_malformed");
    ck_assert_str_eq(judged_constraint("critical,permitted;DNS:a.test", "CN=c", "DNS:x.a.test"),
                     "ok");
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true,
                                               .extra = {{"2.5.29.30", "critical,DER:30:00"}})),
                     "cert_malformed");
    ck_assert_str_eq(
        judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true,
                                  .extra = {{"policyConstraints", "requireExplicitPolicy:9"}})),
        "cert_malformed");
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true,
                                               .extra = {{"policyConstraints",
                                                          "critical,requireExplicitPolicy:9"}})),
                     "ok");
}
END_TEST

/* --- extensions
 * ----------------------------------------------------------------------------------------------------
 */

START_TEST(TLS_69_unknown_critical_extension)
{
    const struct test_cert_ask critical =
        ASK(.subject = "CN=c", .extra = {{"1.2.3.4", "critical,DER:05:00"}});
    const struct test_cert_ask other = ASK(.subject = "CN=c", .extra = {{"1.2.3.4", "DER:05:00"}});
    struct test_cert_ask issuer = critical;

    issuer.ca = true;
    ck_assert_str_eq(judged_leaf(ROOTED, critical), "cert_untrusted");
    ck_assert_str_eq(judged_leaf(ROOTED_BUT(.relaxed = true), critical), "cert_untrusted");
    ck_assert_str_eq(judged_leaf(ROOTED, other), "ok");
    ck_assert_str_eq(judged_issuer(ROOTED, issuer), "cert_untrusted");
    issuer.extra[0][1] = "DER:05:00";
    ck_assert_str_eq(judged_issuer(ROOTED, issuer), "ok");
}
END_TEST

START_TEST(TLS_70_duplicate_extensions)
{
    struct test_cert_ask twice =
        ASK(.subject = "CN=c", .extra = {{"1.2.3.4", "DER:05:00"}, {"1.2.3.4", "DER:05:00"}});

    ck_assert_str_eq(judged_leaf(ROOTED_BUT(.relaxed = true), twice), "cert_malformed");
    twice.ca = true;
    ck_assert_str_eq(judged_issuer(ROOTED_BUT(.relaxed = true), twice), "cert_malformed");
    twice.extra[1][0] = "1.2.3.5";
    ck_assert_str_eq(judged_issuer(ROOTED_BUT(.relaxed = true), twice), "ok");
}
END_TEST

/* The algorithm inside the signed part is not the one outside: the outer one is changed. */
START_TEST(TLS_70_algorithms_differ)
{
    as_span der = test_cert_der(leaf);
    char *octets = (char *)(uintptr_t)der.ptr;
    /* ecdsa-with-SHA256; its last occurrence is the outer one */
    const char oid[] = "\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
    char *outer = NULL;
    for (char *at = octets;
         (at = memmem(at, der.len - (size_t)(at - octets), oid, sizeof(oid) - 1)) != NULL; at++) {
        outer = at;
    }
    ck_assert_ptr_nonnull(outer);
    outer[9] = 3; /* ecdsa-with-SHA384 */
    as_span subs = test_cert_der(sub);
    const as_span ders[] = {der, subs};
    struct as_cert *cert = NULL;
    ck_ok(as_cert_of_der(ders, 2, &cert));
    for (size_t i = 0; i < 2; i++) {
        const struct group group = ROOTED_BUT(.relaxed = i == 1);
        struct as_trust *trust = trust_of(&group, 1, NULL);
        struct as_trust_verdict verdict = {0};
        ck_ok(as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, cert, (as_time)time(NULL),
                             &verdict));
        ck_assert_str_eq(verdict.reason, i == 0 ? "cert_malformed" : "cert_untrusted");
        as_trust_free(trust);
    }
    as_cert_drop(cert);
    free(octets);
    free((char *)(uintptr_t)subs.ptr);
}
END_TEST

/* --- shape of the path
 * ------------------------------------------------------------------------------------------------
 */

#define LINE 6

/* root > line[0] > ... > line[count - 1] > leaf, judged under a depth. */
static const char *judged_line(size_t count, unsigned depth, bool shuffled)
{
    struct test_cert *line[LINE];
    const struct test_cert *list[MOST] = {NULL};

    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "CN=i%zu", i);
        line[i] = test_sub_ca(i == 0 ? root : line[i - 1], name);
        list[1 + (shuffled ? i : count - 1 - i)] = line[i];
    }
    struct test_cert *end = test_leaf(count == 0 ? root : line[count - 1], "CN=client");
    list[0] = end;
    const char *reason = judged(ROOTED_BUT(.depth = depth), list);
    test_cert_free(end);
    while (count > 0) {
        test_cert_free(line[--count]);
    }
    return reason;
}

START_TEST(TLS_71_depth)
{
    ck_assert_str_eq(judged_line(5, 5, false), "ok");
    ck_assert_str_eq(judged_line(6, 5, false), "cert_chain_too_long");
    ck_assert_str_eq(judged_line(2, 2, false), "ok");
    ck_assert_str_eq(judged_line(3, 2, false), "cert_chain_too_long");
    ck_assert_str_eq(judged_line(0, NO_INTERMEDIATES, false), "ok");
    ck_assert_str_eq(judged_line(1, NO_INTERMEDIATES, false), "cert_chain_too_long");
}
END_TEST

/* Two authorities that certify each other, with no way out. */
START_TEST(TLS_71_cycle)
{
    struct test_cert *one = test_ca("CN=one");
    struct test_cert *two = test_ca("CN=two");
    struct test_cert *one_by_two =
        test_cert(two, ASK(.subject = "CN=one", .ca = true, .use_key = one->key));
    struct test_cert *two_by_one =
        test_cert(one, ASK(.subject = "CN=two", .ca = true, .use_key = two->key));
    struct test_cert *below = test_leaf(one, "CN=client");
    int64_t before = as_clock_mono_ms();

    ck_assert_str_eq(judged(ROOTED, LIST(below, one_by_two, two_by_one)), "cert_untrusted");
    ck_assert_str_eq(
        judged(((struct group){.anchors = {two}}), LIST(below, one_by_two, two_by_one)), "ok");
    ck_assert_int_lt(as_clock_mono_ms() - before, 2000);
    test_cert_free(below);
    test_cert_free(two_by_one);
    test_cert_free(one_by_two);
    test_cert_free(two);
    test_cert_free(one);
}
END_TEST

START_TEST(TLS_72_order_and_missing)
{
    struct test_cert *stray = test_ca("CN=stray");

    ck_assert_str_eq(judged_line(3, 5, true), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, stray, root, sub)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf)), "cert_untrusted");
    ck_assert_str_eq(judged(ROOTED_BUT(.intermediates = {sub}), LIST(leaf)), "ok");
    /* a configured intermediate is no anchor */
    ck_assert_str_eq(
        judged(((struct group){.anchors = {stray}, .intermediates = {sub, root}}), LIST(leaf)),
        "cert_untrusted");
    test_cert_free(stray);
}
END_TEST

START_TEST(TLS_72_no_fetching)
{
    struct test_cert *made = test_cert(
        sub, ASK(.subject = "CN=c",
                 .extra = {{"authorityInfoAccess", "caIssuers;URI:http://127.0.0.1:1/sub.der"}}));

    ck_assert_str_eq(judged(ROOTED, LIST(made)), "cert_untrusted");
    ck_assert_str_eq(judged(ROOTED, LIST(made, sub)), "ok");
    test_cert_free(made);
}
END_TEST

START_TEST(TLS_76_partial_chain)
{
    const struct group whole = {.anchors = {sub}};
    const struct group partial = {.anchors = {sub}, .partial_chain = true};

    ck_assert_str_eq(judged(whole, LIST(leaf)), "cert_untrusted");
    ck_assert_str_eq(judged(whole, LIST(leaf, sub, root)), "cert_untrusted");
    ck_assert_str_eq(judged(partial, LIST(leaf)), "ok");
    ck_assert_str_eq(judged(partial, LIST(leaf, sub, root)), "ok");
}
END_TEST

START_TEST(TLS_78_other_paths)
{
    const time_t now = time(NULL);
    struct test_cert *old = test_cert(NULL, ASK(.subject = "CN=Old", .ca = true,
                                                .not_before = now - 1000, .not_after = now - 10));
    struct test_cert *cross =
        test_cert(old, ASK(.subject = "C=GB,O=Test,CN=Sub", .ca = true, .use_key = sub->key,
                           .not_before = now - 1000, .not_after = now + 5000));
    struct test_cert *cross_old =
        test_cert(root, ASK(.subject = "C=GB,O=Test,CN=Sub", .ca = true, .use_key = sub->key,
                            .not_before = now - 1000, .not_after = now - 10));

    /* the intermediate itself expired, beside a good one */
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, cross_old, sub)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, sub, cross_old)), "ok");
    ck_assert_str_eq(judged(ROOTED, LIST(leaf, cross_old)), "cert_expired");
    /* a good intermediate below an expired root, beside one below a good root */
    const struct group both = {.anchors = {old, root}};
    ck_assert_str_eq(judged(both, LIST(leaf, cross, sub)), "ok");
    ck_assert_str_eq(judged(both, LIST(leaf, sub, cross)), "ok");
    ck_assert_str_eq(judged(both, LIST(leaf, cross)), "cert_expired");
    test_cert_free(cross_old);
    test_cert_free(cross);
    test_cert_free(old);
}
END_TEST

/* --- strength
 * -------------------------------------------------------------------------------------------------------------
 */

START_TEST(TLS_73_weak_digests)
{
    const struct group relaxed = ROOTED_BUT(.relaxed = true);
    struct test_cert *sha1_root =
        test_cert(NULL, ASK(.subject = "CN=r", .ca = true, .digest = "SHA1"));
    struct test_cert *below = test_leaf(sha1_root, "CN=c");

    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .digest = "SHA1")),
                     "cert_weak_key");
    ck_assert_str_eq(judged_leaf(relaxed, ASK(.subject = "CN=c", .digest = "SHA1")),
                     "cert_weak_key");
    ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .digest = "SHA1")),
                     "cert_weak_key");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .digest = "SHA384")), "ok");
    /* the anchor's own signature is no part of the path */
    ck_assert_str_eq(judged(((struct group){.anchors = {sha1_root}}), LIST(below)), "ok");
    test_cert_free(below);
    test_cert_free(sha1_root);
}
END_TEST

START_TEST(TLS_74_weak_leaf_keys)
{
    static const char *const weak[] = {"RSA:1024", "RSA:2048:3", "P-224",
                                       "P-521",    "DSA",        "P-256-EXPLICIT"};
    static const char *const good[] = {"RSA:2048", "P-384", "ED25519"};

    for (size_t i = 0; i < AS_COUNT(weak); i++) {
        ck_assert_str_eq(
            judged_leaf(ROOTED_BUT(.relaxed = true), ASK(.subject = "CN=c", .key = weak[i])),
            "cert_weak_key");
    }
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .key = good[i])), "ok");
    }
}
END_TEST

START_TEST(TLS_74_weak_issuer_keys)
{
    static const char *const weak[] = {"RSA:1024", "RSA:2048:3", "P-224", "DSA", "P-256-EXPLICIT"};
    static const char *const good[] = {"RSA:2048", "P-384", "ED25519"};

    for (size_t i = 0; i < AS_COUNT(weak); i++) {
        ck_assert_str_eq(judged_issuer(ROOTED_BUT(.relaxed = true),
                                       ASK(.subject = "CN=i", .ca = true, .key = weak[i])),
                         "cert_weak_key");
    }
    for (size_t i = 0; i < AS_COUNT(good); i++) {
        ck_assert_str_eq(judged_issuer(ROOTED, ASK(.subject = "CN=i", .ca = true, .key = good[i])),
                         "ok");
    }
    struct test_cert *anchor =
        test_cert(NULL, ASK(.subject = "CN=r", .ca = true, .key = "RSA:2048:3"));
    struct test_cert *below = test_leaf(anchor, "CN=c");
    ck_assert_str_eq(judged(((struct group){.anchors = {anchor}}), LIST(below)), "cert_weak_key");
    test_cert_free(below);
    test_cert_free(anchor);
}
END_TEST

/* Left out before a signature is checked by it, since that may cost milliseconds (design 6). */
START_TEST(TLS_74_weak_issuer_costs_nothing)
{
    struct test_cert *issuer =
        test_cert(root, ASK(.subject = "CN=i", .ca = true, .key = "RSA:2048:3"));
    struct test_cert *made = test_leaf(issuer, "CN=c");
    const struct group group = ROOTED;
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(made, issuer));
    struct as_trust_verdict verdict = {0};

    ck_ok(
        as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, cert, (as_time)time(NULL), &verdict));
    ck_assert_str_eq(verdict.reason, "cert_weak_key");
    ck_assert_str_eq(verdict.detail, "an issuer with a key below the floor was left out");
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(made);
    test_cert_free(issuer);
}
END_TEST

/* --- strictness
 * -----------------------------------------------------------------------------------------------------------
 */

START_TEST(TLS_79_strict_and_relaxed)
{
    const struct group relaxed = ROOTED_BUT(.relaxed = true);
    const struct test_cert_ask lax[] = {
        ASK(.subject = "CN=i", .ca = true, .ku = ""),
        ASK(.subject = "CN=i", .ca = true, .bc = "CA:TRUE"),
        ASK(.subject = "CN=i", .ca = true, .skid = ""),
        ASK(.subject = "CN=i", .ca = true, .akid = ""),
        ASK(.subject = "", .ca = true),
    };

    for (size_t i = 0; i < AS_COUNT(lax); i++) {
        ck_assert_str_eq(judged_issuer(ROOTED, lax[i]), "cert_malformed");
        ck_assert_str_eq(judged_issuer(relaxed, lax[i]), "ok");
    }
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .akid = "")), "cert_malformed");
    ck_assert_str_eq(judged_leaf(relaxed, ASK(.subject = "CN=c", .akid = "")), "ok");
    ck_assert_str_eq(judged_leaf(ROOTED, ASK(.subject = "CN=c", .v1 = true)), "cert_malformed");
    ck_assert_str_eq(judged_leaf(relaxed, ASK(.subject = "CN=c", .v1 = true)), "ok");
    ck_assert_str_eq(
        judged_leaf(ROOTED, ASK(.subject = "CN=c", .extra = {{"1.3.6.1.5.5.7.1.1", "DER:05:00"}})),
        "cert_malformed");
}
END_TEST

START_TEST(TLS_79_serials)
{
    static const struct {
        const char *serial;
        const char *strict;
    } serials[] = {
        {"1", "ok"},
        {"0x7fffffffffffffffffffffffffffffffffffffff", "ok"},
        {"0x80ffffffffffffffffffffffffffffffffffffff", "cert_malformed"}, /* 21 octets in DER */
        {"0x01020304050607080910111213141516171819202122232425", "cert_malformed"},
        {"0", "cert_malformed"},
        {"-1", "cert_malformed"},
    };

    for (size_t i = 0; i < AS_COUNT(serials); i++) {
        const struct test_cert_ask ask = ASK(.subject = "CN=c", .serial = serials[i].serial);
        ck_assert_str_eq(judged_leaf(ROOTED, ask), serials[i].strict);
        ck_assert_str_eq(judged_leaf(ROOTED_BUT(.relaxed = true), ask), "ok");
    }
}
END_TEST

/* certificatePolicies of 1.2.3.4 and 1.2.3.5 */
#define POLICY_4 "DER:30:07:30:05:06:03:2a:03:04"
#define POLICY_5 "DER:30:07:30:05:06:03:2a:03:05"

START_TEST(TLS_82_policies)
{
    const struct group asking = ROOTED_BUT(.policy = "1.2.3.4");
    struct test_cert *with =
        test_cert(root, ASK(.subject = "CN=i", .ca = true, .extra = {{"2.5.29.32", POLICY_4}}));
    struct test_cert *good =
        test_cert(with, ASK(.subject = "CN=c", .extra = {{"2.5.29.32", POLICY_4}}));
    struct test_cert *other =
        test_cert(with, ASK(.subject = "CN=c", .extra = {{"2.5.29.32", POLICY_5}}));

    ck_assert_str_eq(judged(asking, LIST(good, with)), "ok");
    ck_assert_str_eq(judged(asking, LIST(other, with)), "cert_untrusted");
    ck_assert_str_eq(judged(asking, LIST(leaf, sub)), "cert_untrusted");
    ck_assert_str_eq(judged(ROOTED, LIST(other, with)), "ok");
    test_cert_free(other);
    test_cert_free(good);
    test_cert_free(with);
}
END_TEST

AS_TESTS("trust/path", {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, MTLS_20_path_to_an_anchor);
    tcase_add_test(t, MTLS_37_wildcard_names_no_client);
    tcase_add_test(t, MTLS_62_a_leaf_signs_nothing);
    tcase_add_test(t, TLS_60_same_name_other_key);
    tcase_add_test(t, TLS_61_dates_inclusive);
    tcase_add_test(t, TLS_61_expired_anchor);
    tcase_add_test(t, TLS_62_intermediate_is_an_authority);
    tcase_add_test(t, TLS_63_path_length);
    tcase_add_test(t, TLS_64_authority_key_usage);
    tcase_add_test(t, TLS_65_leaf_key_usage);
    tcase_add_test(t, TLS_66_leaf_purpose);
    tcase_add_test(t, TLS_67_purpose_options);
    tcase_add_test(t, TLS_68_name_constraints);
    tcase_add_test(t, TLS_68_name_constraints_on_the_subject);
    tcase_add_test(t, TLS_68_leaf_holds_no_constraints);
    tcase_add_test(t, TLS_69_unknown_critical_extension);
    tcase_add_test(t, TLS_70_duplicate_extensions);
    tcase_add_test(t, TLS_70_algorithms_differ);
    tcase_add_test(t, TLS_71_depth);
    tcase_add_test(t, TLS_71_cycle);
    tcase_add_test(t, TLS_72_order_and_missing);
    tcase_add_test(t, TLS_72_no_fetching);
    tcase_add_test(t, TLS_73_weak_digests);
    tcase_add_test(t, TLS_74_weak_leaf_keys);
    tcase_add_test(t, TLS_74_weak_issuer_keys);
    tcase_add_test(t, TLS_74_weak_issuer_costs_nothing);
    tcase_add_test(t, TLS_75_authority_as_a_client);
    tcase_add_test(t, TLS_76_partial_chain);
    tcase_add_test(t, TLS_78_other_paths);
    tcase_add_test(t, TLS_79_names_of_their_kind);
    tcase_add_test(t, TLS_79_constraints_of_rfc_5280);
    tcase_add_test(t, TLS_79_strict_and_relaxed);
    tcase_add_test(t, TLS_79_serials);
    tcase_add_test(t, TLS_82_policies);
})
