/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#define WINDOW 1000
#define ROOM   64

static struct as_tally *tally;

static void start(void)
{
    ck_ok(as_tally_new(ROOM, WINDOW, &tally));
}

static void stop(void)
{
    as_tally_free(tally);
}

static struct as_tally_share share(const char *who, uint64_t most)
{
    return (struct as_tally_share){as_tally_key(tally, as_span_of(who)), most};
}

static void add(const char *who, int64_t at)
{
    const struct as_tally_share one = share(who, 1);

    as_tally_add(tally, &one, 1, at);
}

static int64_t wait(const char *who, uint64_t most, int64_t at)
{
    const struct as_tally_share one = share(who, most);

    return as_tally_wait(tally, &one, 1, at);
}

static int64_t take(const char *who, uint64_t most, int64_t at)
{
    const struct as_tally_share one = share(who, most);

    return as_tally_take(tally, &one, 1, at);
}

START_TEST(a_window_begins_with_the_first_count)
{
    ck_assert_int_eq(wait("a", 2, 500), 0);
    add("a", 500);
    ck_assert_int_eq(wait("a", 2, 500), 0);
    add("a", 900);
    ck_assert_int_eq(wait("a", 2, 900), 600);
    ck_assert_int_eq(wait("a", 2, 500 + WINDOW - 1), 1);
    ck_assert_int_eq(wait("a", 2, 500 + WINDOW), 0);
    ck_assert_int_eq(wait("a", 3, 900), 0); /* the bound comes with the question */
    ck_assert_int_eq(wait("b", 2, 900), 0);
    add("a", 500 + WINDOW); /* a new window, counted from nought */
    ck_assert_int_eq(wait("a", 2, 500 + WINDOW), 0);
    ck_assert_int_gt(wait("a", 1, 500 + WINDOW), 0);
}
END_TEST

START_TEST(REG_16_taken_and_counted_in_one_step)
{
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(take("a", 3, 100 + i), 0);
    }
    ck_assert_int_eq(take("a", 3, 103), WINDOW - 3);
    ck_assert_int_eq(take("a", 4, 103), 0); /* what was refused was not counted */
    ck_assert_int_eq(take("b", 3, 103), 0);
    ck_assert_int_eq(take("a", 3, 100 + WINDOW), 0);
    ck_assert_int_gt(take("c", 0, 100), 0);
}
END_TEST

/* All or none is counted, and the longest wait is told. */
START_TEST(of_several_shares_each_must_have_some_left)
{
    const struct as_tally_share both[] = {share("a", 1), share("b", 2)};

    add("b", 100);
    ck_assert_int_eq(as_tally_take(tally, both, 2, 200), 0);
    ck_assert_int_eq(as_tally_wait(tally, both, 2, 200), WINDOW);
    ck_assert_int_eq(as_tally_wait(tally, &both[1], 1, 200), WINDOW - 100);
    ck_assert_int_gt(as_tally_take(tally, both, 2, 100 + WINDOW), 0); /* a's is not over */
    ck_assert_int_eq(
        as_tally_wait(tally, &(struct as_tally_share){both[1].key, 1}, 1, 100 + WINDOW),
        0); /* and so nothing was counted for b */
}
END_TEST

START_TEST(nobody_is_counted_nearly_always)
{
    ck_assert(as_tally_is_quiet(tally, 0));
    add("a", 500);
    ck_assert(!as_tally_is_quiet(tally, 500));
    ck_assert(!as_tally_is_quiet(tally, 500 + WINDOW - 1));
    ck_assert(as_tally_is_quiet(tally, 500 + WINDOW));
    add("a", 400); /* by a thread whose time is of a little before */
    ck_assert(!as_tally_is_quiet(tally, 500 + WINDOW - 1));
}
END_TEST

static char *name_of(int i)
{
    static char text[16];

    (void)snprintf(text, sizeof(text), "n%d", i);
    return text;
}

/* Whatever comes, the memory stays what it is, and who did it most is remembered longest. */
START_TEST(who_counts_most_is_not_driven_out)
{
    for (int i = 0; i < 3; i++) {
        add("bad", 100);
    }
    for (int i = 0; i < 100 * ROOM; i++) {
        add(name_of(i), 101);
        ck_assert_int_gt(wait(name_of(i), 1, 101), 0); /* the newest is seen, too */
    }
    ck_assert_int_gt(wait("bad", 3, 101), 0);
}
END_TEST

/* A window that is over goes before one that is not, whatever it counted. */
START_TEST(what_is_over_goes_first)
{
    for (int i = 0; i < 100 * ROOM; i++) {
        add(name_of(i), 0);
        add(name_of(i), 0);
    }
    for (int i = 0; i < 8; i++) {
        add(name_of(i), WINDOW);
    }
    for (int i = 0; i < 8; i++) { /* so few fit into any set */
        ck_assert_int_gt(wait(name_of(i), 1, WINDOW), 0);
    }
}
END_TEST

START_TEST(a_pair_is_neither_of_its_parts)
{
    uint64_t a = as_tally_key(tally, AS_LIT("a")), b = as_tally_key(tally, AS_LIT("b"));

    ck_assert(as_tally_pair(tally, a, b) == as_tally_pair(tally, a, b));
    ck_assert(as_tally_pair(tally, a, b) != as_tally_pair(tally, b, a));
    ck_assert(as_tally_pair(tally, a, b) != a && as_tally_pair(tally, a, b) != b);
}
END_TEST

static void *take_some(void *arg)
{
    size_t *taken = arg;

    for (int i = 0; i < 100; i++) {
        *taken += take("a", 25, 100) == 0;
    }
    return NULL;
}

START_TEST(REG_16_many_at_once_are_not_more)
{
    pthread_t threads[8];
    size_t taken[8] = {0}, all = 0;

    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_some, &taken[i]), 0);
    }
    for (size_t i = 0; i < AS_COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        all += taken[i];
    }
    ck_assert_uint_eq(all, 25);
}
END_TEST

AS_TESTS("base/tally", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_window_begins_with_the_first_count);
    tcase_add_test(t, REG_16_taken_and_counted_in_one_step);
    tcase_add_test(t, of_several_shares_each_must_have_some_left);
    tcase_add_test(t, nobody_is_counted_nearly_always);
    tcase_add_test(t, who_counts_most_is_not_driven_out);
    tcase_add_test(t, what_is_over_goes_first);
    tcase_add_test(t, a_pair_is_neither_of_its_parts);
    tcase_add_test(t, REG_16_many_at_once_are_not_more);
})
