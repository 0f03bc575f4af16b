/* SPDX-License-Identifier: Apache-2.0 */
#include "as/client.h"
#include "harness.h"

#include <pthread.h>
#include <stdio.h>

AS_AUTO_DEFINE(struct as_throttle, as_throttle_free)

#define MINUTE AS_LIMIT_FAILURE_WINDOW_MS

static struct as_tally *failures;

static void start(void)
{
    ck_ok(as_tally_new(AS_LIMIT_THROTTLE, MINUTE, &failures));
}

static void stop(void)
{
    as_tally_free(failures);
}

static struct as_throttle *made(unsigned allowed, const char *const *exempt, size_t count)
{
    struct as_throttle *throttle = NULL;
    ck_ok(as_throttle_new(failures, allowed, exempt, count, &throttle));
    return throttle;
}

static void spoil(struct as_throttle *throttle, const char *address, const char *id, unsigned times,
                  int64_t at)
{
    for (unsigned i = 0; i < times; i++) {
        as_throttle_failed(throttle, address, as_span_of(id), at);
    }
}

#define MAY(address, id, at) as_throttle_may(t, (address), as_span_of(id), (at))

START_TEST(TOK_13_per_client_and_address)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(5, NULL, 0);

    ck_assert(MAY("192.0.2.1", "c", 0));
    spoil(t, "192.0.2.1", "c", 4, 0);
    ck_assert(MAY("192.0.2.1", "c", 0));
    spoil(t, "192.0.2.1", "c", 1, 0);
    ck_assert(!MAY("192.0.2.1", "c", 0));
    ck_assert(MAY("192.0.2.2", "c", 0)); /* the client from another address */
    ck_assert(MAY("192.0.2.1", "d", 0)); /* another client from this one */
    ck_assert(MAY("192.0.2.1", "", 0));
}
END_TEST

START_TEST(TOK_13_per_address)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(5, NULL, 0);
    char id[16];

    for (unsigned i = 0; i < 5 * AS_LIMIT_THROTTLE_ADDRESS; i++) {
        snprintf(id, sizeof(id), "c%u", i);
        ck_assert(MAY("192.0.2.1", id, 0));
        spoil(t, "192.0.2.1", id, 1, 0);
    }
    ck_assert(!MAY("192.0.2.1", "never seen", 0));
    ck_assert(MAY("192.0.2.2", "never seen", 0));
}
END_TEST

/* An IPv6 link is one address, and the neighbour's is another. */
START_TEST(TOK_13_addresses_of_one_link)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(5, NULL, 0);
    char address[64];

    for (unsigned i = 0; i < 5; i++) {
        snprintf(address, sizeof(address), "2001:db8:0:1::%x", i + 1);
        spoil(t, address, "c", 1, 0);
    }
    ck_assert(!MAY("2001:db8:0:1:ffff:ffff:ffff:ffff", "c", 0));
    ck_assert(MAY("2001:db8:0:2::1", "c", 0));
    spoil(t, "192.0.2.1", "c", 5, 0);
    ck_assert(!MAY("::ffff:192.0.2.1", "c", 0)); /* IPv4 stays what it is */
    ck_assert(MAY("::ffff:192.0.2.2", "c", 0));
}
END_TEST

START_TEST(TOK_13_a_window_ends)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(2, NULL, 0);

    spoil(t, "192.0.2.1", "c", 2, 1000);
    ck_assert(!MAY("192.0.2.1", "c", 1000));
    ck_assert(!MAY("192.0.2.1", "c", 1000 + MINUTE - 1));
    ck_assert(MAY("192.0.2.1", "c", 1000 + MINUTE));
    spoil(t, "192.0.2.1", "c", 1, 1000 + MINUTE);
    ck_assert(MAY("192.0.2.1", "c", 1000 + MINUTE));
    spoil(t, "192.0.2.1", "c", 1, 1000 + 2 * MINUTE - 1);
    ck_assert(!MAY("192.0.2.1", "c", 1000 + MINUTE));
}
END_TEST

/* A reload makes new bounds over the same counts: it forgives nobody. */
START_TEST(TOK_13_counts_outlive_bounds)
{
    static const char *const exempt[] = {"192.0.2.1"};
    struct as_throttle *old = made(3, NULL, 0);

    spoil(old, "192.0.2.1", "c", 2, 0);
    as_throttle_free(old);
    {
        AS_AUTO(as_throttle_free) struct as_throttle *t = made(3, NULL, 0);
        ck_assert(MAY("192.0.2.1", "c", 0));
        spoil(t, "192.0.2.1", "c", 1, 0);
        ck_assert(!MAY("192.0.2.1", "c", 0));
    }
    {
        AS_AUTO(as_throttle_free) struct as_throttle *t = made(4, NULL, 0);
        ck_assert(MAY("192.0.2.1", "c", 0));
    }
    {
        AS_AUTO(as_throttle_free) struct as_throttle *t = made(3, exempt, 1);
        ck_assert(MAY("192.0.2.1", "c", 0));
    }
}
END_TEST

START_TEST(TOK_13_exempt_addresses)
{
    static const char *const exempt[] = {"192.0.2.1", "2001:db8:0:0::1"};
    static const char *const bad[] = {"192.0.2.0/24", "", "localhost", "fe80::1%eth0"};
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(1, exempt, 2);

    spoil(t, "192.0.2.1", "c", 100, 0);
    spoil(t, "2001:db8::1", "c", 100, 0);
    spoil(t, "::ffff:192.0.2.1", "c", 100, 0); /* the same, seen on a socket of both families */
    spoil(t, "2001:db8::2", "c", 100, 0);
    ck_assert(MAY("192.0.2.1", "c", 0));
    ck_assert(MAY("::ffff:192.0.2.1", "c", 0));
    ck_assert(MAY("2001:DB8::1", "c", 0));
    ck_assert(!MAY("2001:db8::2", "c", 0));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        struct as_throttle *none = NULL;
        ck_refuses(as_throttle_new(failures, 1, &bad[i], 1, &none), AS_BAD_CONFIGURATION,
                   "an exempt address is no IP address");
        ck_assert_ptr_null(none);
    }
}
END_TEST

START_TEST(TOK_13_other_texts_of_an_address)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(1, NULL, 0);

    spoil(t, "2001:db8:0::1", "c", 1, 0);
    ck_assert(!MAY("2001:DB8::1", "c", 0));
    spoil(t, "unix", "c", 1, 0);
    ck_assert(!MAY("unix", "c", 0));
    ck_assert(MAY("unix2", "c", 0));
    spoil(t, NULL, "c", 1, 0);
    ck_assert(!MAY(NULL, "c", 0));
}
END_TEST

START_TEST(TOK_13_nought_is_off)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(0, NULL, 0);

    spoil(t, "192.0.2.1", "c", 1000, 0);
    ck_assert(MAY("192.0.2.1", "c", 0));
}
END_TEST

/* However many strangers fail, the table stays its size, and one who fails now is seen. */
START_TEST(TOK_13_bounded)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(1, NULL, 0);
    char address[32];

    for (unsigned i = 0; i < 20 * AS_LIMIT_THROTTLE; i++) {
        snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16 & 255, i >> 8 & 255, i & 255);
        spoil(t, address, "c", 1, 0);
    }
    spoil(t, "192.0.2.1", "c", 1, MINUTE);
    ck_assert(!MAY("192.0.2.1", "c", MINUTE));
    ck_assert(MAY("192.0.2.2", "c", MINUTE));
}
END_TEST

#define THREADS 4
#define TIMES   1000

static void *fail_often(void *arg)
{
    struct as_throttle *t = arg;

    for (unsigned i = 0; i < TIMES; i++) {
        (void)MAY("192.0.2.1", "c", 0);
        as_throttle_failed(t, "192.0.2.1", AS_LIT("c"), 0);
    }
    return NULL;
}

START_TEST(TOK_13_many_threads)
{
    AS_AUTO(as_throttle_free) struct as_throttle *t = made(THREADS * TIMES, NULL, 0);
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fail_often, t), 0);
    }
    spoil(t, "192.0.2.1", "d", 1, 0);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert(!MAY("192.0.2.1", "c", 0)); /* none was lost */
    ck_assert(MAY("192.0.2.1", "d", 0));
}
END_TEST

AS_TESTS("throttle", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_13_per_client_and_address);
    tcase_add_test(t, TOK_13_per_address);
    tcase_add_test(t, TOK_13_addresses_of_one_link);
    tcase_add_test(t, TOK_13_a_window_ends);
    tcase_add_test(t, TOK_13_counts_outlive_bounds);
    tcase_add_test(t, TOK_13_exempt_addresses);
    tcase_add_test(t, TOK_13_other_texts_of_an_address);
    tcase_add_test(t, TOK_13_nought_is_off);
    tcase_add_test(t, TOK_13_bounded);
    tcase_add_test(t, TOK_13_many_threads);
})
