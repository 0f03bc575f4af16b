/* SPDX-License-Identifier: Apache-2.0 */
#include "http/route.h"

#include "harness.h"

static as_err no_handler(struct as_http_call *call)
{
    (void)call;
    return AS_OK;
}

static const struct as_http_route routes[] = {
    {"POST", "/token", 0, false, no_handler},
    {"GET", "/v1/clients", 0, false, no_handler},
    {"POST", "/v1/clients", 1000, true, no_handler},
    {"GET", "/v1/clients/{id}", 0, false, no_handler},
    {"DELETE", "/v1/clients/{id}", 0, true, no_handler},
    {"POST", "/v1/clients/import", 2000, true, no_handler},
};
static const struct as_http_site site = {.routes = routes, .route_count = AS_COUNT(routes)};

static struct as_http_match find(const char *method, const char *path)
{
    return as_http_route_find(&site, as_span_of(method), as_span_of(path));
}

START_TEST(a_route_is_found_by_method_and_path)
{
    ck_assert_ptr_eq(find("POST", "/token").route, &routes[0]);
    ck_assert_ptr_eq(find("POST", "/v1/clients").route, &routes[2]);
}
END_TEST

START_TEST(what_no_row_has_is_not_found)
{
    const char *const paths[] = {
        "/",      "",        "/tokens",         "/toke",        "/token/",
        "/Token", "//token", "/token%20",       "/%74oken",     "/v1/clients/",
        "/v1",    "token",   "/v1/clients/a/b", "/v1/clients//"};

    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        struct as_http_match match = find("POST", paths[i]);
        ck_assert_msg(match.route == NULL && !match.path_known, "%s is known", paths[i]);
    }
}
END_TEST

START_TEST(a_parameter_takes_one_segment_as_sent)
{
    struct as_http_match match = find("GET", "/v1/clients/a%2Fb");

    ck_assert_ptr_eq(match.route, &routes[3]);
    ck_span_eq(match.param, "a%2Fb");
    ck_assert_ptr_null(find("GET", "/v1/clients").param.ptr);
}
END_TEST

START_TEST(an_exact_path_goes_before_a_parameter)
{
    struct as_http_match match = find("POST", "/v1/clients/import");

    ck_assert_ptr_eq(match.route, &routes[5]);
    match = find("DELETE", "/v1/clients/import");
    ck_assert_ptr_null(match.route); /* the client of that name must not be deleted in its stead */
    ck_assert(match.path_known);
}
END_TEST

START_TEST(head_is_answered_by_get)
{
    ck_assert_ptr_eq(find("HEAD", "/v1/clients").route, &routes[1]);
    ck_assert_ptr_null(find("HEAD", "/token").route);
    ck_assert_ptr_null(find("head", "/v1/clients").route);
}
END_TEST

START_TEST(TOK_01_allow_names_the_methods_of_the_path)
{
    struct as_arena *mem = as_arena_new(4096);
    const char *allow = NULL;

    ck_assert_ptr_null(find("GET", "/token").route);
    ck_assert(find("GET", "/token").path_known);
    ck_ok(as_http_route_allow(&site, AS_LIT("/token"), mem, &allow));
    ck_assert_str_eq(allow, "POST");
    ck_ok(as_http_route_allow(&site, AS_LIT("/v1/clients"), mem, &allow));
    ck_assert_str_eq(allow, "GET, HEAD, POST");
    ck_ok(as_http_route_allow(&site, AS_LIT("/v1/clients/x"), mem, &allow));
    ck_assert_str_eq(allow, "GET, HEAD, DELETE");
    ck_ok(as_http_route_allow(&site, AS_LIT("/v1/clients/import"), mem, &allow));
    ck_assert_str_eq(allow, "POST");
    as_arena_free(mem);
}
END_TEST

START_TEST(TOK_12_each_route_has_its_body_cap)
{
    ck_assert_uint_eq(as_http_body_cap(&site, AS_LIT("POST"), AS_LIT("/v1/clients")), 1000);
    ck_assert_uint_eq(as_http_body_cap(&site, AS_LIT("POST"), AS_LIT("/token")),
                      AS_LIMIT_ROUTE_BODY);
    ck_assert_uint_eq(as_http_body_cap(&site, AS_LIT("PUT"), AS_LIT("/v1/clients")),
                      AS_HTTP_NO_ROUTE);
    ck_assert_uint_eq(as_http_body_cap(&site, AS_LIT("POST"), AS_LIT("/nowhere")),
                      AS_HTTP_NO_ROUTE);
}
END_TEST

AS_TESTS("http/route", {
    tcase_add_test(t, a_route_is_found_by_method_and_path);
    tcase_add_test(t, what_no_row_has_is_not_found);
    tcase_add_test(t, a_parameter_takes_one_segment_as_sent);
    tcase_add_test(t, an_exact_path_goes_before_a_parameter);
    tcase_add_test(t, head_is_answered_by_get);
    tcase_add_test(t, TOK_01_allow_names_the_methods_of_the_path);
    tcase_add_test(t, TOK_12_each_route_has_its_body_cap);
})
