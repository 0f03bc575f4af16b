/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One certificate, several clients, each judged in its own way: pinned to trust groups with
 * different anchors, or registered as it is. What ends the tokens of one leaves the others'.
 */
#include "support/shared.h"

static char *banks_token, *others_token;

static void start(void)
{
    shared_start();
    banks_token = flow_token(f, by_banks, "banker");
    others_token = flow_token(f, by_others, "other");
}

static void stop(void)
{
    free(banks_token);
    free(others_token);
    flow_free(f);
}

START_TEST(D9_two_groups_vouch_for_one_certificate)
{
    ck_assert_mem_eq(by_banks->thumbprint, by_others->thumbprint, AS_DIGEST);
    is_active(banks_token);
    is_active(others_token);
    free(flow_token(f, by_banks, "banker"));
    is_active(others_token);
    free(flow_token(f, by_others, "other"));
    is_active(banks_token);
}
END_TEST

START_TEST(D9_the_anchor_of_one_group_is_taken_away)
{
    char *const files[] = {f->w->ca_files[0], f->w->ca_files[1], f->w->ca_files[2]};

    anchors(files[2], files[1]);
    is_inactive(banks_token, "cert_untrusted");
    is_active(others_token);
    anchors(files[0], files[2]);
    is_active(banks_token);
    is_inactive(others_token, "cert_untrusted");
    free(flow_token(f, by_banks, "banker")); /* nor does it come back with another's */
    is_inactive(others_token, "cert_untrusted");
    anchors(files[0], files[1]);
    is_active(banks_token);
    is_active(others_token);
}
END_TEST

/* One group that holds both: a token hangs by the anchor that it was issued under. */
START_TEST(D9_two_ways_within_one_group)
{
    char *const files[] = {f->w->ca_files[0], f->w->ca_files[1]};
    const char *both[] = {files[0], files[1]};

    f->w->groups[0].anchors = both;
    f->w->groups[0].anchor_count = 2;
    anchors(files[0], files[1]);
    char *crossed = flow_token(f, by_others, "banker");
    is_active(banks_token);
    is_active(crossed);
    f->w->groups[0].anchor_count = 1;
    anchors(files[0], files[1]);
    is_active(banks_token);
    is_inactive(crossed, "cert_untrusted");
    both[0] = files[1];
    anchors(files[0], files[1]);
    is_inactive(banks_token, "cert_untrusted");
    is_active(crossed);
    free(crossed);
}
END_TEST

/* The same certificate registered by a third, for which no group is asked. */
START_TEST(D9_one_of_them_has_registered_it)
{
    char *const files[] = {f->w->ca_files[0], f->w->ca_files[1], f->w->ca_files[2]};

    world_add(f->w, (struct world_party){.id = "self", .certs = {by_banks}, .scope = "read"});
    char *self_token = flow_token(f, by_banks, "self");
    is_active(banks_token);
    is_active(others_token);
    is_active(self_token);
    anchors(files[2], files[1]);
    is_inactive(banks_token, "cert_untrusted");
    is_active(self_token);
    anchors(files[0], files[1]);
    world_replace(f->w, (struct world_party){.id = "self",
                                             .certs = {world_leaf(f->w, NULL, "CN=newer")},
                                             .scope = "read"});
    is_inactive(self_token, "cert_not_registered");
    is_active(banks_token);
    is_active(others_token);
    free(self_token);
}
END_TEST

/* Each is kept once: clients that take turns neither write nor leave the worker. */
START_TEST(D10_they_take_turns_without_writing)
{
    const int64_t writes = as_metric_get(AS_METRIC_store_writes_total);

    for (int i = 0; i < 6; i++) {
        const bool first = i % 2 == 0;
        struct flow_answer *answer =
            flow_post(f, first ? by_banks : by_others, "/token",
                      first ? "grant_type=client_credentials&client_id=banker"
                            : "grant_type=client_credentials&client_id=other");
        flow_status(answer, 200);
        ck_assert(!answer->elsewhere);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), writes);
}
END_TEST

AS_TESTS("flow_introspection_shared_certificate", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D9_two_groups_vouch_for_one_certificate);
    tcase_add_test(t, D9_the_anchor_of_one_group_is_taken_away);
    tcase_add_test(t, D9_two_ways_within_one_group);
    tcase_add_test(t, D9_one_of_them_has_registered_it);
    tcase_add_test(t, D10_they_take_turns_without_writing);
})
