/* SPDX-License-Identifier: Apache-2.0 */
#include "as/jose.h"
#include "harness.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static as_err parse(const char *text)
{
    json_t *value = NULL;
    as_err err = as_json_parse(as_span_of(text), &value);

    json_decref(value);
    return err;
}

START_TEST(REG_12_repeated_member_names)
{
    ck_ok(parse("{\"a\":1,\"b\":1}"));
    ck_refuses(parse("{\"a\":1,\"a\":1}"), AS_INVALID_REQUEST,
               "the JSON text repeats a member name");
    ck_refuses(parse("{\"x\":{\"a\":1,\"\\u0061\":2}}"), AS_INVALID_REQUEST,
               "the JSON text repeats a member name");
}
END_TEST

static void nest(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
}

START_TEST(REG_12_depth)
{
    char text[2 * 4096 + 1];

    nest(text, AS_LIMIT_JSON_DEPTH);
    ck_ok(parse(text));
    nest(text, AS_LIMIT_JSON_DEPTH + 1);
    ck_refuses(parse(text), AS_INVALID_REQUEST, "the JSON text is nested too deeply");
    nest(text, 4096);
    ck_refuses(parse(text), AS_INVALID_REQUEST, "the JSON text is nested too deeply");
    ck_ok(parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[\"]")); /* brackets in a string */
    /* an escape does not end the string, nor does it hide its end */
    strcpy(text, "[\"\\\"\",");
    nest(text + strlen(text), AS_LIMIT_JSON_DEPTH);
    strcat(text, "]");
    ck_refuses(parse(text), AS_INVALID_REQUEST, "the JSON text is nested too deeply");
    strcpy(text, "[\"\\\\\",");
    nest(text + strlen(text), AS_LIMIT_JSON_DEPTH);
    strcat(text, "]");
    ck_refuses(parse(text), AS_INVALID_REQUEST, "the JSON text is nested too deeply");
    ck_ok(parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[\",\"\\\\\",\"[[[[[[[[[[[[[[[[[[[[\"]"));
}
END_TEST

START_TEST(REG_01_malformed)
{
    static const char *const bad[] = {
        "",    "{",        "{}x",         "{} {}", "{\"a\":}", "[1,]",          "{'a':1}",
        "nul", "\"\xff\"", "\"\\u0000\"", "01",    "\"a\nb\"", "\xef\xbb\xbf{}"};

    ck_ok(parse(" {\"a\":[1,-2.5e3,true,null,\"\\u00e9\"]} "));
    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_fault(parse(bad[i]), AS_INVALID_REQUEST);
    }
}
END_TEST

/* What comes from a file or an argument is told all the same. */
START_TEST(octets_that_are_no_text)
{
    static const struct {
        const char *octets, *text;
    } rows[] = {{"", ""},
                {"a\x1b", "a\x1b"},
                {"\xC3\xA4", "\xC3\xA4"},
                {"\xC3\xA4\xFF.", "???."},
                {"cut \xE2\x82", "cut ??"},
                {"\xED\xA0\x80", "???"}, /* a surrogate */
                {"\xC0\x80", "??"}};     /* overlong */

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        char octets[16];
        (void)snprintf(octets, sizeof(octets), "%s", rows[i].octets);
        json_t *value = as_json_of_octets(octets);
        ck_assert_pstr_eq(json_string_value(value), rows[i].text);
        json_decref(value);
    }
}
END_TEST

/* Octets of no character, wherever they stand. */
START_TEST(REG_01_nul)
{
    static const char text[] = "{\"a\":[1,true,null,\"x\"]}";
    json_t *value = NULL;

    for (size_t at = 0; at < sizeof(text); at++) {
        char with[sizeof(text)];

        memcpy(with, text, at);
        with[at] = '\0';
        memcpy(with + at + 1, text + at, sizeof(text) - 1 - at);
        ck_refuses(as_json_parse((as_span){with, sizeof(with)}, &value), AS_INVALID_REQUEST,
                   "the JSON text is malformed");
    }
}
END_TEST

AS_TESTS("json", {
    tcase_add_test(t, REG_12_repeated_member_names);
    tcase_add_test(t, REG_12_depth);
    tcase_add_test(t, REG_01_malformed);
    tcase_add_test(t, octets_that_are_no_text);
    tcase_add_test(t, REG_01_nul);
})
