/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of an introspection, of what is active and what is not in
 * turn. */
#include "fault/support/short_memory.h"

START_TEST(TOK_15_no_memory_for_an_introspection)
{
    short_memory_fail(&scene_introspection_requests[_i]);
}
END_TEST

AS_TESTS("fault/memory/introspection", {
    tcase_add_checked_fixture(t, short_memory_start, short_memory_stop);
    tcase_add_loop_test(t, TOK_15_no_memory_for_an_introspection, 0,
                        AS_COUNT(scene_introspection_requests));
})
