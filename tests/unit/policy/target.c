/* SPDX-License-Identifier: Apache-2.0 */
#include "as/policy.h"
#include "harness.h"

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

/* Two resource servers; `shared` belongs to both, the second has two audiences. */
static const as_span one_audience[] = {AS_LIT_ROW("https://one.example")};
static const as_span two_audience[] = {AS_LIT_ROW("https://two.example/a"),
                                       AS_LIT_ROW("https://two.example/b")};
static const as_span off_audience[] = {AS_LIT_ROW("https://off.example")};
static const struct as_party on = {.kind = AS_PARTY_RESOURCE, .status = AS_PARTY_ENABLED};
static const struct as_party off = {.kind = AS_PARTY_RESOURCE, .status = AS_PARTY_DISABLED};
static const struct as_resource one = {.party = &on,
                                       .audience = one_audience,
                                       .audience_count = 1,
                                       .scope = AS_LIT_ROW("read write shared")};
static const struct as_resource two = {
    .party = &on, .audience = two_audience, .audience_count = 2, .scope = AS_LIT_ROW("pay shared")};
static const struct as_resource gone = {
    .party = &off, .audience = off_audience, .audience_count = 1, .scope = AS_LIT_ROW("old read")};
static const struct as_resource *const items[] = {&one, &two, &gone};
static const struct as_resource_set resources = {items, 3};

struct asked {
    const char *client_scope;
    const char *default_resource;
    const char *scope;
    const char *targets[AS_LIMIT_RESOURCES + 1];
};

static struct as_arena *mem;

static as_err judge(struct asked what, struct as_target *out)
{
    struct as_client client = {.scope = as_span_of(what.client_scope),
                               .default_resource = as_span_of(what.default_resource)};
    as_span targets[AS_LIMIT_RESOURCES + 1];
    struct as_target_ask ask = {&client, &resources, as_span_of(what.scope), targets, 0};

    for (size_t i = 0; i < AS_COUNT(what.targets) && what.targets[i] != NULL; i++) {
        targets[ask.target_count++] = as_span_of(what.targets[i]);
    }
    return as_policy_target(mem, &ask, out);
}

static void start(void)
{
    mem = as_arena_new(1 << 20);
}

static void stop(void)
{
    as_arena_free(mem);
}

#define ALL "read write shared pay old unowned"

START_TEST(D13_resource_named)
{
    struct as_target got;

    ck_ok(judge((struct asked){ALL, NULL, "write read", {"https://one.example"}}, &got));
    ck_assert_uint_eq(got.audience_count, 1);
    ck_span_eq(got.audience[0], "https://one.example");
    ck_span_eq(got.scope, "write read"); /* in the order asked */
    ck_assert_uint_eq(got.resource_count, 1);
    ck_assert_ptr_eq(got.resources[0], &one);

    /* the audience named is the one in the token, not the first of that server */
    ck_ok(judge((struct asked){ALL, NULL, "pay", {"https://two.example/b"}}, &got));
    ck_span_eq(got.audience[0], "https://two.example/b");
}
END_TEST

START_TEST(D13_resource_named_is_unknown)
{
    static const char *const bad[] = {"https://one.example/",  "https://ONE.example",
                                      "https://two.example",   "one",
                                      "https://one.example#f", "https://off.example"};
    struct as_target got;

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(judge((struct asked){ALL, "https://one.example", "read", {bad[i]}}, &got),
                   AS_INVALID_TARGET, "resource is not that of a resource server");
        ck_refuses(judge((struct asked){ALL, NULL, "read", {"https://one.example", bad[i]}}, &got),
                   AS_INVALID_TARGET, "resource is not that of a resource server");
    }
    ck_ok(judge((struct asked){ALL, NULL, "read", {"https://one.example"}}, &got));
}
END_TEST

START_TEST(D13_several_resources)
{
    struct as_target got;

    ck_ok(judge((struct asked){ALL,
                               NULL,
                               "pay read",
                               {"https://one.example", "https://two.example/a",
                                "https://one.example", "https://two.example/b"}},
                &got));
    ck_assert_uint_eq(got.audience_count, 3);
    ck_span_eq(got.audience[0], "https://one.example");
    ck_span_eq(got.audience[1], "https://two.example/a");
    ck_span_eq(got.audience[2], "https://two.example/b");
    ck_assert_uint_eq(got.resource_count, 2);
    ck_span_eq(got.scope, "pay read");

    /* RFC 9068 3: nothing in the token would be for the second */
    ck_refuses(
        judge((struct asked){ALL, NULL, "read", {"https://one.example", "https://two.example/a"}},
              &got),
        AS_INVALID_SCOPE, "no scope is left for a resource server");
    struct asked many = {ALL, NULL, "read", {0}};
    for (size_t i = 0; i <= AS_LIMIT_RESOURCES; i++) {
        many.targets[i] = "https://one.example";
    }
    ck_refuses(judge(many, &got), AS_INVALID_TARGET, "too many resource parameters");
    many.targets[AS_LIMIT_RESOURCES] = NULL;
    ck_ok(judge(many, &got));
}
END_TEST

START_TEST(D13_scopes_imply_the_resource)
{
    struct as_target got;

    ck_ok(judge((struct asked){ALL, NULL, "read shared", {0}}, &got));
    ck_span_eq(got.audience[0], "https://one.example");
    ck_ok(judge((struct asked){ALL, NULL, "shared pay", {0}}, &got));
    ck_span_eq(got.audience[0], "https://two.example/a"); /* its first */
    /* the only cover goes before the default */
    ck_ok(judge((struct asked){ALL, "https://two.example/b", "read", {0}}, &got));
    ck_span_eq(got.audience[0], "https://one.example");
    /* both cover: the default, or none */
    ck_ok(judge((struct asked){ALL, "https://two.example/b", "shared", {0}}, &got));
    ck_span_eq(got.audience[0], "https://two.example/b");
    ck_refuses(judge((struct asked){ALL, NULL, "shared", {0}}, &got), AS_INVALID_TARGET,
               "no resource was named and none is implied");
    /* no one covers */
    ck_refuses(judge((struct asked){ALL, NULL, "read pay", {0}}, &got), AS_INVALID_TARGET,
               "no resource was named and none is implied");
    ck_refuses(judge((struct asked){ALL, "https://one.example", "read pay", {0}}, &got),
               AS_INVALID_SCOPE, "scope belongs to another resource server");
}
END_TEST

START_TEST(D13_default_resource_that_is_gone)
{
    struct as_target got;

    ck_refuses(judge((struct asked){ALL, "https://off.example", "shared", {0}}, &got),
               AS_INVALID_TARGET, "resource is not that of a resource server");
    ck_refuses(judge((struct asked){ALL, "https://never.example", "shared", {0}}, &got),
               AS_INVALID_TARGET, "resource is not that of a resource server");
}
END_TEST

START_TEST(TOK_66_foreign_scopes_refuse_the_whole_request)
{
    struct as_target got;
    const struct asked named = {ALL, NULL, "read", {"https://one.example"}};
    struct asked what = named;

    ck_ok(judge(what, &got));
    what.scope = "read unowned";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope belongs to no resource server");
    what.scope = "read old"; /* its owner is disabled */
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope belongs to no resource server");
    what.scope = "read READ";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope belongs to no resource server");
    what.scope = "read pay";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope belongs to another resource server");
    what.scope = "read \"";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope is malformed");
    what = named;
    what.client_scope = "write pay";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope is not registered for the client");
    what.client_scope = "";
    ck_refuses(judge(what, &got), AS_INVALID_SCOPE, "scope is not registered for the client");
}
END_TEST

START_TEST(TOK_66_order_is_free)
{
    struct as_target got;

    ck_ok(judge((struct asked){ALL, NULL, "read write read", {0}}, &got));
    ck_span_eq(got.scope, "read write");
    ck_ok(judge((struct asked){ALL, NULL, "write read", {0}}, &got));
    ck_span_eq(got.scope, "write read");
}
END_TEST

START_TEST(TOK_67_no_scope_gives_the_registered_one)
{
    struct as_target got;

    ck_ok(judge((struct asked){"write unowned read", NULL, NULL, {0}}, &got));
    ck_span_eq(got.scope, "write read");
    ck_span_eq(got.audience[0], "https://one.example");
    ck_ok(judge((struct asked){ALL, NULL, NULL, {"https://two.example/a"}}, &got));
    ck_span_eq(got.scope, "shared pay");
    ck_ok(judge((struct asked){ALL, "https://one.example", NULL, {0}}, &got));
    ck_span_eq(got.scope, "read write shared");

    ck_refuses(judge((struct asked){"pay", NULL, NULL, {"https://one.example"}}, &got),
               AS_INVALID_SCOPE, "no scope is left for a resource server");
    ck_refuses(judge((struct asked){"", "https://one.example", NULL, {0}}, &got), AS_INVALID_SCOPE,
               "no scope is left for a resource server");
    ck_refuses(judge((struct asked){"", NULL, NULL, {0}}, &got), AS_INVALID_TARGET,
               "no resource was named and none is implied");
    ck_refuses(judge((struct asked){ALL, NULL, NULL, {0}}, &got), AS_INVALID_TARGET,
               "no resource was named and none is implied");
}
END_TEST

/* Nothing registered and one resource server: it is the scope that is missing. */
START_TEST(TOK_67_nothing_registered)
{
    static const struct as_resource_set alone = {items, 1};
    const struct as_client client = {0};
    const struct as_target_ask ask = {.client = &client, .resources = &alone};
    struct as_target got;

    ck_refuses(as_policy_target(mem, &ask, &got), AS_INVALID_SCOPE,
               "no scope is left for a resource server");
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D13_resource_named);
    tcase_add_test(t, D13_resource_named_is_unknown);
    tcase_add_test(t, D13_several_resources);
    tcase_add_test(t, D13_scopes_imply_the_resource);
    tcase_add_test(t, D13_default_resource_that_is_gone);
    tcase_add_test(t, TOK_66_foreign_scopes_refuse_the_whole_request);
    tcase_add_test(t, TOK_66_order_is_free);
    tcase_add_test(t, TOK_67_no_scope_gives_the_registered_one);
    tcase_add_test(t, TOK_67_nothing_registered);
}

int main(void)
{
    return as_tests_run("target", add_tests);
}
