/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of an introspection, of what is active and what is not in
 * turn. */
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

START_TEST(TOK_15_no_memory_for_an_introspection)
{
    fail_all(&s, &scene_introspection_requests[_i], 1, MOST);
}
END_TEST

AS_TESTS("fault/memory/introspection", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_loop_test(t, TOK_15_no_memory_for_an_introspection, 0,
                        AS_COUNT(scene_introspection_requests));
})
