/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One certificate, several clients, each judged in its own way: pinned to trust groups with
 * different anchors, or registered as it is. What ends the tokens of one leaves the others'.
 */
#include "support/flow.h"

static struct flow *f;
static struct test_cert *leaf;
static const struct as_cert *by_banks, *by_others, *rs;
static char *banks_token, *others_token;

/* The leaf with one more certificate, as a request carries it. */
static const struct as_cert *with_chain(struct test_cert *sub)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    struct world *w = f->w;

    sk_X509_push(chain, sub->x509);
    ck_ok(as_cert_of_x509(leaf->x509, chain, &w->certs[w->cert_count]));
    sk_X509_free(chain);
    return w->certs[w->cert_count++];
}

/* An authority that both roots vouch for, so that its certificates lead to either. */
static struct test_cert *cross_signed(const struct test_cert *root, EVP_PKEY *key)
{
    struct test_cert *sub = test_cert(
        root, (struct test_cert_ask){.subject = "CN=Shared CA", .ca = true, .use_key = key});

    f->w->made[f->w->made_count++] = sub;
    return sub;
}

static void start(void)
{
    f = flow_new();
    struct test_cert *sub = cross_signed(f->w->banks_ca, NULL);
    struct test_cert *crossed = cross_signed(f->w->others_ca, sub->key);
    leaf = test_leaf(sub, "CN=c");
    f->w->made[f->w->made_count++] = leaf;
    by_banks = with_chain(sub);
    by_others = with_chain(crossed);
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    world_add(f->w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://api.example"}, .scope = "read"});
    world_add(f->w, (struct world_party){
                        .id = "banker", .dn = "CN=c", .scope = "read", .trust = "banks"});
    world_add(f->w,
              (struct world_party){
                  .id = "other", .dn = "CN=c", .scope = "read", .trust = "others", .shared = true});
    banks_token = flow_token(f, by_banks, "banker");
    others_token = flow_token(f, by_others, "other");
}

static void stop(void)
{
    free(banks_token);
    free(others_token);
    flow_free(f);
}

static void is_active(const char *token)
{
    ck_assert(flow_active(flow_introspect(f, rs, "rs", token)));
}

static void is_inactive(const char *token, const char *reason)
{
    ck_assert(!flow_active(flow_introspect(f, rs, "rs", token)));
    flow_last_has(f->log_fd, "reason", reason);
}

/* The first groups hold these authorities from now on, and fapid has been started again. */
static void anchors(const char *banks, const char *others)
{
    f->w->ca_names[0] = banks;
    f->w->ca_names[1] = others;
    world_trust(f->w, 3);
    flow_restart(f);
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
