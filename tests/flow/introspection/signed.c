/* SPDX-License-Identifier: Apache-2.0 */
/* Signed answers (RFC 9701): who gets one, what is in it. */
#include "as/token.h"
#include "support/flow.h"

#define JWT "application/token-introspection+jwt"

static struct flow *f;
static const struct as_cert *client, *rs, *plain;
static char *token;

static void add_resource(const char *name, const char *more)
{
    char body[512];

    snprintf(body, sizeof(body),
             "{'token_endpoint_auth_method':'tls_client_auth','client_id':'%s',"
             "'tls_client_auth_subject_dn':'CN=%s','audience':['https://%s.example'],"
             "'scope':'%s'%s}",
             name, name, name, name, more);
    flow_status(flow_admin(f, "POST", "/v1/resources", body), 201);
}

static void start(void)
{
    f = flow_new();
    client = world_leaf(f->w, f->w->banks_ca, "CN=c1");
    rs = world_leaf(f->w, f->w->shops_ca, "CN=rs");
    plain = world_leaf(f->w, f->w->shops_ca, "CN=plain");
    add_resource("rs", ",'introspection_signed_response_alg':'ES256'");
    add_resource("plain", "");
    world_add(f->w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "rs"});
    token = flow_token(f, client, "c1");
}

static void stop(void)
{
    free(token);
    flow_free(f);
}

static struct flow_answer *ask(const struct as_cert *cert, const char *id, const char *accept,
                               const char *what)
{
    char body[AS_LIMIT_TOKEN_TEXT + 64];

    snprintf(body, sizeof(body), "client_id=%s&token=%s", id, what);
    struct flow_answer *answer = flow_send(
        f, (struct flow_ask){.path = "/introspect", .cert = cert, .body = body, .accept = accept});
    flow_status(answer, 200);
    ck_assert_ptr_nonnull(strstr(answer->fields, "Vary: Accept\n"));
    ck_assert_ptr_nonnull(strstr(answer->fields, "Cache-Control: no-store\n"));
    return answer;
}

/* The claims of the last answer, whose signature is one of ours; the caller owns them. */
static json_t *claims(void)
{
    struct as_jws jws;
    bool ok = false;
    json_t *payload = NULL;

    ck_assert_ptr_nonnull(strstr(f->answer.fields, "Content-Type: " JWT "\n"));
    ck_ok(as_jws_read(f->w->mem, as_span_of(f->answer.body), &jws, &ok));
    ck_assert(ok);
    ck_span_eq(jws.typ, "token-introspection+jwt");
    ck_assert_int_eq(jws.alg, AS_ALG_ES256);
    const struct as_jws_key *key = as_keyset_verifier(f->w->ctx.keys, jws.kid);
    ck_assert_ptr_nonnull(key);
    ck_ok(as_jws_verify(&jws, key, &ok));
    ck_assert(ok);
    ck_ok(as_json_parse(jws.payload, &payload));
    return payload;
}

static bool is_json(void)
{
    return strstr(f->answer.fields, "Content-Type: application/json\n") != NULL;
}

START_TEST(TOK_152_TOK_153_signed)
{
    json_t *plain_answer = json_deep_copy(ask(rs, "rs", NULL, token)->json);

    ck_assert(is_json());
    ck_assert(json_is_true(json_object_get(plain_answer, "active")));
    ask(rs, "rs", JWT, token);
    json_t *seen = claims();
    ck_assert_uint_eq(json_object_size(seen), 4);
    ck_assert_str_eq(json_string_value(json_object_get(seen, "iss")), WORLD_ISSUER);
    ck_assert_str_eq(json_string_value(json_object_get(seen, "aud")), "rs");
    ck_assert_int_ge(json_integer_value(json_object_get(seen, "iat")), f->w->ctx.now);
    ck_assert_ptr_null(json_object_get(seen, "sub"));
    ck_assert_ptr_null(json_object_get(seen, "exp"));
    ck_assert(json_equal(json_object_get(seen, "token_introspection"), plain_answer));
    json_decref(seen);
    json_decref(plain_answer);
}
END_TEST

START_TEST(TOK_154_inactive_is_only_that)
{
    json_t *only = json_pack("{s:b}", "active", 0);

    ask(rs, "rs", JWT, "fat1.x");
    json_t *seen = claims();
    ck_assert(json_equal(json_object_get(seen, "token_introspection"), only));
    json_decref(seen);
    json_decref(only);
}
END_TEST

/* Nobody gets a JWT who did not register for one, or did not ask. */
START_TEST(TOK_155_who_gets_json)
{
    ask(plain, "plain", JWT, token);
    ck_assert(is_json());
    ck_assert_str_eq(f->answer.body, "{\"active\":false}"); /* it is meant for another */
    ask(rs, "rs", "*/*", token);
    ck_assert(is_json());
    ask(rs, "rs", "application/json, " JWT ";q=0.5", token);
    ck_assert(is_json());
    ask(client, "c1", JWT, token);
    ck_assert(is_json());
    ck_assert_str_eq(f->answer.body, "{\"active\":false}");
    flow_refused(flow_send(f, (struct flow_ask){.path = "/introspect",
                                                .body = "client_id=rs&token=x",
                                                .accept = JWT}),
                 401, "invalid_client");
}
END_TEST

/* Not good as an access token (RFC 9701 8). */
START_TEST(TOK_157_no_access_token)
{
    char *jwt = strdup(ask(rs, "rs", JWT, token)->body);

    ask(rs, "rs", NULL, jwt);
    ck_assert_str_eq(f->answer.body, "{\"active\":false}");
    free(jwt);
}
END_TEST

AS_TESTS("flow/introspection/signed", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_152_TOK_153_signed);
    tcase_add_test(t, TOK_154_inactive_is_only_that);
    tcase_add_test(t, TOK_155_who_gets_json);
    tcase_add_test(t, TOK_157_no_access_token);
})
