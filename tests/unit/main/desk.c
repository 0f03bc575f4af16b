/* SPDX-License-Identifier: Apache-2.0 */
/* A thread asks for a reload, and the main one answers. */
#include "main/desk.c"

#include "harness.h"

#include <stdio.h>
#include <time.h>

static struct as_desk desk;
static sigset_t wake;

static void enter(void)
{
    desk = (struct as_desk)AS_DESK;
    sigemptyset(&wake);
    sigaddset(&wake, AS_DESK_SIGNAL);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &wake, NULL), 0);
}

/* As the main thread waits. */
static bool is_woken(time_t seconds)
{
    const struct timespec wait = {seconds, 0};

    return sigtimedwait(&wake, NULL, &wait) == AS_DESK_SIGNAL;
}

struct asker {
    pthread_t thread;
    as_err err;
    struct as_reload_outcome outcome;
};

static void *ask_in_thread(void *arg)
{
    struct asker *asker = arg;

    asker->err = as_desk_ask(&desk, &asker->outcome);
    return NULL;
}

static void begin(struct asker *asker)
{
    *asker = (struct asker){.err = AS_OK};
    ck_assert(as_thread_start(&asker->thread, "asker", 0, ask_in_thread, asker));
}

static void end(struct asker *asker)
{
    ck_assert_int_eq(pthread_join(asker->thread, NULL), 0);
}

START_TEST(who_asks_is_answered)
{
    struct asker asker;

    ck_assert(!as_desk_is_asked(&desk));
    for (unsigned long i = 1; i < 4; i++) {
        struct as_reload_outcome outcome = {.refused = i % 2 == 0, .generation = i};

        (void)snprintf(outcome.message, sizeof(outcome.message), "the %lu. time", i);
        begin(&asker);
        ck_assert(is_woken(60));
        ck_assert(as_desk_is_asked(&desk));
        as_desk_answer(&desk, &outcome);
        ck_assert(!as_desk_is_asked(&desk)); /* once */
        end(&asker);
        ck_ok(asker.err);
        ck_assert_uint_eq(asker.outcome.generation, i);
        ck_assert_int_eq(asker.outcome.refused, i % 2 == 0);
        ck_assert_str_eq(asker.outcome.message, outcome.message);
    }
    ck_assert(!is_woken(0));
}
END_TEST

START_TEST(one_at_a_time)
{
    const struct as_reload_outcome outcome = {.generation = 2};
    struct as_reload_outcome none;
    struct asker asker;

    begin(&asker);
    ck_assert(is_woken(60));
    ck_refuses(as_desk_ask(&desk, &none), AS_CONFLICT, "a reload is under way");
    ck_assert(as_desk_is_asked(&desk)); /* the first still waits */
    as_desk_answer(&desk, &outcome);
    end(&asker);
    ck_ok(asker.err);
}
END_TEST

START_TEST(who_waits_at_the_end_is_told_so)
{
    struct as_reload_outcome outcome;
    struct asker asker;

    begin(&asker);
    ck_assert(is_woken(60));
    as_desk_close(&desk);
    end(&asker);
    ck_refuses(asker.err, AS_UNAVAILABLE, "the server is about to end");
    as_desk_close(&desk);
    ck_refuses(as_desk_ask(&desk, &outcome), AS_UNAVAILABLE, "the server is about to end");
    ck_assert(!as_desk_is_asked(&desk));
    ck_assert(!is_woken(0)); /* nobody is there to be woken */
}
END_TEST

AS_TESTS("main/desk", {
    tcase_add_checked_fixture(t, enter, NULL);
    tcase_add_test(t, who_asks_is_answered);
    tcase_add_test(t, one_at_a_time);
    tcase_add_test(t, who_waits_at_the_end_is_told_so);
})
