/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/refusals.h"

#include "harness.h"

#include <string.h>

static const struct {
    unsigned status;
    const char *line;
    const char *error;
} expected[] = {
    {400, "HTTP/1.1 400 Bad Request\r\n", "invalid_request"},
    {408, "HTTP/1.1 408 Request Timeout\r\n", "invalid_request"},
    {413, "HTTP/1.1 413 Content Too Large\r\n", "invalid_request"},
    {414, "HTTP/1.1 414 URI Too Long\r\n", "invalid_request"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n", "invalid_request"},
    {421, "HTTP/1.1 421 Misdirected Request\r\n", "invalid_request"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "invalid_request"},
    {501, "HTTP/1.1 501 Not Implemented\r\n", "invalid_request"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n", "temporarily_unavailable"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n", "invalid_request"},
};

static size_t expected_of(unsigned status)
{
    for (size_t i = 0; i < AS_COUNT(expected); i++) {
        if (expected[i].status == status) {
            return i;
        }
    }
    ck_abort_msg("nobody expects status %u", status);
    return 0;
}

/* The answer to a row as a C string. */
static struct as_buf written(size_t row, bool tls, bool head_only, const char *request_id)
{
    static const struct as_http_field hsts = {AS_LIT_ROW("Strict-Transport-Security"),
                                              AS_LIT_ROW("max-age=31536000; includeSubDomains")};
    struct as_refusal_answer answer = {&hsts, tls ? 1 : 0, head_only, as_span_of(request_id),
                                       784111777};
    struct as_buf out = AS_BUF(AS_REFUSAL_MAX + 1);

    ck_ok(as_refusal_write(&as_refusals[row], &answer, &out));
    ck_assert_uint_le(out.len, AS_REFUSAL_MAX);
    ck_assert(as_buf_add_byte(&out, '\0'));
    return out;
}

START_TEST(TOK_08_refusals_are_json)
{
    for (size_t row = 0; row < AS_REFUSAL_COUNT; row++) {
        size_t at = expected_of(as_refusals[row].status);
        struct as_buf out = written(row, true, false, "abc");
        struct as_buf body = AS_BUF(AS_REFUSAL_MAX);
        ck_assert(as_buf_printf(&body, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                                expected[at].error, as_refusals[row].says));
        ck_assert(as_buf_add_byte(&body, '\0'));
        const char *head_end = strstr(out.ptr, "\r\n\r\n");
        ck_assert_ptr_nonnull(head_end);
        ck_assert_str_eq(head_end + 4, body.ptr);
        ck_assert(as_span_starts(as_buf_span(&out), as_span_of(expected[at].line)));
        ck_assert_ptr_nonnull(strstr(out.ptr, "\r\nContent-Type: application/json\r\n"));
        const char *length = strstr(out.ptr, "\r\nContent-Length: ");
        ck_assert_ptr_nonnull(length);
        ck_assert_uint_eq(strtoul(length + strlen("\r\nContent-Length: "), NULL, 10),
                          strlen(body.ptr));
        as_buf_free(&body);
        as_buf_free(&out);
    }
}
END_TEST

START_TEST(TOK_09_refusals_are_not_stored)
{
    for (size_t row = 0; row < AS_REFUSAL_COUNT; row++) {
        struct as_buf out = written(row, true, false, "");
        ck_assert_ptr_nonnull(strstr(out.ptr, "\r\nCache-Control: no-store\r\n"));
        ck_assert_ptr_nonnull(strstr(out.ptr, "\r\nPragma: no-cache\r\n"));
        as_buf_free(&out);
    }
}
END_TEST

START_TEST(TOK_10_sentences_have_allowed_characters)
{
    for (size_t row = 0; row < AS_REFUSAL_COUNT; row++) {
        ck_assert_uint_gt(strlen(as_refusals[row].says), 0);
        for (const char *c = as_refusals[row].says; *c != '\0'; c++) {
            ck_assert_msg(*c >= 0x20 && *c <= 0x7E && *c != '"' && *c != '\\', "row %zu", row);
        }
    }
}
END_TEST

START_TEST(TOK_12_refusals_close_the_connection)
{
    for (size_t row = 0; row < AS_REFUSAL_COUNT; row++) {
        struct as_buf out = written(row, false, false, "");
        ck_assert_ptr_nonnull(strstr(out.ptr, "\r\nConnection: close\r\n"));
        bool retries = strstr(out.ptr, "\r\nRetry-After: " AS_LIMIT_RETRY_AFTER "\r\n") != NULL;
        ck_assert(retries == (as_refusals[row].status == 503));
        as_buf_free(&out);
    }
}
END_TEST

/* Byte for byte, with and without what a listener adds. */
START_TEST(TOK_08_whole_answer)
{
    struct as_buf out = written(AS_REFUSE_TIMEOUT, true, false, "0123456789abcdefghijkl");

    ck_assert_str_eq(out.ptr,
                     "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n"
                     "Content-Length: 87\r\nCache-Control: no-store\r\nPragma: no-cache\r\n"
                     "Connection: close\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
                     "X-Request-Id: 0123456789abcdefghijkl\r\n\r\n"
                     "{\"error\":\"invalid_request\","
                     "\"error_description\":\"The request was not complete in time.\"}");
    as_buf_free(&out);

    out = written(AS_REFUSE_TIMEOUT, false, true, "");
    ck_assert_str_eq(out.ptr,
                     "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n"
                     "Content-Length: 87\r\nCache-Control: no-store\r\nPragma: no-cache\r\n"
                     "Connection: close\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    as_buf_free(&out);
}
END_TEST

START_TEST(TOK_08_no_half_answer)
{
    struct as_refusal_answer answer = {.request_id = AS_LIT("abc"), .now = 784111777};
    struct as_buf out = AS_BUF(200);

    ck_assert(as_buf_add_text(&out, "before"));
    ck_fault(as_refusal_write(&as_refusals[AS_REFUSE_HOST], &answer, &out), AS_SERVER_ERROR);
    ck_span_eq(as_buf_span(&out), "before");
    as_buf_free(&out);
}
END_TEST

AS_TESTS("edge/refusals", {
    tcase_add_test(t, TOK_08_refusals_are_json);
    tcase_add_test(t, TOK_09_refusals_are_not_stored);
    tcase_add_test(t, TOK_10_sentences_have_allowed_characters);
    tcase_add_test(t, TOK_12_refusals_close_the_connection);
    tcase_add_test(t, TOK_08_whole_answer);
    tcase_add_test(t, TOK_08_no_half_answer);
})
