/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of a registration and of what follows it in turn. */
#include "fault/support/fail.h"
#include "fault/support/memory.h"

#define MOST 120

static struct scene s;

static void start(void)
{
    scene_start(&s);
}

static void stop(void)
{
    scene_stop(&s);
}

START_TEST(TOK_15_no_memory_for_a_registration)
{
    fail_all(&s, &scene_registration_requests[_i], 1, MOST);
}
END_TEST

AS_TESTS("fault/memory/registration", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_loop_test(t, TOK_15_no_memory_for_a_registration, 0,
                        AS_COUNT(scene_registration_requests));
})
