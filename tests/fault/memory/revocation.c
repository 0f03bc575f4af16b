/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of a revocation in turn. */
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

START_TEST(TOK_177_no_memory_for_a_revocation)
{
    fail_all(&s, &scene_revocation_requests[_i], 1, MOST);
}
END_TEST

AS_TESTS("fault/memory/revocation", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_loop_test(t, TOK_177_no_memory_for_a_revocation, 0,
                        AS_COUNT(scene_revocation_requests));
})
