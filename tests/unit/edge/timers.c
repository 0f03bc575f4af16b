/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/timers.h"

#include "harness.h"

static const int lasts[AS_TIMER_KINDS] = {100, 200, 300, 400, 500, 0, 700, 800};

START_TEST(timers_are_due_in_their_order_whatever_their_kind)
{
    struct as_timers timers;
    struct as_timer t[4] = {{0}};

    as_timers_init(&timers, lasts);
    ck_assert_int_eq(as_timers_wait(&timers, 0), -1);
    ck_assert_ptr_null(as_timers_pop(&timers, 1000000));
    as_timer_set(&timers, &t[0], AS_TIMER_BODY, 1000);      /* 1300 */
    as_timer_set(&timers, &t[1], AS_TIMER_HANDSHAKE, 1050); /* 1150 */
    as_timer_set(&timers, &t[2], AS_TIMER_HANDSHAKE, 1060); /* 1160 */
    as_timer_set(&timers, &t[3], AS_TIMER_HEAD, 1060);      /* 1260 */
    ck_assert_int_eq(as_timers_wait(&timers, 1060), 90);
    ck_assert_ptr_null(as_timers_pop(&timers, 1149));
    ck_assert_ptr_eq(as_timers_pop(&timers, 1150), &t[1]);
    ck_assert_int_eq(as_timers_wait(&timers, 1170), 0); /* overdue is now, not before */
    ck_assert_ptr_eq(as_timers_pop(&timers, 1170), &t[2]);
    ck_assert_ptr_null(as_timers_pop(&timers, 1170));
    ck_assert_int_eq(as_timers_wait(&timers, 1170), 90);
    ck_assert_ptr_eq(as_timers_pop(&timers, 2000), &t[3]);
    ck_assert_ptr_eq(as_timers_pop(&timers, 2000), &t[0]);
    ck_assert_int_eq(as_timers_wait(&timers, 2000), -1);
}
END_TEST

START_TEST(a_timer_is_set_anew_or_cleared)
{
    struct as_timers timers;
    struct as_timer a = {0};
    struct as_timer b = {0};

    as_timers_init(&timers, lasts);
    as_timer_clear(&a); /* never set */
    as_timer_set(&timers, &a, AS_TIMER_HEAD, 0);
    as_timer_set(&timers, &b, AS_TIMER_HEAD, 10);
    as_timer_set(&timers, &a, AS_TIMER_HEAD, 20); /* behind b now */
    ck_assert_ptr_eq(as_timers_pop(&timers, 210), &b);
    ck_assert_ptr_null(as_timers_pop(&timers, 210));
    as_timer_set(&timers, &a, AS_TIMER_IDLE, 210); /* another kind, which lasts no time */
    ck_assert_int_eq(as_timers_wait(&timers, 210), 0);
    as_timer_clear(&a);
    as_timer_clear(&a);
    ck_assert_ptr_null(as_timers_pop(&timers, 10000));
}
END_TEST

START_TEST(timers_of_a_kind_tell_which_was_set_first)
{
    struct as_timers timers;
    struct as_timer a = {0};
    struct as_timer b = {0};

    as_timers_init(&timers, lasts);
    ck_assert_ptr_null(as_timers_first(&timers, AS_TIMER_BODY));
    as_timer_set(&timers, &a, AS_TIMER_BODY, 10);
    as_timer_set(&timers, &b, AS_TIMER_BODY, 30);
    ck_assert_ptr_null(as_timers_first(&timers, AS_TIMER_HEAD));
    ck_assert_ptr_eq(as_timers_first(&timers, AS_TIMER_BODY), &a);
    ck_assert_ptr_eq(as_timers_next(&timers, &a), &b);
    ck_assert_ptr_null(as_timers_next(&timers, &b));
    ck_assert_int_eq(as_timer_age(&timers, &a, 50), 40);
    ck_assert_int_eq(as_timer_age(&timers, &b, 30), 0);
    as_timer_set(&timers, &a, AS_TIMER_BODY, 50); /* anew: the last now */
    ck_assert_ptr_eq(as_timers_first(&timers, AS_TIMER_BODY), &b);
}
END_TEST

AS_TESTS("edge/timers", {
    tcase_add_test(t, timers_of_a_kind_tell_which_was_set_first);
    tcase_add_test(t, timers_are_due_in_their_order_whatever_their_kind);
    tcase_add_test(t, a_timer_is_set_anew_or_cleared);
})
