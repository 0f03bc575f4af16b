/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/host.h"

#include "harness.h"

static const char *const names[] = {"as.example", "mtls.as.example", "[::1]", "192.0.2.1"};
static const struct as_listener_conf conf = {.names = names, .name_count = AS_COUNT(names)};

static bool served(const char *host, const char *sni)
{
    return as_host_is_served(&conf, as_span_of(host), sni);
}

START_TEST(TLS_39_host_is_one_of_the_names_whatever_the_port)
{
    ck_assert(served("as.example", NULL));
    ck_assert(served("AS.EXAMPLE:8443", NULL));
    ck_assert(served("mtls.as.example:1", NULL));
    ck_assert(served("[::1]", NULL));
    ck_assert(served("[::1]:443", NULL));
    ck_assert(served("192.0.2.1:80", NULL));

    ck_assert(!served("other.example", NULL));
    ck_assert(!served("as.example.evil", NULL));
    ck_assert(!served("xas.example", NULL));
    ck_assert(!served("as.example.", NULL));
    ck_assert(!served("as.exampl", NULL));
    ck_assert(!served("[::2]:443", NULL));
    ck_assert(!served("192.0.2.10", NULL));
}
END_TEST

START_TEST(TLS_39_host_agrees_with_sni_where_it_was_sent)
{
    ck_assert(served("as.example", "as.example"));
    ck_assert(served("MTLS.as.example:8443", "mtls.as.example"));
    ck_assert(!served("mtls.as.example", "as.example"));
    ck_assert(!served("as.example", "mtls.as.example"));
}
END_TEST

START_TEST(a_listener_without_names_takes_any_host)
{
    const struct as_listener_conf open = {.name_count = 0};

    ck_assert(as_host_is_served(&open, AS_LIT("anything"), NULL));
}
END_TEST

AS_TESTS("edge/host", {
    tcase_add_test(t, TLS_39_host_is_one_of_the_names_whatever_the_port);
    tcase_add_test(t, TLS_39_host_agrees_with_sni_where_it_was_sent);
    tcase_add_test(t, a_listener_without_names_takes_any_host);
})
