/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OPENSSL_CONF can lower any program that uses OpenSSL without its knowledge; not this one. OpenSSL
 * reads the file once, at its first use, so that this program sets it before anything else.
 */
#include "edge/probe.h"
#include "unit/edge/support/tls.h"

static const char lowered[] = "openssl_conf = main\n"
                              "[main]\n"
                              "ssl_conf = modules\n"
                              "[modules]\n"
                              "system_default = low\n"
                              "[low]\n"
                              "MinProtocol = TLSv1\n"
                              "MaxProtocol = TLSv1.2\n"
                              "CipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0\n"
                              "Ciphersuites = TLS_AES_128_CCM_8_SHA256\n"
                              "Groups = P-521:X448\n"
                              "SignatureAlgorithms = RSA+SHA1:ECDSA+SHA1\n"
                              "ClientSignatureAlgorithms = RSA+SHA1\n"
                              "Options = UnsafeLegacyRenegotiation,SessionTicket,"
                              "-ExtendedMasterSecret,-ServerPreference,AllowNoDHEKEX\n"
                              "NumTickets = 5\n"
                              "RecordPadding = 64\n"
                              "VerifyMode = Request\n";

START_TEST(TLS_13_the_file_has_an_effect_on_others)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    ck_assert_int_eq(SSL_CTX_get_security_level(ctx), 0);
    ck_assert_int_eq(SSL_CTX_get_min_proto_version(ctx), TLS1_VERSION);
    ck_assert_int_eq(SSL_CTX_get_max_proto_version(ctx), TLS1_2_VERSION);
    ck_assert_uint_eq(SSL_CTX_get_num_tickets(ctx), 5);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_PEER);
    ck_assert_uint_ne(SSL_CTX_get_options(ctx) & SSL_OP_NO_EXTENDED_MASTER_SECRET, 0);
    SSL_CTX_free(ctx);
}
END_TEST

START_TEST(TLS_13_the_file_has_no_effect_here)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    SSL_CTX *ctx = as_tls_context_ssl(context);
    struct tls_told told = {.count = 0};

    ck_assert_int_eq(SSL_CTX_get_security_level(ctx), 2);
    ck_assert_int_eq(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
    ck_assert_int_eq(SSL_CTX_get_max_proto_version(ctx), TLS1_3_VERSION);
    ck_assert_uint_eq(SSL_CTX_get_num_tickets(ctx), 0);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(ctx), SSL_VERIFY_NONE);
    ck_assert_uint_eq(SSL_CTX_get_options(ctx),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET |
                          SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_CLEANSE_PLAINTEXT);
    ck_assert_msg(as_tls_probe(context, tls_tell, &told) == 0, "%s", told.text);
    as_tls_context_drop(context);
}
END_TEST

/* A client made of the same file, with what it takes to connect at all. */
static SSL_CTX *client_of(int version, const char *groups, const char *sigalgs)
{
    SSL_CTX *client = tls_client(version);

    SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_clear_options(client, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    ck_assert(SSL_CTX_set1_groups_list(client, groups) == 1);
    ck_assert(SSL_CTX_set1_sigalgs_list(client, sigalgs) == 1);
    return client;
}

static bool connects(SSL_CTX *client)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
    struct as_tls_context *context = tls_context(&conf);
    struct tls_pair pair;
    bool done = tls_connect(&pair, context, client);

    tls_close(&pair);
    SSL_CTX_free(client);
    as_tls_context_drop(context);
    return done;
}

START_TEST(TLS_25_groups_and_signatures_stay)
{
    ck_assert(connects(client_of(TLS1_3_VERSION, "P-256", "ECDSA+SHA256")));
    ck_assert(connects(client_of(TLS1_2_VERSION, "P-256", "RSA+SHA256")));
    ck_assert(!connects(client_of(TLS1_3_VERSION, "P-521", "ECDSA+SHA256")));
    ck_assert(!connects(client_of(TLS1_2_VERSION, "P-256", "RSA+SHA1")));
    ck_assert(!connects(client_of(TLS1_1_VERSION, "P-256", "RSA+SHA256")));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_13_the_file_has_an_effect_on_others);
    tcase_add_test(t, TLS_13_the_file_has_no_effect_here);
    tcase_add_test(t, TLS_25_groups_and_signatures_stay);
}

int main(void)
{
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/openssl-XXXXXX", as_test_tmp());
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, lowered, strlen(lowered)) != (ssize_t)strlen(lowered) ||
        close(fd) != 0 || setenv("OPENSSL_CONF", path, 1) != 0) {
        return EXIT_FAILURE;
    }
    int result = as_tests_run("edge/openssl_conf", add_tests);
    unlink(path);
    return result;
}
