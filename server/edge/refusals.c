/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include <string.h>
#include <time.h>

const struct as_refusal as_refusals[AS_REFUSAL_COUNT] = {
#define AS_REFUSAL_ROW(name, status, says) [name] = {status, says},
    AS_REFUSALS(AS_REFUSAL_ROW)
#undef AS_REFUSAL_ROW
};

/* A status and what goes with it, however it came about. */
static const struct {
    unsigned status;
    const char *phrase;
    const char *error;
    const char *field; /* a whole line, or nothing */
} statuses[] = {
    {400, "Bad Request", "invalid_request", ""},
    {408, "Request Timeout", "invalid_request", ""},
    {413, "Content Too Large", "invalid_request", ""},
    {414, "URI Too Long", "invalid_request", ""},
    {417, "Expectation Failed", "invalid_request", ""},
    {421, "Misdirected Request", "invalid_request", ""},
    {431, "Request Header Fields Too Large", "invalid_request", ""},
    {501, "Not Implemented", "invalid_request", ""},
    {503, "Service Unavailable", "temporarily_unavailable",
     "Retry-After: " AS_LIMIT_RETRY_AFTER "\r\n"},
    {505, "HTTP Version Not Supported", "invalid_request", ""},
};

/* IMF-fixdate (RFC 9110 5.6.7); not strftime's names, which follow the locale. */
static void add_date(struct as_buf *out, as_time now)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t at = (time_t)now;
    struct tm tm;

    if (gmtime_r(&at, &tm) != NULL) {
        as_buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                      days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900,
                      tm.tm_hour, tm.tm_min, tm.tm_sec);
    }
}

static void add_field(struct as_buf *out, as_span name, as_span value)
{
    as_buf_add(out, name);
    as_buf_add_text(out, ": ");
    as_buf_add(out, value);
    as_buf_add_text(out, "\r\n");
}

static void add_fields(struct as_buf *out, const struct as_refusal_answer *answer)
{
    add_date(out, answer->now);
    for (size_t i = 0; i < answer->always_count; i++) {
        add_field(out, answer->always[i].name, answer->always[i].value);
    }
    if (answer->request_id.len > 0) {
        add_field(out, AS_LIT("X-Request-Id"), answer->request_id);
    }
}

static size_t status_of(const struct as_refusal *row)
{
    size_t i = 0;

    while (i + 1 < AS_COUNT(statuses) && statuses[i].status != row->status) {
        i++;
    }
    return i;
}

/* The sentences of the table need no escaping (RFC 6749 5.2). */
#define BODY_FORMAT "{\"error\":\"%s\",\"error_description\":\"%s\"}"

static size_t body_len(const char *error, const char *says)
{
    return sizeof(BODY_FORMAT) - sizeof("%s%s") + strlen(error) + strlen(says);
}

as_err as_refusal_write(const struct as_refusal *row, const struct as_refusal_answer *answer,
                        struct as_buf *out)
{
    size_t at = status_of(row);
    size_t before = out->len;

    as_buf_printf(out,
                  "HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                  "Cache-Control: no-store\r\nPragma: no-cache\r\nConnection: close\r\n%s",
                  row->status, statuses[at].phrase, body_len(statuses[at].error, row->says),
                  statuses[at].field);
    add_fields(out, answer);
    as_buf_add_text(out, "\r\n");
    if (!answer->head_only) {
        as_buf_printf(out, BODY_FORMAT, statuses[at].error, row->says);
    }
    if (out->full) {
        out->len = before; /* never half an answer */
    }
    AS_NEED(!out->full, AS_SERVER_ERROR, "refusal does not fit its buffer");
    return AS_OK;
}
