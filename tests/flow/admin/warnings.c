/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator is told of a party that is sound and yet of no use, and of a certificate. */
#include "support/flow.h"

#define CLIENT(id, more)                                                                           \
    "{'client_id':'" id "','token_endpoint_auth_method':'tls_client_auth',"                        \
    "'tls_client_auth_subject_dn':'CN=" id "'" more "}"

static struct flow *f;

static void start(void)
{
    f = flow_new();
    world_add(f->w, (struct world_party){.id = "api",
                                         .dn = "CN=api",
                                         .audience = {"https://api.example"},
                                         .scope = "accounts payments"});
    world_add(f->w, (struct world_party){.id = "old",
                                         .dn = "CN=old",
                                         .audience = {"https://old.example"},
                                         .scope = "history",
                                         .disabled = true});
}

static void stop(void)
{
    flow_free(f);
}

static const char *warning(size_t index)
{
    const json_t *one = json_array_get(json_object_get(f->answer.json, "warnings"), index);

    return json_string_value(json_object_get(one, "warning"));
}

static size_t warnings(void)
{
    return json_array_size(json_object_get(f->answer.json, "warnings"));
}

START_TEST(D13_a_scope_that_nobody_owns_is_told)
{
    flow_status(flow_admin(f, "POST", "/v1/clients", CLIENT("a", ",'scope':'accounts payments'")),
                201);
    ck_assert_ptr_null(json_object_get(f->answer.json, "warnings"));
    flow_status(flow_admin(f, "POST", "/v1/clients", CLIENT("b", ",'scope':'typo accounts nine'")),
                201);
    ck_assert_uint_eq(warnings(), 1);
    ck_assert_str_eq(warning(0), "No enabled resource server has the scope typo nine: a request "
                                 "for it is refused.");
    /* it is about today: shown at each look, and not once somebody has the scope */
    flow_status(flow_admin(f, "GET", "/v1/clients/b", NULL), 200);
    ck_assert_uint_eq(warnings(), 1);
    flow_status(flow_admin(f, "PATCH", "/v1/clients/b", "{'scope':'accounts'}"), 200);
    ck_assert_uint_eq(warnings(), 0);
    /* what a disabled resource server has nobody gets */
    flow_status(flow_admin(f, "PATCH", "/v1/clients/b", "{'scope':'history'}"), 200);
    ck_assert_uint_eq(warnings(), 1);
}
END_TEST

START_TEST(D13_a_default_resource_of_nobody_is_told)
{
    static const struct {
        const char *body;
        size_t count;
    } rows[] = {
        {CLIENT("a", ",'default_resource':'https://api.example'"), 0},
        {CLIENT("b", ",'default_resource':'https://none.example'"), 1},
        {CLIENT("c", ",'default_resource':'https://old.example','scope':'nothing'"), 2},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        flow_status(flow_admin(f, "POST", "/v1/clients", rows[i].body), 201);
        ck_assert_msg(warnings() == rows[i].count, "%s", f->answer.body);
    }
    ck_assert_str_eq(warning(1), "No enabled resource server has the default_resource "
                                 "https://old.example.");
}
END_TEST

/* A dry run tells as much, an import whom it is about, a list (an export) nothing. */
START_TEST(D13_dry_runs_and_imports_tell_too)
{
    flow_status(flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                               .path = "/v1/clients",
                                               .query = "dry_run=true",
                                               .body = "{\"client_id\":\"a\",\"scope\":\"none\","
                                                       "\"token_endpoint_auth_method\":"
                                                       "\"tls_client_auth\","
                                                       "\"tls_client_auth_san_dns\":\"a\"}"}),
                201);
    ck_assert_uint_eq(warnings(), 1);
    flow_status(flow_admin(f, "POST", "/v1/clients",
                           "[" CLIENT("a", ",'scope':'accounts'") "," CLIENT(
                               "b", ",'scope':'none'") "," CLIENT("c", ",'scope':'none'") "]"),
                201);
    ck_assert_uint_eq(warnings(), 2);
    const json_t *first = json_array_get(json_object_get(f->answer.json, "warnings"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "client_id")), "b");
    flow_status(flow_admin(f, "GET", "/v1/clients", NULL), 200);
    ck_assert_ptr_null(strstr(f->answer.body, "warning"));
    flow_status(flow_admin(f, "GET", "/v1/resources/api", NULL), 200);
    ck_assert_ptr_null(strstr(f->answer.body, "warning"));
}
END_TEST

/* ------------------------------------------------------------ verdicts ------------------------ */

static struct flow_answer *judge(const char *kind, const char *trust, const struct as_cert *cert)
{
    char body[16 * 1024];
    as_span x5c;

    ck_ok(as_base64_put(f->w->mem, cert->der, &x5c));
    snprintf(body, sizeof(body), "{'kind':'%s',%s%s%s'x5c':['%s']}", kind,
             trust != NULL ? "'trust':'" : "", trust != NULL ? trust : "",
             trust != NULL ? "'," : "", x5c.ptr);
    return flow_admin(f, "POST", "/v1/verdicts", body);
}

static void is_judged(const char *kind, const char *trust, const struct as_cert *cert,
                      const char *group, const char *reason)
{
    const struct flow_answer *answer = judge(kind, trust, cert);

    flow_status(answer, 200);
    ck_assert_str_eq(flow_text(answer, "trust"), group);
    ck_assert_int_eq(json_is_true(json_object_get(answer->json, "vouched")), reason == NULL);
    if (reason != NULL) {
        ck_assert_str_eq(flow_text(answer, "reason"), reason);
        ck_assert_uint_gt(strlen(flow_text(answer, "detail")), 0);
    } else {
        ck_assert(json_is_null(json_object_get(answer->json, "reason")));
    }
}

START_TEST(MTLS_22_a_certificate_is_judged_as_it_would_be)
{
    const struct as_cert *bank = world_leaf(f->w, f->w->banks_ca, "CN=a");
    const struct as_cert *other = world_leaf(f->w, f->w->others_ca, "CN=a");
    const struct as_cert *shop = world_leaf(f->w, f->w->shops_ca, "CN=a");
    const struct as_cert *weak = world_cert(
        f->w, test_cert(f->w->banks_ca, (struct test_cert_ask){.subject = "CN=a", .key = "P-521"}));

    is_judged("client", NULL, bank, "banks", NULL);
    is_judged("client", NULL, other, "banks", "cert_untrusted");
    is_judged("client", "others", other, "others", NULL);
    is_judged("client", "others", bank, "others", "cert_untrusted");
    is_judged("resource", NULL, shop, "shops", NULL);
    is_judged("resource", NULL, bank, "shops", "cert_untrusted");
    is_judged("client", NULL, weak, "banks", "cert_weak_key");
}
END_TEST

/* No group is asked of a registered certificate, and its dates count where the setting says so. */
START_TEST(MTLS_56_a_self_signed_certificate_is_judged_as_it_would_be)
{
    const struct as_cert *old = world_cert(
        f->w, test_cert(f->w->others_ca, (struct test_cert_ask){.subject = "CN=old",
                                                                .not_before = time(NULL) - 7200,
                                                                .not_after = time(NULL) - 3600}));
    char body[16 * 1024];
    as_span x5c;

    ck_ok(as_base64_put(f->w->mem, old->der, &x5c));
    snprintf(body, sizeof(body),
             "{'kind':'client','token_endpoint_auth_method':'self_signed_tls_client_auth',"
             "'x5c':['%s']}",
             x5c.ptr);
    for (int checked = 0; checked < 2; checked++) {
        f->w->settings.check_self_signed_validity = checked != 0;
        struct flow_answer *answer = flow_admin(f, "POST", "/v1/verdicts", body);
        flow_status(answer, 200);
        ck_assert(json_is_null(json_object_get(answer->json, "trust")));
        ck_assert_int_eq(json_is_true(json_object_get(answer->json, "vouched")), !checked);
    }
    ck_assert_str_eq(flow_text(&f->answer, "reason"), "cert_expired");
}
END_TEST

START_TEST(MTLS_22_what_no_verdict_can_be_given_of)
{
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"{}", "kind must be client or resource"},
        {"{'kind':'user','x5c':[]}", "kind must be client or resource"},
        {"{'kind':'client','token_endpoint_auth_method':'none','x5c':['AAAA']}",
         "token_endpoint_auth_method names no method"},
        {"{'kind':'client'}", "x5c must be an array of one to nine certificates"},
        {"{'kind':'client','x5c':[]}", "x5c must be an array of one to nine certificates"},
        {"{'kind':'client','x5c':[1,2,3,4,5,6,7,8,9,10]}",
         "x5c must be an array of one to nine certificates"},
        {"{'kind':'client','x5c':[1]}", "x5c must hold strings"},
        {"{'kind':'client','x5c':[1,2,3,4,5,6,7,8,9]}", "x5c must hold strings"},
        {"{'kind':'client','trust':null,'x5c':[1]}", "x5c must hold strings"},
        {"{'kind':'client','x5c':['?']}", "base64 is ill-formed"},
        {"{'kind':'client','trust':'shops','x5c':['AAAA']}",
         "trust names no trust group of the right use"},
        {"{'kind':'client','trust':'nosuch','x5c':['AAAA']}",
         "trust names no trust group of the right use"},
        {"{'kind':'client','trust':1,'x5c':['AAAA']}", "trust must be the name of a trust group"},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        flow_refused(flow_admin(f, "POST", "/v1/verdicts", rows[i].body), 400, "invalid_request");
        ck_assert_msg(strstr(f->answer.body, rows[i].says) != NULL, "%s", f->answer.body);
    }
    flow_refused(flow_admin(f, "POST", "/v1/verdicts", "{'kind':'client','x5c':['AAAA']}"), 400,
                 "invalid_client_metadata");
}
END_TEST

START_TEST(MTLS_22_no_group_judges)
{
    const struct as_cert *shop = world_leaf(f->w, f->w->shops_ca, "CN=a");

    world_trust(f->w, 2); /* none for resource servers */
    flow_restart(f);
    flow_status(judge("resource", NULL, shop), 200);
    ck_assert(json_is_null(json_object_get(f->answer.json, "trust")));
    ck_assert_str_eq(flow_text(&f->answer, "detail"), "no trust group judges it");
}
END_TEST

AS_TESTS("flow/admin/warnings", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D13_a_scope_that_nobody_owns_is_told);
    tcase_add_test(t, D13_a_default_resource_of_nobody_is_told);
    tcase_add_test(t, D13_dry_runs_and_imports_tell_too);
    tcase_add_test(t, MTLS_22_a_certificate_is_judged_as_it_would_be);
    tcase_add_test(t, MTLS_56_a_self_signed_certificate_is_judged_as_it_would_be);
    tcase_add_test(t, MTLS_22_what_no_verdict_can_be_given_of);
    tcase_add_test(t, MTLS_22_no_group_judges);
})
