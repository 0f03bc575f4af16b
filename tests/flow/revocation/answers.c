/* SPDX-License-Identifier: Apache-2.0 */
/* POST /revoke, and the end of all tokens of a client by epoch. */
#include "support/flow.h"

static struct flow *f;
static const struct as_cert *cert, *other, *rs;
static char *token;

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    other = world_leaf(f->w, f->w->banks_ca, "CN=c2");
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read"});
    world_add(f->w, (struct world_party){.id = "c2", .dn = "CN=c2", .scope = "read"});
    world_add(f->w, (struct world_party){
                        .id = "rs", .dn = "CN=rs", .audience = {"urn:rs"}, .scope = "read"});
    token = flow_token(f, cert, "c1");
}

static void stop(void)
{
    free(token);
    flow_free(f);
}

static struct flow_answer *end_token(const struct as_cert *by, const char *id, const char *text)
{
    char body[AS_LIMIT_TOKEN_TEXT + 256];

    snprintf(body, sizeof(body), "client_id=%s&token=%s", id, text);
    return flow_post(f, by, "/revoke", body);
}

static bool active(const char *text)
{
    return flow_active(flow_introspect(f, rs, "rs", text));
}

/* The end is durable when it is acknowledged, and told once in log, audit and store. */
START_TEST(TOK_170_a_token_is_revoked)
{
    char *second = flow_token(f, cert, "c1");
    size_t audited = flow_lines(f->audit_fd);

    ck_assert(active(token));
    struct flow_answer *answer = end_token(cert, "c1", token);
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, "");
    ck_assert(answer->elsewhere);
    ck_assert_uint_eq(flow_lines(f->audit_fd), audited + 1);
    flow_last_has(f->audit_fd, "event", "token_revoked");
    flow_last_has(f->audit_fd, "client_id", "c1");
    flow_last_has(f->audit_fd, "outcome", "success");
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 1);
    ck_assert(!active(token));
    ck_assert(active(second));
    flow_restart(f);
    ck_assert(!active(token));
    free(second);
}
END_TEST

START_TEST(TOK_170_the_worker_s_try_has_no_effect)
{
    char body[AS_LIMIT_TOKEN_TEXT + 256];
    size_t audited = flow_lines(f->audit_fd);
    int64_t revoked = as_metric_get(AS_METRIC_tokens_revoked_total);

    snprintf(body, sizeof(body), "client_id=c1&token=%s", token);
    ck_assert(!flow_try(f, (struct flow_ask){.path = "/revoke", .body = body, .cert = cert}));
    ck_assert_uint_eq(flow_lines(f->audit_fd), audited);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), revoked);
    ck_assert(active(token));
}
END_TEST

START_TEST(TOK_171_the_caller_is_authenticated)
{
    flow_refused(end_token(NULL, "c1", token), 401, "invalid_client");
    flow_refused(end_token(other, "c1", token), 401, "invalid_client");
    flow_refused(end_token(cert, "nobody", token), 401, "invalid_client");
    ck_assert(active(token));
    flow_status(end_token(cert, "c1", token), 200);
}
END_TEST

START_TEST(TOK_172_another_client_s_token)
{
    flow_refused(end_token(other, "c2", token), 400, "invalid_grant");
    flow_last_has(f->audit_fd, "outcome", "refused");
    flow_refused(end_token(rs, "rs", token), 400, "invalid_grant");
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 0);
    ck_assert(active(token));
}
END_TEST

/* What is no token, or none any more, has reached the client's aim; nothing is claimed to have
 * ended. */
START_TEST(TOK_173_nothing_to_revoke)
{
    static const char *const texts[] = {"garbage", "fat1.AAAA", "fat1."};
    size_t audited;

    flow_status(end_token(cert, "c1", token), 200);
    audited = flow_lines(f->audit_fd);
    struct flow_answer *answer = end_token(cert, "c1", token);
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, "");
    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        answer = end_token(cert, "c1", texts[i]);
        flow_status(answer, 200);
        ck_assert_str_eq(answer->body, "");
        ck_assert(!answer->elsewhere);
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 1);
    ck_assert_uint_eq(flow_lines(f->audit_fd), audited);
}
END_TEST

/* The clock may be wrong: what seems over is revoked as well, or it would be active again. */
START_TEST(TOK_170_TOK_173_a_token_that_seems_over)
{
    const as_time right = f->w->ctx.now;

    f->now = right + 1000;
    flow_status(end_token(other, "c2", token), 200);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 0);
    flow_status(end_token(cert, "c1", token), 200);
    ck_assert_int_eq(as_metric_get(AS_METRIC_tokens_revoked_total), 1);
    flow_last_has(f->audit_fd, "event", "token_revoked");
    f->now = right;
    ck_assert(!active(token));
}
END_TEST

START_TEST(TOK_174_TOK_176_the_form)
{
    char body[AS_LIMIT_TOKEN_TEXT + 256];

    flow_refused(flow_post(f, cert, "/revoke", "client_id=c1"), 400, "invalid_request");
    flow_refused(flow_post(f, cert, "/revoke", "client_id=c1&token="), 400, "invalid_request");
    snprintf(body, sizeof(body), "client_id=c1&token=%s&token=%s", token, token);
    flow_refused(flow_post(f, cert, "/revoke", body), 400, "invalid_request");
    ck_assert(active(token));
    snprintf(body, sizeof(body), "client_id=c1&token=%s&token_type_hint=refresh_token&callback=x",
             token);
    struct flow_answer *answer = flow_post(f, cert, "/revoke", body);
    flow_status(answer, 200);
    ck_assert_str_eq(answer->body, "");
    ck_assert(!active(token));
}
END_TEST

/* D8: the epoch moves on; what is issued afterwards is good. */
START_TEST(TOK_170_all_tokens_of_a_client)
{
    char *foreign = flow_token(f, other, "c2");

    flow_status(flow_admin(f, "POST", "/v1/revocations", "{'client_id':'c1'}"), 204);
    flow_last_has(f->audit_fd, "event", "client_tokens_revoked");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    flow_last_has(f->audit_fd, "client_id", "c1");
    ck_assert(!active(token));
    ck_assert(active(foreign));
    char *after = flow_token(f, cert, "c1");
    ck_assert(active(after));
    flow_refused(flow_admin(f, "POST", "/v1/revocations", "{'client_id':'nobody'}"), 404,
                 "not_found");
    /* nothing is issued to a resource server: success would promise an end that none sees */
    flow_refused(flow_admin(f, "POST", "/v1/revocations", "{'client_id':'rs'}"), 404, "not_found");
    flow_refused(flow_admin(f, "POST", "/v1/revocations", "{'client_id':1}"), 400,
                 "invalid_request");
    flow_refused(flow_admin(f, "POST", "/v1/revocations", "{'client_id':'c1','x':1}"), 400,
                 "invalid_request");
    flow_refused(flow_admin(f, "POST", "/v1/revocations", "['c1']"), 400, "invalid_request");
    flow_refused(flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                                .path = "/v1/revocations",
                                                .query = "dry_run=true",
                                                .body = "{\"client_id\":\"c1\"}"}),
                 400, "invalid_request");
    ck_assert(active(after));
    free(foreign);
    free(after);
}
END_TEST

AS_TESTS("flow/revocation/answers", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_170_a_token_is_revoked);
    tcase_add_test(t, TOK_170_the_worker_s_try_has_no_effect);
    tcase_add_test(t, TOK_171_the_caller_is_authenticated);
    tcase_add_test(t, TOK_172_another_client_s_token);
    tcase_add_test(t, TOK_173_nothing_to_revoke);
    tcase_add_test(t, TOK_170_TOK_173_a_token_that_seems_over);
    tcase_add_test(t, TOK_174_TOK_176_the_form);
    tcase_add_test(t, TOK_170_all_tokens_of_a_client);
})
