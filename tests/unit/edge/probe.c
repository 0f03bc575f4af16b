/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/probe.h"

#include "unit/edge/support/tls.h"

/* What the probe finds; the messages go to *told. */
static size_t probe(const struct as_tls_context *context, struct tls_told *told)
{
    *told = (struct tls_told){.count = 0};
    return as_tls_probe(context, tls_tell, told);
}

/* Changes the context behind the listener's back and expects exactly these words. */
static void finds(const struct as_tls_context *context, const char *words)
{
    struct tls_told told;

    ck_assert_uint_ge(probe(context, &told), 1);
    ck_assert_msg(strstr(told.text, words) != NULL, "told \"%s\" instead of \"%s\"", told.text,
                  words);
}

START_TEST(TLS_10_probe_finds_each_profile_as_it_should_be)
{
    for (int profile = 0; profile < AS_SUITE_PROFILES; profile++) {
        struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_REQUEST);
        conf.suites = (enum as_suite_profile)profile;
        struct as_tls_context *context = tls_context(&conf);
        struct tls_told told;
        size_t differences = probe(context, &told);
        ck_assert_msg(differences == 0, "profile %s: %s", as_suite_profile_name(conf.suites),
                      told.text);
        as_tls_context_drop(context);
    }
}
END_TEST

START_TEST(TLS_10_probe_leaves_out_what_the_keys_cannot_serve)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    const struct as_suite *suites[AS_SUITES_MAX];
    struct tls_told told;

    conf.suites = AS_SUITES_BCP195;
    conf.certificate_count = 1; /* RSA alone */
    struct as_tls_context *context = tls_context(&conf);
    ck_assert_uint_eq(as_tls_context_suites(context, suites), 2);
    ck_assert_uint_eq(suites[0]->id, 0xC02F);
    ck_assert_uint_eq(suites[1]->id, 0xC030);
    ck_assert_uint_eq(probe(context, &told), 0);
    as_tls_context_drop(context);

    conf.certificate_files++; /* ECDSA alone */
    conf.key_files++;
    context = tls_context(&conf);
    ck_assert_uint_eq(as_tls_context_suites(context, suites), 2);
    ck_assert_uint_eq(suites[0]->id, 0xC02B);
    ck_assert_uint_eq(suites[1]->id, 0xC02C);
    ck_assert_uint_eq(probe(context, &told), 0);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_13_probe_names_a_suite_too_many)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);

    SSL_CTX_set_cipher_list(as_tls_context_ssl(context),
                            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
                            "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
                            "AES128-GCM-SHA256");
    finds(context, "self-probe: AES128-GCM-SHA256 is accepted in TLS 1.2, against the profile");
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_05_probe_names_a_suite_that_is_missing)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    struct tls_told told;

    SSL_CTX_set_cipher_list(as_tls_context_ssl(context),
                            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384");
    ck_assert_uint_eq(probe(context, &told), 2);
    ck_assert_str_eq(told.text,
                     "self-probe: DHE-RSA-AES128-GCM-SHA256 is refused in TLS 1.2, against the "
                     "profile\n"
                     "self-probe: DHE-RSA-AES256-GCM-SHA384 is refused in TLS 1.2, against the "
                     "profile\n");
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_15_probe_sees_the_suites_of_tls_13)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    SSL_CTX *ctx = as_tls_context_ssl(context);

    ck_assert(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") == 1);
    finds(context, "self-probe: TLS_CHACHA20_POLY1305_SHA256 is refused in TLS 1.3");
    ck_assert(SSL_CTX_set_ciphersuites(ctx,
                                       "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                       "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256") == 1);
    finds(context, "self-probe: TLS_AES_128_CCM_SHA256 is accepted in TLS 1.3");
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_02_probe_sees_old_versions)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    SSL_CTX *ctx = as_tls_context_ssl(context);

    SSL_CTX_set_security_level(ctx, 0);
    ck_assert(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1);
    ck_assert(SSL_CTX_set_cipher_list(ctx, "ALL") == 1);
    /* old versions sign with MD5 and SHA-1, which the lists of this listener do not have */
    ck_assert(SSL_CTX_set1_sigalgs_list(ctx, "RSA+SHA1:RSA+SHA256") == 1);
    finds(context, "self-probe: TLS 1.1 is accepted");
    finds(context, "self-probe: TLS 1.0 is accepted");
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_14_probe_sees_whose_order_wins)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);

    SSL_CTX_clear_options(as_tls_context_ssl(context), SSL_OP_CIPHER_SERVER_PREFERENCE);
    finds(context, "self-probe: the order of the client's suites wins");
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_04_probe_of_tls_13_alone)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    const struct as_suite *suites[AS_SUITES_MAX];
    struct tls_told told;

    conf.tls13_only = true;
    struct as_tls_context *context = tls_context(&conf);
    ck_assert_uint_eq(as_tls_context_suites(context, suites), 0);
    ck_assert_uint_eq(probe(context, &told), 0);
    SSL_CTX_set_min_proto_version(as_tls_context_ssl(context), TLS1_2_VERSION);
    ck_assert_uint_ge(probe(context, &told), 1);
    as_tls_context_drop(context);
}
END_TEST

START_TEST(TLS_10_probe_is_quick)
{
    struct as_listener_conf conf = tls_conf(AS_CLIENT_CERTIFICATE_NONE);
    struct as_tls_context *context = tls_context(&conf);
    struct tls_told told;

    int64_t before = as_clock_mono_ms();
    ck_assert_uint_eq(probe(context, &told), 0);
    /* some 30 ms; Valgrind takes its time */
    ck_assert_int_lt(as_clock_mono_ms() - before, 5000);
    as_tls_context_drop(context);
}
END_TEST

static enum as_edge_failure check(struct as_listener_conf *confs, size_t count,
                                  struct tls_told *told)
{
    const struct as_edge_conf conf = {.listeners = confs, .listener_count = count};

    *told = (struct tls_told){.count = 0};
    return as_edge_check(&conf, tls_tell, told);
}

START_TEST(TLS_27_check_of_all_listeners)
{
    struct as_listener_conf confs[2] = {
        tls_conf(AS_CLIENT_CERTIFICATE_NONE),
        {.name = "test", .kind = AS_LISTENER_PLAIN, .address = "127.0.0.1:9443"}};
    const char *missing = "/nonexistent/server.pem";
    struct tls_told told;

    confs[0].address = "127.0.0.1:8443";
    ck_assert_int_eq(check(confs, 2, &told), AS_EDGE_FINE);
    confs[0].certificate_files = &missing;
    confs[0].certificate_count = 1;
    ck_assert_int_eq(check(confs, 2, &told), AS_EDGE_BAD_CONFIGURATION);
    ck_assert_str_eq(told.text, "/nonexistent/server.pem: No such file or directory\n");
}
END_TEST

START_TEST(TLS_01_check_of_addresses)
{
    struct as_listener_conf confs[2] = {
        tls_conf(AS_CLIENT_CERTIFICATE_NONE),
        {.name = "test", .kind = AS_LISTENER_PLAIN, .address = "127.0.0.1:9443"}};
    struct tls_told told;

    confs[0].address = "localhost:8443";
    ck_assert_int_eq(check(confs, 2, &told), AS_EDGE_BAD_CONFIGURATION);
    ck_assert_msg(strncmp(told.text, "localhost:8443: ", 16) == 0, "%s", told.text);
    confs[0].address = "127.0.0.1:8443";
    confs[1].address = "0.0.0.0:9443"; /* without TLS only to this machine */
    ck_assert_int_eq(check(confs, 2, &told), AS_EDGE_BAD_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(told.text, "0.0.0.0:9443: "));
}
END_TEST

AS_TESTS("edge/probe", {
    tcase_add_unchecked_fixture(t, tls_setup, tls_teardown);
    tcase_add_test(t, TLS_10_probe_finds_each_profile_as_it_should_be);
    tcase_add_test(t, TLS_10_probe_leaves_out_what_the_keys_cannot_serve);
    tcase_add_test(t, TLS_13_probe_names_a_suite_too_many);
    tcase_add_test(t, TLS_05_probe_names_a_suite_that_is_missing);
    tcase_add_test(t, TLS_15_probe_sees_the_suites_of_tls_13);
    tcase_add_test(t, TLS_02_probe_sees_old_versions);
    tcase_add_test(t, TLS_14_probe_sees_whose_order_wins);
    tcase_add_test(t, TLS_04_probe_of_tls_13_alone);
    tcase_add_test(t, TLS_10_probe_is_quick);
    tcase_add_test(t, TLS_27_check_of_all_listeners);
    tcase_add_test(t, TLS_01_check_of_addresses);
})
