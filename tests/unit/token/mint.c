/* SPDX-License-Identifier: Apache-2.0 */
#include "support/issue.h"
#include "token/form.h"

static struct world *w;
static const as_span audience[] = {AS_LIT_ROW("https://rs.example")};
static struct as_party party = {.id = AS_LIT_ROW("c"), .kind = AS_PARTY_CLIENT, .epoch = 9};
static struct as_client client;

static void start(void)
{
    w = world_new();
    client =
        (struct as_client){.party = &party, .profile = AS_LIT("fapi1"), .scope = AS_LIT("read")};
    party.client = &client;
}

static void stop(void)
{
    world_free(w);
}

static struct as_entitlement entitled(void)
{
    return (struct as_entitlement){
        .client = &client,
        .subject = AS_LIT("c"),
        .audience = audience,
        .audience_count = 1,
        .scope = AS_LIT("read"),
        .binding = {.x5t = true, .thumbprint = "a certificate's thumbprint"},
        .format = AS_TOKEN_SEALED,
    };
}

START_TEST(TOK_63_what_an_issue_says)
{
    struct as_entitlement what = entitled();
    struct as_issue issue;
    const struct as_token *token = NULL;

    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert(as_span_starts(issue.access_token, AS_LIT(AS_TOKEN_PREFIX)));
    ck_assert_int_eq(issue.expires_in, 300);
    ck_span_eq(issue.scope, "read");
    ck_assert_int_eq(issue.token.client_epoch, 9);
    ck_ok(as_token_read(&w->ctx, issue.access_token, &token));
    ck_assert_ptr_nonnull(token);
    ck_assert_mem_eq(token->jti, issue.token.jti, sizeof(token->jti));
    ck_assert_int_eq(token->client_epoch, 9);
    ck_assert_mem_eq(token->binding.thumbprint, what.binding.thumbprint, AS_DIGEST);
}
END_TEST

/* MTLS-77 has no form to go wrong in: the type is the endpoint's. Here: two tokens never agree. */
START_TEST(TOK_17_each_token_is_its_own)
{
    struct as_entitlement what = entitled();
    struct as_issue one;
    struct as_issue two;

    ck_ok(as_token_mint(&w->ctx, &what, &one));
    ck_ok(as_token_mint(&w->ctx, &what, &two));
    ck_assert(!as_span_equal(one.access_token, two.access_token));
    ck_assert_mem_ne(one.token.jti, two.token.jti, sizeof(one.token.jti));
    ck_assert_uint_ge(sizeof(one.token.jti) * 8, 128);
}
END_TEST

START_TEST(D9_no_longer_than_the_certificate)
{
    struct as_entitlement what = entitled();
    struct as_issue issue;

    what.not_after = w->ctx.now + 100;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert_int_eq(issue.expires_in, 100);
    ck_assert_int_eq(issue.token.expires_at, what.not_after);
    what.not_after = w->ctx.now + 1000;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert_int_eq(issue.expires_in, 300);
    what.not_after = w->ctx.now + 1;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert_int_eq(issue.expires_in, 1);
    what.not_after = w->ctx.now;
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_INVALID_REQUEST,
               "the client certificate ends too soon for a token");
}
END_TEST

START_TEST(no_longer_than_the_setting_says)
{
    struct as_entitlement what = entitled();
    struct as_issue issue;

    w->settings.access_token_lifetime = 77;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert_int_eq(issue.expires_in, 77);
}
END_TEST

START_TEST(TOK_70_never_unbound_where_binding_is_demanded)
{
    struct as_entitlement what = entitled();
    struct as_issue issue;
    static const char refusal[] = "an unbound token for a client that must have bound ones";

    what.binding.x5t = false;
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_SERVER_ERROR, refusal);
    client.profile = AS_LIT("oauth");
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    client.bound_access_tokens = true;
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_SERVER_ERROR, refusal);
    client.bound_access_tokens = false;
    client.profile = AS_LIT("unheard of");
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_SERVER_ERROR, refusal);
}
END_TEST

START_TEST(D8_a_form_that_there_is_not)
{
    struct as_entitlement what = entitled();
    struct as_issue issue;

    what.format = AS_TOKEN_FORMATS;
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_SERVER_ERROR, "a token of no form");
    what.format = AS_TOKEN_JWT;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
}
END_TEST

START_TEST(D8_too_much_for_a_token)
{
    static char scope[AS_SEAL_PLAIN_MAX];
    struct as_entitlement what = entitled();
    struct as_issue issue;

    memset(scope, 's', sizeof(scope));
    what.scope = as_span_bytes(scope, 900);
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    ck_assert_uint_le(issue.access_token.len, AS_LIMIT_TOKEN_TEXT);
    what.scope = as_span_bytes(scope, sizeof(scope));
    ck_refuses(as_token_mint(&w->ctx, &what, &issue), AS_INVALID_SCOPE,
               "scope and audience are too long for a token");
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_63_what_an_issue_says);
    tcase_add_test(t, TOK_17_each_token_is_its_own);
    tcase_add_test(t, D9_no_longer_than_the_certificate);
    tcase_add_test(t, no_longer_than_the_setting_says);
    tcase_add_test(t, TOK_70_never_unbound_where_binding_is_demanded);
    tcase_add_test(t, D8_a_form_that_there_is_not);
    tcase_add_test(t, D8_too_much_for_a_token);
}

int main(void)
{
    return as_tests_run("mint", add_tests);
}
