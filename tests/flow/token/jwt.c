/* SPDX-License-Identifier: Apache-2.0 */
/* JWT access tokens from the token endpoint to introspection and revocation. */
#include "support/flow.h"

#define GRANT "grant_type=client_credentials&client_id=c1"

static struct flow *f;
static const struct as_cert *cert, *other, *rs, *rs2;

static void start(void)
{
    f = flow_new();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    other = world_leaf(f->w, f->w->banks_ca, "CN=c2");
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    rs2 = world_leaf(f->w, f->w->shops_ca, "CN=rs2");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read pay old"});
    world_add(f->w, (struct world_party){.id = "c2", .dn = "CN=c2", .scope = "read"});
    world_add(f->w, (struct world_party){.id = "rs",
                                         .dn = "CN=rs",
                                         .audience = {"https://api.example"},
                                         .scope = "read",
                                         .token_format = AS_TOKEN_JWT});
    world_add(f->w, (struct world_party){.id = "rs2",
                                         .dn = "CN=rs2",
                                         .audience = {"https://pay.example"},
                                         .scope = "pay",
                                         .token_format = AS_TOKEN_JWT});
    world_add(f->w, (struct world_party){.id = "rs3",
                                         .dn = "CN=rs3",
                                         .audience = {"https://old.example"},
                                         .scope = "old",
                                         .token_format = AS_TOKEN_SEALED});
}

static void stop(void)
{
    flow_free(f);
}

/* Free it. */
static char *token(const char *more)
{
    char body[256];

    snprintf(body, sizeof(body), GRANT "%s", more);
    struct flow_answer *answer = flow_post(f, cert, "/token", body);
    flow_status(answer, 200);
    ck_assert_uint_eq(json_object_size(answer->json), 4);
    ck_assert_str_eq(flow_text(answer, "token_type"), "Bearer");
    return strdup(flow_text(answer, "access_token"));
}

static bool is_jwt(const char *text)
{
    return strncmp(text, "eyJ", 3) == 0;
}

/* The claims; the caller owns them. */
static json_t *claims_of(const char *text)
{
    as_span rest = as_span_of(text), part, bytes;

    ck_assert(as_span_cut(&rest, '.', &part) && as_span_cut(&rest, '.', &part));
    ck_ok(as_base64url_take(f->w->mem, part, &bytes));
    json_t *claims = json_loadb(bytes.ptr, bytes.len, 0, NULL);
    ck_assert_ptr_nonnull(claims);
    return claims;
}

static void is_inactive(const struct flow_answer *answer, const char *reason)
{
    ck_assert(!flow_active(answer));
    ck_assert_uint_eq(json_object_size(answer->json), 1);
    flow_last_has(f->log_fd, "reason", reason);
}

START_TEST(TOK_128_the_resource_server_chooses)
{
    static const struct {
        const char *scope;
        bool jwt;
    } cases[] = {{"&scope=read", true}, {"&scope=pay", true}, {"&scope=old", false}};

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        char *text = token(cases[i].scope);
        ck_assert(is_jwt(text) == cases[i].jwt);
        ck_assert((strncmp(text, "fat1.", 5) == 0) == !cases[i].jwt);
        free(text);
    }
    flow_refused(flow_post(f, cert, "/token",
                           GRANT "&resource=https://api.example&resource=https://old.example"),
                 400, "invalid_target");
    char *both = token("&resource=https://api.example&resource=https://pay.example");
    json_t *claims = claims_of(both);
    ck_assert_uint_eq(json_array_size(json_object_get(claims, "aud")), 2);
    json_decref(claims);
    free(both);
}
END_TEST

/* What introspection says is what the token says, member for member. */
START_TEST(TOK_128_introspection_says_the_same)
{
    static const char *const members[] = {"iss", "sub",       "aud",   "exp", "iat",
                                          "jti", "client_id", "scope", "cnf"};
    char *text = token("&scope=read");
    json_t *claims = claims_of(text);
    struct flow_answer *answer = flow_introspect(f, rs, "rs", text);

    ck_assert(flow_active(answer));
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        ck_assert_ptr_nonnull(json_object_get(claims, members[i]));
        ck_assert_msg(json_equal(json_object_get(answer->json, members[i]),
                                 json_object_get(claims, members[i])),
                      "%s: %s", members[i], answer->body);
    }
    ck_assert_ptr_null(json_object_get(answer->json, "fapid/2"));
    json_decref(claims);
    free(text);
}
END_TEST

START_TEST(TOK_124_only_for_its_audience)
{
    char *text = token("&scope=read");

    ck_assert(flow_active(flow_introspect(f, rs, "rs", text)));
    ck_assert(!flow_active(flow_introspect(f, rs2, "rs2", text)));
    free(text);
}
END_TEST

START_TEST(TOK_146_expired)
{
    const as_time made = as_clock_now();

    f->now = made;
    char *text = token("&scope=read");
    f->now = made + 299;
    ck_assert(flow_active(flow_introspect(f, rs, "rs", text)));
    f->now = made + 301;
    is_inactive(flow_introspect(f, rs, "rs", text), "token_expired");
    free(text);
}
END_TEST

START_TEST(TOK_170_revoked_by_its_client)
{
    char body[AS_LIMIT_TOKEN_TEXT + 64];
    char *text = token("&scope=read");

    snprintf(body, sizeof(body), "client_id=c2&token=%s", text);
    flow_refused(flow_post(f, other, "/revoke", body), 400, "invalid_grant");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", text)));
    snprintf(body, sizeof(body), "client_id=c1&token=%s", text);
    flow_status(flow_post(f, cert, "/revoke", body), 200);
    is_inactive(flow_introspect(f, rs, "rs", text), "token_revoked");
    flow_status(flow_post(f, cert, "/revoke", body), 200);
    free(text);
}
END_TEST

START_TEST(D8_revoked_with_all_of_its_client)
{
    char *text = token("&scope=read");

    flow_status(flow_admin(f, "POST", "/v1/revocations", "{'client_id':'c1'}"), 204);
    is_inactive(flow_introspect(f, rs, "rs", text), "client_tokens_revoked");
    char *next = token("&scope=read");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", next)));
    free(next);
    free(text);
}
END_TEST

START_TEST(TOK_149_its_client_is_disabled)
{
    char *text = token("&scope=read");

    world_set_status(f->w, AS_PARTY_CLIENT, "c1", AS_PARTY_DISABLED);
    is_inactive(flow_introspect(f, rs, "rs", text), "client_disabled");
    world_set_status(f->w, AS_PARTY_CLIENT, "c1", AS_PARTY_ENABLED);
    ck_assert(flow_active(flow_introspect(f, rs, "rs", text)));
    free(text);
}
END_TEST

START_TEST(REG_147_its_key_is_revoked)
{
    char *text = token("&scope=read"), *sealed = token("&scope=old");
    char path[128];
    const struct as_keyset *set = as_keys_hold(f->w->keys);

    snprintf(path, sizeof(path), "/v1/keys/%s",
             as_jws_key_kid(as_keyset_signer(set, AS_ALG_NONE)).ptr);
    as_keyset_drop(set);
    flow_status(flow_admin(f, "DELETE", path, NULL), 204);
    is_inactive(flow_introspect(f, rs, "rs", text), "token_unknown");
    char *next = token("&scope=read");
    ck_assert(flow_active(flow_introspect(f, rs, "rs", next)));
    free(next);
    free(sealed);
    free(text);
}
END_TEST

/* A resource server that wants an algorithm which is switched off gets no token of another. */
START_TEST(TOK_126_no_other_algorithm_instead)
{
    world_add(f->w, (struct world_party){.id = "rs4",
                                         .dn = "CN=rs4",
                                         .audience = {"https://ps.example"},
                                         .scope = "ps",
                                         .token_format = AS_TOKEN_JWT,
                                         .token_alg = AS_ALG_PS256});
    world_replace(f->w, (struct world_party){.id = "c2", .dn = "CN=c2", .scope = "ps"});
    const char *ask = "grant_type=client_credentials&client_id=c2";
    flow_refused(flow_post(f, other, "/token", ask), 500, "server_error");
    flow_last_has(f->log_fd, "reason", "no key signs with the algorithm of this token");
    world_keys(f->w, (struct as_keys_conf){.algs = 1u << AS_ALG_ES256 | 1u << AS_ALG_PS256,
                                           .alg = AS_ALG_ES256,
                                           .rotate_every = 86400,
                                           .publish_lead = 600,
                                           .token_lifetime = 300});
    flow_restart(f);
    struct flow_answer *answer = flow_post(f, other, "/token", ask);
    flow_status(answer, 200);
    ck_assert(is_jwt(flow_text(answer, "access_token")));
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_128_the_resource_server_chooses);
    tcase_add_test(t, TOK_128_introspection_says_the_same);
    tcase_add_test(t, TOK_124_only_for_its_audience);
    tcase_add_test(t, TOK_146_expired);
    tcase_add_test(t, TOK_170_revoked_by_its_client);
    tcase_add_test(t, D8_revoked_with_all_of_its_client);
    tcase_add_test(t, TOK_149_its_client_is_disabled);
    tcase_add_test(t, REG_147_its_key_is_revoked);
    tcase_add_test(t, TOK_126_no_other_algorithm_instead);
}

int main(void)
{
    return as_tests_run("flow/token/jwt", add_tests);
}
