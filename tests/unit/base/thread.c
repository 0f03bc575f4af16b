/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

struct seen {
    sigset_t blocked;
    char name[16];
    size_t stack;
};

static void *look(void *arg)
{
    struct seen *seen = arg;
    pthread_attr_t attr;

    (void)pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
    (void)pthread_getattr_np(pthread_self(), &attr);
    (void)pthread_attr_getstacksize(&attr, &seen->stack);
    (void)pthread_attr_destroy(&attr);
    /* the name is given by whoever started it */
    for (int i = 0; i < 1000 && strcmp(seen->name, "fapid-test") != 0; i++) {
        (void)pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return NULL;
}

START_TEST(a_thread_has_a_name_and_no_signals)
{
    struct seen seen = {.stack = 0};
    sigset_t own;
    pthread_t thread;

    ck_assert(as_thread_start(&thread, "fapid-test", (size_t)4 * 1024 * 1024, look, &seen));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_str_eq(seen.name, "fapid-test");
    ck_assert_uint_eq(seen.stack, (size_t)4 * 1024 * 1024);
    ck_assert_int_eq(sigismember(&seen.blocked, SIGTERM), 1);
    ck_assert_int_eq(sigismember(&seen.blocked, SIGHUP), 1);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &own);
    ck_assert_int_eq(sigismember(&own, SIGTERM), 0);
}
END_TEST

START_TEST(a_stack_that_cannot_be_is_refused)
{
    pthread_t thread;

    ck_assert(!as_thread_start(&thread, "fapid-test", 1, look, NULL));
}
END_TEST

START_TEST(deadlines_are_of_the_monotonic_clock)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    int64_t from = as_clock_mono_ms();
    int64_t until = from + 20;

    ck_assert(as_thread_cond_init(&cond));
    pthread_mutex_lock(&lock);
    int told = pthread_cond_timedwait(&cond, &lock,
                                      &(struct timespec){until / 1000, (until % 1000) * 1000000});
    pthread_mutex_unlock(&lock);
    ck_assert_int_eq(told, ETIMEDOUT);
    ck_assert_int_ge(as_clock_mono_ms(), until);
    pthread_cond_destroy(&cond);
}
END_TEST

AS_TESTS("base/thread", {
    tcase_add_test(t, a_thread_has_a_name_and_no_signals);
    tcase_add_test(t, a_stack_that_cannot_be_is_refused);
    tcase_add_test(t, deadlines_are_of_the_monotonic_clock);
})
