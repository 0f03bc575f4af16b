/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

START_TEST(REG_100_parts_of_a_url)
{
    static const struct {
        const char *url, *origin, *host, *path;
        unsigned port;
    } rows[] = {
        {"https://as.example", "https://as.example", "as.example", "", 443},
        {"https://as.example:8443", "https://as.example:8443", "as.example", "", 8443},
        {"https://as.example/a/b", "https://as.example", "as.example", "/a/b", 443},
        {"https://as.example:1/x:2", "https://as.example:1", "as.example", "/x:2", 1},
        {"https://[::1]", "https://[::1]", "[::1]", "", 443},
        {"https://[::1]:8443/x", "https://[::1]:8443", "[::1]", "/x", 8443},
        {"https://a/", "https://a", "a", "/", 443},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_url parts = as_url_cut(rows[i].url);

        ck_span_eq(parts.origin, rows[i].origin);
        ck_span_eq(parts.host, rows[i].host);
        ck_span_eq(parts.path, rows[i].path);
        ck_assert_uint_eq(parts.port, rows[i].port);
    }
}
END_TEST

START_TEST(a_host_and_its_port)
{
    static const struct {
        const char *text, *host, *bare, *port;
        bool bracketed;
    } rows[] = {
        {"as.example", "as.example", "as.example", NULL, false},
        {"as.example:8443", "as.example", "as.example", "8443", false},
        {"192.0.2.1:0", "192.0.2.1", "192.0.2.1", "0", false},
        {"[2001:db8::1]", "[2001:db8::1]", "2001:db8::1", NULL, true},
        {"[::1]:8443", "[::1]", "::1", "8443", true},
        {"as.example:", "as.example", "as.example", "", false},
        {"as.example:x/y", "as.example", "as.example", "x/y", false},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_host_port cut;

        ck_assert_msg(as_host_port_cut(as_span_of(rows[i].text), &cut), "%s", rows[i].text);
        ck_span_eq(cut.host, rows[i].host);
        ck_span_eq(cut.bare, rows[i].bare);
        ck_assert(cut.bracketed == rows[i].bracketed);
        ck_assert(cut.has_port == (rows[i].port != NULL));
        ck_span_eq(cut.port, rows[i].port != NULL ? rows[i].port : "");
    }
}
END_TEST

START_TEST(what_is_no_host_and_port)
{
    static const char *const rows[] = {
        "",       ":",      ":8443",    "::1",      "::1:8443", "a:b:c", "a:1:",
        "[",      "[]",     "[]:1",     "[:1",      "[::1",     "]",     "]:1",
        "::1]:1", "a]:1",   "a[b",      "a[::1]",   "[[::1]",   "[a[b]", "[::1]1",
        "[::1]]", "[::1][", "[::1] :1", "[::1]::1", "[a]:1:2",
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct as_host_port cut;

        ck_assert_msg(!as_host_port_cut(as_span_of(rows[i]), &cut), "%s", rows[i]);
    }
}
END_TEST

START_TEST(ports)
{
    static const char *const bad[] = {"",   "65536", "99999", "000443", "-1",
                                      "+1", " 1",    "1 ",    "1x",     "0x1"};
    uint16_t port = 7;

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_assert_msg(!as_port_parse(as_span_of(bad[i]), &port), "%s", bad[i]);
        ck_assert_uint_eq(port, 7);
    }
    ck_assert(as_port_parse(AS_LIT("65535"), &port));
    ck_assert_uint_eq(port, 65535);
    ck_assert(as_port_parse(AS_LIT("0"), &port));
    ck_assert_uint_eq(port, 0);
    ck_assert(as_port_parse(AS_LIT("00443"), &port));
    ck_assert_uint_eq(port, 443);
}
END_TEST

AS_TESTS("base/url", {
    tcase_add_test(t, REG_100_parts_of_a_url);
    tcase_add_test(t, a_host_and_its_port);
    tcase_add_test(t, what_is_no_host_and_port);
    tcase_add_test(t, ports);
})
