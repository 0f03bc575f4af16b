/* SPDX-License-Identifier: Apache-2.0 */
/* Trust groups: what is read, what is told, who vouches for what, and the cache in between. */
#include "support/groups.h"

#include "as/crypto.h"
#include "trust/trust.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_cert *root, *other, *leaf;

static void setup(void)
{
    root = test_ca("CN=Root");
    other = test_ca("CN=Other");
    leaf = test_leaf(root, "C=GB,CN=client");
}

static void teardown(void)
{
    test_cert_free(leaf);
    test_cert_free(other);
    test_cert_free(root);
}

static const char *verdict_of(const struct as_trust *trust, const char *group,
                              enum as_trust_use use, const struct as_cert *cert, as_time now)
{
    struct as_trust_verdict verdict = {.reason = "none"};

    ck_ok(as_trust_judge(trust, as_span_of(group), use, cert, now, &verdict));
    return verdict.reason == NULL ? "ok" : verdict.reason;
}

#define NOW ((as_time)time(NULL))

/* --- uses and pins
 * -------------------------------------------------------------------------------------- */

START_TEST(MTLS_45_a_group_vouches_for_its_use)
{
    const struct group groups[] = {{.name = "banks", .anchors = {root}},
                                   {.name = "people", .use = AS_USE_USER, .anchors = {root}}};
    struct as_trust *trust = trust_of(groups, 2, NULL);
    struct as_cert *cert = present(LIST(leaf));

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "ok");
    ck_assert_str_eq(verdict_of(trust, "people", AS_USE_USER, cert, NOW), "ok");
    ck_assert_str_eq(verdict_of(trust, "people", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_RESOURCE, cert, NOW), "cert_untrusted");
    ck_assert_str_eq(verdict_of(trust, "bank", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    ck_assert_str_eq(verdict_of(trust, "", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    ck_assert(as_trust_has_group(trust, AS_LIT("banks"), AS_USE_CLIENT));
    ck_assert(!as_trust_has_group(trust, AS_LIT("banks"), AS_USE_ADMIN));
    ck_assert(!as_trust_has_group(trust, AS_LIT("banks2"), AS_USE_CLIENT));
    as_cert_drop(cert);
    as_trust_free(trust);
}
END_TEST

START_TEST(MTLS_45_no_anchors_refuse_everybody)
{
    const struct group empty = {.name = "banks"};
    struct told told = {0};
    struct as_trust *trust = trust_of(&empty, 1, &told);
    struct as_cert *cert = present(LIST(leaf));

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    ck_assert_str_eq(told.all, "the group has no trust anchors: it refuses every certificate\n");
    ck_assert_uint_eq(told.fatal, 0);
    as_trust_free(trust);
    trust = trust_of(NULL, 0, NULL);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    as_cert_drop(cert);
    as_trust_free(trust);
}
END_TEST

START_TEST(MTLS_46_pin_to_one_group)
{
    const struct group groups[] = {{.name = "one", .anchors = {root}},
                                   {.name = "two", .anchors = {other}}};
    struct as_trust *trust = trust_of(groups, 2, NULL);
    struct test_cert *same_name = test_leaf(other, "C=GB,CN=client");
    struct as_cert *cert = present(LIST(leaf));
    struct as_cert *twin = present(LIST(same_name));

    ck_assert(as_span_equal(cert->subject, twin->subject));
    ck_assert_str_eq(verdict_of(trust, "one", AS_USE_CLIENT, cert, NOW), "ok");
    ck_assert_str_eq(verdict_of(trust, "one", AS_USE_CLIENT, twin, NOW), "cert_untrusted");
    ck_assert_str_eq(verdict_of(trust, "two", AS_USE_CLIENT, twin, NOW), "ok");
    ck_assert_str_eq(verdict_of(trust, "two", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    as_cert_drop(cert);
    as_cert_drop(twin);
    test_cert_free(same_name);
    as_trust_free(trust);
}
END_TEST

START_TEST(MTLS_46_only_group)
{
    const struct group groups[] = {{.name = "one", .anchors = {root}},
                                   {.name = "two", .anchors = {other}},
                                   {.name = "rs", .use = AS_USE_RESOURCE, .anchors = {other}}};
    struct as_trust *trust = trust_of(groups, 3, NULL);

    ck_span_eq(as_trust_only_group(trust, AS_USE_RESOURCE), "rs");
    ck_assert_uint_eq(as_trust_only_group(trust, AS_USE_CLIENT).len, 0);
    ck_assert_uint_eq(as_trust_only_group(trust, AS_USE_ADMIN).len, 0);
    as_trust_free(trust);
}
END_TEST

START_TEST(TLS_81_the_system_store_has_no_say)
{
    const struct group group = {.anchors = {other}};
    char *file = test_cert_file(root);

    setenv("SSL_CERT_FILE", file, 1);
    setenv("SSL_CERT_DIR", "/tmp", 1);
    ck_assert_str_eq(judged(group, LIST(leaf)), "cert_untrusted");
    ck_assert_str_eq(judged(((struct group){.anchors = {root}}), LIST(leaf)), "ok");
    test_file_drop(file);
}
END_TEST

/* --- the verdict
 * -------------------------------------------------------------------------------------------- */

START_TEST(TLS_60_verdict_names_the_path)
{
    struct test_cert *sub = test_cert(root, (struct test_cert_ask){.subject = "CN=Sub",
                                                                   .ca = true,
                                                                   .serial = "0x0102",
                                                                   .not_before = 1700000000,
                                                                   .not_after = 4000000000});
    struct test_cert *below = test_cert(sub, (struct test_cert_ask){.subject = "CN=c",
                                                                    .serial = "0x80ff",
                                                                    .not_before = 1700000500,
                                                                    .not_after = 3900000000});
    struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(below, sub));
    struct as_cert *sub_cert = present(LIST(sub));
    struct as_cert *root_cert = present(LIST(root));
    struct as_trust_verdict verdict;

    ck_ok(as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, cert, NOW, &verdict));
    ck_assert_ptr_null(verdict.reason);
    ck_assert_mem_eq(verdict.anchor, root_cert->thumbprint, 32);
    ck_assert_uint_eq(verdict.step_count, 2);
    ck_assert_mem_eq(verdict.steps[0].issuer_spki, sub_cert->spki_hash, 32);
    ck_assert_uint_eq(verdict.steps[0].serial_len, 2);
    ck_assert_mem_eq(verdict.steps[0].serial, "\x80\xff", 2);
    ck_assert_int_eq(verdict.steps[0].not_after, 3900000000);
    ck_assert_mem_eq(verdict.steps[1].issuer_spki, root_cert->spki_hash, 32);
    ck_assert_mem_eq(verdict.steps[1].serial, "\x01\x02", 2);
    ck_assert_int_eq(verdict.steps[1].not_after, 4000000000);
    ck_assert_int_eq(verdict.not_before, root_cert->not_before);
    ck_assert_int_eq(verdict.not_after, root_cert->not_after);
    ck_assert(as_trust_holds_anchor(trust, AS_LIT("banks"), AS_USE_CLIENT, verdict.anchor));
    ck_assert(!as_trust_holds_anchor(trust, AS_LIT("banks"), AS_USE_USER, verdict.anchor));
    ck_assert(!as_trust_holds_anchor(trust, AS_LIT("other"), AS_USE_CLIENT, verdict.anchor));
    ck_assert(!as_trust_holds_anchor(trust, AS_LIT("banks"), AS_USE_CLIENT, sub_cert->thumbprint));
    as_cert_drop(root_cert);
    as_cert_drop(sub_cert);
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(below);
    test_cert_free(sub);
}
END_TEST

/* Of all that is on the path: a leaf that is newer than its anchor and ends before it. */
START_TEST(TLS_61_the_window_is_the_narrowest)
{
    struct test_cert *below = test_cert(
        root,
        (struct test_cert_ask){.subject = "CN=c", .not_before = NOW - 60, .not_after = NOW + 60});
    struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(below));
    struct as_trust_verdict verdict;

    ck_ok(as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, cert, NOW, &verdict));
    ck_assert_ptr_null(verdict.reason);
    ck_assert_int_eq(verdict.not_before, cert->not_before);
    ck_assert_int_eq(verdict.not_after, cert->not_after);
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(below);
}
END_TEST

/* What no conforming authority gives out stands as a digest in a path; what one may, as it is. */
START_TEST(TLS_79_long_serials_in_a_path)
{
    static const unsigned char most[20] = {0x80, 1}, more[21] = {1, 2};
    static const char *const texts[] = {"0x8001000000000000000000000000000000000000",
                                        "0x010200000000000000000000000000000000000000"};
    struct group group = {.anchors = {root}, .relaxed = true};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    unsigned char digest[AS_DIGEST];

    ck_ok(as_sha256(as_span_bytes(more, sizeof(more)), digest));
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        struct test_cert *below =
            test_cert(root, (struct test_cert_ask){.subject = "CN=c", .serial = texts[i]});
        struct as_cert *cert = present(LIST(below));
        struct as_trust_verdict verdict;

        ck_ok(as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, cert, NOW, &verdict));
        ck_assert_ptr_null(verdict.reason);
        ck_assert_uint_eq(verdict.steps[0].serial_len, sizeof(most));
        ck_assert_mem_eq(verdict.steps[0].serial, i == 0 ? most : digest, sizeof(most));
        as_cert_drop(cert);
        test_cert_free(below);
    }
    as_trust_free(trust);
}
END_TEST

/* As a store keeps it: it must not change from one release to the next, or rows are written anew.
 */
static void expect_way(const struct as_trust_verdict *verdict, const char *group)
{
    unsigned char parts[2 * AS_DIGEST + AS_PATH_MAX * AS_PATH_LINK];
    unsigned char digest[AS_DIGEST];

    ck_assert_ptr_null(verdict->reason);
    ck_ok(as_sha256(as_span_of(group), parts));
    memcpy(parts + AS_DIGEST, verdict->anchor, AS_DIGEST);
    for (size_t i = 0; i < verdict->step_count; i++) {
        as_path_link_write(&verdict->steps[i], parts + 2 * AS_DIGEST + i * AS_PATH_LINK);
    }
    ck_ok(as_sha256(as_span_bytes(parts, 2 * AS_DIGEST + verdict->step_count * AS_PATH_LINK),
                    digest));
    ck_assert_mem_eq(verdict->way, digest, AS_WAY);
}

/* The same for the same group, anchor and steps; another for any other, none for a refusal. */
START_TEST(D9_a_verdict_names_the_way)
{
    struct test_cert *sub = test_sub_ca(root, "CN=Sub");
    struct test_cert *renewed = test_cert(
        root, (struct test_cert_ask){.subject = "CN=Sub", .ca = true, .use_key = sub->key});
    struct test_cert *below = test_leaf(sub, "CN=c");
    struct group groups[] = {{.anchors = {root}}, {.name = "others", .anchors = {root}}};
    static const unsigned char none[AS_WAY];
    const char *const names[] = {"banks", "others", "banks", "banks"};
    struct as_cert *certs[] = {present(LIST(below, sub)), present(LIST(below, sub)),
                               present(LIST(below, renewed)), present(LIST(below, sub))};
    struct as_trust_verdict verdicts[4];

    for (int again = 0; again < 2; again++) { /* by another reading of the same configuration */
        struct as_trust *trust = trust_of(groups, 2, NULL);
        for (int cached = 0; cached < 2; cached++) {
            for (size_t i = 0; i < AS_COUNT(certs); i++) {
                ck_ok(as_trust_judge(trust, as_span_of(names[i]), AS_USE_CLIENT, certs[i], NOW,
                                     &verdicts[i]));
                expect_way(&verdicts[i], names[i]);
            }
        }
        ck_assert_mem_eq(verdicts[0].way, verdicts[3].way, AS_WAY);
        ck_assert_mem_ne(verdicts[0].way, verdicts[1].way, AS_WAY);
        ck_assert_mem_ne(verdicts[0].way, verdicts[2].way, AS_WAY);
        ck_assert_mem_ne(verdicts[1].way, verdicts[2].way, AS_WAY);
        ck_ok(as_trust_judge(trust, AS_LIT("nobody"), AS_USE_CLIENT, certs[0], NOW, &verdicts[0]));
        ck_assert_mem_eq(verdicts[0].way, none, AS_WAY);
        struct as_cert *stranger = present(LIST(below));
        ck_ok(as_trust_judge(trust, AS_LIT("banks"), AS_USE_CLIENT, stranger, NOW, &verdicts[0]));
        ck_assert_ptr_nonnull(verdicts[0].reason);
        ck_assert_mem_eq(verdicts[0].way, none, AS_WAY);
        as_cert_drop(stranger);
        as_trust_free(trust);
    }
    for (size_t i = 0; i < AS_COUNT(certs); i++) {
        as_cert_drop(certs[i]);
    }
    test_cert_free(below);
    test_cert_free(renewed);
    test_cert_free(sub);
}
END_TEST

/* --- files
 * ------------------------------------------------------------------------------------------------------
 */

static as_err read_one(const char *file, struct told *told)
{
    const char *const files[] = {file};
    const struct as_trust_group_conf conf = {
        .name = "banks", .anchors = files, .anchor_count = 1, .strict = true, .depth = 5};
    struct as_trust *trust = NULL;
    as_err err = as_trust_new(&conf, 1, keep_told, told, &trust);

    if (!as_failed(err)) {
        as_trust_free(trust);
    }
    return err;
}

static void refuses_file(const char *text, const char *message)
{
    struct told told = {0};
    char *file = test_file(text);

    ck_refuses(read_one(file, &told), AS_BAD_CONFIGURATION, "a trust group cannot be read");
    ck_assert_str_eq(told.all, message);
    ck_assert_uint_eq(told.fatal, 1);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    test_file_drop(file);
}

START_TEST(TLS_80_files_that_cannot_be_read)
{
    struct told told = {0};
    char *good = test_cert_file(root);
    char *key = test_key_file(root);
    char *text = test_certs_pem((const struct test_cert *const[]){root}, 1);

    ck_ok(read_one(good, &told));
    ck_assert_str_eq(told.all, "");
    ck_refuses(read_one(key, &told), AS_BAD_CONFIGURATION, "a trust group cannot be read");
    ck_assert_str_eq(told.all, "there is no certificate in PEM\n");
    refuses_file("", "there is no certificate in PEM\n");
    refuses_file("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
                 "a certificate is not X.509 in DER\n");
    /* one good, one cut short */
    char *both = NULL;
    ck_assert_int_gt(asprintf(&both, "%s%.*s", text, (int)strlen(text) - 40, text), 0);
    refuses_file(both, "a certificate cannot be read\n");
    told = (struct told){0};
    ck_refuses(read_one("/nonexistent/anchors.pem", &told), AS_BAD_CONFIGURATION,
               "a trust group cannot be read");
    ck_assert_str_eq(told.all, "No such file or directory\n");
    char pipe[64];
    snprintf(pipe, sizeof(pipe), "%s/anchors-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(pipe));
    told = (struct told){0};
    ck_refuses(read_one(pipe, &told), AS_BAD_CONFIGURATION, "a trust group cannot be read");
    ck_assert_str_eq(told.all, "it is no regular file\n");
    ck_assert_int_eq(rmdir(pipe), 0);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0); /* nobody writes to it */
    told = (struct told){0};
    ck_refuses(read_one(pipe, &told), AS_BAD_CONFIGURATION, "a trust group cannot be read");
    ck_assert_str_eq(told.all, "it is no regular file\n");
    ck_assert_int_eq(unlink(pipe), 0);
    free(both);
    free(text);
    test_file_drop(key);
    test_file_drop(good);
}
END_TEST

START_TEST(TLS_71_depth_has_a_limit)
{
    struct told told = {0};
    char *file = test_cert_file(root);
    const char *const files[] = {file};
    struct as_trust_group_conf conf = {
        .name = "banks", .anchors = files, .anchor_count = 1, .depth = 6};
    struct as_trust *trust = NULL;

    ck_refuses(as_trust_new(&conf, 1, keep_told, &told, &trust), AS_BAD_CONFIGURATION,
               "a trust group cannot be read");
    ck_assert_str_eq(told.all, "the depth is beyond five intermediates\n");
    conf.depth = 5;
    ck_ok(as_trust_new(&conf, 1, NULL, NULL, &trust));
    as_trust_free(trust);
    test_file_drop(file);
}
END_TEST

START_TEST(TLS_71_groups_have_a_limit)
{
    static struct as_trust_group_conf confs[AS_LIMIT_TRUST_GROUPS + 1];
    char *file = test_cert_file(root);
    const char *const files[] = {file};
    struct as_trust *trust = NULL;

    for (size_t i = 0; i < AS_COUNT(confs); i++) {
        confs[i] = (struct as_trust_group_conf){
            .name = "banks", .anchors = files, .anchor_count = 1, .depth = 5};
    }
    ck_refuses(as_trust_new(confs, AS_COUNT(confs), NULL, NULL, &trust), AS_BAD_CONFIGURATION,
               "there are too many trust groups");
    ck_ok(as_trust_new(confs, AS_LIMIT_TRUST_GROUPS, NULL, NULL, &trust));
    as_trust_free(trust);
    test_file_drop(file);
}
END_TEST

START_TEST(TLS_82_policy_is_an_oid)
{
    const char *const policies[] = {"not an oid"};
    struct as_trust_group_conf conf = {.name = "banks", .policies = policies, .policy_count = 1};
    struct told told = {0};
    struct as_trust *trust = NULL;

    ck_refuses(as_trust_new(&conf, 1, keep_told, &told, &trust), AS_BAD_CONFIGURATION,
               "a trust group cannot be read");
    ck_assert_ptr_nonnull(strstr(told.all, "a certificate policy is no object identifier"));
}
END_TEST

/* What is said of an anchor made as asked; `relaxed` as in the group. */
static void tells(struct test_cert_ask ask, bool relaxed, const char *message)
{
    struct test_cert *anchor = test_cert(NULL, ask);
    const struct group group = {.anchors = {anchor}, .relaxed = relaxed};
    struct told told = {0};

    as_trust_free(trust_of(&group, 1, &told));
    ck_assert_uint_eq(told.fatal, 0);
    ck_assert_msg(message == NULL ? told.count == 0 : strstr(told.all, message) != NULL,
                  "told \"%s\" instead of \"%s\"", told.all, message != NULL ? message : "");
    test_cert_free(anchor);
}

START_TEST(TLS_79_anchors_that_strictness_refuses)
{
    const struct test_cert_ask good = {.subject = "CN=r", .ca = true};
    struct test_cert_ask ask = good;

    tells(good, false, NULL);
    ask.ku = "";
    tells(ask, false,
          "the trust anchor lacks the extension keyUsage: every path to it is refused unless the "
          "group says strict = off\n");
    tells(ask, true, NULL);
    ask = good;
    ask.bc = "CA:TRUE";
    tells(ask, false, "basicConstraints is not critical");
    tells(ask, true, NULL);
    ask = good;
    ask.skid = "";
    tells(ask, false, "lacks the extension subjectKeyIdentifier");
    tells(ask, true, NULL);
    ask = good;
    ask.subject = "";
    tells(ask, false, "the trust anchor has an empty subject");
    ask = good;
    ask.bc = "";
    tells(ask, true, "the trust anchor has no basicConstraints with cA TRUE");
    ask = good;
    ask.ku = "critical,digitalSignature";
    tells(ask, true, "the trust anchor's keyUsage lacks keyCertSign");
    ask = good;
    ask.key = "RSA:2048:3";
    tells(ask, true, "the trust anchor's key is below the floor");
}
END_TEST

START_TEST(TLS_76_anchor_that_ends_no_path)
{
    struct test_cert *sub = test_sub_ca(root, "CN=Sub");
    struct group group = {.anchors = {sub}};
    struct told told = {0};

    as_trust_free(trust_of(&group, 1, &told));
    ck_assert_str_eq(told.all, "the trust anchor is an intermediate: paths do not end at it unless "
                               "the group says partial_chain = on\n");
    group.partial_chain = true;
    told = (struct told){0};
    as_trust_free(trust_of(&group, 1, &told));
    ck_assert_str_eq(told.all, "");
    test_cert_free(sub);
}
END_TEST

/* --- what the edge asks
 * ------------------------------------------------------------------------------------------- */

START_TEST(TLS_44_ca_names)
{
    const struct group groups[] = {{.name = "one", .anchors = {root, other}},
                                   {.name = "rs", .use = AS_USE_RESOURCE, .anchors = {other}}};
    struct as_trust *trust = trust_of(groups, 2, NULL);
    const as_span *names = NULL;
    const unsigned char *der = NULL;
    size_t len = 0;

    ck_assert_uint_eq(as_trust_ca_names(trust, AS_USE_CLIENT, &names), 2);
    X509_NAME_get0_der(X509_get_subject_name(root->x509), &der, &len);
    ck_assert(as_span_equal(names[0], as_span_bytes(der, len)));
    X509_NAME_get0_der(X509_get_subject_name(other->x509), &der, &len);
    ck_assert(as_span_equal(names[1], as_span_bytes(der, len)));
    ck_assert_uint_eq(as_trust_ca_names(trust, AS_USE_RESOURCE, &names), 1);
    ck_assert(as_span_equal(names[0], as_span_bytes(der, len)));
    ck_assert_uint_eq(as_trust_ca_names(trust, AS_USE_ADMIN, &names), 0);
    as_trust_free(trust);
}
END_TEST

static void anchor_set(struct group group, unsigned char out[AS_DIGEST])
{
    struct as_trust *trust = trust_of(&group, 1, NULL);
    as_trust_anchor_set(trust, out);
    as_trust_free(trust);
}

START_TEST(TLS_50_anchor_set)
{
    unsigned char sets[5][AS_DIGEST];

    anchor_set((struct group){.anchors = {root}}, sets[0]);
    anchor_set((struct group){.anchors = {root}}, sets[1]);
    anchor_set((struct group){.anchors = {other}}, sets[2]);
    anchor_set((struct group){.anchors = {root, other}}, sets[3]);
    anchor_set((struct group){.anchors = {root}, .use = AS_USE_USER}, sets[4]);
    ck_assert_mem_eq(sets[0], sets[1], 32);
    ck_assert_mem_ne(sets[0], sets[2], 32);
    ck_assert_mem_ne(sets[0], sets[3], 32);
    ck_assert_mem_ne(sets[0], sets[4], 32);
}
END_TEST

/* --- the cache
 * --------------------------------------------------------------------------------------------------------
 */

static int64_t built(void)
{
    return as_metric_get(AS_METRIC_paths_built_total);
}

START_TEST(TLS_61_dates_are_asked_anew)
{
    const time_t from = 1700000000;
    struct test_cert *old = test_cert(
        NULL, (struct test_cert_ask){
                  .subject = "CN=r", .ca = true, .not_before = from, .not_after = from + 1000});
    struct test_cert *below =
        test_cert(old, (struct test_cert_ask){
                           .subject = "CN=c", .not_before = from + 100, .not_after = from + 500});
    const struct group group = {.anchors = {old}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(below));
    int64_t before = built();
    int64_t asked = as_metric_get(AS_METRIC_paths_asked_total);

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 100), "ok");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 300), "ok");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 500), "ok");
    ck_assert_int_eq(built() - before, 1);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 501), "cert_expired");
    ck_assert_int_eq(built() - before, 2);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 99),
                     "cert_not_yet_valid");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 400), "ok");
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total) - asked, 6);
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(below);
    test_cert_free(old);
}
END_TEST

/* The cached path ends, another goes on: the second is found when the first runs out (TLS-78). */
START_TEST(TLS_78_cached_path_runs_out)
{
    const time_t from = 1700000000;
    struct test_cert *anchor = test_cert(
        NULL, (struct test_cert_ask){
                  .subject = "CN=r", .ca = true, .not_before = from, .not_after = from + 1000});
    struct test_cert *first = test_cert(
        anchor, (struct test_cert_ask){
                    .subject = "CN=s", .ca = true, .not_before = from, .not_after = from + 200});
    struct test_cert *second = test_cert(anchor, (struct test_cert_ask){.subject = "CN=s",
                                                                        .ca = true,
                                                                        .use_key = first->key,
                                                                        .not_before = from + 150,
                                                                        .not_after = from + 400});
    struct test_cert *below = test_cert(
        first,
        (struct test_cert_ask){.subject = "CN=c", .not_before = from, .not_after = from + 1000});
    const struct group group = {.anchors = {anchor}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(below, first, second));

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 100), "ok");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 201), "ok");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, from + 401), "cert_expired");
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(below);
    test_cert_free(second);
    test_cert_free(first);
    test_cert_free(anchor);
}
END_TEST

START_TEST(TLS_60_failures_live_five_seconds)
{
    const struct group group = {.anchors = {other}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(leaf));
    as_time now = NOW;
    int64_t before = built();

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, now), "cert_untrusted");
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, now + 4), "cert_untrusted");
    ck_assert_int_eq(built() - before, 1);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, now + 5), "cert_untrusted");
    ck_assert_int_eq(built() - before, 2);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, now + 3), "cert_untrusted");
    ck_assert_int_eq(built() - before, 3); /* the clock went back: judged anew */
    as_cert_drop(cert);
    as_trust_free(trust);
}
END_TEST

START_TEST(TLS_80_other_anchors_other_verdict)
{
    struct as_cert *cert = present(LIST(leaf));
    struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "ok");
    as_trust_free(trust);
    group.anchors[0] = other;
    trust = trust_of(&group, 1, NULL); /* as a reload makes it; the certificate stays connected */
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "cert_untrusted");
    as_trust_free(trust);
    as_cert_drop(cert);
}
END_TEST

START_TEST(MTLS_06_decoy_costs_the_same)
{
    const struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct test_cert *stranger = test_leaf(other, "CN=x");
    struct as_cert *cert = present(LIST(stranger));
    as_time now = NOW;
    int64_t asked = as_metric_get(AS_METRIC_paths_asked_total);
    int64_t before = built();

    ck_ok(as_trust_judge_decoy(trust, AS_LIT("banks"), AS_USE_CLIENT, now));
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total) - asked, 1);
    ck_assert_int_eq(built() - before, 1);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, now), "cert_untrusted");
    ck_assert_int_eq(as_metric_get(AS_METRIC_paths_asked_total) - asked, 2);
    ck_assert_int_eq(built() - before, 2);
    /* the decoy itself is refused as a stranger's, never for its shape */
    ck_assert_ptr_null(trust->decoy->fault);
    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, trust->decoy, now),
                     "cert_untrusted");
    as_cert_drop(cert);
    test_cert_free(stranger);
    as_trust_free(trust);
}
END_TEST

/* A certificate that can never be used is refused without any work. */
START_TEST(MTLS_115_fault_is_the_verdict)
{
    struct test_cert *weak =
        test_cert(root, (struct test_cert_ask){.subject = "CN=c", .key = "RSA:1024"});
    const struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct as_cert *cert = present(LIST(weak));
    int64_t before = built();

    ck_assert_str_eq(verdict_of(trust, "banks", AS_USE_CLIENT, cert, NOW), "cert_weak_key");
    ck_assert_int_eq(built() - before, 0);
    as_cert_drop(cert);
    as_trust_free(trust);
    test_cert_free(weak);
}
END_TEST

struct judge {
    const struct as_trust *trust;
    const struct as_cert *good;
    const struct as_cert *bad;
    size_t wrong;
};

static void *judge_often(void *arg)
{
    struct judge *judge = arg;
    as_time now = NOW;

    for (as_time i = 0; i < 200; i++) {
        struct as_cert *held = as_cert_hold(judge->good);
        judge->wrong +=
            strcmp(verdict_of(judge->trust, "banks", AS_USE_CLIENT, held, now), "ok") != 0;
        judge->wrong +=
            strcmp(verdict_of(judge->trust, "banks", AS_USE_CLIENT, judge->bad, now + i),
                   "cert_untrusted") != 0;
        as_cert_drop(held);
    }
    return NULL;
}

START_TEST(TLS_60_many_threads)
{
    const struct group group = {.anchors = {root}};
    struct as_trust *trust = trust_of(&group, 1, NULL);
    struct test_cert *stranger = test_leaf(other, "CN=x");
    struct as_cert *good = present(LIST(leaf));
    struct as_cert *bad = present(LIST(stranger));
    struct judge judges[4];
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        judges[i] = (struct judge){trust, good, bad, 0};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, judge_often, &judges[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(judges[i].wrong, 0);
    }
    as_cert_drop(good);
    as_cert_drop(bad);
    test_cert_free(stranger);
    as_trust_free(trust);
}
END_TEST

AS_TESTS("trust/groups", {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, MTLS_06_decoy_costs_the_same);
    tcase_add_test(t, MTLS_45_a_group_vouches_for_its_use);
    tcase_add_test(t, MTLS_45_no_anchors_refuse_everybody);
    tcase_add_test(t, MTLS_46_pin_to_one_group);
    tcase_add_test(t, MTLS_46_only_group);
    tcase_add_test(t, MTLS_115_fault_is_the_verdict);
    tcase_add_test(t, TLS_44_ca_names);
    tcase_add_test(t, TLS_50_anchor_set);
    tcase_add_test(t, TLS_60_verdict_names_the_path);
    tcase_add_test(t, TLS_61_the_window_is_the_narrowest);
    tcase_add_test(t, TLS_79_long_serials_in_a_path);
    tcase_add_test(t, D9_a_verdict_names_the_way);
    tcase_add_test(t, TLS_60_failures_live_five_seconds);
    tcase_add_test(t, TLS_60_many_threads);
    tcase_add_test(t, TLS_61_dates_are_asked_anew);
    tcase_add_test(t, TLS_71_depth_has_a_limit);
    tcase_add_test(t, TLS_76_anchor_that_ends_no_path);
    tcase_add_test(t, TLS_78_cached_path_runs_out);
    tcase_add_test(t, TLS_79_anchors_that_strictness_refuses);
    tcase_add_test(t, TLS_80_files_that_cannot_be_read);
    tcase_add_test(t, TLS_80_other_anchors_other_verdict);
    tcase_add_test(t, TLS_81_the_system_store_has_no_say);
    tcase_add_test(t, TLS_71_groups_have_a_limit);
    tcase_add_test(t, TLS_82_policy_is_an_oid);
})
