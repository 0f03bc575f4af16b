/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread has set apart is there when there is no memory, for that thread and once. */
#include "fault/support/memory.h"
#include "harness.h"

#define SIZE ((size_t)100 * 1024)

static void *ask(size_t way, size_t size)
{
    switch (way) {
    case 0:
        return as_memory_get(size);
    case 1:
        return as_memory_zeroed(size);
    default:
        return as_memory_resize(NULL, size);
    }
}

/* The gate is for the call alone: libcheck asks for memory too. */
static void *ask_at(long at, bool for_good, size_t way, long *seen)
{
    gate_arm(at, for_good);
    void *got = ask(way, SIZE);
    *seen = gate_disarm();
    return got;
}

static bool set_apart_in_vain(void)
{
    gate_arm(1, true);
    bool apart = as_memory_set_apart();
    (void)gate_disarm();
    return !apart;
}

/* A call that is refused asks again when what was apart is free: the second passes. */
START_TEST(what_is_set_apart_is_had_when_there_is_none)
{
    long seen = 0;

    for (size_t way = 0; way < 3; way++) {
        unsigned long before = as_memory_shortages();

        ck_assert(as_memory_set_apart());
        char *got = ask_at(1, false, way, &seen);
        ck_assert_ptr_nonnull(got);
        ck_assert_int_eq(seen, 2);
        ck_assert_uint_eq(as_memory_shortages(), before);
        memset(got, 1, SIZE);
        free(got);

        /* it is used up, and whole again when there is memory */
        ck_assert_ptr_null(ask_at(1, true, way, &seen));
        ck_assert_int_eq(seen, 1);
        ck_assert_uint_eq(as_memory_shortages(), before + 1);
        ck_assert(set_apart_in_vain());
        ck_assert(as_memory_set_apart());
        as_memory_release();
    }
}
END_TEST

START_TEST(what_was_held_stays_when_it_cannot_grow)
{
    char *old = as_memory_get(4);

    memcpy(old, "abc", 4);
    gate_arm(1, true);
    char *grown = as_memory_resize(old, SIZE);
    (void)gate_disarm();
    ck_assert_ptr_null(grown);
    ck_assert_str_eq(old, "abc");
    ck_assert(as_memory_set_apart());
    gate_arm(1, false);
    grown = as_memory_resize(old, SIZE);
    (void)gate_disarm();
    ck_assert_ptr_nonnull(grown);
    ck_assert_str_eq(grown, "abc");
    free(grown);
    as_memory_release();
}
END_TEST

START_TEST(it_is_as_much_as_is_said_and_costs_nothing_while_it_is_whole)
{
    long before = atomic_load(&memory.held);
    bool apart = as_memory_set_apart();
    long with = atomic_load(&memory.held);

    gate_arm(GATE_NEVER, false);
    bool still = as_memory_set_apart();
    long seen = gate_disarm();
    as_memory_release();
    long after = atomic_load(&memory.held);
    ck_assert(apart && still);
    ck_assert_int_eq(seen, 0); /* nothing was asked for */
    ck_assert_int_ge(with - before, AS_LIMIT_MEMORY_APART);
    ck_assert_int_eq(after, before);
}
END_TEST

static void *ask_elsewhere(void *arg)
{
    gate_arm(1, true);
    *(void **)arg = as_memory_get(SIZE);
    (void)gate_disarm();
    return NULL;
}

START_TEST(a_thread_has_its_own)
{
    void *got = &got;
    pthread_t other;

    ck_assert(as_memory_set_apart());
    ck_assert(as_thread_start(&other, "other", 0, ask_elsewhere, &got));
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    ck_assert_ptr_null(got);
    as_memory_release();
}
END_TEST

AS_TESTS("fault/memory apart", {
    tcase_add_test(t, what_is_set_apart_is_had_when_there_is_none);
    tcase_add_test(t, what_was_held_stays_when_it_cannot_grow);
    tcase_add_test(t, it_is_as_much_as_is_said_and_costs_nothing_while_it_is_whole);
    tcase_add_test(t, a_thread_has_its_own);
})
