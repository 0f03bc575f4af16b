/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/turns.h"

#include "harness.h"

static struct as_turns turns;

static struct as_ticket ticket(uint16_t line, char *name)
{
    return (struct as_ticket){.line = line, .owner = name};
}

/* Everybody's name, in turn. */
static const char *order(void)
{
    static char names[16];
    size_t len = 0;

    for (const char *name = as_turns_next(&turns); name != NULL; name = as_turns_next(&turns)) {
        ck_assert_uint_lt(len, sizeof(names) - 1);
        names[len++] = *name;
    }
    names[len] = '\0';
    return names;
}

START_TEST(TLS_43_addresses_take_turns_whoever_brings_more)
{
    char names[] = "aaaabbc";
    const uint16_t lines[] = {7, 7, 7, 7, 0, 0, AS_TURN_LINES - 1};
    struct as_ticket tickets[AS_COUNT(lines)];

    for (size_t i = 0; i < AS_COUNT(lines); i++) {
        tickets[i] = ticket(lines[i], &names[i]);
        as_turns_wait(&turns, &tickets[i]);
    }
    ck_assert_str_eq(order(), "abcabaa");
    ck_assert_str_eq(order(), "");
}
END_TEST

START_TEST(who_waits_keeps_the_place_and_who_was_served_goes_to_the_end)
{
    char names[] = "xyz";
    struct as_ticket tickets[] = {ticket(1, &names[0]), ticket(1, &names[1]), ticket(1, &names[2])};

    as_turns_wait(&turns, &tickets[0]);
    as_turns_wait(&turns, &tickets[1]);
    as_turns_wait(&turns, &tickets[0]);
    ck_assert(as_turns_next(&turns) == &names[0]);
    as_turns_wait(&turns, &tickets[2]);
    as_turns_wait(&turns, &tickets[0]);
    ck_assert_str_eq(order(), "yzx");
}
END_TEST

AS_TESTS("edge/turns", {
    tcase_add_test(t, TLS_43_addresses_take_turns_whoever_brings_more);
    tcase_add_test(t, who_waits_keeps_the_place_and_who_was_served_goes_to_the_end);
})
