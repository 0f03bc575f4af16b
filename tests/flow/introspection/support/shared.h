/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One certificate that two clients share, each under a trust group of its own: "banker" under
 * "banks", "other" under "others". Its authority is vouched for by the roots of both, so that the
 * chain that comes with it decides where it leads. The resource server "rs" asks.
 *
 *     shared_start();
 *     flow_token(f, by_banks, "banker")    the leaf by way of either root
 *     flow_token(f, by_others, "other")
 *     is_active(token), is_inactive(token, "cert_untrusted")
 *     anchors(f->w->ca_files[2], f->w->ca_files[1])
 */
#ifndef AS_TESTS_FLOW_SHARED_H
#define AS_TESTS_FLOW_SHARED_H

#include "support/flow.h"

static struct flow *f;
static const struct as_cert *by_banks, *by_others, *rs;

static struct test_cert *shared_keep(struct test_cert *made)
{
    f->w->made[f->w->made_count++] = made;
    return made;
}

static struct test_cert *shared_authority(const struct test_cert *root, EVP_PKEY *key)
{
    return shared_keep(test_cert(
        root, (struct test_cert_ask){.subject = "CN=Shared CA", .ca = true, .use_key = key}));
}

static void shared_start(void)
{
    f = flow_new();
    struct test_cert *sub = shared_authority(f->w->banks_ca, NULL);
    struct test_cert *crossed = shared_authority(f->w->others_ca, sub->key);
    struct test_cert *leaf = shared_keep(test_leaf(sub, "CN=c"));

    by_banks = world_cert_with(f->w, leaf, sub);
    by_others = world_cert_with(f->w, leaf, crossed);
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    world_add(f->w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://api.example"}, .scope = "read"});
    world_add(f->w, (struct world_party){
                        .id = "banker", .dn = "CN=c", .scope = "read", .trust = "banks"});
    world_add(f->w,
              (struct world_party){
                  .id = "other", .dn = "CN=c", .scope = "read", .trust = "others", .shared = true});
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

/* The two groups hold these authorities from now on, and fapid has been started again. */
static void anchors(const char *banks, const char *others)
{
    f->w->ca_names[0] = banks;
    f->w->ca_names[1] = others;
    world_trust(f->w, 3);
    flow_restart(f);
}

#endif
