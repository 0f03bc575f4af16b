/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of the connection is the one that is registered, so that nobody registers what is
 * another's. */
#include "flow/registration/support/register.h"

#define SELF "'token_endpoint_auth_method':'self_signed_tls_client_auth'," GRANTS

static void start(void)
{
    reg_start();
}

/* A P-256 leaf's key with the certificate in it, with ' for ". */
static void write_key(const struct as_cert *cert, char *text, size_t size)
{
    char x[64], y[64];
    as_span x5c;

    as_base64url_write(cert->key.x, x);
    as_base64url_write(cert->key.y, y);
    ck_ok(as_base64_put(f->w->mem, cert->der, &x5c));
    snprintf(text, size, "{'kty':'EC','crv':'P-256','x':'%s','y':'%s','x5c':['%.*s']}", x, y,
             (int)x5c.len, x5c.ptr);
}

static const char *jwks_of(const struct as_cert *cert)
{
    static char text[4096];
    char key[3072];

    write_key(cert, key, sizeof(key));
    snprintf(text, sizeof(text), "'jwks':{'keys':[%s]}", key);
    return text;
}

/* The members of a client with both. */
static const char *both_of(const struct as_cert *a, const struct as_cert *b)
{
    static char text[7168];
    char keys[2][3072];

    write_key(a, keys[0], sizeof(keys[0]));
    write_key(b, keys[1], sizeof(keys[1]));
    snprintf(text, sizeof(text), SELF ",'jwks':{'keys':[%s,%s]}", keys[0], keys[1]);
    return text;
}

static struct flow_answer *post_self(const struct as_cert *shown, const struct as_cert *named)
{
    char body[8192];

    snprintf(body, sizeof(body), "{" SELF ",%s}", jwks_of(named));
    return reg_post(shown, iat(NULL), body);
}

START_TEST(tls_client_auth)
{
    const struct as_cert *own = world_leaf(f->w, f->w->banks_ca, "CN=a");
    const char *token = iat(NULL);

    reg_refused(reg_post(NULL, token, BODY("a")), "none was shown");
    reg_refused(reg_post(world_leaf(f->w, f->w->banks_ca, "CN=b"), token, BODY("a")),
                "does not carry the name to be registered");
    reg_refused(reg_post(world_leaf(f->w, f->w->others_ca, "CN=a"), token, BODY("a")),
                "leads to no authority that this server trusts");
    reg_refused(reg_post(world_leaf(f->w, NULL, "CN=a"), token, BODY("a")),
                "leads to no authority that this server trusts");
    const struct as_cert *weak = world_cert(
        f->w, test_cert(f->w->banks_ca, (struct test_cert_ask){.subject = "CN=a", .key = "P-521"}));
    reg_refused(reg_post(weak, token, BODY("a")), "has a key other than RSA 2048 to 4096");
    flow_status(reg_post(own, token, BODY("a")), 201);
}
END_TEST

START_TEST(self_signed_tls_client_auth)
{
    const struct as_cert *own = world_leaf(f->w, NULL, "CN=a");
    const struct as_cert *other = world_leaf(f->w, NULL, "CN=a");

    reg_refused(post_self(other, own), "is not one of those in jwks");
    reg_refused(post_self(NULL, own), "none was shown");
    flow_status(post_self(own, own), 201);
}
END_TEST

START_TEST(the_switch)
{
    f->w->settings.registration_certificate_proof = false;
    flow_status(reg_post(NULL, iat(NULL), BODY("a")), 201);
    /* the URI is the issuer's where no certificate is needed */
    char uri[128];
    snprintf(uri, sizeof(uri), WORLD_ISSUER "/register/%s", reg_id);
    ck_assert_str_eq(flow_text(&f->answer, "registration_client_uri"), uri);
}
END_TEST

/* Without a host of its own for mTLS there is one origin alone. */
START_TEST(REG_95_one_origin)
{
    char uri[128];

    f->w->settings.mtls_origin = NULL;
    flow_restart(f);
    flow_status(reg_post(world_leaf(f->w, f->w->banks_ca, "CN=a"), iat(NULL), BODY("a")), 201);
    snprintf(uri, sizeof(uri), WORLD_ISSUER "/register/%s", reg_id);
    ck_assert_str_eq(flow_text(&f->answer, "registration_client_uri"), uri);
}
END_TEST

/* A listener that asks for no certificate says where one is asked for. */
START_TEST(MTLS_106_where_to_go)
{
    const char *token = iat(NULL);

    reg_refused(
        reg_send((struct flow_ask){.from = FLOW_PUBLIC, .path = "/register"}, token, BODY("a")),
        "Clients with a certificate are served at " FLOW_MTLS_ORIGIN);
    reg_refused(reg_post(NULL, token, BODY("a")), "none was shown");
    ck_assert_ptr_null(strstr(f->answer.body, "served at"));
    /* nor where a certificate would not have helped */
    reg_refused(reg_send((struct flow_ask){.from = FLOW_PUBLIC, .path = "/register"}, token, "{}"),
                "token_endpoint_auth_method is missing");
    ck_assert_ptr_null(strstr(f->answer.body, "served at"));
    flow_refused(
        flow_send(f, (struct flow_ask){.from = FLOW_PUBLIC, .path = "/token", .body = "a=%zz"}),
        400, "invalid_request");
    ck_assert_ptr_null(strstr(f->answer.body, "served at"));
}
END_TEST

/* RFC 7592: what is claimed anew is proved anew; anything else needs no certificate. */
START_TEST(REG_87_proof_at_put)
{
    const struct as_cert *a = world_leaf(f->w, f->w->banks_ca, "CN=a");
    const struct as_cert *b = world_leaf(f->w, f->w->banks_ca, "CN=b");

    flow_status(reg_post(a, iat(NULL), BODY("a")), 201);
    flow_status(reg_put(NULL, NAMED("a") ",'client_name':'n'"), 200);
    reg_refused(reg_put(a, NAMED("b")), "does not carry the name to be registered");
    reg_refused(reg_put(NULL, NAMED("b")), "none was shown");
    flow_status(reg_put(b, NAMED("b")), 200);
    /* another method */
    const struct as_cert *own = world_leaf(f->w, NULL, "CN=self");
    char members[8192];
    snprintf(members, sizeof(members), SELF ",%s", jwks_of(own));
    reg_refused(reg_put(b, members), "is not one of those in jwks");
    flow_status(reg_put(own, members), 200);
    flow_status(reg_put(NULL, members), 200); /* nothing new */
    const struct as_cert *next = world_leaf(f->w, NULL, "CN=self");
    snprintf(members, sizeof(members), SELF ",%s", jwks_of(next));
    reg_refused(reg_put(own, members), "is not one of those in jwks");
    flow_status(reg_put(next, members), 200);
}
END_TEST

/* The octets of a name are the same in two kinds, and yet it is another name. */
START_TEST(REG_87_proof_of_a_name_of_another_kind)
{
    static const char ip[] = METHOD_TLS "," GRANTS ",'tls_client_auth_san_ip':'97.98.99.100'";
    const struct as_cert *dns =
        world_cert(f->w, test_cert(f->w->banks_ca,
                                   (struct test_cert_ask){.subject = "CN=x", .san = "DNS:abcd"}));
    const struct as_cert *both = world_cert(
        f->w, test_cert(f->w->banks_ca, (struct test_cert_ask){.subject = "CN=x",
                                                               .san = "DNS:abcd,IP:97.98.99.100"}));

    flow_status(
        reg_post(dns, iat(NULL), "{" METHOD_TLS "," GRANTS ",'tls_client_auth_san_dns':'abcd'}"),
        201);
    reg_refused(reg_put(NULL, ip), "none was shown");
    reg_refused(reg_put(dns, ip), "does not carry the name to be registered");
    flow_status(reg_put(both, ip), 200);
}
END_TEST

/* One's own certificate vouches for no other beside it: that would keep its owner out (MTLS-114).
 */
START_TEST(each_certificate_is_proved)
{
    const struct as_cert *own = world_leaf(f->w, NULL, "CN=own");
    const struct as_cert *next = world_leaf(f->w, NULL, "CN=own");
    const struct as_cert *another = world_leaf(f->w, NULL, "CN=another");
    char body[8192];

    snprintf(body, sizeof(body), "{%s}", both_of(own, another));
    reg_refused(reg_post(own, iat(NULL), body), "a certificate other than the one shown");
    flow_status(post_self(own, own), 201);
    reg_refused(reg_put(own, both_of(own, another)), "a certificate other than the one shown");
    reg_refused(reg_put(next, both_of(next, another)), "a certificate other than the one shown");
    flow_status(post_self(another, another), 201); /* nobody has it */
    /* the way from one certificate to the next, with both for a while */
    flow_status(post_self(next, next), 201);
    const struct as_cert *third = world_leaf(f->w, NULL, "CN=own");
    flow_status(reg_put(third, both_of(next, third)), 200);
    flow_status(reg_put(NULL, both_of(third, next)), 200);
    f->w->settings.registration_certificate_proof = false;
    flow_status(reg_put(NULL, both_of(third, world_leaf(f->w, NULL, "CN=x"))), 200);
}
END_TEST

AS_TESTS("flow/registration/proof", {
    tcase_add_checked_fixture(t, start, reg_stop);
    tcase_add_test(t, tls_client_auth);
    tcase_add_test(t, self_signed_tls_client_auth);
    tcase_add_test(t, each_certificate_is_proved);
    tcase_add_test(t, the_switch);
    tcase_add_test(t, REG_95_one_origin);
    tcase_add_test(t, MTLS_106_where_to_go);
    tcase_add_test(t, REG_87_proof_at_put);
    tcase_add_test(t, REG_87_proof_of_a_name_of_another_kind);
})
