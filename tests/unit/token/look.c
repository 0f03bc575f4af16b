/* SPDX-License-Identifier: Apache-2.0 */
#include "support/issue.h"
#include "token/form.h"

/* pki and self have a token each, for rs with the scope "read write". */
static enum as_token_format format; /* of the tokens of this round */
static struct world *w;
static struct world_party pki, self, rs;
static const struct as_cert *pki_cert, *self_cert;
static char pki_token[ISSUE_TEXT], self_token[ISSUE_TEXT];

static void start(void)
{
    w = world_new();
    w->settings.token_format = format;
    pki_cert = world_leaf(w, w->banks_ca, "CN=c");
    self_cert = world_leaf(w, NULL, "CN=s");
    rs = (struct world_party){
        .id = "rs", .dn = "CN=rs", .audience = {"https://rs.example"}, .scope = "read write"};
    pki = (struct world_party){.id = "pki", .dn = "CN=c", .scope = "read write"};
    self = (struct world_party){.id = "self", .certs = {self_cert}, .scope = "read write"};
    world_add(w, rs);
    world_add(w, pki);
    world_add(w, self);
    issue_text(w, "pki", pki_cert, pki_token);
    issue_text(w, "self", self_cert, self_token);
}

static void stop(void)
{
    world_free(w);
}

#define ACTIVE(text)                                                                               \
    do {                                                                                           \
        const struct as_token *token_ = NULL;                                                      \
        const char *reason_ = "";                                                                  \
        world_next(w);                                                                             \
        ck_ok(as_token_look(&w->ctx, as_span_of(text), &token_, &reason_));                        \
        ck_assert_msg(token_ != NULL, "inactive: %s", reason_);                                    \
        ck_assert_ptr_null(reason_);                                                               \
    } while (0)

#define INACTIVE(text, why)                                                                        \
    do {                                                                                           \
        const struct as_token *token_ = NULL;                                                      \
        const char *reason_ = NULL;                                                                \
        world_next(w);                                                                             \
        ck_ok(as_token_look(&w->ctx, as_span_of(text), &token_, &reason_));                        \
        ck_assert_ptr_null(token_);                                                                \
        ck_assert_ptr_nonnull(reason_);                                                            \
        ck_assert_str_eq(reason_, (why));                                                          \
    } while (0)

START_TEST(TOK_145_what_is_inside)
{
    const struct as_token *token = NULL;
    const char *reason = NULL;

    ck_ok(as_token_look(&w->ctx, as_span_of(pki_token), &token, &reason));
    ck_assert_ptr_nonnull(token);
    ck_span_eq(token->client_id, "pki");
    ck_span_eq(token->subject, "pki"); /* TOK-68 */
    ck_span_eq(token->scope, "read write");
    ck_assert_uint_eq(token->audience_count, 1);
    ck_span_eq(token->audience[0], "https://rs.example");
    ck_assert_int_eq(token->issued_at, w->ctx.now);
    ck_assert_int_eq(token->expires_at, w->ctx.now + 300);
    ck_assert(token->binding.x5t); /* MTLS-78 */
    ck_assert_mem_eq(token->binding.thumbprint, pki_cert->thumbprint, AS_DIGEST);
    ACTIVE(self_token);
}
END_TEST

START_TEST(TOK_146_not_a_token_of_ours)
{
    char text[ISSUE_TEXT];

    INACTIVE("", "token_unknown");
    INACTIVE("fat1.", "token_unknown");
    INACTIVE("garbage", "token_unknown");
    snprintf(text, sizeof(text), "%s", pki_token);
    text[40] = text[40] == 'A' ? 'B' : 'A'; /* TOK-147 */
    INACTIVE(text, "token_unknown");
    w->settings.issuer = "https://other.example";
    INACTIVE(pki_token, "token_unknown");
    w->settings.issuer = WORLD_ISSUER;
    ACTIVE(pki_token);
}
END_TEST

/* Ours by its seal, and yet no token: a later version's, or a mistake's. */
START_TEST(TOK_146_sealed_by_us_but_no_token)
{
    const as_span issuer = as_span_of(WORLD_ISSUER);
    as_span text = AS_SPAN_NONE;
    char copy[ISSUE_TEXT];

    ck_ok(as_seal(w->keyset->ring, w->mem, AS_LIT(AS_TOKEN_PREFIX), issuer, AS_LIT("x"), &text));
    snprintf(copy, sizeof(copy), "%.*s", (int)text.len, text.ptr);
    INACTIVE(copy, "token_unknown");
    ACTIVE(pki_token);
}
END_TEST

START_TEST(TOK_146_expired_or_not_yet)
{
    const as_time now = w->ctx.now;

    w->ctx.now = now + 299;
    ACTIVE(pki_token);
    w->ctx.now = now + 300;
    INACTIVE(pki_token, "token_expired");
    w->ctx.now = now - AS_LIMIT_CLOCK_SKEW;
    ACTIVE(pki_token);
    w->ctx.now = now - AS_LIMIT_CLOCK_SKEW - 1;
    INACTIVE(pki_token, "token_not_yet_valid");
}
END_TEST

START_TEST(TOK_149_the_client_is_gone)
{
    world_set_status(w, AS_PARTY_CLIENT, "pki", AS_PARTY_DISABLED);
    INACTIVE(pki_token, "client_disabled");
    ACTIVE(self_token);
    world_set_status(w, AS_PARTY_CLIENT, "pki", AS_PARTY_ENABLED);
    ACTIVE(pki_token);
    world_delete(w, AS_PARTY_CLIENT, "pki");
    INACTIVE(pki_token, "client_unknown");
    world_add(w, pki); /* the id again does not bring its tokens back */
    INACTIVE(pki_token, "client_tokens_revoked");
}
END_TEST

/* An id that is now a resource server's is no client. */
START_TEST(D13_the_id_is_another_kind_now)
{
    world_delete(w, AS_PARTY_CLIENT, "pki");
    world_add(w, (struct world_party){
                     .id = "pki", .dn = "CN=c", .audience = {"https://x.example"}, .scope = "x"});
    INACTIVE(pki_token, "client_unknown");
    ACTIVE(self_token);
}
END_TEST

START_TEST(D8_all_tokens_of_a_client_by_epoch)
{
    struct as_audit audit = world_audit(w, "tokens_revoked");
    char later[ISSUE_TEXT];
    bool found = false;

    ck_ok(as_store_client_revoke_tokens(w->session, AS_LIT("pki"), &audit, &found));
    ck_assert(found);
    INACTIVE(pki_token, "client_tokens_revoked");
    ACTIVE(self_token);
    world_next(w);
    ACTIVE(issue_text(w, "pki", pki_cert, later)); /* what came after is another matter */
    INACTIVE(pki_token, "client_tokens_revoked");
}
END_TEST

START_TEST(TOK_147_what_the_client_is_allowed_today)
{
    pki.scope = "read";
    world_replace(w, pki);
    INACTIVE(pki_token, "scope_not_allowed");
    pki.scope = "x write read";
    world_replace(w, pki);
    ACTIVE(pki_token);

    w->settings.profiles = 1u << AS_PROFILE_FAPI2;
    INACTIVE(pki_token, "profile_not_enabled");
    pki.profile = "fapi2";
    world_replace(w, pki);
    ACTIVE(pki_token);
    pki.profile = "fapi9";
    world_replace(w, pki);
    INACTIVE(pki_token, "profile_not_enabled");
}
END_TEST

START_TEST(TOK_147_binding_required_today)
{
    char unbound[ISSUE_TEXT];

    pki.profile = "oauth";
    pki.unbound = true;
    world_replace(w, pki);
    ACTIVE(issue_text(w, "pki", pki_cert, unbound));
    ACTIVE(pki_token); /* a bound one is never too much */
    pki.unbound = false;
    world_replace(w, pki);
    INACTIVE(unbound, "binding_required");
    pki.unbound = true;
    pki.profile = "fapi1";
    world_replace(w, pki);
    INACTIVE(unbound, "binding_required");
    ACTIVE(pki_token);
}
END_TEST

START_TEST(D13_the_audience_is_gone)
{
    world_set_status(w, AS_PARTY_RESOURCE, "rs", AS_PARTY_DISABLED);
    INACTIVE(pki_token, "audience_gone");
    world_set_status(w, AS_PARTY_RESOURCE, "rs", AS_PARTY_ENABLED);
    ACTIVE(pki_token);
    rs.audience[0] = "https://moved.example";
    world_replace(w, rs);
    INACTIVE(pki_token, "audience_gone");
    rs.audience[1] = "https://rs.example";
    world_replace(w, rs);
    ACTIVE(pki_token);
    world_delete(w, AS_PARTY_RESOURCE, "rs");
    INACTIVE(pki_token, "audience_gone");
}
END_TEST

START_TEST(D9_the_anchor_is_no_longer_held)
{
    w->ca_names[0] = w->ca_files[1];
    world_trust(w, 3);
    INACTIVE(pki_token, "cert_untrusted");
    ACTIVE(self_token); /* class registered: no anchor is asked for */
    w->ca_names[0] = w->ca_files[0];
    world_trust(w, 3);
    ACTIVE(pki_token);
}
END_TEST

/* Still allowed *for this client*: what counts is the group that judges it today. */
START_TEST(D9_the_client_is_pinned_elsewhere)
{
    pki.trust = "others";
    world_replace(w, pki);
    INACTIVE(pki_token, "cert_untrusted");
    pki.trust = "banks";
    world_replace(w, pki);
    ACTIVE(pki_token);
    w->groups[0].use = AS_USE_USER;
    world_trust(w, 3);
    INACTIVE(pki_token, "cert_untrusted");
}
END_TEST

/* A token as it would be if the client had been bound so. */
static const char *mint_bound(const char *id, struct as_binding binding, char text[ISSUE_TEXT])
{
    static const as_span audience[] = {AS_LIT_ROW("https://rs.example")};
    struct as_entitlement what = {.audience = audience,
                                  .audience_count = 1,
                                  .subject = as_span_of(id),
                                  .scope = AS_LIT("read"),
                                  .binding = binding,
                                  .format = format};
    const struct as_party *party = NULL;
    struct as_issue issue;

    ck_ok(as_store_party_get(w->ctx.store, as_span_of(id), &party));
    what.client = party->client;
    ck_ok(as_token_mint(&w->ctx, &what, &issue));
    snprintf(text, ISSUE_TEXT, "%.*s", (int)issue.access_token.len, issue.access_token.ptr);
    world_next(w);
    return text;
}

/* A token of pki whose path is of so many steps, the last of which ends then. */
static const char *mint_ending(size_t steps, as_time end, char text[ISSUE_TEXT])
{
    struct as_certificate_row ending = *world_row(w, "pki", pki_cert);
    bool first = true;

    ck_assert_uint_eq(ending.path_count, 1);
    ending.binding.way[0] ^= (unsigned char)steps;
    ending.path[steps - 1] = ending.path[0];
    ending.path[steps - 1].not_after = end;
    ending.path_count = steps;
    ck_ok(as_store_certificate_put(w->session, &ending, &first));
    ck_assert(!first); /* beside that of pki_token */
    return mint_bound("pki", ending.binding, text);
}

START_TEST(D9_a_path_that_has_ended)
{
    char now[ISSUE_TEXT], before[ISSUE_TEXT];

    ACTIVE(mint_ending(1, w->ctx.now, now)); /* the last second counts */
    INACTIVE(mint_ending(2, w->ctx.now - 1, before), "cert_expired");
    ACTIVE(now);
    ACTIVE(pki_token);
}
END_TEST

START_TEST(D9_no_longer_registered)
{
    const struct as_cert *newer = world_leaf(w, NULL, "CN=newer");

    self.certs[0] = newer;
    world_replace(w, self);
    INACTIVE(self_token, "cert_not_registered");
    /* what was forgotten with the registration comes back with the next token, not before */
    self.certs[1] = self_cert;
    world_replace(w, self);
    INACTIVE(self_token, "cert_unknown");
}
END_TEST

/* A certificate that another client holds now has a row again. It is the other's alone. */
START_TEST(D9_registered_by_another_now)
{
    char text[ISSUE_TEXT];

    self.certs[0] = world_leaf(w, NULL, "CN=newer");
    world_replace(w, self);
    world_add(w, (struct world_party){.id = "other", .certs = {self_cert}, .scope = self.scope});
    ACTIVE(issue_text(w, "other", self_cert, text));
    INACTIVE(self_token, "cert_not_registered");
}
END_TEST

START_TEST(MTLS_56_dates_of_a_registered_certificate)
{
    const time_t now = time(NULL);
    char token[ISSUE_TEXT];
    const struct as_cert *old = world_cert(
        w, test_cert(NULL, (struct test_cert_ask){.subject = "CN=old", .not_after = now - 60}));

    self.certs[1] = old;
    world_replace(w, self);
    ACTIVE(issue_text(w, "self", old, token));
    w->settings.check_self_signed_validity = true;
    INACTIVE(token, "cert_expired");
    ACTIVE(self_token);
    w->ctx.now = old->not_after; /* the last second counts */
    w->settings.check_self_signed_validity = false;
    issue_text(w, "self", old, token);
    w->settings.check_self_signed_validity = true;
    ACTIVE(token);
    w->ctx.now++;
    INACTIVE(token, "cert_expired");
}
END_TEST

/* Another method is another identity: its tokens end, and the old method revives none (D8). */
START_TEST(D9_another_method_now)
{
    world_replace(w, (struct world_party){.id = "pki", .certs = {pki_cert}, .scope = pki.scope});
    INACTIVE(pki_token, "client_tokens_revoked");
    world_replace(w, (struct world_party){.id = "self", .dn = "CN=s", .scope = self.scope});
    INACTIVE(self_token, "client_tokens_revoked");
    world_replace(w, pki);
    INACTIVE(pki_token, "client_tokens_revoked");
    ACTIVE(issue_text(w, "pki", pki_cert, pki_token));
}
END_TEST

/* Each client has the row of its own method, and none takes it from another. */
START_TEST(D9_one_certificate_by_two_methods)
{
    const struct as_binding by_path = world_binding(w, "pki", pki_cert);
    const struct as_binding by_itself = world_binding(w, "self", self_cert);
    char other[ISSUE_TEXT], text[ISSUE_TEXT];

    INACTIVE(mint_bound("self", by_path, text), "method_mismatch");
    INACTIVE(mint_bound("pki", by_itself, text), "method_mismatch");
    world_add(w, (struct world_party){.id = "other", .certs = {pki_cert}, .scope = pki.scope});
    ACTIVE(issue_text(w, "other", pki_cert, other));
    ACTIVE(pki_token);
    ACTIVE(issue_text(w, "pki", pki_cert, pki_token));
    ACTIVE(other);
}
END_TEST

/* A registered certificate has no path: before there is a row with one, nothing can be said. */
START_TEST(D9_the_row_of_another_method)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    char other[ISSUE_TEXT], text[ISSUE_TEXT];

    world_add(w, (struct world_party){.id = "other", .certs = {cert}, .scope = pki.scope});
    ACTIVE(issue_text(w, "other", cert, other));
    INACTIVE(mint_bound("pki", world_binding(w, "pki", cert), text), "cert_unknown");
    ACTIVE(issue_text(w, "pki", cert, pki_token));
    ACTIVE(text);
    ACTIVE(other);
}
END_TEST

/* A token whose certificate has no row: never issued so, and never active. */
START_TEST(D9_no_row)
{
    const struct as_cert *cert = world_leaf(w, w->banks_ca, "CN=c");
    char text[ISSUE_TEXT];

    INACTIVE(mint_bound("pki", world_binding(w, "pki", cert), text), "cert_unknown");
    issue_text(w, "pki", cert, pki_token); /* writes the row */
    ACTIVE(text);
}
END_TEST

/* Whoever shares the certificate, its row is one question of four: token, client, resource servers,
 * certificate. */
START_TEST(D14_one_look_at_the_certificate)
{
    const struct as_token *token = NULL;
    const char *reason = NULL;

    for (int i = 0; i < 2; i++) {
        const int64_t before = as_metric_get(AS_METRIC_store_reads_total);
        ck_ok(as_token_look(&w->ctx, as_span_of(pki_token), &token, &reason));
        ck_assert_ptr_nonnull(token);
        ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), before + 4);
        world_next(w);
    }
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_145_what_is_inside);
    tcase_add_test(t, TOK_146_not_a_token_of_ours);
    tcase_add_test(t, TOK_146_sealed_by_us_but_no_token);
    tcase_add_test(t, TOK_146_expired_or_not_yet);
    tcase_add_test(t, TOK_149_the_client_is_gone);
    tcase_add_test(t, D13_the_id_is_another_kind_now);
    tcase_add_test(t, D8_all_tokens_of_a_client_by_epoch);
    tcase_add_test(t, TOK_147_what_the_client_is_allowed_today);
    tcase_add_test(t, TOK_147_binding_required_today);
    tcase_add_test(t, D13_the_audience_is_gone);
    tcase_add_test(t, D9_the_anchor_is_no_longer_held);
    tcase_add_test(t, D9_the_client_is_pinned_elsewhere);
    tcase_add_test(t, D9_a_path_that_has_ended);
    tcase_add_test(t, D9_no_longer_registered);
    tcase_add_test(t, D9_registered_by_another_now);
    tcase_add_test(t, MTLS_56_dates_of_a_registered_certificate);
    tcase_add_test(t, D9_another_method_now);
    tcase_add_test(t, D9_one_certificate_by_two_methods);
    tcase_add_test(t, D9_the_row_of_another_method);
    tcase_add_test(t, D9_no_row);
    tcase_add_test(t, D14_one_look_at_the_certificate);
}

/* Whatever is asked of a token is asked of either form (TOK-128). */
int main(void)
{
    format = AS_TOKEN_SEALED;
    int failed = as_tests_run("look", add_tests);
    format = AS_TOKEN_JWT;
    return as_tests_run("look, JWT", add_tests) | failed;
}
