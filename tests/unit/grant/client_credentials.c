/* SPDX-License-Identifier: Apache-2.0 */
#include "support/issue.h"

static struct world *w;
static const struct as_cert *cert;
static struct world_party party;

static void start(void)
{
    w = world_new();
    cert = world_leaf(w, w->banks_ca, "CN=c");
    party = (struct world_party){.id = "c", .dn = "CN=c", .scope = "read write openid"};
    world_add(w, (struct world_party){.id = "rs",
                                      .dn = "CN=rs",
                                      .audience = {"https://rs.example"},
                                      .scope = "read write admin"});
    world_add(
        w, (struct world_party){
               .id = "pay", .dn = "CN=pay", .audience = {"https://pay.example"}, .scope = "pay"});
    world_add(w, party);
}

static void stop(void)
{
    world_free(w);
}

static as_err ask(const char *scope, const char *target, struct as_issue *out)
{
    world_next(w);
    return issue_try(w, "c", cert, scope, target, out);
}

START_TEST(TOK_60_grant_types)
{
    enum as_grant_type type;

    ck_refuses(as_grant_find(AS_SPAN_NONE, &type), AS_INVALID_REQUEST, "grant_type is missing");
    ck_fault(as_grant_find(AS_LIT("password"), &type), AS_UNSUPPORTED_GRANT_TYPE); /* TOK-61 */
    ck_fault(as_grant_find(AS_LIT("Client_Credentials"), &type), AS_UNSUPPORTED_GRANT_TYPE);
    ck_fault(as_grant_find(AS_LIT("authorization_code"), &type), AS_UNSUPPORTED_GRANT_TYPE);
    ck_ok(as_grant_find(AS_LIT("client_credentials"), &type));
    ck_assert_int_eq(type, AS_GRANT_CLIENT_CREDENTIALS);
}
END_TEST

START_TEST(TOK_60_not_registered_for_the_client)
{
    struct as_issue issue;

    ck_ok(ask("read", NULL, &issue));
    party.grants = WORLD_NO_GRANTS;
    world_replace(w, party);
    ck_refuses(ask("read", NULL, &issue), AS_UNAUTHORIZED_CLIENT, "grant_not_registered");
    party.grants = 0;
    world_replace(w, party);
    ck_ok(ask("read", NULL, &issue));
    w->settings.profiles = 1u << AS_PROFILE_OAUTH;
    ck_refuses(ask("read", NULL, &issue), AS_UNAUTHORIZED_CLIENT, "profile_not_enabled");
}
END_TEST

/* TOK-64: a resource server is no client, whatever it can prove. */
START_TEST(TOK_64_clients_only)
{
    struct as_issue issue;

    ck_refuses(issue_try(w, "rs", world_leaf(w, w->shops_ca, "CN=rs"), "read", NULL, &issue),
               AS_UNAUTHORIZED_CLIENT, "the caller is not a client");
    ck_ok(ask("read", NULL, &issue));
}
END_TEST

START_TEST(TOK_63_a_token)
{
    struct as_issue issue;

    ck_ok(ask("write read", "https://rs.example", &issue));
    ck_assert_int_eq(issue.expires_in, 300);
    ck_span_eq(issue.scope, "write read");
    ck_span_eq(issue.token.client_id, "c");
    ck_span_eq(issue.token.subject, "c"); /* TOK-68 */
    ck_span_eq(issue.token.audience[0], "https://rs.example");
    ck_assert(issue.token.binding.x5t);
    ck_assert_mem_eq(issue.token.binding.thumbprint, cert->thumbprint, AS_DIGEST);
    ck_assert_int_eq(issue.token.binding.class_, AS_CERTIFICATE_PKI);
}
END_TEST

START_TEST(TOK_66_scope_and_target)
{
    struct as_issue issue;

    ck_ok(ask("read", NULL, &issue));
    ck_fault(ask("admin", NULL, &issue), AS_INVALID_SCOPE);
    ck_fault(ask("read nobody", NULL, &issue), AS_INVALID_SCOPE);
    ck_fault(ask("read\"", NULL, &issue), AS_INVALID_SCOPE);
    ck_fault(ask("read", "https://pay.example", &issue), AS_INVALID_SCOPE);
    ck_fault(ask("read", "https://nobody.example", &issue), AS_INVALID_TARGET);
    ck_ok(ask(NULL, NULL, &issue)); /* TOK-67 */
    ck_span_eq(issue.scope, "read write");
}
END_TEST

START_TEST(TOK_68_scopes_about_a_user)
{
    struct as_issue issue;

    ck_refuses(ask("read openid", NULL, &issue), AS_INVALID_SCOPE, "scope is about a user");
    ck_refuses(ask("offline_access read", NULL, &issue), AS_INVALID_SCOPE, "scope is about a user");
    ck_ok(ask("read", NULL, &issue));
    /* not even when somebody claims to own them */
    world_next(w);
    world_replace(w, (struct world_party){.id = "rs",
                                          .dn = "CN=rs",
                                          .audience = {"https://rs.example"},
                                          .scope = "read openid"});
    ck_refuses(ask(NULL, "https://rs.example", &issue), AS_INVALID_SCOPE, "scope is about a user");
    ck_ok(ask("read", NULL, &issue));
}
END_TEST

START_TEST(TOK_70_sender_constrained_under_fapi)
{
    struct as_issue issue;
    const struct as_grant_ask without = {.scope = AS_LIT("read")};

    struct as_who who = world_who(w, "c", cert);
    ck_refuses(as_grant_run(&w->ctx, AS_GRANT_CLIENT_CREDENTIALS, &who, &without, &issue),
               AS_INVALID_REQUEST, "a client certificate is required for the token");
    ck_ok(ask("read", NULL, &issue));
    ck_assert(issue.token.binding.x5t);
    world_next(w);
    party.profile = "oauth";
    party.unbound = true;
    world_replace(w, party);
    ck_ok(ask("read", NULL, &issue));
    ck_assert(!issue.token.binding.x5t);
}
END_TEST

/* D9: the life of a bound token ends with the certificate's path; of a registered certificate only
 * where its dates count. */
START_TEST(D9_end_of_life)
{
    const time_t end = time(NULL) + 100;
    const struct as_cert *brief = world_cert(
        w, test_cert(w->banks_ca, (struct test_cert_ask){.subject = "CN=c", .not_after = end}));
    const struct as_cert *self =
        world_cert(w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=s", .not_after = end}));
    struct as_issue issue;

    world_next(w);
    ck_ok(issue_try(w, "c", brief, "read", NULL, &issue));
    ck_assert_int_eq(issue.token.expires_at, end);
    world_next(w);
    world_add(w, (struct world_party){.id = "s", .certs = {self}, .scope = "read"});
    ck_ok(issue_try(w, "s", self, "read", NULL, &issue));
    ck_assert_int_eq(issue.expires_in, 300);
    w->settings.check_self_signed_validity = true;
    ck_ok(issue_try(w, "s", self, "read", NULL, &issue));
    ck_assert_int_eq(issue.token.expires_at, end);
    /* an unbound token has nothing to outlive */
    world_next(w);
    party.profile = "oauth";
    party.unbound = true;
    world_replace(w, party);
    ck_ok(issue_try(w, "c", brief, "read", NULL, &issue));
    ck_assert_int_eq(issue.expires_in, 300);
}
END_TEST

/* D10: what is refused has written nothing. */
START_TEST(D10_a_refusal_writes_nothing)
{
    struct as_issue issue;
    int64_t before = as_metric_get(AS_METRIC_store_writes_total);

    ck_fault(ask("nobody", NULL, &issue), AS_INVALID_SCOPE);
    ck_fault(ask("read", "https://nobody.example", &issue), AS_INVALID_TARGET);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before);
    ck_ok(ask("read", NULL, &issue));
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before + 1);
    ck_ok(ask("read", NULL, &issue)); /* D8: issuing itself writes nothing */
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), before + 1);
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_60_grant_types);
    tcase_add_test(t, TOK_60_not_registered_for_the_client);
    tcase_add_test(t, TOK_64_clients_only);
    tcase_add_test(t, TOK_63_a_token);
    tcase_add_test(t, TOK_66_scope_and_target);
    tcase_add_test(t, TOK_68_scopes_about_a_user);
    tcase_add_test(t, TOK_70_sender_constrained_under_fapi);
    tcase_add_test(t, D9_end_of_life);
    tcase_add_test(t, D10_a_refusal_writes_nothing);
}

int main(void)
{
    return as_tests_run("client_credentials", add_tests);
}
