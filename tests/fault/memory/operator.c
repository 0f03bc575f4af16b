/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of a change by an operator in turn. */
#include "fault/support/operating.h"
#include "fault/support/short_memory.h"

START_TEST(TOK_15_no_memory_for_an_operator)
{
    short_memory_fail(&scene_operator_requests[_i]);
}
END_TEST

AS_TESTS("fault/memory/operator", {
    tcase_add_checked_fixture(t, short_memory_start, short_memory_stop);
    tcase_add_loop_test(t, TOK_15_no_memory_for_an_operator, 0, AS_COUNT(scene_operator_requests));
})
