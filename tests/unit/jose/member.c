/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"
#include "harness.h"

static struct as_arena *mem;
static struct json_t *object;

static void start(const char *text)
{
    mem = as_arena_new(1 << 16);
    ck_assert_ptr_nonnull(mem);
    ck_ok(as_json_parse(as_span_of(text), &object));
}

static void end(void)
{
    as_json_free(object);
    as_arena_free(mem);
}

START_TEST(a_text_is_a_text)
{
    as_span out = AS_LIT("before");

    start("{\"a\":\"x\\u0022\",\"n\":1,\"o\":{},\"z\":null,\"e\":\"\"}");
    ck_ok(as_json_text(mem, object, "a", &out));
    ck_span_eq(out, "x\"");
    ck_ok(as_json_text(mem, object, "e", &out));
    ck_assert_ptr_nonnull(out.ptr);
    ck_assert_uint_eq(out.len, 0);
    for (const char *name = "nozy"; *name != '\0'; name++) {
        const char one[] = {*name, '\0'};
        ck_ok(as_json_text(mem, object, one, &out));
        ck_assert_ptr_null(out.ptr);
    }
    end();
}
END_TEST

START_TEST(an_integer_is_an_integer)
{
    int64_t out = 7;

    start("{\"a\":-5,\"r\":1.0,\"t\":\"1\",\"b\":true,\"big\":9223372036854775807}");
    ck_assert(as_json_integer(object, "a", &out));
    ck_assert_int_eq(out, -5);
    ck_assert(as_json_integer(object, "big", &out));
    ck_assert_int_eq(out, INT64_MAX);
    ck_assert(!as_json_integer(object, "r", &out));
    ck_assert(!as_json_integer(object, "t", &out));
    ck_assert(!as_json_integer(object, "b", &out));
    ck_assert(!as_json_integer(object, "none", &out));
    ck_assert_int_eq(out, INT64_MAX);
    end();
}
END_TEST

START_TEST(texts_are_one_or_several)
{
    as_span out[2];
    size_t count = 9;

    start("{\"one\":\"x\",\"two\":[\"x\",\"y\"],\"three\":[\"x\",\"y\",\"z\"],\"mixed\":[\"x\",1],"
          "\"none\":[],\"n\":1}");
    ck_ok(as_json_texts(mem, object, "one", out, 2, &count));
    ck_assert_uint_eq(count, 1);
    ck_span_eq(out[0], "x");
    ck_ok(as_json_texts(mem, object, "two", out, 2, &count));
    ck_assert_uint_eq(count, 2);
    ck_span_eq(out[1], "y");
    static const char *const bad[] = {"three", "mixed", "none", "n", "absent"};
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        count = 9;
        ck_ok(as_json_texts(mem, object, bad[i], out, 2, &count));
        ck_assert_uint_eq(count, 0);
    }
    ck_ok(as_json_texts(mem, object, "one", out, 0, &count));
    ck_assert_uint_eq(count, 0);
    end();
}
END_TEST

START_TEST(an_object_is_an_object)
{
    start("{\"o\":{\"a\":1,\"b\":2},\"l\":[],\"e\":{}}");
    ck_assert_uint_eq(as_json_size(object), 3);
    ck_assert_uint_eq(as_json_size(as_json_object(object, "o")), 2);
    ck_assert_ptr_nonnull(as_json_object(object, "e"));
    ck_assert_ptr_null(as_json_object(object, "l"));
    ck_assert_ptr_null(as_json_object(object, "none"));
    ck_assert_ptr_null(as_json_object(NULL, "none"));
    ck_assert_uint_eq(as_json_size(NULL), 0);
    as_json_free(NULL);
    end();
}
END_TEST

AS_TESTS("jose/member", {
    tcase_add_test(t, a_text_is_a_text);
    tcase_add_test(t, an_integer_is_an_integer);
    tcase_add_test(t, texts_are_one_or_several);
    tcase_add_test(t, an_object_is_an_object);
})
