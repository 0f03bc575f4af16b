/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint/accept.h"

#include "harness.h"

#define JWT  "application/token-introspection+jwt"
#define JSON "application/json"

static bool wants(const char *first, const char *second)
{
    const struct as_http_field fields[] = {{AS_LIT("host"), AS_LIT(JWT)},
                                           {AS_LIT("accept"), as_span_of(first)},
                                           {AS_LIT("accept"), as_span_of(second)}};
    const struct as_http_request request = {
        .fields = fields,
        .field_count = 1u + (first != NULL ? 1u : 0u) + (second != NULL ? 1u : 0u),
    };

    return as_accept_wants(&request, JWT, JSON);
}

START_TEST(TOK_152_accept)
{
    static const char *const yes[] = {JWT,
                                      "APPLICATION/Token-Introspection+JWT",
                                      " " JWT " ",
                                      JWT ";q=0.001",
                                      JWT "; Q=1.000",
                                      JWT ";version=1;q=0.5",
                                      JWT ";version=x",
                                      JWT ";q=1.",
                                      "text/html, " JWT,
                                      JSON ";q=0.5, " JWT ";q=0.5",
                                      JSON ", " JWT,
                                      "*/*;q=0.1, " JWT ";q=0.1",
                                      JSON ";q=0, " JWT ";q=0.1"};
    static const char *const no[] = {"",
                                     "*/*",
                                     "application/*",
                                     JSON,
                                     "application/jwt",
                                     JWT "x",
                                     "x" JWT,
                                     JWT ";q=0",
                                     JWT ";q=0.000",
                                     JWT ";q=",
                                     JWT ";q=2",
                                     JWT ";q=1.001",
                                     JWT ";q=-1",
                                     JWT ";q=0.0001",
                                     JWT ";q=.5",
                                     JWT ";q=1.0000",
                                     JWT ";q=10",
                                     JWT ";q=1x0",
                                     JWT ";q=0.x",
                                     JWT ";q=0.5x",
                                     JWT ";q=0.5 1",
                                     JWT ";q=0;version=1",
                                     JSON ", " JWT ";q=0.9",
                                     JSON ";q=0.6," JWT ";q=0.5"};

    for (size_t i = 0; i < AS_COUNT(yes); i++) {
        ck_assert_msg(wants(yes[i], NULL), "%s", yes[i]);
    }
    for (size_t i = 0; i < AS_COUNT(no); i++) {
        ck_assert_msg(!wants(no[i], NULL), "%s", no[i]);
    }
    ck_assert(!wants(NULL, NULL));
}
END_TEST

/* Several fields are one list (RFC 9110 5.3). */
START_TEST(TOK_152_two_fields)
{
    ck_assert(wants(JSON, JWT));
    ck_assert(wants("text/html", JWT ";q=0.1"));
    ck_assert(!wants(JSON, JWT ";q=0.9"));
    ck_assert(!wants(JSON, "*/*"));
}
END_TEST

AS_TESTS("endpoint/accept", {
    tcase_add_test(t, TOK_152_accept);
    tcase_add_test(t, TOK_152_two_fields);
})
