/* SPDX-License-Identifier: Apache-2.0 */
/* The server's keys as an operator sees and moves them. */
#include "keys/parts.h"
#include "support/flow.h"

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

/* A member of the first key that has this purpose and state; "" when there is none. Free it. */
static char *of(const char *purpose, const char *state, const char *member)
{
    struct flow_answer *answer = flow_admin(f, "GET", "/v1/keys", NULL);
    const json_t *keys = json_object_get(answer->json, "keys");

    flow_status(answer, 200);
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        const char *text = json_string_value(json_object_get(key, member));
        if (strcmp(json_string_value(json_object_get(key, "purpose")), purpose) == 0 &&
            strcmp(json_string_value(json_object_get(key, "state")), state) == 0 && text != NULL) {
            return strdup(text);
        }
    }
    return strdup("");
}

/* When the retired key of the list retired; 0 when there is none. */
static json_int_t retired_at(void)
{
    struct flow_answer *answer = flow_admin(f, "GET", "/v1/keys", NULL);
    const json_t *keys = json_object_get(answer->json, "keys");
    json_int_t at = 0;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        at += json_integer_value(json_object_get(json_array_get(keys, i), "retired_at"));
    }
    return at;
}

static struct flow_answer *with_kid(const char *method, const char *path, const char *kid)
{
    char text[256];

    snprintf(text, sizeof(text), "{'kid':'%s'}", kid);
    return flow_admin(f, method, path, text);
}

START_TEST(REG_147_the_list_shows_no_private_part)
{
    struct flow_answer *answer = flow_admin(f, "GET", "/v1/keys", NULL);
    const json_t *keys = json_object_get(answer->json, "keys");

    flow_status(answer, 200);
    ck_assert_uint_eq(json_array_size(keys), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *key = json_array_get(keys, i);
        ck_assert_uint_eq(json_object_size(key), i == 0 ? 5 : 6);
        ck_assert_str_eq(json_string_value(json_object_get(key, "purpose")),
                         i == 0 ? "access_token" : "signature");
        ck_assert_str_eq(json_string_value(json_object_get(key, "state")), "active");
        ck_assert_int_eq(json_integer_value(json_object_get(key, "created_at")), f->w->ctx.now);
        ck_assert_int_eq(json_integer_value(json_object_get(key, "activates_at")), f->w->ctx.now);
    }
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(keys, 1), "alg")), "ES256");
}
END_TEST

START_TEST(REG_147_rotate_then_retire)
{
    char *active = of("signature", "active", "kid");

    flow_refused(with_kid("POST", "/v1/keys/retirements", active), 400, "invalid_request");
    struct flow_answer *answer =
        flow_admin(f, "POST", "/v1/keys/rotations", "{'purpose':'signature'}");
    flow_status(answer, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer->json, "keys")), 3);
    flow_last_has(f->audit_fd, "event", "keys_rotated");
    flow_last_has(f->audit_fd, "actor", "uid:0");
    flow_refused(with_kid("POST", "/v1/keys/retirements", active), 400, "invalid_request");
    as_keeper_stop(f->w->keys);                                  /* or it would be quicker */
    f->w->keys->lines[AS_ALG_ES256].due_ms = as_clock_mono_ms(); /* it was shown long enough */
    flow_status(with_kid("POST", "/v1/keys/retirements", active), 200);
    flow_last_has(f->audit_fd, "event", "key_retired");
    flow_last_has(f->audit_fd, "client_id", active);
    char *retired = of("signature", "retired", "kid");
    ck_assert_str_eq(retired, active);
    free(retired);
    ck_assert_int_ge(retired_at(), f->w->ctx.now);
    free(active);
}
END_TEST

START_TEST(REG_147_revoke)
{
    char *active = of("access_token", "active", "kid");
    char path[128];

    snprintf(path, sizeof(path), "/v1/keys/%s", active);
    struct flow_answer *answer = flow_admin(f, "DELETE", path, NULL);
    flow_status(answer, 204);
    ck_assert_str_eq(answer->body, "");
    flow_last_has(f->audit_fd, "event", "key_revoked");
    flow_last_has(f->audit_fd, "client_id", active);
    flow_last_has(f->audit_fd, "outcome", "success");
    char *next = of("access_token", "active", "kid");
    ck_assert_uint_eq(strlen(next), 16);
    ck_assert_str_ne(next, active);
    flow_refused(flow_admin(f, "DELETE", path, NULL), 404, "not_found");
    flow_last_has(f->audit_fd, "outcome", "refused");
    free(next);
    free(active);
}
END_TEST

START_TEST(REG_147_what_is_refused)
{
    static const struct {
        const char *path, *body;
        unsigned status;
        const char *code;
    } cases[] = {
        {"/v1/keys/rotations", "{'alg':'PS256'}", 400, "invalid_request"}, /* not switched on */
        {"/v1/keys/rotations", "{'alg':'none'}", 400, "invalid_request"},
        {"/v1/keys/rotations", "{'alg':1}", 400, "invalid_request"},
        {"/v1/keys/rotations", "{'purpose':'access_token','alg':'ES256'}", 400, "invalid_request"},
        {"/v1/keys/rotations", "{'purpose':'tls'}", 400, "invalid_request"},
        {"/v1/keys/rotations", "{'purpose':''}", 400, "invalid_request"},
        {"/v1/keys/rotations", "{'purposes':'signature'}", 400, "invalid_request"},
        {"/v1/keys/rotations", "[]", 400, "invalid_request"},
        {"/v1/keys/rotations", "", 400, "invalid_request"},
        {"/v1/keys/rotations?dry_run=true", "{}", 400, "invalid_request"},
        {"/v1/keys/retirements", "{}", 400, "invalid_request"},
        {"/v1/keys/retirements", "{'kid':''}", 400, "invalid_request"},
        {"/v1/keys/retirements", "{'kid':'none'}", 404, "not_found"},
    };
    char path[64];

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        snprintf(path, sizeof(path), "%s", cases[i].path);
        char *query = strchr(path, '?');
        char *body = strdup(cases[i].body);
        for (char *c = body; *c != '\0'; c++) {
            *c = *c == '\'' ? '"' : *c;
        }
        if (query != NULL) {
            *query++ = '\0';
        }
        struct flow_answer *answer = flow_send(
            f, (struct flow_ask){.from = FLOW_SOCKET, .path = path, .query = query, .body = body});
        flow_refused(answer, cases[i].status, cases[i].code);
        free(body);
    }
    ck_assert_uint_eq(
        json_array_size(json_object_get(flow_admin(f, "GET", "/v1/keys", NULL)->json, "keys")), 2);
    flow_status(flow_admin(f, "DELETE", "/v1/keys/rotations", NULL), 405);
}
END_TEST

/* Nobody else sees or moves keys; nor does the site of clients know these paths. */
START_TEST(D15_for_operators_alone)
{
    static const struct {
        const char *method, *path, *body;
    } asks[] = {
        {"GET", "/v1/keys", NULL},
        {"POST", "/v1/keys/rotations", "{}"},
        {"POST", "/v1/keys/retirements", "{\"kid\":\"x\"}"},
        {"DELETE", "/v1/keys/x", NULL},
    };

    for (size_t i = 0; i < AS_COUNT(asks); i++) {
        struct flow_ask ask = {.from = FLOW_SOCKET,
                               .method = asks[i].method,
                               .path = asks[i].path,
                               .body = asks[i].body,
                               .uid = 12345,
                               .gid = 12345};
        flow_refused(flow_send(f, ask), 403, "access_denied");
        ask.from = FLOW_PUBLIC;
        flow_status(flow_send(f, ask), 404);
    }
}
END_TEST

static void add_tests(TCase *t)
{
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, REG_147_the_list_shows_no_private_part);
    tcase_add_test(t, REG_147_rotate_then_retire);
    tcase_add_test(t, REG_147_revoke);
    tcase_add_test(t, REG_147_what_is_refused);
    tcase_add_test(t, D15_for_operators_alone);
}

int main(void)
{
    return as_tests_run("flow/admin/keys", add_tests);
}
