/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15: memory runs out at each place of a registration and of what follows it in turn. */
#include "fault/support/short_memory.h"

START_TEST(TOK_15_no_memory_for_a_registration)
{
    short_memory_fail(&scene_registration_requests[_i]);
}
END_TEST

AS_TESTS("fault/memory/registration", {
    tcase_add_checked_fixture(t, short_memory_start, short_memory_stop);
    tcase_add_loop_test(t, TOK_15_no_memory_for_a_registration, 0,
                        AS_COUNT(scene_registration_requests));
})
