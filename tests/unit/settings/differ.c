/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload may change and what needs a restart, by the column of the table. */
#include "one.h"

#define TWO                                                                                        \
    "listener mtls { address = \"127.0.0.1:8444\" names = {\"as.example\"} "                       \
    "certificate = {\"c\"} key = {\"k\"} client_certificate = request }\n"

static char key[AS_SETTINGS_KEY];

/* Reads one after the other; does the second need a restart? `key` says for what. */
static bool differs(const char *running, const char *fresh)
{
    struct as_settings *a = conf_read(running);

    ck_assert_msg(a != NULL, "%s", said);
    struct as_settings *b = conf_read(fresh);
    ck_assert_msg(b != NULL, "%s", said);
    key[0] = '\0';
    bool needs = as_settings_need_restart(a, b, key);
    as_settings_free(a);
    as_settings_free(b);
    return needs;
}

#define NEEDS(running, fresh, named)                                                               \
    do {                                                                                           \
        ck_assert(differs((running), (fresh)));                                                    \
        ck_assert_str_eq(key, (named));                                                            \
    } while (0)

START_TEST(the_same_is_the_same)
{
    ck_assert(!differs(WHOLE, WHOLE));
    ck_assert(!differs(WHOLE "workers = 0\n", WHOLE));
    ck_assert(!differs(WHOLE TWO, ISSUER TRUST LISTENER TWO));
    ck_assert(!differs(WHOLE "admin { group = \"\" }\n", WHOLE));
}
END_TEST

START_TEST(a_start_is_needed)
{
    static const struct {
        const char *path, *from, *to;
    } rows[] = {
        {"issuer", "\"https://as.example\"", "\"https://as.example/other\""},
        {"workers", "1", "2"},
        {"listener.public.address", "\"127.0.0.1:8443\"", "\"127.0.0.1:8445\""},
        {"listener.public.max_per_address", "0", "7"},
        {"store.path", "a.db", "b.db"},
        {"store.key_file", "kek", "kek2"},
        {"admin.socket", "a.sock", "b.sock"},
        {"admin.socket", "a.sock", "\"\""},
        {"admin.group", "\"\"", "ops"},
        {"admin.http", "\"\"", "\"127.0.0.1:9443\""},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char from[16384], to[16384];

        make(from, sizeof(from), rows[i].path, rows[i].from);
        make(to, sizeof(to), rows[i].path, rows[i].to);
        NEEDS(from, to, rows[i].path);
        ck_assert_msg(!differs(to, to), "%s differs from itself", rows[i].path);
    }
}
END_TEST

/* A row that is added to the table shows up here: it takes effect at a reload, or needs a start. */
START_TEST(all_else_can_change)
{
    unsigned starts = 0;

    for (size_t i = 0; i < as_setting_count; i++) {
        starts += as_setting_table[i].restart;
    }
    ck_assert_uint_eq(starts, 10);
    ck_assert(!differs(WHOLE, WHOLE "profiles = {oauth}\nlifetime { access_token = 1s }\n"
                                    "keys { alg = PS256 } token { format = jwt }\n"
                                    "log { format = plain level = error } audit { file = x }\n"
                                    "http { drain = 5s failed_handshakes = 0 }\n"
                                    "reload { watch = 0s } registration { mode = off }\n"));
    ck_assert(!differs(WHOLE, ISSUER "listener public { address = \"127.0.0.1:8443\" names = "
                                     "{\"as.example\", \"b.example\"} certificate = {\"x\"} key = "
                                     "{\"y\"} client_certificate = require }\n"));
    ck_assert(!differs(WHOLE, WHOLE "trust others { use = client anchors = {\"b\"} }\n"
                                    "default_trust = banks\n"));
}
END_TEST

START_TEST(listeners_neither_come_nor_go)
{
    NEEDS(WHOLE, WHOLE TWO, "listener.mtls.address");
    NEEDS(WHOLE TWO, WHOLE, "listener.mtls");
    NEEDS(ISSUER TRUST TWO, ISSUER TRUST LISTENER, "listener.public.address");
}
END_TEST

START_TEST(the_place_can_be_named)
{
    char where[AS_SETTINGS_WHERE];

    struct as_settings *a = conf_read(WHOLE), *b = conf_read(WHOLE "\n" TWO);
    ck_assert(as_settings_need_restart(a, b, key));
    as_settings_where(b, key, where);
    ck_assert_str_eq(where, "f:5");
    ck_assert(as_settings_need_restart(b, a, key));
    as_settings_where(a, key, where);
    ck_assert_str_eq(where, "f:1");
    as_settings_free(a);
    as_settings_free(b);
}
END_TEST

CONF_TESTS("settings/differ", {
    tcase_add_test(t, the_same_is_the_same);
    tcase_add_test(t, a_start_is_needed);
    tcase_add_test(t, all_else_can_change);
    tcase_add_test(t, listeners_neither_come_nor_go);
    tcase_add_test(t, the_place_can_be_named);
})
