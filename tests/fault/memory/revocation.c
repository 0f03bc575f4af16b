/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of a revocation in turn. */
#include "fault/support/short_memory.h"

START_TEST(TOK_177_no_memory_for_a_revocation)
{
    short_memory_fail(&scene_revocation_requests[_i]);
}
END_TEST

AS_TESTS("fault/memory/revocation", {
    tcase_add_checked_fixture(t, short_memory_start, short_memory_stop);
    tcase_add_loop_test(t, TOK_177_no_memory_for_a_revocation, 0,
                        AS_COUNT(scene_revocation_requests));
})
