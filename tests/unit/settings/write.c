/* SPDX-License-Identifier: Apache-2.0 */
/* `fapid -T`: what is printed reads again as the same settings, and says where each came from. */
#include "confs.h"

#define FULL                                                                                       \
    "issuer = \"https://as.example/b\"\nprofiles = {oauth}\n" LISTENER                             \
    "listener mtls { address = \"[::1]:8444\" names = {\"mtls.as.example\", \"[::1]\"} "           \
    "origin = \"https://mtls.as.example:8444\" certificate = {\"a\", \"b\"} key = {\"a\", "        \
    "'b c'} client_certificate = require profile = bcp195 min_version = TLSv1.3 ca_names = on "    \
    "resumption = off max_connections = 5 max_per_address = 4 max_cert_list = 20000 }\n" TRUST     \
    "trust rs { use = resource anchors = {\"a\"} intermediates = {\"i\", \"j\"} strict = off "     \
    "partial_chain = on require_eku = on depth = 2 }\ndefault_trust = banks\nworkers = 3\n"        \
    "store { path = \"/q\\\"\\\\\\${HOME}#\" key_file = \"x//y\" }\n"                              \
    "admin { socket = \"\" group = \"ops\" http = \"[::1]:9443\" }\n"                              \
    "authentication { methods = {self_signed_tls_client_auth} check_self_signed_validity = on "    \
    "introspection_by_certificate = off failures_per_minute = 7 failure_exempt = {\"192.0.2.1\"} " \
    "}\ntoken { always_bind = on }\nlifetime { access_token = 90s }\nhttp { hsts_preload = on }\n" \
    "log { format = plain level = debug }\naudit { file = \"a\" }\n"

static char printed[2][65536];

static void print(const struct as_settings *settings, char out[65536])
{
    struct as_buf buf = AS_BUF(65535);

    ck_ok(as_settings_write(settings, &buf));
    memcpy(out, buf.ptr, buf.len);
    out[buf.len] = '\0';
    as_buf_free(&buf);
}

/* The text without what follows a value; no value of these tests holds "  # ". */
static void strip_origins(char *text)
{
    char *to = text;
    bool skip = false;

    for (const char *c = text; *c != '\0'; c++) {
        skip = *c == '\n' ? false : skip || strncmp(c, "  # ", 4) == 0;
        if (!skip && *c != ' ') {
            *to++ = *c;
        }
    }
    *to = '\0';
}

static void expect_same_lists(const char *const *a, const char *const *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(a[i], b[i]);
    }
}

static void expect_same_listener(const struct as_listener_settings *a,
                                 const struct as_listener_settings *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_str_eq(a->address, b->address);
    ck_assert_pstr_eq(a->origin, b->origin);
    ck_assert_uint_eq(a->name_count, b->name_count);
    expect_same_lists(a->names, b->names, a->name_count);
    ck_assert_uint_eq(a->certificate_count, b->certificate_count);
    expect_same_lists(a->certificate, b->certificate, a->certificate_count);
    expect_same_lists(a->key, b->key, a->key_count);
    ck_assert_uint_eq(a->client_certificate, b->client_certificate);
    ck_assert_uint_eq(a->profile, b->profile);
    ck_assert_str_eq(a->min_version, b->min_version);
    ck_assert(a->ca_names == b->ca_names && a->resumption == b->resumption);
    ck_assert_uint_eq(a->max_connections, b->max_connections);
    ck_assert_uint_eq(a->max_per_address, b->max_per_address);
    ck_assert_uint_eq(a->max_cert_list, b->max_cert_list);
}

static void expect_same_trust(const struct as_trust_group_conf *a,
                              const struct as_trust_group_conf *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_int_eq(a->use, b->use);
    ck_assert_uint_eq(a->anchor_count, b->anchor_count);
    expect_same_lists(a->anchors, b->anchors, a->anchor_count);
    ck_assert_uint_eq(a->intermediate_count, b->intermediate_count);
    expect_same_lists(a->intermediates, b->intermediates, a->intermediate_count);
    ck_assert(a->strict == b->strict && a->partial_chain == b->partial_chain);
    ck_assert(a->require_eku == b->require_eku && a->depth == b->depth);
}

static void expect_same(const struct as_settings *a, const struct as_settings *b)
{
    ck_assert_str_eq(a->issuer, b->issuer);
    ck_assert_uint_eq(a->listener_count, b->listener_count);
    for (size_t i = 0; i < a->listener_count; i++) {
        expect_same_listener(&a->listeners[i], &b->listeners[i]);
    }
    ck_assert_int_eq(a->issuer_listener - a->listeners, b->issuer_listener - b->listeners);
    ck_assert_pstr_eq(a->mtls_origin, b->mtls_origin);
    ck_assert_uint_eq(a->trust_count, b->trust_count);
    for (size_t i = 0; i < a->trust_count; i++) {
        expect_same_trust(&a->trusts[i], &b->trusts[i]);
    }
    ck_assert_uint_eq(a->profiles, b->profiles);
    ck_assert_pstr_eq(a->default_trust, b->default_trust);
    ck_assert_str_eq(a->store_path, b->store_path);
    ck_assert_str_eq(a->store_key_file, b->store_key_file);
    ck_assert_pstr_eq(a->admin_socket, b->admin_socket);
    ck_assert_pstr_eq(a->admin_group, b->admin_group);
    ck_assert_pstr_eq(a->admin_http, b->admin_http);
    ck_assert_int_eq(a->access_token_lifetime, b->access_token_lifetime);
    ck_assert(a->check_self_signed_validity == b->check_self_signed_validity);
    ck_assert(a->always_bind == b->always_bind && a->hsts_preload == b->hsts_preload);
    ck_assert(a->introspection_by_certificate == b->introspection_by_certificate);
    ck_assert_uint_eq(a->methods, b->methods);
    ck_assert_uint_eq(a->failures_per_minute, b->failures_per_minute);
    ck_assert_uint_eq(a->failure_exempt_count, b->failure_exempt_count);
    expect_same_lists(a->failure_exempt, b->failure_exempt, a->failure_exempt_count);
    ck_assert_uint_eq(a->workers, b->workers);
    ck_assert(a->log_format == b->log_format && a->log_level == b->log_level);
    ck_assert_pstr_eq(a->audit_file, b->audit_file);
}

static void round_trip(const char *text)
{
    struct as_settings *first = conf_read(text);

    ck_assert_msg(first != NULL, "%s", said);
    print(first, printed[0]);
    ck_assert_int_eq(mkdir("sub", 0755), 0); /* elsewhere: paths do not move */
    conf_put("sub/g", printed[0]);
    struct as_settings *second = NULL;
    said[0] = '\0';
    as_err err = as_settings_read("sub/g", NULL, 0, conf_tell, NULL, &second);
    ck_assert_msg(!as_failed(err), "%s", said);
    expect_same(first, second);
    print(second, printed[1]);
    ck_assert_str_ne(printed[0], printed[1]); /* the origins differ */
    strip_origins(printed[0]);
    strip_origins(printed[1]);
    ck_assert_str_eq(printed[0], printed[1]);
    as_settings_free(first);
    as_settings_free(second);
}

START_TEST(what_is_printed_reads_again)
{
    round_trip(FULL);
}
END_TEST

START_TEST(defaults_read_again)
{
    round_trip(WHOLE);
}
END_TEST

START_TEST(each_value_says_its_origin)
{
    const struct as_setting_override sets[] = {{"lifetime.access_token", "2s"}};

    conf_put("g", "\nworkers = 2\n");
    conf_put("f", WHOLE "include(\"g\")\n");
    struct as_settings *settings = conf_read_with(sets, 1);
    print(settings, printed[0]);
    ck_assert_ptr_nonnull(strstr(printed[0], "  # f:1\n"));
    ck_assert_ptr_nonnull(strstr(printed[0], "workers = 2                   "));
    ck_assert_ptr_nonnull(strstr(printed[0], "  # g:2\n"));
    ck_assert_ptr_nonnull(strstr(printed[0], "    access_token = 2s"));
    ck_assert_ptr_nonnull(strstr(printed[0], "  # command line\n"));
    ck_assert_ptr_nonnull(strstr(printed[0], "    depth = 5     "));
    ck_assert_ptr_nonnull(strstr(printed[0], "  # default\n"));
    as_settings_free(settings);
}
END_TEST

START_TEST(a_buffer_that_is_too_small)
{
    struct as_settings *settings = conf_read(WHOLE);
    struct as_buf buf = AS_BUF(64);

    ck_refuses(as_settings_write(settings, &buf), AS_SERVER_ERROR,
               "the configuration does not fit the buffer");
    as_buf_free(&buf);
    as_settings_free(settings);
}
END_TEST

START_TEST(where_a_setting_stands)
{
    const struct as_setting_override sets[] = {{"listener.public.names", "as.example"}};
    static const struct {
        const char *key, *where;
    } cases[] = {
        {"issuer", "f:1"},
        {"trust.banks.anchors", "f:5"},
        {"trust.banks.strict", "f:3"}, /* not given: its section */
        {"listener.public.names", "command line"},
        {"store.path", "f:1"}, /* not given, nor its section */
        {"workers", "f:1"},
        {"trust.other.anchors", "f:1"},
        {"nonsense", "f:1"},
    };
    char where[AS_SETTINGS_WHERE];

    conf_put("f", ISSUER LISTENER "trust banks {\n use = client\n anchors = {\"a\"}\n}\n");
    struct as_settings *settings = conf_read_with(sets, 1);
    ck_assert_msg(settings != NULL, "%s", said);
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        as_settings_where(settings, cases[i].key, where);
        ck_assert_str_eq(where, cases[i].where);
    }
    as_settings_free(settings);
}
END_TEST

CONF_TESTS("settings/write", {
    tcase_add_test(t, where_a_setting_stands);
    tcase_add_test(t, what_is_printed_reads_again);
    tcase_add_test(t, defaults_read_again);
    tcase_add_test(t, each_value_says_its_origin);
    tcase_add_test(t, a_buffer_that_is_too_small);
})
