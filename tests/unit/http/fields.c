/* SPDX-License-Identifier: Apache-2.0 */
#include "as/http.h"
#include "harness.h"

static const struct {
    const char *type;
    bool form;
    bool json;
} types[] = {
    {"application/x-www-form-urlencoded", true, false},
    {"Application/X-WWW-Form-URLencoded", true, false},
    {"application/x-www-form-urlencoded; charset=UTF-8", true, false},
    {"application/x-www-form-urlencoded \t;charset=ISO-8859-1;a=b", true, false},
    {"application/x-www-form-urlencoded;", true, false},
    {"application/json", false, true},
    {"APPLICATION/JSON; charset=utf-8", false, true},
    {"", false, false},
    {";application/json", false, false},
    {"application/x-www-form-urlencodedx", false, false},
    {"application/x-www-form", false, false},
    {"application/x-www-form-urlencoded, application/json", false, false},
    {"application /json", false, false},
    {"application/jsonp", false, false},
    {"application/jwt+json", false, false},
    {"text/plain; application/json", false, false},
    {"multipart/form-data; boundary=a", false, false},
};

START_TEST(TOK_02_media_type)
{
    for (size_t row = 0; row < AS_COUNT(types); row++) {
        struct as_http_field field = {AS_LIT("content-type"), as_span_of(types[row].type)};
        struct as_http_request request = {.fields = &field, .field_count = 1};
        ck_assert_msg(as_http_is_form(&request) == types[row].form, "%s", types[row].type);
        ck_assert_msg(as_http_is_json(&request) == types[row].json, "%s", types[row].type);
    }
}
END_TEST

START_TEST(TOK_02_no_media_type)
{
    struct as_http_request request = {.field_count = 0};

    ck_assert(!as_http_is_form(&request));
    ck_assert(!as_http_is_json(&request));
}
END_TEST

START_TEST(TOK_08_request_field_by_name)
{
    struct as_http_field fields[] = {
        {AS_LIT("host"), AS_LIT("h")}, {AS_LIT("a"), AS_LIT("")}, {AS_LIT("ab"), AS_LIT("c")}};
    struct as_http_request request = {.fields = fields, .field_count = AS_COUNT(fields)};

    ck_span_eq(as_http_field(&request, "ab"), "c");
    ck_assert_ptr_nonnull(as_http_field(&request, "a").ptr); /* there, but empty */
    ck_assert_uint_eq(as_http_field(&request, "a").len, 0);
    ck_assert_ptr_null(as_http_field(&request, "b").ptr);
}
END_TEST

START_TEST(TOK_08_reply_fields)
{
    struct as_http_reply reply = {.status = 200};

    for (size_t i = 0; i < AS_HTTP_REPLY_FIELDS; i++) {
        ck_ok(as_http_reply_field(&reply, "Cache-Control", AS_LIT("no-store")));
    }
    ck_assert_uint_eq(reply.field_count, AS_HTTP_REPLY_FIELDS);
    ck_span_eq(reply.fields[AS_HTTP_REPLY_FIELDS - 1].name, "Cache-Control");
    ck_span_eq(reply.fields[AS_HTTP_REPLY_FIELDS - 1].value, "no-store");
    ck_refuses(as_http_reply_field(&reply, "Pragma", AS_LIT("no-cache")), AS_SERVER_ERROR,
               "too many reply fields");
    ck_assert_uint_eq(reply.field_count, AS_HTTP_REPLY_FIELDS);
}
END_TEST

START_TEST(TOK_08_reply_field_cannot_split)
{
    static const as_span bad[] = {{"a\r\nSet-Cookie: b", 16}, {"a\rb", 3}, {"a\n", 2}, {"\0", 1}};
    struct as_http_reply reply = {.status = 200};

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(as_http_reply_field(&reply, "Location", bad[i]), AS_SERVER_ERROR,
                   "reply field has a line end or NUL");
        ck_assert_uint_eq(reply.field_count, 0);
    }
    ck_ok(as_http_reply_field(&reply, "Location", AS_LIT("/a\tb")));
}
END_TEST

AS_TESTS("http/fields", {
    tcase_add_test(t, TOK_02_media_type);
    tcase_add_test(t, TOK_02_no_media_type);
    tcase_add_test(t, TOK_08_request_field_by_name);
    tcase_add_test(t, TOK_08_reply_fields);
    tcase_add_test(t, TOK_08_reply_field_cannot_split);
})
