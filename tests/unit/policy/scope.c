/* SPDX-License-Identifier: Apache-2.0 */
#include "as/policy.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

START_TEST(TOK_66_values_each_once_in_order)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    as_span *values = NULL;
    size_t count = 9;

    ck_ok(as_scope_parse(mem, AS_LIT("b a b !#[]~ A a"), &values, &count));
    ck_assert_uint_eq(count, 4);
    ck_span_eq(values[0], "b");
    ck_span_eq(values[1], "a");
    ck_span_eq(values[2], "!#[]~");
    ck_span_eq(values[3], "A"); /* case-sensitive */
    ck_ok(as_scope_parse(mem, AS_SPAN_NONE, &values, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(TOK_66_every_octet)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    as_span *values = NULL;
    size_t count = 0;

    for (unsigned c = 0; c < 256; c++) {
        char text[] = {'a', (char)c, 'b'};
        bool fits = c == ' ' || c == 0x21 || (c >= 0x23 && c <= 0x5B) || (c >= 0x5D && c <= 0x7E);
        as_err err = as_scope_parse(mem, as_span_bytes(text, 3), &values, &count);
        ck_assert_msg(as_failed(err) != fits, "octet %02x", c);
        if (!fits) {
            ck_refuses(err, AS_INVALID_SCOPE, "scope is malformed");
        } else {
            ck_assert_uint_eq(count, c == ' ' ? 2 : 1);
        }
    }
}
END_TEST

START_TEST(TOK_66_blanks_only_between)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    static const char *const bad[] = {" ", " a", "a ", "a  b", "a b ", "  "};
    as_span *values = NULL;
    size_t count = 0;

    for (size_t i = 0; i < AS_COUNT(bad); i++) {
        ck_refuses(as_scope_parse(mem, as_span_of(bad[i]), &values, &count), AS_INVALID_SCOPE,
                   "scope is malformed");
    }
    ck_ok(as_scope_parse(mem, AS_LIT("a b"), &values, &count));
}
END_TEST

START_TEST(D_limit_of_scope_values)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    char text[1024] = "";
    as_span *values = NULL;
    size_t count = 0;
    size_t len = 0;

    for (unsigned i = 0; i < AS_LIMIT_SCOPES; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%ss%u", i > 0 ? " " : "", i);
    }
    ck_ok(as_scope_parse(mem, as_span_bytes(text, len), &values, &count));
    ck_assert_uint_eq(count, AS_LIMIT_SCOPES);
    len += (size_t)snprintf(text + len, sizeof(text) - len, " s0"); /* known already */
    ck_ok(as_scope_parse(mem, as_span_bytes(text, len), &values, &count));
    len += (size_t)snprintf(text + len, sizeof(text) - len, " more");
    ck_refuses(as_scope_parse(mem, as_span_bytes(text, len), &values, &count), AS_INVALID_SCOPE,
               "too many scope values");
}
END_TEST

/* What no registration can hold is no scope, whoever gives it. */
START_TEST(D_limit_of_scope_octets)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    char text[AS_LIMIT_JSON_STRING + 1];
    as_span *values = NULL;
    size_t count = 0;

    memset(text, 's', sizeof(text));
    ck_ok(as_scope_check(as_span_bytes(text, AS_LIMIT_JSON_STRING)));
    ck_ok(as_scope_parse(mem, as_span_bytes(text, AS_LIMIT_JSON_STRING), &values, &count));
    ck_refuses(as_scope_check(as_span_bytes(text, sizeof(text))), AS_INVALID_SCOPE,
               "scope is too long");
    /* one that was stored before stays what it is */
    ck_ok(as_scope_parse(mem, as_span_bytes(text, sizeof(text)), &values, &count));
    text[1] = '"';
    ck_refuses(as_scope_check(as_span_bytes(text, 2)), AS_INVALID_SCOPE, "scope is malformed");
    ck_ok(as_scope_check(AS_SPAN_NONE));
}
END_TEST

START_TEST(TOK_66_holds_whole_values)
{
    ck_assert(as_scope_holds(AS_LIT("a bc d"), AS_LIT("bc")));
    ck_assert(as_scope_holds(AS_LIT("a bc d"), AS_LIT("a")));
    ck_assert(as_scope_holds(AS_LIT("a bc d"), AS_LIT("d")));
    ck_assert(!as_scope_holds(AS_LIT("a bc d"), AS_LIT("b")));
    ck_assert(!as_scope_holds(AS_LIT("a bc d"), AS_LIT("BC")));
    ck_assert(!as_scope_holds(AS_LIT("a bc d"), AS_LIT("a bc")));
    ck_assert(!as_scope_holds(AS_LIT("a  d"), AS_SPAN_NONE));
    ck_assert(!as_scope_holds(AS_SPAN_NONE, AS_LIT("a")));
}
END_TEST

AS_TESTS("scope", {
    tcase_add_test(t, TOK_66_values_each_once_in_order);
    tcase_add_test(t, TOK_66_every_octet);
    tcase_add_test(t, TOK_66_blanks_only_between);
    tcase_add_test(t, D_limit_of_scope_values);
    tcase_add_test(t, D_limit_of_scope_octets);
    tcase_add_test(t, TOK_66_holds_whole_values);
})
