/* SPDX-License-Identifier: Apache-2.0 */
/* Who may register: initial access tokens (REG-13 to REG-15), their making, strangers (REG-16). */
#include "flow/registration/support/register.h"

#define IATS "/v1/initial-access-tokens"

static const struct as_cert *cert;

static void start(void)
{
    reg_start();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
}

/* POST /register with this Authorization field. */
static struct flow_answer *with_field(const char *field)
{
    return reg_send((struct flow_ask){.path = "/register", .cert = cert, .authorization = field},
                    NULL, BODY("a"));
}

static struct flow_answer *with_fieldf(const char *format, const char *token)
{
    char field[4096];

    snprintf(field, sizeof(field), format, token);
    return with_field(field);
}

START_TEST(REG_14_no_token_and_bad_ones)
{
    reg_unauthorized(with_field(NULL), false, "token_missing");
    ck_assert(!f->answer.elsewhere); /* a stranger takes no job thread */
    reg_unauthorized(with_field("Basic YTpi"), false, "token_missing");
    reg_unauthorized(with_field("Bearer"), true, "token_malformed");
    reg_unauthorized(with_field("Bearer a b"), true, "token_malformed");
    reg_unauthorized(with_field("Bearer a,b"), true, "token_malformed");
    reg_unauthorized(with_field("Bearer a=b"), true, "token_malformed");
    reg_unauthorized(with_field("Bearer garbage"), true, "iat_unknown");
    char longest[sizeof("Bearer ") + AS_LIMIT_TOKEN_TEXT + 1] = "Bearer ";
    memset(longest + strlen("Bearer "), 'a', AS_LIMIT_TOKEN_TEXT);
    reg_unauthorized(with_field(longest), true, "iat_unknown");
    longest[sizeof(longest) - 2] = 'a';
    reg_unauthorized(with_field(longest), true, "token_malformed");
    ck_assert(!f->answer.elsewhere);
    reg_unauthorized(with_fieldf("Bearer %s", "iat.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), true,
                     "iat_unknown");
    flow_status(with_fieldf("Bearer %s", iat(NULL)), 201);
}
END_TEST

/* RFC 9110 11.1: the scheme has no case; one or more blanks. */
START_TEST(TOK_190_where_a_token_stands)
{
    char body[256];
    const char *token = iat("'uses':9");

    flow_status(with_fieldf("bearer %s", token), 201);
    flow_status(flow_admin(f, "DELETE", "/v1/clients/none", NULL), 404);
    snprintf(body, sizeof(body), "access_token=%s", token);
    flow_refused(reg_send((struct flow_ask){.path = "/register", .query = body, .cert = cert}, NULL,
                          BODY("a")),
                 400, "invalid_request");
    flow_refused(reg_send((struct flow_ask){.path = "/register", .query = "x=y", .cert = cert},
                          token, BODY("a")),
                 400, "invalid_request");
    snprintf(body, sizeof(body), "{" NAMED("b") ",'access_token':'%s'}", token);
    reg_unauthorized(reg_post(cert, NULL, body), false, "token_missing");
    char field[128];
    snprintf(field, sizeof(field), "Bearer %s", token);
    flow_refused(flow_send(f, (struct flow_ask){.path = "/register",
                                                .type = "application/json",
                                                .body = "{}",
                                                .authorization = field,
                                                .authorization2 = field}),
                 400, "invalid_request");
    ck_assert(!flow_says(f->log_fd, token + 4)); /* a query is not in the log either */
}
END_TEST

START_TEST(REG_15_uses_and_expiry)
{
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");
    const char *token = iat("'uses':2");

    flow_status(reg_post(cert, token, BODY("a")), 201);
    flow_status(reg_post(other, token, BODY("b")), 201);
    reg_unauthorized(reg_post(cert, token, BODY("a")), true, "iat_used_up");
    f->now = as_clock_now();
    token = iat("'expires_in':100,'uses':2");
    f->now += 99; /* the last second */
    flow_status(reg_post(world_leaf(f->w, f->w->banks_ca, "CN=c"), token, BODY("c")), 201);
    f->now++;
    reg_unauthorized(reg_post(cert, token, BODY("d")), true, "iat_expired");
    f->now = 0;
}
END_TEST

START_TEST(REG_15_what_a_token_gives)
{
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");

    flow_status(reg_post(cert, iat("'profile':'oauth','uses':1"), BODY("a")), 201);
    ck_assert_str_eq(flow_text(&f->answer, "profile"), "oauth");
    ck_assert_str_eq(flow_text(&f->answer, "scope"), "read write");
    reg_refused(reg_post(other, iat("'profile':'oauth'"), "{" NAMED("b") ",'profile':'fapi1'}"),
                "profile is not the one that this client is given");
    /* switched off since */
    const char *token = iat("'profile':'oauth'");
    f->w->settings.profiles &= ~(1u << AS_PROFILE_OAUTH);
    reg_refused(reg_post(other, token, BODY("b")), "no longer enabled");
}
END_TEST

START_TEST(REG_28_a_scope_that_no_client_can_hold)
{
    char body[AS_LIMIT_JSON_STRING + 32] = "{'scope':'";
    size_t head = strlen(body);

    memset(body + head, 's', AS_LIMIT_JSON_STRING + 1);
    memcpy(body + head + AS_LIMIT_JSON_STRING, "s'}", 4);
    flow_refused(flow_admin(f, "POST", IATS, body), 400, "invalid_request");
    memcpy(body + head + AS_LIMIT_JSON_STRING, "'}", 3);
    flow_status(flow_admin(f, "POST", IATS, body), 201);
}
END_TEST

START_TEST(REG_15_the_operators_side)
{
    static const char *const bad[] = {
        "{'uses':0}",
        "{'uses':'1'}",
        "{'uses':100001}",
        "{'uses':1.5}",
        "{'expires_in':0}",
        "{'expires_in':-1}",
        "{'expires_in':31622401}",
        "{'profile':'nosuch'}",
        "{'profile':1}",
        "{'scope':['a']}",
        "{'scope':'a  b'}",
        "{'methods':['x']}",
        "[]",
        "1",
    };
    char path[128];

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        flow_refused(flow_admin(f, "POST", IATS, bad[i]), 400, "invalid_request");
    }
    struct flow_answer *answer = flow_admin(f, "POST", IATS, "{}");
    flow_status(answer, 201);
    ck_assert_str_eq(flow_text(answer, "profile"), "fapi1");
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "uses")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "expires_at")) -
                         json_integer_value(json_object_get(answer->json, "created_at")),
                     86400);
    char *token = strdup(flow_text(answer, "initial_access_token"));
    ck_assert_int_eq(strncmp(token, "iat.", 4), 0);
    ck_assert_uint_eq(strlen(token), 4 + 32); /* 192 bits */
    snprintf(path, sizeof(path), IATS "/%s", flow_text(answer, "id"));
    flow_last_has(f->audit_fd, "event", "iat_created");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    (void)iat(NULL);
    answer = flow_admin(f, "GET", IATS, NULL);
    flow_status(answer, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer->json, "initial_access_tokens")), 2);
    ck_assert_ptr_null(strstr(answer->body, token + 4));
    flow_status(flow_admin(f, "DELETE", path, NULL), 204);
    flow_last_has(f->audit_fd, "event", "iat_revoked");
    flow_refused(flow_admin(f, "DELETE", path, NULL), 404, "not_found");
    reg_unauthorized(reg_post(cert, token, BODY("a")), true, "iat_unknown");
    ck_assert(!flow_says(f->audit_fd, token + 4));
    /* not for clients */
    flow_refused(reg_send((struct flow_ask){.path = IATS, .cert = cert}, token, "{}"), 404,
                 "not_found");
    /* nor for others at the socket */
    flow_refused(
        flow_send(f,
                  (struct flow_ask){
                      .from = FLOW_SOCKET, .path = IATS, .body = "{}", .uid = 65534, .gid = 65534}),
        403, "access_denied");
    free(token);
}
END_TEST

START_TEST(REG_15_as_much_as_may_be)
{
    struct flow_answer *answer =
        flow_admin(f, "POST", IATS, "{'uses':100000,'expires_in':31622400}");

    flow_status(answer, 201);
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "uses")), 100000);
    ck_assert_int_eq(json_integer_value(json_object_get(answer->json, "expires_at")) -
                         json_integer_value(json_object_get(answer->json, "created_at")),
                     31622400);
}
END_TEST

/* Of a release that knew more profiles: with it nobody registers, under whatever name. */
START_TEST(REG_15_of_a_profile_that_nobody_knows)
{
    struct as_iat row = {.id = AS_LIT("i1"),
                         .profile = AS_LIT("nosuch"),
                         .scope = AS_LIT("read"),
                         .uses = 1,
                         .created = as_clock_now(),
                         .expires_at = as_clock_now() + 100};
    const struct as_audit audit = {
        .event = "iat_created", .outcome = "success", .at = as_clock_now()};

    ck_ok(as_sha256(AS_LIT("iat.of-another-release"), row.digest));
    ck_ok(as_store_iat_create(f->w->session, &row, &audit));
    world_next(f->w);
    reg_unauthorized(reg_post(cert, "iat.of-another-release", BODY("a")), true,
                     "iat_profile_unknown");
}
END_TEST

/* A token must not promise a profile under which nobody could register. */
START_TEST(REG_15_of_a_profile_that_is_off)
{
    f->w->settings.profiles = 1U << AS_PROFILE_FAPI2;
    flow_restart(f);
    flow_refused(flow_admin(f, "POST", IATS, "{}"), 400, "invalid_request");
    flow_last_has(f->log_fd, "reason", "profile must be given: the default fapi1 is not enabled");
    flow_refused(flow_admin(f, "POST", IATS, "{'profile':'fapi1'}"), 400, "invalid_request");
    flow_last_has(f->log_fd, "reason", "profile is not enabled on this server");
    flow_refused(flow_admin(f, "POST", IATS, "{'profile':'nosuch'}"), 400, "invalid_request");
    flow_last_has(f->log_fd, "reason", "profile is unknown");
    flow_status(flow_admin(f, "POST", IATS, "{'profile':'fapi2'}"), 201);
}
END_TEST

START_TEST(REG_13_REG_16_open)
{
    char body[256];

    f->w->settings.registration_mode = AS_REGISTRATION_OPEN;
    f->w->settings.registration_scope = "read";
    f->w->settings.registration_per_hour = 3;
    flow_restart(f);
    for (int i = 0; i < 4; i++) {
        char dn[16];

        snprintf(dn, sizeof(dn), "CN=o%d", i);
        snprintf(body, sizeof(body),
                 "{" METHOD_TLS "," GRANTS ",'tls_client_auth_subject_dn':'%s'}", dn);
        const struct as_cert *own = world_leaf(f->w, f->w->banks_ca, dn);
        if (i == 1) { /* what is refused for itself is not counted */
            reg_refused(reg_post(own, NULL, "{" GRANTS "}"), "token_endpoint_auth_method");
        }
        struct flow_answer *answer = reg_post(own, NULL, body);
        if (i < 3) {
            flow_status(answer, 201);
            ck_assert_str_eq(flow_text(answer, "scope"), "read");
            ck_assert_str_eq(flow_text(answer, "profile"), "fapi1");
        } else {
            flow_refused(answer, 429, "temporarily_unavailable");
            ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
            ck_assert_ptr_null(strstr(answer->fields, "Retry-After: 2\n"));
        }
    }
    /* a token is not rationed, and a bad one is not the same as none */
    reg_unauthorized(reg_post(cert, "iat.x", BODY("a")), true, "iat_unknown");
    flow_status(reg_post(cert, iat(NULL), BODY("a")), 201);
    ck_assert_str_eq(flow_text(&f->answer, "scope"), "read write");
}
END_TEST

/* A stranger gets the strictest profile that is on, not the strictest there is. */
START_TEST(REG_13_REG_60_open_without_fapi1)
{
    f->w->settings.registration_mode = AS_REGISTRATION_OPEN;
    f->w->settings.profiles = 1U << AS_PROFILE_OAUTH;
    flow_restart(f);
    flow_status(reg_post(cert, NULL, BODY("a")), 201);
    ck_assert_str_eq(flow_text(&f->answer, "profile"), "oauth");
}
END_TEST

START_TEST(REG_13_off)
{
    const char *token = iat(NULL);

    f->w->settings.registration_mode = AS_REGISTRATION_OFF;
    flow_restart(f);
    flow_refused(reg_post(cert, token, BODY("a")), 404, "not_found");
    flow_refused(reg_post(cert, NULL, BODY("a")), 404, "not_found");
    f->w->settings.registration_mode = AS_REGISTRATION_PROTECTED;
    flow_restart(f);
    flow_status(reg_post(cert, token, BODY("a")), 201);
}
END_TEST

/* Bad tokens are failed authentications like others; an address that shows no more is not held up
 * by those about another client. */
START_TEST(TOK_13_guessing)
{
    flow_status(reg_post(cert, iat(NULL), BODY("a")), 201);
    world_throttle(f->w, 3, NULL, 0);
    flow_restart(f);
    for (int i = 0; i < 3; i++) {
        reg_unauthorized(reg_at(NULL, "GET", "rat.x", NULL), true, "rat_unknown");
    }
    flow_refused(reg_at(NULL, "GET", reg_rat, NULL), 429, "temporarily_unavailable");
    for (int i = 0; i < 3; i++) {
        reg_unauthorized(reg_post(cert, "iat.x", BODY("b")), true, "iat_unknown");
    }
    flow_refused(reg_post(cert, iat(NULL), BODY("b")), 429, "temporarily_unavailable");
    reg_unauthorized(reg_post(cert, NULL, BODY("b")), false, "token_missing");
    size_t before = flow_lines(f->audit_fd);
    reg_unauthorized(reg_post(cert, NULL, BODY("b")), false, "token_missing");
    ck_assert_uint_eq(flow_lines(f->audit_fd), before); /* nothing was tried */
}
END_TEST

AS_TESTS("flow/registration/tokens", {
    tcase_add_checked_fixture(t, start, reg_stop);
    tcase_add_test(t, REG_14_no_token_and_bad_ones);
    tcase_add_test(t, TOK_190_where_a_token_stands);
    tcase_add_test(t, REG_15_uses_and_expiry);
    tcase_add_test(t, REG_15_what_a_token_gives);
    tcase_add_test(t, REG_28_a_scope_that_no_client_can_hold);
    tcase_add_test(t, REG_15_the_operators_side);
    tcase_add_test(t, REG_15_as_much_as_may_be);
    tcase_add_test(t, REG_15_of_a_profile_that_nobody_knows);
    tcase_add_test(t, REG_15_of_a_profile_that_is_off);
    tcase_add_test(t, REG_13_REG_16_open);
    tcase_add_test(t, REG_13_REG_60_open_without_fapi1);
    tcase_add_test(t, REG_13_off);
    tcase_add_test(t, TOK_13_guessing);
})
