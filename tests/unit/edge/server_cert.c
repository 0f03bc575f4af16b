/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/server_cert.h"

#include "unit/edge/support/tls.h"

/* A pair of files, made from certificates and a key. */
struct files {
    char *cert, *key;
};

static struct files files_of(const struct test_cert *const *certs, size_t count,
                             const struct test_cert *key)
{
    char *text = test_certs_pem(certs, count);
    struct files files = {test_file(text), test_key_file(key)};

    free(text);
    return files;
}

static void drop(struct files files)
{
    test_file_drop(files.cert);
    test_file_drop(files.key);
}

static as_err load(struct files files, struct tls_told *told)
{
    const struct as_teller teller = {tls_tell, told, "test"};
    struct as_server_cert cert;

    *told = (struct tls_told){.count = 0};
    as_err err = as_server_cert_load(files.cert, files.key, &teller, &cert);
    if (!as_failed(err)) {
        as_server_cert_free(&cert);
    }
    return err;
}

/* Refused for this reason, and the operator is told the file and the reason. */
static void refused(struct files files, const char *file, const char *why)
{
    struct tls_told told;
    char expected[512];

    ck_refuses(load(files, &told), AS_BAD_CONFIGURATION, why);
    snprintf(expected, sizeof(expected), "%s: %s\n", file, why);
    ck_assert_str_eq(told.text, expected);
}

static void passes(struct files files)
{
    struct tls_told told;

    ck_ok(load(files, &told));
    ck_assert_str_eq(told.text, "");
}

static void refused_leaf(struct test_cert *leaf, const char *why)
{
    const struct test_cert *certs[] = {leaf};
    struct files files = files_of(certs, 1, leaf);

    refused(files, files.cert, why);
    drop(files);
    test_cert_free(leaf);
}

START_TEST(TLS_27_key_file_mode)
{
    static const mode_t refused_modes[] = {0644, 0640, 0604, 0620, 0602, 0610, 0777};
    struct files files = {kit.rsa_cert, kit.rsa_key};

    passes(files);
    for (size_t i = 0; i < AS_COUNT(refused_modes); i++) {
        ck_assert_int_eq(chmod(files.key, refused_modes[i]), 0);
        refused(files, files.key, "it is open to others than its owner: set its mode to 0600");
    }
    ck_assert_int_eq(chmod(files.key, 0400), 0);
    passes(files);
    ck_assert_int_eq(chmod(files.key, 0600), 0);
}
END_TEST

START_TEST(TLS_27_key_and_certificate_must_match)
{
    passes((struct files){kit.ec_cert, kit.ec_key});
    refused((struct files){kit.ec_cert, kit.rsa_key}, kit.rsa_key,
            "the key does not belong to the certificate");
    struct test_cert *other = tls_server_cert(kit.ca, "P-256");
    char *key = test_key_file(other);
    refused((struct files){kit.ec_cert, key}, key, "the key does not belong to the certificate");
    test_file_drop(key);
    test_cert_free(other);
}
END_TEST

START_TEST(TLS_27_files_that_hold_nothing_usable)
{
    char *garbage = test_file("no PEM at all\n");
    char *half = test_file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

    refused((struct files){garbage, kit.rsa_key}, garbage, "there is no certificate in PEM");
    refused((struct files){half, kit.rsa_key}, half, "a certificate is not X.509 in DER");
    refused((struct files){kit.rsa_cert, garbage}, garbage, "it holds no private key");
    refused((struct files){"/tmp", kit.rsa_key}, "/tmp", "it is no regular file");
    test_file_drop(garbage);
    test_file_drop(half);
}
END_TEST

START_TEST(TLS_27_a_broken_certificate_behind_a_good_one)
{
    char *pem = test_certs_pem((const struct test_cert *const *)&kit.rsa, 1);
    char text[8192];

    static const char *const broken[][2] = {{"AAAA", "a certificate is not X.509 in DER"},
                                            {"A?A=", "a certificate cannot be read"}};

    for (size_t i = 0; i < AS_COUNT(broken); i++) {
        snprintf(text, sizeof(text),
                 "%s-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", pem,
                 broken[i][0]);
        char *file = test_file(text);
        refused((struct files){file, kit.rsa_key}, file, broken[i][1]);
        test_file_drop(file);
    }
    free(pem);
}
END_TEST

START_TEST(TLS_27_an_encrypted_key_asks_nobody)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL, *text;

    PEM_write_bio_PKCS8PrivateKey(bio, kit.rsa->key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
    long len = BIO_get_mem_data(bio, &bytes);
    text = test_text(bytes, (size_t)len);
    char *file = test_file(text);
    refused((struct files){kit.rsa_cert, file}, file,
            "the key is encrypted; only plain keys are read");
    test_file_drop(file);
    free(text);
    BIO_free(bio);
}
END_TEST

START_TEST(TLS_27_a_file_without_end)
{
    char *file = test_file("x");

    ck_assert_int_eq(truncate(file, AS_LIMIT_PEM_FILE + 1), 0);
    refused((struct files){file, kit.rsa_key}, file, "the file is too large");
    test_file_drop(file);
}
END_TEST

START_TEST(TLS_23_weak_server_certificates)
{
    refused_leaf(tls_server_cert(kit.ca, "RSA:1024"), "the RSA key has less than 2048 bits");
    refused_leaf(
        test_cert(kit.ca,
                  (struct test_cert_ask){.subject = "CN=server", .san = TLS_SAN, .digest = "SHA1"}),
        "the certificate is signed with a digest weaker than SHA-256");
    refused_leaf(
        test_cert(kit.rsa,
                  (struct test_cert_ask){.subject = "CN=server", .san = TLS_SAN, .digest = "MD5"}),
        "the certificate is signed with a digest weaker than SHA-256");
    passes((struct files){kit.rsa_cert, kit.rsa_key});
}
END_TEST

START_TEST(TLS_24_kinds_of_server_keys)
{
    static const char *const served[] = {"RSA:3072", "P-256", "P-384"};
    static const char *const refused_kinds[] = {"P-521", "P-224", "ED25519", "P-256-EXPLICIT"};

    for (size_t i = 0; i < AS_COUNT(served); i++) {
        struct test_cert *leaf = tls_server_cert(kit.ca, served[i]);
        const struct test_cert *certs[] = {leaf};
        struct files files = files_of(certs, 1, leaf);
        passes(files);
        drop(files);
        test_cert_free(leaf);
    }
    for (size_t i = 0; i < AS_COUNT(refused_kinds); i++) {
        refused_leaf(tls_server_cert(kit.ca, refused_kinds[i]),
                     "the key is of a kind that is not served: RSA, P-256, P-384");
    }
}
END_TEST

START_TEST(TLS_28_chain_in_order_without_the_root)
{
    struct test_cert *root = test_ca("CN=Root");
    struct test_cert *upper = test_sub_ca(root, "CN=Upper");
    struct test_cert *lower = test_sub_ca(upper, "CN=Lower");
    struct test_cert *leaf = tls_server_cert(lower, "P-256");
    const struct test_cert *good[] = {leaf, lower, upper, root};
    const struct test_cert *shuffled[] = {leaf, upper, lower};
    const struct test_cert *foreign[] = {leaf, kit.ca};
    const struct as_teller nobody = {NULL, NULL, "test"};
    struct as_server_cert cert;

    struct files files = files_of(good, 4, leaf);
    ck_ok(as_server_cert_load(files.cert, files.key, &nobody, &cert));
    ck_assert_int_eq(sk_X509_num(cert.chain), 2);
    ck_assert_int_eq(X509_cmp(sk_X509_value(cert.chain, 0), lower->x509), 0);
    ck_assert_int_eq(X509_cmp(sk_X509_value(cert.chain, 1), upper->x509), 0);
    as_server_cert_free(&cert);
    drop(files);
    files = files_of(good, 3, leaf); /* the root is not in the file */
    ck_ok(as_server_cert_load(files.cert, files.key, &nobody, &cert));
    ck_assert_int_eq(sk_X509_num(cert.chain), 2);
    as_server_cert_free(&cert);
    drop(files);
    files = files_of(shuffled, 3, leaf);
    refused(files, files.cert,
            "the chain is not in order: each certificate must be followed by its issuer's");
    drop(files);
    files = files_of(foreign, 2, leaf);
    refused(files, files.cert,
            "the chain is not in order: each certificate must be followed by its issuer's");
    drop(files);
    test_cert_free(leaf);
    test_cert_free(lower);
    test_cert_free(upper);
    test_cert_free(root);
}
END_TEST

START_TEST(TLS_28_an_issuer_of_the_same_name_with_another_key)
{
    struct test_cert *twin = test_ca("CN=Server CA");
    const struct test_cert *certs[] = {kit.ec, twin};
    struct files files = files_of(certs, 2, kit.ec);

    refused(files, files.cert,
            "the chain is not in order: each certificate must be followed by its issuer's");
    drop(files);
    test_cert_free(twin);
}
END_TEST

START_TEST(TLS_23_a_weak_signature_in_the_chain)
{
    struct test_cert *root = test_ca("CN=Root");
    struct test_cert *weak =
        test_cert(root, (struct test_cert_ask){.subject = "CN=Weak", .ca = true, .digest = "SHA1"});
    struct test_cert *leaf = tls_server_cert(weak, "P-256");
    const struct test_cert *certs[] = {leaf, weak};
    struct files files = files_of(certs, 2, leaf);

    refused(files, files.cert,
            "a certificate of the chain is signed with a digest weaker than SHA-256");
    drop(files);
    test_cert_free(leaf);
    test_cert_free(weak);
    test_cert_free(root);
}
END_TEST

/* The text that is told of one leaf. */
static void told_of(struct test_cert_ask ask, struct tls_told *told)
{
    struct test_cert *leaf = test_cert(kit.ca, ask);
    const struct test_cert *certs[] = {leaf};
    struct files files = files_of(certs, 1, leaf);

    ck_ok(load(files, told));
    drop(files);
    test_cert_free(leaf);
}

START_TEST(TLS_28_dates_are_told)
{
    struct tls_told told;
    time_t day = 24 * 3600;

    told_of((struct test_cert_ask){.subject = "CN=s",
                                   .not_before = time(NULL) - 2 * day,
                                   .not_after = time(NULL) - day},
            &told);
    ck_assert_ptr_nonnull(strstr(told.text, ": the certificate has expired\n"));
    told_of((struct test_cert_ask){.subject = "CN=s",
                                   .not_before = time(NULL) + day,
                                   .not_after = time(NULL) + 2 * day},
            &told);
    ck_assert_ptr_nonnull(strstr(told.text, ": the certificate is not valid yet\n"));
    told_of((struct test_cert_ask){.subject = "CN=s"}, &told);
    ck_assert_str_eq(told.text, "");
}
END_TEST

static bool covers(const char *san, const char *host)
{
    struct as_server_cert cert = {0};
    struct test_cert *leaf =
        test_cert(kit.ca, (struct test_cert_ask){.subject = "CN=as.example", .san = san});

    ck_ok(as_cert_of_x509(leaf->x509, NULL, &cert.names));
    bool is = as_server_cert_covers(&cert, host);
    as_cert_drop(cert.names);
    test_cert_free(leaf);
    return is;
}

START_TEST(TLS_28_names_a_certificate_covers)
{
    ck_assert(covers("DNS:as.example", "as.example"));
    ck_assert(covers("DNS:AS.Example", "as.example"));
    ck_assert(covers("DNS:*.example", "as.example"));
    ck_assert(covers("IP:192.0.2.1", "192.0.2.1"));
    ck_assert(!covers("DNS:*.example", "a.b.example"));
    ck_assert(!covers("DNS:*.example", ".example"));
    ck_assert(!covers("DNS:*.example", "example"));
    ck_assert(!covers("DNS:as.example.org", "as.example"));
    ck_assert(!covers("email:as.example@as.example", "as.example"));
    ck_assert(!covers("", "as.example")); /* no common name stands in */
}
END_TEST

AS_TESTS("edge/server_cert", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_27_key_file_mode);
    tcase_add_test(t, TLS_27_key_and_certificate_must_match);
    tcase_add_test(t, TLS_27_files_that_hold_nothing_usable);
    tcase_add_test(t, TLS_27_a_broken_certificate_behind_a_good_one);
    tcase_add_test(t, TLS_27_an_encrypted_key_asks_nobody);
    tcase_add_test(t, TLS_27_a_file_without_end);
    tcase_add_test(t, TLS_23_weak_server_certificates);
    tcase_add_test(t, TLS_24_kinds_of_server_keys);
    tcase_add_test(t, TLS_28_chain_in_order_without_the_root);
    tcase_add_test(t, TLS_28_an_issuer_of_the_same_name_with_another_key);
    tcase_add_test(t, TLS_23_a_weak_signature_in_the_chain);
    tcase_add_test(t, TLS_28_dates_are_told);
    tcase_add_test(t, TLS_28_names_a_certificate_covers);
})
