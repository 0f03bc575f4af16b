/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A READY request written out in one form, so that tests can say in octets what the guard read: as
 * HTTP/1.1, one `host`, the fields in their order with lower-case names, without those that concern
 * only the connection; `content-length` when the request had a body, of 0 octets too;
 * `connection: close` when the connection closes after the answer; blank line; body.
 */
#ifndef AS_TESTS_SUPPORT_GUARD_WRITE_H
#define AS_TESTS_SUPPORT_GUARD_WRITE_H

#include "edge/guard.h"

/* Fields of one connection (RFC 9110 7.6.1, RFC 9112 6). */
static const char *const guard_dropped[] = {
    "host", "content-length", "transfer-encoding", "expect",        "connection", "keep-alive",
    "te",   "trailer",        "upgrade",           "http2-settings"};

static bool guard_drops(as_span name)
{
    as_span proxy = AS_LIT("proxy-");

    for (size_t i = 0; i < AS_COUNT(guard_dropped); i++) {
        if (as_span_equal_nocase(name, as_span_of(guard_dropped[i]))) {
            return true;
        }
    }
    return name.len >= proxy.len && as_span_equal_nocase((as_span){name.ptr, proxy.len}, proxy);
}

/* The largest request that guard_write makes: a field may gain the blank after its colon. */
static size_t guard_out_max(const struct as_guard_rules *rules)
{
    return as_guard_in_max(rules) + rules->field_max +
           sizeof("content-length: 18446744073709551615\r\nconnection: close\r\n");
}

static void guard_add_field(struct as_buf *out, as_span name, as_span value)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        as_buf_add_byte(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    as_buf_add_text(out, ": ");
    as_buf_add(out, value);
    as_buf_add_text(out, "\r\n");
}

/* False when it does not fit. */
static bool guard_write(const struct as_guard *guard, const struct as_buf *in, struct as_buf *out)
{
    struct as_guard_request request;
    as_span name;
    as_span value;

    as_guard_request(guard, in, &request);
    as_buf_add(out, request.method);
    as_buf_add_byte(out, ' ');
    as_buf_add(out, request.path);
    if (request.query.ptr != NULL) {
        as_buf_add_byte(out, '?');
        as_buf_add(out, request.query);
    }
    as_buf_add_text(out, " HTTP/1.1\r\n");
    guard_add_field(out, AS_LIT("host"), request.host);
    for (size_t at = 0; as_guard_field(guard, in, &at, &name, &value);) {
        if (!guard_drops(name)) {
            guard_add_field(out, name, value);
        }
    }
    if (guard->has_length || guard->has_coding) {
        as_buf_printf(out, "content-length: %zu\r\n", request.body.len);
    }
    as_buf_add_text(out, request.keep_alive ? "\r\n" : "connection: close\r\n\r\n");
    as_buf_add(out, request.body);
    return !out->full;
}

#endif
