/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, suites, groups, signatures and protocol features, each in a whole handshake. */
#include "edge/tls_context.h"

#include "unit/edge/support/tls.h"

#define ECDHE_RSA "ECDHE-RSA-AES128-GCM-SHA256"

/* One handshake of a client made ready by the caller, who keeps nothing. */
static void once(struct tls_pair *pair, const struct as_listener_conf *conf, SSL_CTX *client)
{
    struct as_tls_context *context = tls_context(conf);

    tls_connect(pair, context, client);
    as_tls_context_drop(context);
    SSL_CTX_free(client);
}

static void passes(const struct as_listener_conf *conf, SSL_CTX *client)
{
    struct tls_pair pair;

    once(&pair, conf, client);

    ck_done(&pair);
    tls_close(&pair);
}

static void refused(const struct as_listener_conf *conf, SSL_CTX *client, int alert,
                    const char *reason)
{
    struct tls_pair pair;

    once(&pair, conf, client);

    ck_alert(&pair, alert, reason);
    tls_close(&pair);
}

START_TEST(TLS_02_old_versions)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    refused(&conf, tls_client(TLS1_VERSION), 70, "protocol_version");
    refused(&conf, tls_client(TLS1_1_VERSION), 70, "protocol_version");
    passes(&conf, tls_client(TLS1_2_VERSION));
    passes(&conf, tls_client(TLS1_3_VERSION));
}
END_TEST

START_TEST(TLS_03_the_newer_version_is_preferred)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    SSL_CTX *client = tls_client(TLS1_3_VERSION);

    SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
    struct tls_pair pair;

    once(&pair, &conf, client);
    ck_done(&pair);
    ck_assert_int_eq(SSL_version(pair.client), TLS1_3_VERSION);
    tls_close(&pair);
}
END_TEST

START_TEST(TLS_04_tls_13_alone)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    conf.tls13_only = true;
    refused(&conf, tls_client(TLS1_2_VERSION), 70, "protocol_version");
    passes(&conf, tls_client(TLS1_3_VERSION));
}
END_TEST

START_TEST(TLS_10_an_ec_key_alone_leaves_no_suite_of_fapi1)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    conf.certificate_files++;
    conf.key_files++;
    conf.certificate_count = 1;
    refused(&conf, tls_client(TLS1_2_VERSION), 70, "protocol_version");
    passes(&conf, tls_client(TLS1_3_VERSION));
}
END_TEST

static SSL_CTX *client_of_suite(const char *suite)
{
    SSL_CTX *client = tls_client(TLS1_2_VERSION);

    ck_assert(SSL_CTX_set_cipher_list(client, suite) == 1);
    return client;
}

START_TEST(TLS_10_suites_of_profiles)
{
    static const struct {
        enum as_suite_profile profile;
        const char *suite;
        bool served;
    } rows[] = {
        {AS_SUITES_FAPI1, "DHE-RSA-AES128-GCM-SHA256", true},
        {AS_SUITES_FAPI1, "ECDHE-RSA-AES128-GCM-SHA256", true},
        {AS_SUITES_FAPI1, "DHE-RSA-AES256-GCM-SHA384", true},
        {AS_SUITES_FAPI1, "ECDHE-RSA-AES256-GCM-SHA384", true},
        {AS_SUITES_FAPI1, "ECDHE-ECDSA-AES128-GCM-SHA256", false},
        {AS_SUITES_FAPI1, "ECDHE-RSA-CHACHA20-POLY1305", false},
        {AS_SUITES_FAPI1, "ECDHE-RSA-AES128-SHA256", false},
        {AS_SUITES_FAPI1, "AES128-GCM-SHA256", false},
        {AS_SUITES_FAPI1, "NULL-SHA256", false},
        {AS_SUITES_FAPI1, "ADH-AES128-GCM-SHA256", false},
        {AS_SUITES_FAPI1_ECDHE, "ECDHE-RSA-AES128-GCM-SHA256", true},
        {AS_SUITES_FAPI1_ECDHE, "ECDHE-RSA-AES256-GCM-SHA384", true},
        {AS_SUITES_FAPI1_ECDHE, "DHE-RSA-AES128-GCM-SHA256", false},
        {AS_SUITES_BCP195, "ECDHE-ECDSA-AES128-GCM-SHA256", true},
        {AS_SUITES_BCP195, "ECDHE-ECDSA-AES256-GCM-SHA384", true},
        {AS_SUITES_BCP195, "ECDHE-RSA-AES128-GCM-SHA256", true},
        {AS_SUITES_BCP195, "ECDHE-RSA-AES256-GCM-SHA384", true},
        {AS_SUITES_BCP195, "DHE-RSA-AES256-GCM-SHA384", false},
        {AS_SUITES_BCP195, "ECDHE-ECDSA-AES128-CCM8", false},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
        conf.suites = rows[i].profile;
        if (rows[i].served) {
            passes(&conf, client_of_suite(rows[i].suite));
        } else {
            refused(&conf, client_of_suite(rows[i].suite), 40, "no_shared_suite");
        }
    }
}
END_TEST

START_TEST(TLS_14_the_servers_order_wins)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct tls_pair pair;

    once(&pair, &conf, client_of_suite("AES128-SHA:DHE-RSA-AES256-GCM-SHA384:" ECDHE_RSA));

    ck_done(&pair);
    ck_assert_str_eq(SSL_get_cipher_name(pair.client), ECDHE_RSA);
    tls_close(&pair);
}
END_TEST

START_TEST(TLS_15_suites_of_tls_13)
{
    static const struct {
        const char *suite;
        bool served;
    } rows[] = {{"TLS_AES_128_GCM_SHA256", true},
                {"TLS_AES_256_GCM_SHA384", true},
                {"TLS_CHACHA20_POLY1305_SHA256", true},
                {"TLS_AES_128_CCM_SHA256", false},
                {"TLS_AES_128_CCM_8_SHA256", false}};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        SSL_CTX *client = tls_client(TLS1_3_VERSION);
        ck_assert(SSL_CTX_set_ciphersuites(client, rows[i].suite) == 1);
        if (rows[i].served) {
            passes(&conf, client);
        } else {
            refused(&conf, client, 40, "no_shared_suite");
        }
    }
}
END_TEST

/* The server's ephemeral key of one handshake; the caller frees it. */
static EVP_PKEY *ephemeral(const struct as_listener_conf *conf, SSL_CTX *client)
{
    struct tls_pair pair;

    once(&pair, conf, client);
    EVP_PKEY *key = NULL;

    ck_done(&pair);
    ck_assert(SSL_get_peer_tmp_key(pair.client, &key) == 1);
    tls_close(&pair);
    return key;
}

START_TEST(TLS_20_group_of_dhe)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    EVP_PKEY *key = ephemeral(&conf, client_of_suite("DHE-RSA-AES128-GCM-SHA256"));

    ck_assert(EVP_PKEY_is_a(key, "DH"));
    ck_assert_int_eq(EVP_PKEY_get_bits(key), 2048);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(TLS_26_ephemeral_keys_are_not_reused)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    static const char *const suites[] = {"DHE-RSA-AES128-GCM-SHA256", ECDHE_RSA};

    for (size_t i = 0; i < AS_COUNT(suites); i++) {
        EVP_PKEY *one = ephemeral(&conf, client_of_suite(suites[i]));
        EVP_PKEY *two = ephemeral(&conf, client_of_suite(suites[i]));
        ck_assert_int_eq(EVP_PKEY_parameters_eq(one, two), 1);
        ck_assert_int_eq(EVP_PKEY_eq(one, two), 0);
        EVP_PKEY_free(one);
        EVP_PKEY_free(two);
    }
}
END_TEST

static SSL_CTX *client_of_groups(int version, const char *groups)
{
    SSL_CTX *client = version == TLS1_2_VERSION ? client_of_suite(ECDHE_RSA) : tls_client(version);

    ck_assert_msg(SSL_CTX_set1_groups_list(client, groups) == 1, "no group %s", groups);
    return client;
}

START_TEST(TLS_21_groups)
{
    static const char *const served[] = {"X25519", "P-256", "P-384"};
    static const char *const others_12[] = {"P-521", "X448", "P-224", "secp256k1"};
    static const char *const others_13[] = {"P-521", "X448", "ffdhe2048", "ffdhe3072"};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (size_t i = 0; i < AS_COUNT(served); i++) {
        passes(&conf, client_of_groups(TLS1_2_VERSION, served[i]));
        passes(&conf, client_of_groups(TLS1_3_VERSION, served[i]));
    }
    for (size_t i = 0; i < AS_COUNT(others_12); i++) {
        refused(&conf, client_of_groups(TLS1_2_VERSION, others_12[i]), 40, "no_shared_suite");
    }
    for (size_t i = 0; i < AS_COUNT(others_13); i++) {
        refused(&conf, client_of_groups(TLS1_3_VERSION, others_13[i]), 40, "no_shared_group");
    }
}
END_TEST

START_TEST(TLS_21_another_group_by_a_second_hello)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    /* the key share is for P-521, so that a HelloRetryRequest asks for P-256 */
    passes(&conf, client_of_groups(TLS1_3_VERSION, "P-521:P-256"));
}
END_TEST

#define SERVER_KEY_EXCHANGE 12

/* Keeps the first octet of the point in a ServerKeyExchange (RFC 8422 5.4). */
static void on_message(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl,
                       void *arg)
{
    const unsigned char *p = bytes;

    (void)version, (void)ssl;
    if (!sent && type == SSL3_RT_HANDSHAKE && p[0] == SERVER_KEY_EXCHANGE && len > 8) {
        *(int *)arg = p[8]; /* header 4, curve type 1, curve 2, length 1 */
    }
}

START_TEST(TLS_22_points_are_not_compressed)
{
    static const char *const curves[] = {"P-256", "P-384"};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (size_t i = 0; i < AS_COUNT(curves); i++) {
        int first = -1;
        SSL_CTX *client = client_of_groups(TLS1_2_VERSION, curves[i]);
        SSL_CTX_set_msg_callback(client, on_message);
        SSL_CTX_set_msg_callback_arg(client, &first);
        passes(&conf, client);
        ck_assert_int_eq(first, 0x04);
    }
}
END_TEST

static SSL_CTX *client_of_sigalgs(int version, const char *list)
{
    SSL_CTX *client = tls_client(version);

    ck_assert_msg(SSL_CTX_set1_sigalgs_list(client, list) == 1, "no algorithms %s", list);
    return client;
}

START_TEST(TLS_25_signatures_of_the_server)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    passes(&conf, client_of_sigalgs(TLS1_2_VERSION, "rsa_pkcs1_sha256"));
    passes(&conf, client_of_sigalgs(TLS1_2_VERSION, "rsa_pss_rsae_sha512"));
    passes(&conf, client_of_sigalgs(TLS1_3_VERSION, "rsa_pss_rsae_sha256"));
    passes(&conf, client_of_sigalgs(TLS1_3_VERSION, "ecdsa_secp256r1_sha256"));
    refused(&conf, client_of_sigalgs(TLS1_2_VERSION, "RSA+SHA1"), 40,
            "no_shared_signature_algorithm");
    refused(&conf, client_of_sigalgs(TLS1_2_VERSION, "RSA+SHA224"), 40,
            "no_shared_signature_algorithm");
    refused(&conf, client_of_sigalgs(TLS1_3_VERSION, "rsa_pkcs1_sha256"), 40,
            "no_shared_signature_algorithm");
}
END_TEST

START_TEST(TLS_30_renegotiation)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct tls_pair pair;

    once(&pair, &conf, tls_client(TLS1_2_VERSION));
    unsigned char byte;

    ck_done(&pair);
    ck_assert_int_eq(SSL_get_secure_renegotiation_support(pair.client), 1);
    ck_assert_int_eq(pair.alert, -1);
    ck_assert(SSL_renegotiate(pair.client) == 1);
    SSL_do_handshake(pair.client);
    ck_assert_int_le(SSL_read(pair.server, &byte, 1), 0);
    SSL_do_handshake(pair.client);
    ck_assert_int_eq(pair.alert, 100); /* no_renegotiation */
    tls_close(&pair);
}
END_TEST

START_TEST(TLS_31_extended_master_secret)
{
    struct as_listener_conf asks = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_listener_conf plain = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (int lacks = 0; lacks < 2; lacks++) {
        SSL_CTX *clients[3];
        for (size_t i = 0; i < 3; i++) {
            clients[i] = tls_client(i == 2 ? TLS1_3_VERSION : TLS1_2_VERSION);
            SSL_CTX_set_options(clients[i], lacks ? SSL_OP_NO_EXTENDED_MASTER_SECRET : 0);
        }
        if (lacks) {
            refused(&asks, clients[0], 40, "no_extended_master_secret");
        } else {
            struct tls_pair pair;

            once(&pair, &asks, clients[0]);
            ck_done(&pair);
            ck_assert_int_eq(SSL_get_extms_support(pair.client), 1);
            tls_close(&pair);
        }
        passes(&plain, clients[1]);
        passes(&asks, clients[2]); /* built into TLS 1.3 */
    }
}
END_TEST

static SSL_CTX *client_of_alpn(int version, const char *protocols, unsigned len)
{
    SSL_CTX *client = tls_client(version);

    ck_assert(SSL_CTX_set_alpn_protos(client, (const unsigned char *)protocols, len) == 0);
    return client;
}

START_TEST(TLS_38_application_protocol)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (size_t i = 0; i < AS_COUNT(versions); i++) {
        const unsigned char *chosen = NULL;
        unsigned len = 0;
        struct tls_pair pair;

        once(&pair, &conf, client_of_alpn(versions[i], "\x02h2\x08http/1.1", 12));
        ck_done(&pair);
        SSL_get0_alpn_selected(pair.client, &chosen, &len);
        ck_assert(as_span_is(as_span_bytes(chosen, len), "http/1.1"));
        tls_close(&pair);
        refused(&conf, client_of_alpn(versions[i], "\x02h2", 3), 120, "no_application_protocol");
        refused(&conf, client_of_alpn(versions[i], "\x08http/1.0", 9), 120,
                "no_application_protocol");
        passes(&conf, tls_client(versions[i])); /* no offer at all */
    }
}
END_TEST

/* Connects with this SNI; NULL: none. */
static void with_sni(struct tls_pair *pair, const struct as_listener_conf *conf, int version,
                     const char *name)
{
    struct as_tls_context *context = tls_context(conf);
    SSL_CTX *client = tls_client(version);

    tls_open(pair, context, client);
    if (name != NULL) {
        ck_assert(SSL_set_tlsext_host_name(pair->client, name) == 1);
    }
    tls_shake(pair);
    as_tls_context_drop(context);
    SSL_CTX_free(client);
}

START_TEST(TLS_36_server_names)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const struct {
        const char *asked, *known;
    } rows[] = {{"as.example", "as.example"},
                {"AS.EXAMPLE", "as.example"},
                {"mtls.as.example", TLS_NAME2},
                {"nope.test", NULL},
                {"example", NULL},
                {"x.as.example", NULL},
                {"as.example.", NULL},
                {"as.examplex", NULL}};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    for (size_t i = 0; i < AS_COUNT(versions) * AS_COUNT(rows); i++) {
        size_t row = i / 2;
        struct tls_pair pair;
        with_sni(&pair, &conf, versions[i % 2], rows[row].asked);
        if (rows[row].known != NULL) {
            ck_done(&pair);
            ck_assert_str_eq(as_tls_peer_sni(pair.server), rows[row].known);
        } else {
            ck_alert(&pair, 112, "unknown_server_name");
        }
        tls_close(&pair);
    }
}
END_TEST

START_TEST(TLS_37_no_server_name)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct tls_pair pair;
    with_sni(&pair, &conf, TLS1_3_VERSION, NULL);

    ck_done(&pair);
    ck_assert_ptr_null(as_tls_peer_sni(pair.server));
    tls_close(&pair);
}
END_TEST

START_TEST(TLS_28_what_is_sent)
{
    struct test_cert *lower = test_sub_ca(kit.ca, "CN=Lower");
    struct test_cert *leaf = tls_server_cert(lower, "P-256");
    const struct test_cert *certs[] = {leaf, lower, kit.ca};
    char *text = test_certs_pem(certs, 3);
    const char *cert = test_file(text), *key = test_key_file(leaf);
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);

    conf.certificate_files = &cert;
    conf.key_files = &key;
    conf.certificate_count = 1;
    struct tls_pair pair;

    once(&pair, &conf, tls_client(TLS1_3_VERSION));
    ck_done(&pair);
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(pair.client);
    ck_assert_int_eq(sk_X509_num(sent), 2);
    ck_assert_int_eq(X509_cmp(sk_X509_value(sent, 0), leaf->x509), 0);
    ck_assert_int_eq(X509_cmp(sk_X509_value(sent, 1), lower->x509), 0);
    tls_close(&pair);
    unlink(cert);
    unlink(key);
    free((void *)(uintptr_t)cert);
    free((void *)(uintptr_t)key);
    free(text);
    test_cert_free(leaf);
    test_cert_free(lower);
}
END_TEST

/* What a listener is told at its making. */
static as_err told_of(const struct as_listener_conf *conf, struct tls_told *told)
{
    struct as_tls_context *context = NULL;

    *told = (struct tls_told){.count = 0};
    as_err err = tls_context_of(conf, NULL, tls_tell, told, &context);
    as_tls_context_drop(context);
    return err;
}

START_TEST(TLS_28_a_name_that_no_certificate_covers)
{
    const char *names[] = {TLS_NAME, "other.example"};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct tls_told told;

    ck_ok(told_of(&conf, &told));
    ck_assert_ptr_null(strstr(told.text, "warning"));
    conf.names = names;
    ck_ok(told_of(&conf, &told));
    ck_assert_ptr_nonnull(strstr(
        told.text, "warning: no subjectAltName of the RSA certificate covers other.example\n"));
    ck_assert_ptr_nonnull(strstr(
        told.text, "warning: no subjectAltName of the ECDSA certificate covers other.example\n"));
    ck_assert_ptr_null(strstr(told.text, "covers as.example\n"));
}
END_TEST

START_TEST(TLS_10_what_a_listener_offers_is_told)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct tls_told told;

    ck_ok(told_of(&conf, &told));
    ck_assert_str_eq(told.text, "offers TLS 1.3 and TLS 1.2 with "
                                "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
                                "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384, "
                                "groups X25519:P-256:P-384, security level 2, keys RSA ECDSA\n");
    conf.certificate_files++;
    conf.key_files++;
    conf.certificate_count = 1;
    ck_ok(told_of(&conf, &told));
    ck_assert_str_eq(told.text, "offers TLS 1.3 alone, groups X25519:P-256:P-384, security level "
                                "2, keys ECDSA\n"
                                "warning: the certificates serve no suite of profile fapi1, so "
                                "that TLS 1.2 is off\n");
}
END_TEST

START_TEST(TLS_27_certificates_that_make_no_listener)
{
    const char *twice_cert[] = {kit.rsa_cert, kit.rsa_cert};
    const char *twice_key[] = {kit.rsa_key, kit.rsa_key};
    const char *crossed_key[] = {kit.ec_key, kit.rsa_key};
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct tls_told told;

    ck_ok(told_of(&conf, &told));
    conf.certificate_count = 0;
    ck_refuses(told_of(&conf, &told), AS_BAD_CONFIGURATION,
               "a listener needs a name, a certificate and a key");
    conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    conf.name_count = 0;
    ck_refuses(told_of(&conf, &told), AS_BAD_CONFIGURATION,
               "a listener needs a name, a certificate and a key");
    conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    conf.key_files = crossed_key;
    ck_refuses(told_of(&conf, &told), AS_BAD_CONFIGURATION,
               "the key does not belong to the certificate");
    conf.certificate_files = twice_cert;
    conf.key_files = twice_key;
    ck_refuses(told_of(&conf, &told), AS_BAD_CONFIGURATION,
               "two certificates have keys of the same kind");
}
END_TEST

START_TEST(TLS_32_options_are_exactly_these)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    SSL_CTX *ctx = as_tls_context_ssl(context);

    ck_assert_uint_eq(SSL_CTX_get_options(ctx),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET |
                          SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_CLEANSE_PLAINTEXT);
    ck_assert_int_eq(SSL_CTX_get_security_level(ctx), 2);
    ck_assert_uint_eq(SSL_CTX_get_max_early_data(ctx), 0);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(a_context_lives_while_a_connection_does)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    SSL_CTX *client = tls_client(TLS1_3_VERSION);
    struct as_tls_context *context = tls_context(&conf);
    struct tls_pair pair;

    conf = (struct as_listener_conf){.name = NULL}; /* it was copied */
    tls_open(&pair, context, client);
    as_tls_context_drop(context); /* the listener has swapped it */
    ck_assert(tls_shake(&pair));
    ck_assert_str_eq(as_tls_context_conf(as_tls_context_of(pair.server))->names[0], TLS_NAME);
    tls_close(&pair);
    SSL_CTX_free(client);
}
END_TEST

AS_TESTS("edge/tls_context", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_02_old_versions);
    tcase_add_test(t, TLS_03_the_newer_version_is_preferred);
    tcase_add_test(t, TLS_04_tls_13_alone);
    tcase_add_test(t, TLS_10_an_ec_key_alone_leaves_no_suite_of_fapi1);
    tcase_add_test(t, TLS_10_suites_of_profiles);
    tcase_add_test(t, TLS_14_the_servers_order_wins);
    tcase_add_test(t, TLS_15_suites_of_tls_13);
    tcase_add_test(t, TLS_20_group_of_dhe);
    tcase_add_test(t, TLS_26_ephemeral_keys_are_not_reused);
    tcase_add_test(t, TLS_21_groups);
    tcase_add_test(t, TLS_21_another_group_by_a_second_hello);
    tcase_add_test(t, TLS_22_points_are_not_compressed);
    tcase_add_test(t, TLS_25_signatures_of_the_server);
    tcase_add_test(t, TLS_30_renegotiation);
    tcase_add_test(t, TLS_31_extended_master_secret);
    tcase_add_test(t, TLS_38_application_protocol);
    tcase_add_test(t, TLS_36_server_names);
    tcase_add_test(t, TLS_37_no_server_name);
    tcase_add_test(t, TLS_28_what_is_sent);
    tcase_add_test(t, TLS_28_a_name_that_no_certificate_covers);
    tcase_add_test(t, TLS_10_what_a_listener_offers_is_told);
    tcase_add_test(t, TLS_27_certificates_that_make_no_listener);
    tcase_add_test(t, TLS_32_options_are_exactly_these);
    tcase_add_test(t, a_context_lives_while_a_connection_does);
})
