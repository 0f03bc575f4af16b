/* SPDX-License-Identifier: Apache-2.0 */
#include "support/issue.h"

static enum as_token_format format; /* of the tokens of this round */
static struct world *w;
static const struct as_cert *cert, *other_cert, *rs_cert;
static char text[ISSUE_TEXT];
static bool ended; /* by the last end_token */

static void start(void)
{
    w = world_new();
    w->settings.token_format = format;
    cert = world_leaf(w, w->banks_ca, "CN=c");
    other_cert = world_leaf(w, w->banks_ca, "CN=d");
    rs_cert = world_leaf(w, w->shops_ca, "CN=rs");
    world_add(w,
              (struct world_party){
                  .id = "rs", .dn = "CN=rs", .audience = {"https://rs.example"}, .scope = "read"});
    world_add(w, (struct world_party){.id = "c", .dn = "CN=c", .scope = "read"});
    world_add(w, (struct world_party){.id = "d", .dn = "CN=d", .scope = "read"});
    issue_text(w, "c", cert, text);
}

static void stop(void)
{
    world_free(w);
}

static as_err end_token(const char *id, const struct as_cert *shown, const char *token)
{
    struct as_audit audit = world_audit(w, "token_revoked");

    world_next(w);
    struct as_who who = world_who(w, id, shown);
    return as_token_revoke(&w->ctx, who.party, as_span_of(token), &audit, &ended);
}

static const char *state(const char *token)
{
    const struct as_token *found = NULL;
    const char *reason = NULL;

    world_next(w);
    ck_ok(as_token_look(&w->ctx, as_span_of(token), &found, &reason));
    return found != NULL ? "active" : reason;
}

START_TEST(TOK_170_inactive_at_once)
{
    char second[ISSUE_TEXT];

    issue_text(w, "c", cert, second);
    ck_assert_str_eq(state(text), "active");
    ck_ok(end_token("c", cert, text));
    ck_assert(ended);
    ck_assert_str_eq(state(text), "token_revoked");
    ck_assert_str_eq(state(second), "active"); /* one token, not all */
    ck_ok(end_token("c", cert, text));
    ck_assert(!ended);
}
END_TEST

START_TEST(TOK_172_another_clients_token)
{
    ck_refuses(end_token("d", other_cert, text), AS_INVALID_GRANT, "the token is another client's");
    ck_refuses(end_token("rs", rs_cert, text), AS_INVALID_GRANT, "the token is another client's");
    ck_assert_str_eq(state(text), "active");
    ck_ok(end_token("c", cert, text));
    /* also once it is revoked */
    ck_refuses(end_token("d", other_cert, text), AS_INVALID_GRANT, "the token is another client's");
}
END_TEST

/* D13: one id space. Whoever has the id now is not who was given the token. */
START_TEST(TOK_172_the_id_is_a_resource_servers_now)
{
    world_next(w);
    world_delete(w, AS_PARTY_CLIENT, "c");
    world_add(w, (struct world_party){.id = "c",
                                      .dn = "CN=rs",
                                      .audience = {"https://c.example"},
                                      .scope = "c",
                                      .shared = true});
    ck_refuses(end_token("c", rs_cert, text), AS_INVALID_GRANT, "the token is another client's");
    ck_refuses(end_token("d", other_cert, text), AS_INVALID_GRANT, "the token is another client's");
}
END_TEST

START_TEST(TOK_173_nothing_to_revoke)
{
    int64_t before = as_metric_get(AS_METRIC_store_writes_total);

    ck_ok(end_token("c", cert, "garbage"));
    ck_ok(end_token("c", cert, ""));
    ck_ok(end_token("c", cert, "fat1.AAAA"));
    w->ctx.now += 300; /* expired */
    ck_ok(end_token("d", other_cert, text));
    ck_ok(end_token("rs", rs_cert, text));
    w->ctx.now -= 300;
    ck_assert_str_eq(state(text), "active");
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before);
    ck_ok(end_token("c", cert, text));
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before + 1);
    ck_ok(end_token("c", cert, text)); /* twice the same */
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before + 1);
    ck_assert_str_eq(state(text), "token_revoked");
}
END_TEST

/* A clock that was ahead and is put right must not make a revocation vanish. */
START_TEST(TOK_170_a_token_that_seems_over)
{
    w->ctx.now += 3600;
    ck_ok(end_token("c", cert, text));
    ck_assert(ended);
    w->ctx.now -= 3600;
    ck_assert_str_eq(state(text), "token_revoked");
}
END_TEST

/* Nor must a clock set back. */
START_TEST(TOK_170_before_its_time)
{
    w->ctx.now -= 2 * AS_LIMIT_CLOCK_SKEW;
    ck_ok(end_token("c", cert, text));
    w->ctx.now += 2 * AS_LIMIT_CLOCK_SKEW;
    ck_assert_str_eq(state(text), "token_revoked");
}
END_TEST

/* TOK-177: what could not be written was not done, and is said so. */
START_TEST(TOK_177_a_worker_hands_the_write_over)
{
    struct as_store_session *worker = NULL;

    ck_ok(as_store_session_new(w->store, false, &worker));
    w->ctx.store = worker;
    ck_fault(end_token("c", cert, text), AS_ELSEWHERE);
    as_store_session_done(worker);
    w->ctx.store = w->session;
    ck_assert_str_eq(state(text), "active");
    ck_ok(end_token("c", cert, text));
    ck_assert_str_eq(state(text), "token_revoked");
    as_store_session_free(worker);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_170_inactive_at_once);
    tcase_add_test(t, TOK_172_another_clients_token);
    tcase_add_test(t, TOK_172_the_id_is_a_resource_servers_now);
    tcase_add_test(t, TOK_173_nothing_to_revoke);
    tcase_add_test(t, TOK_170_a_token_that_seems_over);
    tcase_add_test(t, TOK_170_before_its_time);
    tcase_add_test(t, TOK_177_a_worker_hands_the_write_over);
}

/* Whatever is asked of a token is asked of either form (TOK-128). */
int main(void)
{
    format = AS_TOKEN_SEALED;
    int failed = as_tests_run("revoke", add_tests);
    format = AS_TOKEN_JWT;
    return as_tests_run("revoke, JWT", add_tests) | failed;
}
