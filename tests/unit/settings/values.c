/* SPDX-License-Identifier: Apache-2.0 */
/* Each setting: what it takes, where that lands, and what it refuses, with line and words. */
#include "one.h"

START_TEST(defaults_are_those_of_the_manual)
{
    struct as_settings *s = conf_read(WHOLE);
    const struct as_listener_settings *l = s->listeners;

    ck_assert_uint_eq(s->profiles, 1U << AS_PROFILE_FAPI1 | 1U << AS_PROFILE_FAPI2);
    ck_assert_ptr_null(s->default_trust);
    ck_assert_uint_eq(s->workers, 0);
    ck_assert_ptr_null(l->origin);
    ck_assert_uint_eq(l->profile, 0);
    ck_assert_str_eq(l->min_version, "TLSv1.2");
    ck_assert(!l->ca_names && l->resumption);
    ck_assert_uint_eq(l->max_connections, 10000);
    ck_assert_uint_eq(l->max_per_address, 0);
    ck_assert_uint_eq(l->max_cert_list, 16384);
    ck_assert_uint_eq(s->trusts->intermediate_count, 0);
    ck_assert(s->trusts->strict && !s->trusts->partial_chain && !s->trusts->require_eku);
    ck_assert_uint_eq(s->trusts->depth, 5);
    ck_assert_str_eq(s->store_backend, "sqlite");
    ck_assert_str_eq(s->store_path, "/var/lib/fapid/fapid.db");
    ck_assert_str_eq(s->store_key_file, "/var/lib/fapid/kek");
    ck_assert_str_eq(s->admin_socket, "/run/fapid/admin.sock");
    ck_assert_ptr_null(s->admin_group);
    ck_assert_ptr_null(s->admin_http);
    ck_assert_uint_eq(s->methods, 3);
    ck_assert(!s->check_self_signed_validity && s->introspection_by_certificate);
    ck_assert_uint_eq(s->failures_per_minute, 60);
    ck_assert_uint_eq(s->failure_exempt_count, 0);
    ck_assert(!s->always_bind && !s->hsts_preload);
    ck_assert_int_eq(s->access_token_lifetime, 300);
    ck_assert_int_eq(s->log_format, AS_LOG_JSON);
    ck_assert_int_eq(s->log_level, AS_LOG_INFO);
    ck_assert_ptr_null(s->audit_file);
    as_settings_free(s);
}
END_TEST

START_TEST(REG_103_issuer)
{
    FIELD_TEXT("issuer", "\"https://as.example/brand1/v2\"", s->issuer,
               "https://as.example/brand1/v2");
    FIELD_TEXT("issuer", "\"https://as.example:8443\"", s->issuer, "https://as.example:8443");
    FIELD_TEXT("issuer", "\"https://127.0.0.1:8443\"", s->issuer, "https://127.0.0.1:8443");
    refuse_one("issuer", "\"http://as.example\"",
               "\"http://as.example\" does not start with https://");
    refuse_one("issuer", "\"HTTPS://as.example\"",
               "\"HTTPS://as.example\" does not start with https://");
    refuse_one("issuer", "\"https://as.example?\"",
               "\"https://as.example?\" has a query or a fragment");
    refuse_one("issuer", "\"https://as.example/a#b\"",
               "\"https://as.example/a#b\" has a query or a fragment");
    refuse_one("issuer", "\"https://as.example/\"",
               "\"https://as.example/\" ends in a slash, which not every client keeps");
    refuse_one("issuer", "\"https://as.example/a/\"",
               "\"https://as.example/a/\" ends in a slash, which not every client keeps");
    refuse_one("issuer", "\"https://as.example//a\"",
               "\"https://as.example//a\" has an empty or dotted segment in its path");
    refuse_one("issuer", "\"https://as.example/a/../b\"",
               "\"https://as.example/a/../b\" has an empty or dotted segment in its path");
    refuse_one("issuer", "\"https://as.example/./b\"",
               "\"https://as.example/./b\" has an empty or dotted segment in its path");
    refuse_one("issuer", "\"https://as.example/a%20b\"",
               "\"https://as.example/a%20b\" has a character in its path that is no letter, digit "
               "or one of -._~");
    refuse_one("issuer", "\"https://as.example/a b\"",
               "\"https://as.example/a b\" has a character in its path that is no letter, digit "
               "or one of -._~");
    refuse_one("issuer", "\"https://AS.example\"", "\"https://AS.example\" is not in lower case");
    refuse_one("issuer", "\"https://u@as.example\"", "\"https://u@as.example\" is no host name");
    refuse_one("issuer", "\"https://as.example:443\"",
               "\"https://as.example:443\" names port 443, which https means anyway");
    refuse_one("issuer", "\"https://as.example:0\"",
               "\"https://as.example:0\" has a port that is none");
    refuse_one("issuer", "\"https://as.example:08443\"",
               "\"https://as.example:08443\" has a port that is none");
    refuse_one("issuer", "\"https://as.example:\"",
               "\"https://as.example:\" has a port that is none");
    refuse_one("issuer", "\"https://\"", "\"https://\" is no host name");
    refuse_one("issuer", "\"\"", "\"\" is empty");
}
END_TEST

START_TEST(REG_103_issuer_is_bounded)
{
    char value[512] = "\"https://as.example/";
    char finding[1024];

    memset(value + strlen(value), 'a', 255 - strlen("https://as.example/"));
    snprintf(value + strlen(value), sizeof(value) - strlen(value), "\"");
    as_settings_free(read_one("issuer", value));
    snprintf(value + strlen(value) - 1, 3, "a\"");
    snprintf(finding, sizeof(finding), "%s is too long", value);
    refuse_one("issuer", value, finding);
}
END_TEST

START_TEST(root_settings)
{
    FIELD("profiles", "{oauth}", s->profiles, 1U << AS_PROFILE_OAUTH);
    FIELD("profiles", "fapi2", s->profiles, 1U << AS_PROFILE_FAPI2);
    refuse_one("profiles", "{fapi1, FAPI2}", "\"FAPI2\" is not some of fapi1, fapi2 or oauth");
    refuse_one("profiles", "{}", "0 values are given; it takes 1 to 64");
    FIELD_TEXT("default_trust", "banks", s->default_trust, "banks");
    FIELD_TEXT("default_trust", "\"\"", s->default_trust, NULL);
    refuse_one("default_trust", "\"no name\"",
               "\"no name\" is no name: a lower-case letter, then lower-case letters, digits, - "
               "and _");
    FIELD("workers", "256", s->workers, 256);
    refuse_one("workers", "257", "\"257\" is not a number from 0 to 256");
    refuse_one("workers", "-1", "\"-1\" is not a number from 0 to 256");
    refuse_one("workers", "2k", "\"2k\" is not a number from 0 to 256");
    refuse_one("workers", "\"\"", "\"\" is not a number from 0 to 256");
    refuse_one("workers", "99999999999999999999",
               "\"99999999999999999999\" is not a number from 0 to 256");
}
END_TEST

START_TEST(listener_address)
{
    FIELD_TEXT("listener.public.address", "\"0.0.0.0:443\"", s->listeners->address, "0.0.0.0:443");
    FIELD_TEXT("listener.public.address", "\"[2001:db8::1]:0\"", s->listeners->address,
               "[2001:db8::1]:0");
    refuse_one("listener.public.address", "\"localhost:443\"",
               "\"localhost:443\" is no IP address");
    refuse_one("listener.public.address", "\"0.0.0.0\"",
               "\"0.0.0.0\" does not end in a port: 192.0.2.1:8443 or [2001:db8::1]:8443");
    refuse_one("listener.public.address", "\"0.0.0.0:65536\"",
               "\"0.0.0.0:65536\" does not end in a port: 192.0.2.1:8443 or [2001:db8::1]:8443");
    refuse_one("listener.public.address", "\"[::1]\"",
               "\"[::1]\" does not end in a port: 192.0.2.1:8443 or [2001:db8::1]:8443");
    refuse_one("listener.public.address", "\"::1:443\"", "\"::1:443\" is no IP address");
    refuse_one("listener.public.address", "\"[2001:DB8::1]:443\"",
               "\"[2001:DB8::1]:443\" is not the shortest lower-case spelling of its address");
    refuse_one("listener.public.address", "\"\"", "\"\" is empty");
}
END_TEST

START_TEST(listener_names)
{
    FIELD("listener.public.names", "{\"as.example\", \"127.0.0.1\", \"[::1]\", \"localhost\"}",
          s->listeners->name_count, 4);
    refuse_one("listener.public.names", "{\"as.example\", \"AS.example\"}",
               "\"AS.example\" is not in lower case");
    refuse_one("listener.public.names", "{\"*.example\"}", "\"*.example\" is no host name");
    refuse_one("listener.public.names", "{\"as.example.\"}", "\"as.example.\" is no host name");
    refuse_one("listener.public.names", "{\"as..example\"}", "\"as..example\" is no host name");
    refuse_one("listener.public.names", "{\"-as.example\"}", "\"-as.example\" is no host name");
    refuse_one("listener.public.names", "{\"as-.example\"}", "\"as-.example\" is no host name");
    refuse_one("listener.public.names", "{\"as.example:443\"}",
               "\"as.example:443\" is no host name");
    refuse_one("listener.public.names", "{\"as.example\", \"\"}", "\"\" is empty");
    refuse_one("listener.public.names", "{\"1.2.3\"}", "\"1.2.3\" is no IP address");
    refuse_one("listener.public.names", "{\"::1\"}", "\"::1\" is no host name");
    refuse_one("listener.public.names", "{}", "0 values are given; it takes 1 to 64");
}
END_TEST

/* RFC 1035 2.3.4: labels of 63 octets, 253 in all. */
START_TEST(the_length_of_a_name)
{
    char name[256] = "", value[512], finding[512];

    for (int i = 0; i < 253; i++) {
        strcat(name, i % 64 == 63 ? "." : "a");
    }
    snprintf(value, sizeof(value), "{\"as.example\", \"%s\"}", name);
    FIELD("listener.public.names", value, s->listeners->name_count, 2);
    strcat(name, "a"); /* the last label is of 62 still */
    snprintf(value, sizeof(value), "{\"as.example\", \"%s\"}", name);
    snprintf(finding, sizeof(finding), "\"%s\" is no host name", name);
    refuse_one("listener.public.names", value, finding);
    name[64] = '\0';
    name[63] = 'a';
    snprintf(value, sizeof(value), "{\"as.example\", \"%s\"}", name);
    snprintf(finding, sizeof(finding), "\"%s\" is no host name", name);
    refuse_one("listener.public.names", value, finding);
}
END_TEST

START_TEST(listener_origin)
{
    FIELD_TEXT("listener.public.origin", "\"https://as.example:8443\"", s->listeners->origin,
               "https://as.example:8443");
    FIELD_TEXT("listener.public.origin", "\"\"", s->listeners->origin, NULL);
    refuse_one("listener.public.origin", "\"https://as.example/\"",
               "\"https://as.example/\" is more than https://host or https://host:port");
    refuse_one("listener.public.origin", "\"as.example\"",
               "\"as.example\" does not start with https://");
}
END_TEST

START_TEST(listener_files)
{
    FIELD("listener.public.certificate", "{\"tls/c\"}",
          ENDS(s->listeners->certificate[0], "/tls/c"), true);
    FIELD("listener.public.certificate", "{\"/abs/c\"}",
          strcmp(s->listeners->certificate[0], "/abs/c"), 0);
    FIELD("listener.public.key", "{\"k\"}", ENDS(s->listeners->key[0], "/k"), true);
    refuse_one("listener.public.certificate", "{}", "0 values are given; it takes 1 to 8");
    refuse_one("listener.public.key", "{a,b,c,d,e,f,g,h,i}", "9 values are given; it takes 1 to 8");
    refuse_one("listener.public.key", "{\"\", \"a\"}", "\"\" is empty");
}
END_TEST

START_TEST(listener_client_certificate)
{
    FIELD("listener.public.client_certificate", "request", s->listeners->client_certificate,
          AS_CLIENT_CERTIFICATE_REQUEST);
    FIELD("listener.public.client_certificate", "require", s->listeners->client_certificate,
          AS_CLIENT_CERTIFICATE_REQUIRE);
    refuse_one("listener.public.client_certificate", "required",
               "\"required\" is not none, request or require");
}
END_TEST

START_TEST(TLS_10_suite_profiles_by_name)
{
    FIELD("listener.public.profile", "fapi1", s->listeners->profile, AS_SUITES_FAPI1);
    FIELD("listener.public.profile", "fapi1_ecdhe", s->listeners->profile, AS_SUITES_FAPI1_ECDHE);
    FIELD("listener.public.profile", "bcp195", s->listeners->profile, AS_SUITES_BCP195);
}
END_TEST

START_TEST(TLS_17_a_misspelt_suite_profile_is_refused)
{
    refuse_one("listener.public.profile", "fapi_1",
               "\"fapi_1\" is not fapi1, fapi1_ecdhe or bcp195");
    refuse_one("listener.public.profile", "\"ECDHE-RSA-AES128-GCM-SHA256\"",
               "\"ECDHE-RSA-AES128-GCM-SHA256\" is not fapi1, fapi1_ecdhe or bcp195");
}
END_TEST

START_TEST(TLS_04_nothing_below_tls_1_2)
{
    FIELD_TEXT("listener.public.min_version", "TLSv1.2", s->listeners->min_version, "TLSv1.2");
    FIELD_TEXT("listener.public.min_version", "TLSv1.3", s->listeners->min_version, "TLSv1.3");
    refuse_one("listener.public.min_version", "TLSv1.1", "\"TLSv1.1\" is not TLSv1.2 or TLSv1.3");
    refuse_one("listener.public.min_version", "TLSv1", "\"TLSv1\" is not TLSv1.2 or TLSv1.3");
    refuse_one("listener.public.min_version", "SSLv3", "\"SSLv3\" is not TLSv1.2 or TLSv1.3");
}
END_TEST

START_TEST(listener_switches_and_bounds)
{
    FIELD("listener.public.ca_names", "on", s->listeners->ca_names, true);
    refuse_one("listener.public.ca_names", "yes", "\"yes\" is not on or off");
    FIELD("listener.public.resumption", "off", s->listeners->resumption, false);
    refuse_one("listener.public.resumption", "On", "\"On\" is not on or off");
    FIELD("listener.public.max_connections", "1", s->listeners->max_connections, 1U);
    refuse_one("listener.public.max_connections", "0", "\"0\" is not a number from 1 to 1000000");
    FIELD("listener.public.max_per_address", "1000000", s->listeners->max_per_address, 1000000U);
    refuse_one("listener.public.max_per_address", "1000001",
               "\"1000001\" is not a number from 0 to 1000000");
    FIELD("listener.public.max_cert_list", "100k", s->listeners->max_cert_list, 102400U);
    FIELD("listener.public.max_cert_list", "16384", s->listeners->max_cert_list, 16384U);
    refuse_one("listener.public.max_cert_list", "16383",
               "\"16383\" is not a size from 16k to 100k");
    refuse_one("listener.public.max_cert_list", "1M", "\"1M\" is not a size from 16k to 100k");
    refuse_one("listener.public.max_cert_list", "k", "\"k\" is not a size from 16k to 100k");
}
END_TEST

START_TEST(trust_settings)
{
    FIELD("trust.banks.use", "resource", s->trusts->use, AS_USE_RESOURCE);
    refuse_one("trust.banks.use", "clients", "\"clients\" is not client or resource");
    FIELD("trust.banks.anchors", "{\"a\", \"b\"}", s->trusts->anchor_count, 2);
    refuse_one("trust.banks.anchors", "{}", "0 values are given; it takes 1 to 64");
    FIELD("trust.banks.intermediates", "{\"i\"}", ENDS(s->trusts->intermediates[0], "/i"), true);
    FIELD("trust.banks.intermediates", "{}", s->trusts->intermediate_count, 0);
    refuse_one("trust.banks.intermediates", "{\"i\", \"\"}", "\"\" is empty");
    FIELD("trust.banks.strict", "off", s->trusts->strict, false);
    refuse_one("trust.banks.strict", "0", "\"0\" is not on or off");
    FIELD("trust.banks.partial_chain", "on", s->trusts->partial_chain, true);
    refuse_one("trust.banks.partial_chain", "true", "\"true\" is not on or off");
    FIELD("trust.banks.require_eku", "on", s->trusts->require_eku, true);
    refuse_one("trust.banks.require_eku", "\"\"", "\"\" is not on or off");
    FIELD("trust.banks.depth", "0", s->trusts->depth, 0U);
    refuse_one("trust.banks.depth", "6", "\"6\" is not a number from 0 to 5");
}
END_TEST

START_TEST(store_and_admin_settings)
{
    FIELD_TEXT("store.backend", "sqlite", s->store_backend, "sqlite");
    refuse_one("store.backend", "mysql", "\"mysql\" is not sqlite");
    FIELD("store.path", "\"x.db\"", ENDS(s->store_path, "/x.db"), true);
    refuse_one("store.path", "\"\"", "\"\" is empty");
    FIELD("store.key_file", "kek", ENDS(s->store_key_file, "/kek"), true);
    refuse_one("store.key_file", "\"\"", "\"\" is empty");
    FIELD("admin.socket", "\"a.sock\"", ENDS(s->admin_socket, "/a.sock"), true);
    FIELD_TEXT("admin.socket", "\"\"", s->admin_socket, NULL);
    FIELD_TEXT("admin.group", "ops", s->admin_group, "ops");
    FIELD_TEXT("admin.group", "\"\"", s->admin_group, NULL);
    FIELD_TEXT("admin.http", "\"127.0.0.1:9443\"", s->admin_http, "127.0.0.1:9443");
    FIELD_TEXT("admin.http", "\"[::1]:9443\"", s->admin_http, "[::1]:9443");
    FIELD_TEXT("admin.http", "\"\"", s->admin_http, NULL);
    refuse_one("admin.http", "\"192.0.2.1:9443\"",
               "\"192.0.2.1:9443\" is no loopback address: this listener has no TLS");
    refuse_one("admin.http", "\"0.0.0.0:9443\"",
               "\"0.0.0.0:9443\" is no loopback address: this listener has no TLS");
    refuse_one("admin.http", "\"[::]:9443\"",
               "\"[::]:9443\" is no loopback address: this listener has no TLS");
    refuse_one("admin.http", "\"127.0.0.1\"",
               "\"127.0.0.1\" does not end in a port: 192.0.2.1:8443 or [2001:db8::1]:8443");
}
END_TEST

START_TEST(MTLS_13_methods_can_be_switched_off)
{
    FIELD("authentication.methods", "{tls_client_auth}", s->methods,
          1U << AS_METHOD_TLS_CLIENT_AUTH);
    FIELD("authentication.methods", "{self_signed_tls_client_auth}", s->methods,
          1U << AS_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH);
    refuse_one("authentication.methods", "{TLS_CLIENT_AUTH}",
               "\"TLS_CLIENT_AUTH\" is not some of tls_client_auth or self_signed_tls_client_auth");
    refuse_one("authentication.methods", "{private_key_jwt}",
               "\"private_key_jwt\" is not some of tls_client_auth or self_signed_tls_client_auth");
    refuse_one("authentication.methods", "{}", "0 values are given; it takes 1 to 64");
}
END_TEST

START_TEST(MTLS_56_validity_of_self_signed_certificates)
{
    FIELD("authentication.check_self_signed_validity", "on", s->check_self_signed_validity, true);
    FIELD("authentication.check_self_signed_validity", "off", s->check_self_signed_validity, false);
    refuse_one("authentication.check_self_signed_validity", "maybe", "\"maybe\" is not on or off");
}
END_TEST

START_TEST(TLS_82_policies)
{
    FIELD("trust.banks.policies", "{\"1.3.6.1.4.1.99999.1\", \"2.5.29.32.0\"}",
          s->trusts->policy_count, 2);
    FIELD_TEXT("trust.banks.policies", "{\"2.5.29.32.0\"}", s->trusts->policies[0], "2.5.29.32.0");
    static const char *const bad[] = {"1",    "3.1",    "1..2",  "1.2.",
                                      ".1.2", "1.02.3", "1.2.x", "anyPolicy"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_ptr_nonnull(as_check_oid(bad[i]));
    }
    refuse_one("trust.banks.policies", "{\"1.2.x\"}",
               "\"1.2.x\" is no object identifier such as 1.3.6.1.4.1.99999.1");
}
END_TEST

START_TEST(TOK_128_token_format)
{
    FIELD("token.format", "sealed", s->token_format, AS_TOKEN_SEALED);
    FIELD("token.format", "jwt", s->token_format, AS_TOKEN_JWT);
    refuse_one("token.format", "JWT", "\"JWT\" is not sealed or jwt");
}
END_TEST

START_TEST(MTLS_76_always_bind)
{
    FIELD("token.always_bind", "on", s->always_bind, true);
    refuse_one("token.always_bind", "1", "\"1\" is not on or off");
}
END_TEST

START_TEST(MTLS_01a_introspection_by_certificate)
{
    FIELD("authentication.introspection_by_certificate", "off", s->introspection_by_certificate,
          false);
    refuse_one("authentication.introspection_by_certificate", "no", "\"no\" is not on or off");
}
END_TEST

START_TEST(TOK_13_exempt_addresses)
{
    FIELD("authentication.failures_per_minute", "1", s->failures_per_minute, 1U);
    refuse_one("authentication.failures_per_minute", "0",
               "\"0\" is not a number from 1 to 1000000");
    FIELD("authentication.failure_exempt", "{\"192.0.2.1\", \"2001:db8::1\"}",
          s->failure_exempt_count, 2);
    FIELD_TEXT("authentication.failure_exempt", "{\"2001:db8::1\"}", s->failure_exempt[0],
               "2001:db8::1");
    FIELD("authentication.failure_exempt", "{\"\"}", s->failure_exempt_count, 0);
    refuse_one("authentication.failure_exempt", "{\"192.0.2.0/24\"}",
               "\"192.0.2.0/24\" is no IP address");
    refuse_one("authentication.failure_exempt", "{\"2001:DB8::1\"}",
               "\"2001:DB8::1\" is not the shortest lower-case spelling of its address");
    refuse_one("authentication.failure_exempt", "{\"client.example\"}",
               "\"client.example\" is no IP address");
}
END_TEST

START_TEST(durations_go_down_to_a_second)
{
    FIELD("lifetime.access_token", "1s", s->access_token_lifetime, 1);
    FIELD("lifetime.access_token", "5m", s->access_token_lifetime, 300);
    FIELD("lifetime.access_token", "24h", s->access_token_lifetime, 86400);
    FIELD("lifetime.access_token", "1d", s->access_token_lifetime, 86400);
    refuse_one("lifetime.access_token", "0s", "\"0s\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "25h", "\"25h\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "300", "\"300\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "5M", "\"5M\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "1.5h", "\"1.5h\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "m", "\"m\" is not a duration from 1s to 24h");
    refuse_one("lifetime.access_token", "4294967295d",
               "\"4294967295d\" is not a duration from 1s to 24h");
}
END_TEST

START_TEST(TLS_41_preload_is_an_option)
{
    FIELD("http.hsts_preload", "on", s->hsts_preload, true);
    FIELD("http.hsts_preload", "off", s->hsts_preload, false);
    refuse_one("http.hsts_preload", "preload", "\"preload\" is not on or off");
}
END_TEST

START_TEST(log_and_audit_settings)
{
    FIELD("log.format", "plain", s->log_format, AS_LOG_PLAIN);
    refuse_one("log.format", "text", "\"text\" is not json or plain");
    FIELD("log.level", "debug", s->log_level, AS_LOG_DEBUG);
    FIELD("log.level", "error", s->log_level, AS_LOG_ERROR);
    refuse_one("log.level", "fatal", "\"fatal\" is not debug, info, notice, warning or error");
    FIELD("audit.file", "\"a.jsonl\"", ENDS(s->audit_file, "/a.jsonl"), true);
    FIELD_TEXT("audit.file", "\"\"", s->audit_file, NULL);
}
END_TEST

/* Adding a row without a case here shows. */
START_TEST(each_setting_can_be_given)
{
    ck_assert_uint_eq(as_setting_count, 59);
    for (size_t i = 0; i < as_setting_count; i++) {
        const struct as_setting *row = &as_setting_table[i];
        char path[128], value[256];

        if (row->preset == NULL || strcmp(row->key, "client_certificate") == 0) {
            continue; /* the one without a default, the other needed by all others */
        }
        const char *name = as_sections[row->section].name;
        snprintf(path, sizeof(path), "%s%s%s%s",
                 row->section == AS_SECTION_LISTENER ? "listener.public"
                 : row->section == AS_SECTION_TRUST  ? "trust.banks"
                                                     : name,
                 name[0] != '\0' ? "." : "", row->key, "");
        snprintf(value, sizeof(value),
                 row->list                ? "{%s}"
                 : row->preset[0] != '\0' ? "%s"
                                          : "\"%s\"",
                 row->preset);
        as_settings_free(read_one(path, value));
    }
}
END_TEST

START_TEST(what_has_no_default_is_asked_for)
{
    ck_finds(LISTENER TRUST, "f:1: issuer is missing: it takes an https URL");
    ck_finds(ISSUER "listener public {\n}\n",
             "f:3: listener.public.address is missing: it takes an IP address and a port\n"
             "f:3: listener.public.names is missing: it takes host names\n"
             "f:3: listener.public.certificate is missing: it takes files\n"
             "f:3: listener.public.key is missing: it takes files");
    ck_finds(ISSUER LISTENER "trust x {\n strict = off\n}\n",
             "f:3: trust.x.use is missing: it takes client or resource\n"
             "f:3: trust.x.anchors is missing: it takes files");
}
END_TEST

/* All that is wrong with values is told at once. */
START_TEST(findings_are_told_together)
{
    ck_finds("issuer = x\nworkers = x\n" LISTENER "log { level = x }\n",
             "f:1: issuer: \"x\" does not start with https://\n"
             "f:2: workers: \"x\" is not a number from 0 to 256\n"
             "f:4: log.level: \"x\" is not debug, info, notice, warning or error");
}
END_TEST

CONF_TESTS("settings/values", {
    tcase_add_test(t, defaults_are_those_of_the_manual);
    tcase_add_test(t, REG_103_issuer);
    tcase_add_test(t, REG_103_issuer_is_bounded);
    tcase_add_test(t, the_length_of_a_name);
    tcase_add_test(t, root_settings);
    tcase_add_test(t, listener_address);
    tcase_add_test(t, listener_names);
    tcase_add_test(t, listener_origin);
    tcase_add_test(t, listener_files);
    tcase_add_test(t, listener_client_certificate);
    tcase_add_test(t, TLS_10_suite_profiles_by_name);
    tcase_add_test(t, TLS_17_a_misspelt_suite_profile_is_refused);
    tcase_add_test(t, TLS_04_nothing_below_tls_1_2);
    tcase_add_test(t, listener_switches_and_bounds);
    tcase_add_test(t, trust_settings);
    tcase_add_test(t, store_and_admin_settings);
    tcase_add_test(t, MTLS_13_methods_can_be_switched_off);
    tcase_add_test(t, MTLS_56_validity_of_self_signed_certificates);
    tcase_add_test(t, TLS_82_policies);
    tcase_add_test(t, TOK_128_token_format);
    tcase_add_test(t, MTLS_76_always_bind);
    tcase_add_test(t, MTLS_01a_introspection_by_certificate);
    tcase_add_test(t, TOK_13_exempt_addresses);
    tcase_add_test(t, durations_go_down_to_a_second);
    tcase_add_test(t, TLS_41_preload_is_an_option);
    tcase_add_test(t, log_and_audit_settings);
    tcase_add_test(t, each_setting_can_be_given);
    tcase_add_test(t, what_has_no_default_is_asked_for);
    tcase_add_test(t, findings_are_told_together);
})
