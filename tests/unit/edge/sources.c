/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/sources.h"

#include "harness.h"

#include <arpa/inet.h>

static struct as_source source(const char *text)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&from;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&from;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        from.ss_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        from.ss_family = AF_INET6;
    }
    return as_source_of(&from);
}

START_TEST(TLS_43_an_address_has_so_many_connections_and_no_more)
{
    struct as_sources *sources = as_sources_new(2);

    ck_assert(as_sources_enter(sources, source("192.0.2.1")));
    ck_assert(as_sources_enter(sources, source("192.0.2.1")));
    ck_assert(!as_sources_enter(sources, source("192.0.2.1")));
    ck_assert(as_sources_enter(sources, source("192.0.2.2")));
    as_sources_leave(sources, source("192.0.2.1"));
    ck_assert(as_sources_enter(sources, source("192.0.2.1")));
    ck_assert(!as_sources_enter(sources, source("192.0.2.1")));
    as_sources_free(sources);
}
END_TEST

START_TEST(an_ipv6_address_counts_by_its_network)
{
    struct as_sources *sources = as_sources_new(1);

    ck_assert(as_sources_enter(sources, source("2001:db8:0:1::1")));
    ck_assert(!as_sources_enter(sources, source("2001:db8:0:1:ffff::2")));
    ck_assert(as_sources_enter(sources, source("2001:db8:0:2::1")));
    as_sources_free(sources);
}
END_TEST

START_TEST(many_addresses_come_and_go)
{
    struct as_sources *sources = as_sources_new(1);
    char text[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
            ck_assert(as_sources_enter(sources, source(text)));
        }
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
            ck_assert(!as_sources_enter(sources, source(text)));
            as_sources_leave(sources, source(text));
        }
    }
    as_sources_free(sources);
}
END_TEST

AS_TESTS("edge/sources", {
    tcase_add_test(t, TLS_43_an_address_has_so_many_connections_and_no_more);
    tcase_add_test(t, an_ipv6_address_counts_by_its_network);
    tcase_add_test(t, many_addresses_come_and_go);
})
