/* SPDX-License-Identifier: Apache-2.0 */
/* TOK-15, TOK-177: each verb of the store fails in turn under each kind of request. */
#include "fault/support/verbs.h"

#include "fault/support/fail.h"
#include "fault/support/operating.h"

#define MOST 1000 /* more than there are: all */

static struct scene s;

static void start(void)
{
    scene_start(&s);
    verbs_start(s.f->w->store);
}

static void stop(void)
{
    scene_stop(&s);
}

static void fail_each(bool unavailable)
{
    verbs.unavailable = unavailable;
    fail_all(&s, scene_token_requests, AS_COUNT(scene_token_requests), MOST);
    fail_all(&s, scene_introspection_requests, AS_COUNT(scene_introspection_requests), MOST);
    fail_all(&s, scene_registration_requests, AS_COUNT(scene_registration_requests), MOST);
    fail_all(&s, scene_operator_requests, AS_COUNT(scene_operator_requests), MOST);
    fail_all(&s, scene_revocation_requests, AS_COUNT(scene_revocation_requests), MOST);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        ck_assert_msg(atomic_load(&verbs.failed[i]) > 0, "%s never failed", verb_names[i]);
    }
}

START_TEST(TOK_15_TOK_177_verbs_are_unavailable)
{
    fail_each(true);
}
END_TEST

START_TEST(TOK_15_TOK_177_verbs_fail)
{
    fail_each(false);
}
END_TEST

AS_TESTS("fault/store/verbs", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_15_TOK_177_verbs_are_unavailable);
    tcase_add_test(t, TOK_15_TOK_177_verbs_fail);
})
