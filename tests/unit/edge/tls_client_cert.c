/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates in the handshake: asked for or not, proved or not, and never judged. */
#include "edge/tls_parts.h"
#include "unit/edge/support/tls.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* How often a client was asked for a certificate. */
static int on_request(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
    (void)cert, (void)key;
    ++*(int *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    return 0;
}

static void connect_to(struct tls_pair *pair, const struct as_listener_conf *conf, SSL_CTX *client)
{
    struct as_tls_context *context = tls_context(conf);

    tls_connect(pair, context, client);
    as_tls_context_drop(context);
}

/* Connects a client with this certificate and gives the peer; it must succeed. */
static struct as_peer peer_of(const struct as_listener_conf *conf, int version,
                              const struct test_cert *cert)
{
    SSL_CTX *client = tls_client(version);
    struct as_peer peer = {.cert = NULL};
    struct tls_pair pair;

    if (cert != NULL) {
        tls_show(client, cert);
    }
    connect_to(&pair, conf, client);
    ck_done(&pair);
    /* TLS-46: nobody can take this for a yes */
    ck_assert_int_eq(SSL_get_verify_result(pair.server),
                     cert != NULL ? X509_V_ERR_APPLICATION_VERIFICATION : X509_V_OK);
    ck_ok(as_tls_peer_fill(pair.server, &peer));
    tls_close(&pair);
    SSL_CTX_free(client);
    return peer;
}

START_TEST(TLS_45_asked_or_not)
{
    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        for (int mode = AS_CLIENT_CERTIFICATE_NONE; mode <= AS_CLIENT_CERTIFICATE_REQUEST; mode++) {
            struct as_listener_conf conf = tls_conf((enum as_client_certificate)mode);
            SSL_CTX *client = tls_client(versions[i]);
            int asked = 0;
            struct tls_pair pair;
            SSL_CTX_set_client_cert_cb(client, on_request);
            SSL_CTX_set_app_data(client, &asked);
            connect_to(&pair, &conf, client);
            ck_done(&pair); /* without a certificate it goes on all the same */
            ck_assert_int_eq(asked, mode == AS_CLIENT_CERTIFICATE_REQUEST ? 1 : 0);
            tls_close(&pair);
            SSL_CTX_free(client);
        }
    }
}
END_TEST

START_TEST(MTLS_110_peers_with_and_without_a_certificate)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_peer peer = peer_of(&conf, versions[i], NULL);
        ck_assert_ptr_null(peer.cert);
        ck_assert_str_eq(peer.tls_version, i == 0 ? "TLSv1.2" : "TLSv1.3");
        ck_assert_str_eq(peer.suite, i == 0 ? "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                                            : "TLS_AES_128_GCM_SHA256");
        ck_assert(!peer.resumed);
        peer = peer_of(&conf, versions[i], kit.client);
        ck_assert_ptr_nonnull(peer.cert);
        ck_assert_ptr_null(peer.cert->fault);
        as_cert_drop(peer.cert);
    }
}
END_TEST

START_TEST(MTLS_112_the_chain_is_kept_in_both_versions)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct test_cert *root = test_ca("CN=Root"), *lower = test_sub_ca(root, "CN=Lower");
    struct test_cert *leaf = test_leaf(lower, "CN=c1");
    as_span lower_der = test_cert_der(lower);

    for (size_t i = 0; i < AS_COUNT(versions) * 2; i++) {
        conf.resumption = i < 2; /* the certificate is read at two places */
        SSL_CTX *client = tls_client(versions[i % 2]);
        struct as_peer peer = {.cert = NULL};
        struct tls_pair pair;
        tls_show(client, leaf);
        ck_assert(SSL_CTX_add1_chain_cert(client, lower->x509) == 1);
        connect_to(&pair, &conf, client);
        ck_done(&pair);
        ck_ok(as_tls_peer_fill(pair.server, &peer));
        ck_assert_uint_eq(peer.cert->chain_count, 1);
        ck_assert(as_span_equal(peer.cert->chain[0], lower_der));
        as_cert_drop(peer.cert);
        tls_close(&pair);
        SSL_CTX_free(client);
    }
    free((void *)(uintptr_t)lower_der.ptr);
    test_cert_free(leaf);
    test_cert_free(lower);
    test_cert_free(root);
}
END_TEST

START_TEST(TLS_46_the_handshake_judges_no_trust)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUIRE);
    struct test_cert *ca = test_ca("CN=Nobody knows");
    struct test_cert *certs[] = {
        test_leaf(ca, "CN=untrusted"),
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=expired",
                                               .not_before = time(NULL) - 7200,
                                               .not_after = time(NULL) - 3600}),
        test_cert(ca, (struct test_cert_ask){.subject = "CN=server", .eku = "serverAuth"}),
        test_cert(ca, (struct test_cert_ask){.subject = "CN=sha1", .digest = "SHA1"}),
    };

    for (size_t i = 0; i < AS_COUNT(certs); i++) {
        struct as_peer peer = peer_of(&conf, TLS1_3_VERSION, certs[i]);
        ck_assert_ptr_nonnull(peer.cert);
        as_cert_drop(peer.cert);
        test_cert_free(certs[i]);
    }
    test_cert_free(ca);
}
END_TEST

/* A client with this certificate is refused in both versions. */
static void refused(const struct as_listener_conf *conf, const struct test_cert *cert,
                    const int alerts[2], const char *reason)
{
    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        SSL_CTX *client = tls_client(versions[i]);
        struct tls_pair pair;
        if (cert != NULL) {
            tls_show(client, cert);
        }
        connect_to(&pair, conf, client);
        ck_alert(&pair, alerts[i], reason);
        tls_close(&pair);
        SSL_CTX_free(client);
    }
}

START_TEST(MTLS_E11_a_certificate_is_demanded)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUIRE);

    refused(&conf, NULL, (const int[]){40, 116}, "no_certificate");
    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_peer peer = peer_of(&conf, versions[i], kit.client);
        as_cert_drop(peer.cert);
    }
}
END_TEST

/* A P-256 key with the public half of one and the private half of another. */
static EVP_PKEY *forged(EVP_PKEY *public_half, EVP_PKEY *private_half)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    unsigned char point[128];
    size_t len = 0;
    BIGNUM *secret = NULL;
    EVP_PKEY *key = NULL;

    ck_assert(EVP_PKEY_get_octet_string_param(public_half, OSSL_PKEY_PARAM_PUB_KEY, point,
                                              sizeof(point), &len) == 1);
    ck_assert(EVP_PKEY_get_bn_param(private_half, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1);
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, len);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    ck_assert(EVP_PKEY_fromdata_init(ctx) == 1 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(ctx);
    BN_clear_free(secret);
    return key;
}

START_TEST(MTLS_07_a_certificate_signed_for_by_another_key)
{
    static const enum as_client_certificate modes[] = {AS_CLIENT_CERTIFICATE_REQUEST,
                                                       AS_CLIENT_CERTIFICATE_REQUIRE};
    struct test_cert thief = {.x509 = kit.client->x509,
                              .key = forged(kit.client->key, kit.other_client->key)};

    for (size_t i = 0; i < AS_COUNT(modes); i++) {
        struct as_listener_conf conf = tls_conf(modes[i]);
        refused(&conf, &thief, (const int[]){51, 51}, "bad_signature");
    }
    EVP_PKEY_free(thief.key);
}
END_TEST

START_TEST(MTLS_115_key_kinds)
{
    static const char *const good[] = {"RSA:2048", "P-256", "P-384", "ED25519"};
    static const char *const weak[] = {"RSA:1024", "RSA:2048:3"};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t i = 0; i < AS_COUNT(good); i++) {
        struct test_cert *cert =
            test_cert(NULL, (struct test_cert_ask){.subject = "CN=c", .key = good[i]});
        for (size_t v = 0; v < AS_COUNT(versions); v++) {
            struct as_peer peer = peer_of(&conf, versions[v], cert);
            ck_assert_ptr_nonnull(peer.cert);
            ck_assert_ptr_null(peer.cert->fault);
            as_cert_drop(peer.cert);
        }
        test_cert_free(cert);
    }
    for (size_t i = 0; i < AS_COUNT(weak); i++) {
        struct test_cert *cert =
            test_cert(kit.ca, (struct test_cert_ask){.subject = "CN=c", .key = weak[i]});
        refused(&conf, cert, (const int[]){43, 43}, "certificate_key_refused");
        test_cert_free(cert);
    }
}
END_TEST

/* A client that sends so many certificates in all. */
static void send_many(struct tls_pair *pair, const struct as_listener_conf *conf, int version,
                      size_t count)
{
    SSL_CTX *client = tls_client(version);

    tls_show(client, kit.client);
    SSL_CTX_set_mode(client, SSL_MODE_NO_AUTO_CHAIN);
    for (size_t i = 1; i < count; i++) {
        ck_assert(SSL_CTX_add1_chain_cert(client, kit.ca->x509) == 1);
    }
    connect_to(pair, conf, client);
    SSL_CTX_free(client);
}

START_TEST(MTLS_117_too_many_certificates)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct tls_pair pair;

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        send_many(&pair, &conf, versions[i], AS_LIMIT_CERT_COUNT);
        ck_done(&pair);
        tls_close(&pair);
        send_many(&pair, &conf, versions[i], AS_LIMIT_CERT_COUNT + 1);
        ck_alert(&pair, 42, "too_many_certificates");
        tls_close(&pair);
    }
}
END_TEST

static int parts_of(const X509 *x509)
{
    return X509_get_ext_count(x509) + X509_NAME_entry_count(X509_get_subject_name(x509)) +
           X509_NAME_entry_count(X509_get_issuer_name(x509));
}

/* A certificate of so many parts. */
static struct test_cert *intricate(int parts)
{
    struct test_cert *cert = test_leaf(kit.ca, "CN=intricate");

    for (int i = parts_of(cert->x509); i < parts; i++) {
        char type[32];
        (void)snprintf(type, sizeof(type), "1.2.3.4.%d", i);
        test_add_extension(cert, type, AS_SPAN_NONE);
    }
    ck_assert(X509_sign(cert->x509, kit.ca->key, EVP_sha256()) > 0);
    return cert;
}

START_TEST(MTLS_117_too_many_parts)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct test_cert *most = intricate(AS_LIMIT_CERT_PARTS);
    struct test_cert *more = intricate(AS_LIMIT_CERT_PARTS + 1);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        struct as_peer peer = peer_of(&conf, versions[i], most);
        ck_assert_str_eq(peer.cert->fault, "cert_malformed"); /* for its extensions, judged later */
        as_cert_drop(peer.cert);
    }
    refused(&conf, more, (const int[]){42, 42}, "certificates_too_intricate");
    test_cert_free(most);
    test_cert_free(more);
}
END_TEST

START_TEST(MTLS_117_the_parts_of_all_count)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    int rest = AS_LIMIT_CERT_PARTS - parts_of(kit.client->x509);
    struct test_cert *half[] = {intricate(rest / 2), intricate(rest - rest / 2),
                                intricate(rest - rest / 2 + 1)};

    for (size_t i = 0; i < AS_COUNT(versions) * 2; i++) {
        bool over = i >= AS_COUNT(versions);
        SSL_CTX *client = tls_client(versions[i % 2]);
        struct tls_pair pair;
        tls_show(client, kit.client);
        SSL_CTX_set_mode(client, SSL_MODE_NO_AUTO_CHAIN);
        ck_assert(SSL_CTX_add1_chain_cert(client, half[0]->x509) == 1 &&
                  SSL_CTX_add1_chain_cert(client, half[over ? 2 : 1]->x509) == 1);
        connect_to(&pair, &conf, client);
        if (over) {
            ck_alert(&pair, 42, "certificates_too_intricate");
        } else {
            ck_done(&pair);
        }
        tls_close(&pair);
        SSL_CTX_free(client);
    }
    for (size_t i = 0; i < AS_COUNT(half); i++) {
        test_cert_free(half[i]);
    }
}
END_TEST

START_TEST(TLS_43_a_certificate_message_too_long)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct tls_pair pair;

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        conf.max_cert_list = 100 * 1024;
        send_many(&pair, &conf, versions[i], 100);
        ck_alert(&pair, 42, "too_many_certificates");
        tls_close(&pair);
        conf.max_cert_list = AS_LIMIT_CERT_LIST;
        send_many(&pair, &conf, versions[i], 100);
        ck_alert(&pair, 47, "message_too_large");
        tls_close(&pair);
        conf.max_cert_list = 0; /* the default */
        send_many(&pair, &conf, versions[i], 100);
        ck_alert(&pair, 47, "message_too_large");
        tls_close(&pair);
    }
}
END_TEST

/* A certificate with an extension of so many octets, which is what makes a large one. */
static struct test_cert *large(size_t octets)
{
    char *value = malloc(octets * 2 + 8);
    struct test_cert *cert = NULL;

    ck_assert_ptr_nonnull(value);
    memset(value, '0', octets * 2 + 7);
    memcpy(value, "DER:", 4);
    value[octets * 2 + 4] = '\0';
    cert = test_cert(
        NULL, (struct test_cert_ask){.subject = "CN=large", .extra = {{"1.2.3.4.5", value}}});
    free(value);
    return cert;
}

START_TEST(MTLS_117_a_large_certificate)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct test_cert *fits = large(12 * 1024), *over = large(64 * 1024);

    struct as_peer peer = peer_of(&conf, TLS1_3_VERSION, fits);
    as_cert_drop(peer.cert);
    refused(&conf, over, (const int[]){47, 47}, "message_too_large");
    test_cert_free(fits);
    test_cert_free(over);
}
END_TEST

START_TEST(TLS_25_signatures_asked_of_clients)
{
    /* hash and signature as in TLS 1.2, in one number (RFC 8446 4.2.3) */
    static const int expected[] = {0x0403, 0x0807, 0x0503, 0x0804, 0x0805, 0x0806,
                                   0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);

    for (size_t v = 0; v < AS_COUNT(versions); v++) {
        SSL_CTX *client = tls_client(versions[v]);
        struct tls_pair pair;
        tls_show(client, kit.client);
        connect_to(&pair, &conf, client);
        ck_done(&pair);
        int count = SSL_get_sigalgs(pair.client, -1, NULL, NULL, NULL, NULL, NULL);
        ck_assert_int_eq(count, (int)AS_COUNT(expected));
        for (int i = 0; i < count; i++) {
            unsigned char sig = 0, hash = 0;
            SSL_get_sigalgs(pair.client, i, NULL, NULL, NULL, &sig, &hash);
            ck_assert_int_eq(hash << 8 | sig, expected[i]);
        }
        tls_close(&pair);
        SSL_CTX_free(client);
    }
}
END_TEST

START_TEST(TLS_25_clients_limited_to_sha1)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUIRE);
    struct test_cert *rsa =
        test_cert(NULL, (struct test_cert_ask){.subject = "CN=c", .key = "RSA:2048"});
    static const struct {
        const char *algorithms;
        bool passes;
    } rows[] = {
        {"RSA+SHA256", true}, {"RSA-PSS+SHA512", true}, {"RSA+SHA1", false}, {"RSA+SHA224", false}};

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        SSL_CTX *client = tls_client(TLS1_2_VERSION);
        struct tls_pair pair;
        tls_show(client, rsa);
        /* what the client signs with is what it and the server share */
        ck_assert(SSL_CTX_set1_sigalgs_list(client, rows[i].algorithms) == 1);
        connect_to(&pair, &conf, client);
        ck_assert_int_eq(pair.done, rows[i].passes);
        tls_close(&pair);
        SSL_CTX_free(client);
    }
    test_cert_free(rsa);
}
END_TEST

static struct as_trust *trust_of(const struct test_cert *client_ca, const struct test_cert *user_ca)
{
    char *client_file = test_cert_file(client_ca), *user_file = test_cert_file(user_ca);
    const char *anchors[] = {client_file, user_file};
    struct as_trust *trust = NULL;
    const struct as_trust_group_conf groups[] = {
        {.name = "banks", .use = AS_USE_CLIENT, .anchors = anchors, .anchor_count = 1},
        {.name = "people", .use = AS_USE_USER, .anchors = anchors + 1, .anchor_count = 1},
    };

    ck_ok(as_trust_new(groups, 2, NULL, NULL, &trust));
    test_file_drop(client_file);
    test_file_drop(user_file);
    return trust;
}

START_TEST(TLS_44_names_of_authorities)
{
    struct test_cert *people = test_ca("CN=People");
    struct as_trust *trust = trust_of(kit.ca, people);

    for (size_t i = 0; i < AS_COUNT(versions) * 2; i++) {
        struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
        struct as_tls_context *context = NULL;
        SSL_CTX *client = tls_client(versions[i % 2]);
        struct tls_pair pair;
        conf.ca_names = i >= 2;
        ck_ok(tls_context_of(&conf, trust, NULL, NULL, &context));
        tls_connect(&pair, context, client);
        ck_done(&pair);
        const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(pair.client);
        ck_assert_int_eq(names != NULL ? sk_X509_NAME_num(names) : 0, conf.ca_names ? 1 : 0);
        if (conf.ca_names) {
            ck_assert_int_eq(
                X509_NAME_cmp(sk_X509_NAME_value(names, 0), X509_get_subject_name(kit.ca->x509)),
                0);
        }
        tls_close(&pair);
        SSL_CTX_free(client);
        as_tls_context_drop(context);
    }
    as_trust_free(trust);
    test_cert_free(people);
}
END_TEST

START_TEST(MTLS_111_nothing_is_asked_after_the_handshake)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *client = tls_client(TLS1_3_VERSION);
    struct tls_pair pair;

    SSL_CTX_set_post_handshake_auth(client, 1);
    connect_to(&pair, &conf, client);
    ck_done(&pair);
    /* even a mistake could not: the context does not verify */
    ck_assert_int_eq(SSL_verify_client_post_handshake(pair.server), 0);
    tls_close(&pair);
    SSL_CTX_free(client);
}
END_TEST

AS_TESTS("edge/tls_client_cert", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_45_asked_or_not);
    tcase_add_test(t, MTLS_110_peers_with_and_without_a_certificate);
    tcase_add_test(t, MTLS_112_the_chain_is_kept_in_both_versions);
    tcase_add_test(t, TLS_46_the_handshake_judges_no_trust);
    tcase_add_test(t, MTLS_E11_a_certificate_is_demanded);
    tcase_add_test(t, MTLS_07_a_certificate_signed_for_by_another_key);
    tcase_add_test(t, MTLS_115_key_kinds);
    tcase_add_test(t, MTLS_117_too_many_certificates);
    tcase_add_test(t, MTLS_117_too_many_parts);
    tcase_add_test(t, MTLS_117_the_parts_of_all_count);
    tcase_add_test(t, TLS_43_a_certificate_message_too_long);
    tcase_add_test(t, MTLS_117_a_large_certificate);
    tcase_add_test(t, TLS_25_signatures_asked_of_clients);
    tcase_add_test(t, TLS_25_clients_limited_to_sha1);
    tcase_add_test(t, TLS_44_names_of_authorities);
    tcase_add_test(t, MTLS_111_nothing_is_asked_after_the_handshake);
})
