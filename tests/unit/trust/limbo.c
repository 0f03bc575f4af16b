/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The path validation cases of C2SP/x509-limbo (corpora/x509-limbo), each with the purpose of its
 * validation_kind. Peer names are not compared: a client certificate is matched with a registered
 * name after its path is good. limbo_verdicts.inc lists the cases where our verdict is not the
 * expected one, each with its reason; any other difference fails.
 */
#include "harness.h"
#include "support/certs.h"
#include "trust/path.h"

#include <jansson.h>
#include <string.h>

/* Days as RFC 3339 in UTC; a fraction of a second is cut off, as fapid's clock cuts it. */
static as_time time_of(const json_t *text)
{
    struct tm parts = {0};

    if (!json_is_string(text)) {
        return (as_time)time(NULL);
    }
    ck_assert_ptr_nonnull(strptime(json_string_value(text), "%Y-%m-%dT%H:%M:%S", &parts));
    return timegm(&parts);
}

static X509 *x509_of(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    BIO_free(bio);
    return x509;
}

static as_x509s *x509s_of(const json_t *list)
{
    as_x509s *stack = sk_X509_new_null();
    size_t i = 0;
    json_t *pem = NULL;

    json_array_foreach(list, i, pem)
    {
        X509 *x509 = x509_of(json_string_value(pem));
        if (x509 != NULL) {
            sk_X509_push(stack, x509);
        }
    }
    return stack;
}

/* A group as `strict = on` makes it, with the anchors of the case. */
static struct as_group group_of(const json_t *test)
{
    const json_t *depth = json_object_get(test, "max_chain_depth");
    bool server =
        strcmp(json_string_value(json_object_get(test, "validation_kind")), "SERVER") == 0;
    long long most = json_is_integer(depth) ? json_integer_value(depth) : AS_LIMIT_PATH_DEPTH;
    struct as_group group = {.name = "limbo",
                             .anchors = x509s_of(json_object_get(test, "trusted_certs")),
                             .intermediates = sk_X509_new_null(),
                             .strict = true,
                             .depth =
                                 most < AS_LIMIT_PATH_DEPTH ? (unsigned)most : AS_LIMIT_PATH_DEPTH,
                             .purpose = server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT};

    group.anchor_digests = calloc((size_t)sk_X509_num(group.anchors) + 1, 32);
    for (int i = 0; i < sk_X509_num(group.anchors); i++) {
        X509_digest(sk_X509_value(group.anchors, i), EVP_sha256(), group.anchor_digests[i], NULL);
    }
    return group;
}

/* Our verdict; `detail` is for the message of a failing test. */
static const char *judge(const json_t *test, const char **detail)
{
    X509 *leaf = x509_of(json_string_value(json_object_get(test, "peer_certificate")));
    as_x509s *chain = x509s_of(json_object_get(test, "untrusted_intermediates"));
    struct as_group group = group_of(test);
    struct as_trust_verdict verdict = {.reason = "cert_malformed", .detail = "no certificate"};
    struct as_cert *cert = NULL;

    if (leaf != NULL) {
        ck_ok(as_cert_of_x509(leaf, chain, &cert));
        ck_ok(as_path_judge(&group, cert, time_of(json_object_get(test, "validation_time")),
                            &verdict));
    }
    as_cert_drop(cert);
    as_group_drop(&group);
    free(group.anchor_digests);
    as_x509s_free(chain);
    X509_free(leaf);
    *detail = verdict.detail;
    return verdict.reason == NULL ? "accepted" : verdict.reason;
}

/* --- the table of differences
 * -------------------------------------------------------------------------- */

static const struct difference {
    const char *id;
    const char *verdict;
    const char *why;
} differences[] = {
#include "limbo_verdicts.inc"
};

static const struct difference *difference_of(const char *id)
{
    for (size_t i = 0; i < AS_COUNT(differences); i++) {
        if (strcmp(differences[i].id, id) == 0) {
            return &differences[i];
        }
    }
    return NULL;
}

/* Counts a case whose verdict is neither the expected one nor in the table, and says it. */
static size_t run(const json_t *test)
{
    const char *id = json_string_value(json_object_get(test, "id"));
    bool expected =
        strcmp(json_string_value(json_object_get(test, "expected_result")), "SUCCESS") == 0;
    const char *detail = NULL;
    const char *verdict = judge(test, &detail);
    bool accepted = strcmp(verdict, "accepted") == 0;
    const struct difference *row = difference_of(id);

    if (row == NULL && accepted == expected) {
        return 0;
    }
    if (row != NULL && accepted != expected && strcmp(row->verdict, verdict) == 0) {
        ck_assert_msg(strlen(row->why) > 20, "%s differs without a reason", id);
        return 0;
    }
    fprintf(stderr, "{\"%s\", \"%s\", \"%s\"}, expected %s, table says %s\n", id, verdict,
            detail != NULL ? detail : "", expected ? "SUCCESS" : "FAILURE",
            row != NULL ? row->verdict : "nothing");
    return 1;
}

START_TEST(TLS_60_limbo)
{
    char path[4096];
    const char *folder = as_test_corpora();

    if (folder == NULL) {
        ck_skip("the corpora are not at hand");
    }
    snprintf(path, sizeof(path), "%s/x509-limbo/limbo.json", folder);
    json_error_t problem;
    json_t *limbo = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    ck_assert_msg(limbo != NULL, "%s: %s", path, problem.text);
    const json_t *tests = json_object_get(limbo, "testcases");
    size_t wrong = 0;
    size_t i = 0;
    json_t *test = NULL;
    json_array_foreach(tests, i, test)
    {
        wrong += run(test);
    }
    ck_assert_uint_eq(json_array_size(tests), 193);
    ck_assert_msg(wrong == 0, "%zu cases differ from the table", wrong);
    json_decref(limbo);
}
END_TEST

/* Every row of the table names a case once. */
START_TEST(TLS_60_limbo_table)
{
    for (size_t i = 0; i < AS_COUNT(differences); i++) {
        ck_assert_ptr_eq(difference_of(differences[i].id), &differences[i]);
    }
}
END_TEST

AS_TESTS("trust/limbo", {
    tcase_add_test(t, TLS_60_limbo);
    tcase_add_test(t, TLS_60_limbo_table);
})
