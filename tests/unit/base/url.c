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

AS_TESTS("base/url", { tcase_add_test(t, REG_100_parts_of_a_url); })
