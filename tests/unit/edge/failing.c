/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/failing.h"

#include "harness.h"

#include <arpa/inet.h>

static struct as_failing *made(unsigned most)
{
    struct as_failing *failing = NULL;

    ck_ok(as_failing_new(&failing));
    as_failing_use(failing, most, NULL);
    return failing;
}

static struct sockaddr_storage place(const char *text)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&from;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&from;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        from.ss_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        from.ss_family = AF_INET6;
    } else {
        from.ss_family = AF_UNIX;
    }
    return from;
}

static struct as_source source(const char *text)
{
    struct sockaddr_storage from = place(text);

    return as_source_of(&from);
}

START_TEST(an_address_that_keeps_failing_waits_until_its_window_is_over)
{
    struct as_failing *failing = made(3);
    const struct as_source bad = source("192.0.2.1"), good = source("192.0.2.2");

    for (int i = 0; i < 3; i++) {
        ck_assert(!as_failing_is(failing, bad, 1000));
        as_failing_note(failing, bad, 1000 + i);
    }
    ck_assert(as_failing_is(failing, bad, 1003));
    ck_assert(!as_failing_is(failing, good, 1003));
    ck_assert(as_failing_is(failing, bad, 1000 + AS_LIMIT_FAILED_WINDOW_MS - 1));
    ck_assert(!as_failing_is(failing, bad, 1000 + AS_LIMIT_FAILED_WINDOW_MS));
    as_failing_note(failing, bad, 1000 + AS_LIMIT_FAILED_WINDOW_MS); /* a new window */
    ck_assert(!as_failing_is(failing, bad, 1000 + AS_LIMIT_FAILED_WINDOW_MS));
    as_failing_free(failing);
}
END_TEST

START_TEST(who_fails_is_not_driven_out_by_others)
{
    struct as_failing *failing = made(3);
    const struct as_source bad = source("192.0.2.1");
    char text[32];

    for (int i = 0; i < 3; i++) {
        as_failing_note(failing, bad, 1000);
    }
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250);
        const struct as_source other = source(text);
        as_failing_note(failing, other, 1001);
        ck_assert(!as_failing_is(failing, other, 1001));
    }
    ck_assert(as_failing_is(failing, bad, 1002));
    as_failing_free(failing);
}
END_TEST

START_TEST(TLS_43_nobody_is_bounded_where_there_is_no_bound)
{
    struct as_failing *failing = made(0);
    const struct sockaddr_storage from = place("192.0.2.1");

    ck_assert(!as_failing_counts(failing, &from));
    for (int i = 0; i < 1000; i++) {
        as_failing_note(failing, source("192.0.2.1"), 1000);
    }
    ck_assert(!as_failing_is(failing, source("192.0.2.1"), 1000));
    as_failing_use(failing, 1001, NULL); /* a reload: who was counted is */
    ck_assert(as_failing_counts(failing, &from));
    ck_assert(!as_failing_is(failing, source("192.0.2.1"), 1000));
    as_failing_note(failing, source("192.0.2.1"), 1000);
    ck_assert(as_failing_is(failing, source("192.0.2.1"), 1000));
    as_failing_free(failing);
}
END_TEST

START_TEST(TLS_43_an_exempt_address_is_not_counted_but_its_neighbours_are)
{
    static const char *const addresses[] = {"192.0.2.1", "2001:db8::7"};
    const struct {
        const char *text;
        bool counts;
    } rows[] = {{"192.0.2.1", false},    {"192.0.2.2", true},  {"2001:db8::7", false},
                {"2001:db8::8", true},   {"192.0.2.16", true}, {"::ffff:192.0.2.1", false},
                {"2001:db8:1::7", true}, {"a socket", false}};
    struct as_failing *failing = made(3);
    struct as_ip_list *exempt = NULL;

    ck_ok(as_ip_list_new(addresses, AS_COUNT(addresses), &exempt));
    as_failing_use(failing, 3, exempt);
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        struct sockaddr_storage from = place(rows[i].text);
        ck_assert_msg(as_failing_counts(failing, &from) == rows[i].counts, "%s", rows[i].text);
    }
    as_failing_use(failing, 3, NULL);
    struct sockaddr_storage from = place("192.0.2.1");
    ck_assert(as_failing_counts(failing, &from));
    as_failing_free(failing);
}
END_TEST

AS_TESTS("edge/failing", {
    tcase_add_test(t, an_address_that_keeps_failing_waits_until_its_window_is_over);
    tcase_add_test(t, who_fails_is_not_driven_out_by_others);
    tcase_add_test(t, TLS_43_nobody_is_bounded_where_there_is_no_bound);
    tcase_add_test(t, TLS_43_an_exempt_address_is_not_counted_but_its_neighbours_are);
})
