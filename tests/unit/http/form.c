/* SPDX-License-Identifier: Apache-2.0 */
#include "as/http.h"
#include "harness.h"

#define SPAN(octets)                                                                               \
    {                                                                                              \
        "" octets, sizeof(octets) - 1                                                              \
    }

static struct as_arena *mem;
static struct as_form form;

static void setup(void)
{
    mem = as_arena_new(AS_LIMIT_ARENA);
    form = (struct as_form){.count = 0};
    ck_assert_ptr_nonnull(mem);
}

static void teardown(void)
{
    as_arena_free(mem);
}

static const struct {
    as_span body;
    size_t count;
    as_span name; /* of the last field */
    as_span value;
} good[] = {
    {SPAN(""), 0, SPAN(""), SPAN("")},
    {SPAN("&&"), 0, SPAN(""), SPAN("")},
    {SPAN("a=b"), 1, SPAN("a"), SPAN("b")},
    {SPAN("a=b&c=d"), 2, SPAN("c"), SPAN("d")},
    {SPAN("&a=b&&c=d&"), 2, SPAN("c"), SPAN("d")},
    {SPAN("a=b=c=="), 1, SPAN("a"), SPAN("b=c==")},
    {SPAN("=b"), 1, SPAN(""), SPAN("b")},
    {SPAN("a+b=c+d"), 1, SPAN("a b"), SPAN("c d")},
    {SPAN("a=b%2Bc%2bd"), 1, SPAN("a"), SPAN("b+c+d")},
    {SPAN("%61=%26%3D%25"), 1, SPAN("a"), SPAN("&=%")},
    {SPAN("a=%2526"), 1, SPAN("a"), SPAN("%26")}, /* decoded once */
    {SPAN("a=%C3%A9%e2%82%ac%F0%9F%98%80"), 1, SPAN("a"),
     SPAN("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")},
    {SPAN("a=\xC3\xA9"), 1, SPAN("a"), SPAN("\xC3\xA9")},
    {SPAN("a=b c"), 1, SPAN("a"), SPAN("b c")},
};

START_TEST(TOK_02_form_decoded)
{
    for (size_t row = 0; row < AS_COUNT(good); row++) {
        ck_ok(as_form_parse(mem, good[row].body, &form));
        ck_assert_msg(form.count == good[row].count, "row %zu has %zu fields", row, form.count);
        if (form.count > 0) {
            const struct as_form_field *last = &form.fields[form.count - 1];
            ck_assert_msg(as_span_equal(last->name, good[row].name), "row %zu: name", row);
            ck_assert_msg(as_span_equal(last->value, good[row].value), "row %zu: value", row);
        }
    }
}
END_TEST

#define ESCAPE  "a form field has a bad percent escape"
#define UTF8    "a form field is not UTF-8"
#define CONTROL "a form field has a control character"

static const struct {
    as_span body;
    const char *why;
} bad[] = {
    {SPAN("code=%zz"), ESCAPE},
    {SPAN("code=%"), ESCAPE},
    {SPAN("code=%4"), ESCAPE},
    {SPAN("code=%4&b=c"), ESCAPE}, /* does not reach into the next field */
    {SPAN("code=%g1"), ESCAPE},
    {SPAN("code=%1g"), ESCAPE},
    {SPAN("code=% 1"), ESCAPE},
    {SPAN("code=%+1"), ESCAPE},
    {SPAN("code=%%41"), ESCAPE},
    {SPAN("code=%u0041"), ESCAPE},
    {SPAN("%zz=a"), ESCAPE},
    {SPAN("%"), ESCAPE},
    {SPAN("a=b&unknown=%zz"), ESCAPE},
    {SPAN("code=%ff"), UTF8},
    {SPAN("code=\xff"), UTF8},
    {SPAN("%ff=a"), UTF8},
    {SPAN("code=%C3"), UTF8},
    {SPAN("code=%C0%80"), UTF8},       /* overlong NUL */
    {SPAN("code=%ED%A0%80"), UTF8},    /* surrogate */
    {SPAN("code=%F4%90%80%80"), UTF8}, /* past U+10FFFF */
    {SPAN("code=%C3&a=%A9"), UTF8},    /* a character cut in two */
    {SPAN("code=%00"), CONTROL},
    {SPAN("code=a\0b"), CONTROL},
    {SPAN("code=%0d%0aa"), CONTROL},
    {SPAN("code=a\n"), CONTROL},
    {SPAN("code=%09"), CONTROL},
    {SPAN("code=%1F"), CONTROL},
    {SPAN("code=%7f"), CONTROL},
    {SPAN("co%00de=a"), CONTROL},
    {SPAN("co%00de="), CONTROL}, /* a dropped field is read all the same */
};

START_TEST(TOK_03_bad_escapes_utf8_and_controls)
{
    for (size_t row = 0; row < AS_COUNT(bad); row++) {
        form.count = 7;
        ck_refuses(as_form_parse(mem, bad[row].body, &form), AS_INVALID_REQUEST, bad[row].why);
        ck_assert_uint_eq(form.count, 7); /* written on success only */
    }
}
END_TEST

/* An escape does not reach past the end of the body, whatever stands there in memory. */
START_TEST(TOK_03_escape_at_the_end)
{
    as_span body = AS_LIT("a=%41");

    ck_ok(as_form_parse(mem, body, &form));
    for (body.len = 3; body.len < 5; body.len++) {
        ck_refuses(as_form_parse(mem, body, &form), AS_INVALID_REQUEST, ESCAPE);
    }
}
END_TEST

START_TEST(TOK_04_no_field_twice)
{
    as_span value = AS_LIT("before");

    ck_ok(as_form_parse(mem, AS_LIT("a=1&b=2&a=1&c=3"), &form));
    ck_assert_uint_eq(form.count, 4); /* kept: who may repeat is the caller's */
    ck_refuses(as_form_one(&form, "a", &value), AS_INVALID_REQUEST,
               "a form field occurs more than once");
    ck_span_eq(value, "before");
    ck_ok(as_form_one(&form, "b", &value));
    ck_span_eq(value, "2");
    ck_ok(as_form_one(&form, "c", &value));
    ck_span_eq(value, "3");
}
END_TEST

/* The same name however it is written; other case is another name. */
START_TEST(TOK_04_names_are_compared_decoded)
{
    as_span value;

    ck_ok(as_form_parse(mem, AS_LIT("code=1&%63ode=2&CODE=3"), &form));
    ck_fault(as_form_one(&form, "code", &value), AS_INVALID_REQUEST);
    ck_ok(as_form_one(&form, "CODE", &value));
    ck_span_eq(value, "3");
}
END_TEST

START_TEST(TOK_05_empty_is_absent)
{
    as_span value = AS_LIT("before");

    ck_ok(as_form_parse(mem, AS_LIT("scope=&code&a=1&scope=b"), &form));
    ck_assert_uint_eq(form.count, 2);
    ck_ok(as_form_one(&form, "code", &value));
    ck_assert_ptr_null(value.ptr);
    ck_assert_uint_eq(value.len, 0);
    ck_ok(as_form_one(&form, "scope", &value)); /* once without a value, once with */
    ck_span_eq(value, "b");
}
END_TEST

START_TEST(TOK_06_unknown_fields_are_kept)
{
    as_span value;

    ck_ok(as_form_parse(mem, AS_LIT("foo=bar&grant_type=client_credentials&foo=baz"), &form));
    ck_assert_uint_eq(form.count, 3);
    ck_span_eq(form.fields[0].name, "foo");
    ck_span_eq(form.fields[0].value, "bar");
    ck_ok(as_form_one(&form, "grant_type", &value));
    ck_span_eq(value, "client_credentials");
    ck_ok(as_form_one(&form, "absent", &value));
    ck_assert_ptr_null(value.ptr);
}
END_TEST

static struct as_buf repeated(size_t count, const char *piece)
{
    struct as_buf body = AS_BUF(AS_LIMIT_ROUTE_BODY);

    for (size_t i = 0; i < count; i++) {
        ck_assert(as_buf_add_text(&body, piece));
    }
    return body;
}

START_TEST(TOK_12_form_fields)
{
    static const char *const pieces[] = {"a=b&", "&&a=b&", "a=&", "a&"};

    for (size_t i = 0; i < AS_COUNT(pieces); i++) {
        struct as_buf body = repeated(AS_LIMIT_FORM_FIELDS, pieces[i]);
        ck_ok(as_form_parse(mem, as_buf_span(&body), &form));
        ck_assert_uint_eq(form.count, i < 2 ? AS_LIMIT_FORM_FIELDS : 0);
        as_buf_free(&body);
        body = repeated(AS_LIMIT_FORM_FIELDS + 1, pieces[i]);
        ck_refuses(as_form_parse(mem, as_buf_span(&body), &form), AS_INVALID_REQUEST,
                   "too many form fields");
        as_buf_free(&body);
    }
}
END_TEST

START_TEST(TOK_12_form_of_a_full_body)
{
    struct as_buf body = repeated(AS_LIMIT_ROUTE_BODY, "a");

    body.ptr[1] = '=';
    ck_ok(as_form_parse(mem, as_buf_span(&body), &form));
    ck_assert_uint_eq(form.fields[0].value.len, AS_LIMIT_ROUTE_BODY - 2);
    as_buf_free(&body);
}
END_TEST

START_TEST(TOK_12_form_without_memory)
{
    struct as_arena *small = as_arena_new(16);

    ck_fault(as_form_parse(small, AS_LIT("a=0123456789abcdef0123456789"), &form), AS_SERVER_ERROR);
    as_arena_free(small);
}
END_TEST

AS_TESTS("http/form", {
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, TOK_02_form_decoded);
    tcase_add_test(t, TOK_03_bad_escapes_utf8_and_controls);
    tcase_add_test(t, TOK_03_escape_at_the_end);
    tcase_add_test(t, TOK_04_no_field_twice);
    tcase_add_test(t, TOK_04_names_are_compared_decoded);
    tcase_add_test(t, TOK_05_empty_is_absent);
    tcase_add_test(t, TOK_06_unknown_fields_are_kept);
    tcase_add_test(t, TOK_12_form_fields);
    tcase_add_test(t, TOK_12_form_of_a_full_body);
    tcase_add_test(t, TOK_12_form_without_memory);
})
