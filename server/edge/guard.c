/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine: lines of the head one by one, then the body. */
#include "guard_parts.h"

#include <string.h>

#define CHUNK_LINE_MAX 10 /* eight digits, CR, LF */

void as_guard_init(struct as_guard *guard, const struct as_guard_rules *rules)
{
    *guard = (struct as_guard){.rules = rules};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How long the current line may be, its line end counted. */
static size_t line_room(const struct as_guard *guard)
{
    if (guard->fields_at == 0) {
        return guard->rules->line_max + 2;
    }
    return guard->rules->head_max - (guard->line_at - guard->fields_at);
}

/*
 * Finds the current line. *whole is false when its end has not come. Only so many octets are looked
 * at as the line may have, so that the verdict on a long line does not depend on what follows it.
 */
static as_guard_no find_line(struct as_guard *guard, const struct as_buf *in, as_span *line,
                             bool *whole)
{
    size_t room = line_room(guard);
    size_t end = guard->line_at + smaller(in->len - guard->line_at, room);
    const char *lf = NULL;

    if (end > guard->scanned) {
        lf = memchr(in->ptr + guard->scanned, '\n', end - guard->scanned);
    }
    *whole = lf != NULL;
    if (lf == NULL) {
        guard->scanned = end;
        GUARD_NEED(end - guard->line_at < room,
                   guard->fields_at == 0 ? AS_REFUSE_TARGET_SIZE : AS_REFUSE_HEAD_SIZE);
        return NULL;
    }
    size_t len = (size_t)(lf - in->ptr) - guard->line_at;
    GUARD_NEED(len > 0 && lf[-1] == '\r', AS_REFUSE_LINE_END);
    *line = as_guard_span(in, guard->line_at, len - 1);
    guard->line_at += len + 1;
    guard->scanned = guard->line_at;
    return NULL;
}

/* RFC 9112 2.2: an empty line before the request line is skipped; one is enough. */
static as_guard_no skip_line(struct as_guard *guard, struct as_buf *in)
{
    GUARD_NEED(!guard->skipped_line, AS_REFUSE_REQUEST_LINE);
    as_buf_drop(in, guard->line_at);
    guard->skipped_line = true;
    guard->line_at = 0;
    guard->scanned = 0;
    return NULL;
}

static size_t cap_of(const struct as_guard *guard, const struct as_buf *in)
{
    const struct as_guard_rules *rules = guard->rules;
    struct as_guard_request request;

    if (rules->body_cap == NULL) {
        return rules->body_max;
    }
    as_guard_request(guard, in, &request);
    return rules->body_cap(rules->body_arg, request.method, request.path);
}

static bool announces_body(const struct as_guard *guard)
{
    return guard->has_coding || (guard->has_length && guard->raw_left > 0);
}

static as_guard_no end_head(struct as_guard *guard, const struct as_buf *in)
{
    GUARD_TRY(as_guard_take_head_end(guard));
    guard->body_at = guard->line_at;
    guard->raw_at = guard->body_at;
    size_t cap = cap_of(guard, in);
    if (cap == AS_GUARD_UNREAD && announces_body(guard)) {
        guard->unread = true;
        guard->phase = AS_GUARD_AT_END;
        return NULL;
    }
    guard->body_cap = smaller(guard->rules->body_max, cap);
    GUARD_NEED(!guard->has_length || guard->raw_left <= guard->body_cap, AS_REFUSE_BODY_SIZE);
    guard->phase = AS_GUARD_AT_BODY;
    return NULL;
}

static as_guard_no take_line(struct as_guard *guard, struct as_buf *in, as_span line)
{
    if (guard->fields_at > 0) {
        return line.len > 0 ? as_guard_take_field(guard, in->ptr, line) : end_head(guard, in);
    }
    if (line.len == 0) {
        return skip_line(guard, in);
    }
    GUARD_TRY(as_guard_take_line(guard, line));
    guard->fields_at = guard->line_at;
    return NULL;
}

static bool head_is_whole(const struct as_guard *guard)
{
    return guard->phase == AS_GUARD_AT_BODY || guard->phase == AS_GUARD_AT_END;
}

static as_guard_no take_head(struct as_guard *guard, struct as_buf *in)
{
    bool whole = true;

    while (whole && !head_is_whole(guard)) {
        as_span line;
        GUARD_TRY(find_line(guard, in, &line, &whole));
        if (whole) {
            GUARD_TRY(take_line(guard, in, line));
        }
    }
    if (!head_is_whole(guard)) {
        guard->phase = in->len > 0 ? AS_GUARD_AT_HEAD : AS_GUARD_AT_IDLE;
    }
    return NULL;
}

static as_guard_no take_body(struct as_guard *guard, struct as_buf *in)
{
    if (guard->has_coding) {
        GUARD_TRY(as_guard_take_chunks(guard, in));
        guard->phase = guard->chunk == AS_CHUNK_DONE ? AS_GUARD_AT_END : AS_GUARD_AT_BODY;
        return NULL;
    }
    guard->body_len = smaller(in->len - guard->body_at, guard->raw_left);
    guard->phase = guard->body_len == guard->raw_left ? AS_GUARD_AT_END : AS_GUARD_AT_BODY;
    return NULL;
}

static as_guard_no take(struct as_guard *guard, struct as_buf *in)
{
    if (guard->phase == AS_GUARD_AT_IDLE || guard->phase == AS_GUARD_AT_HEAD) {
        GUARD_TRY(take_head(guard, in));
    }
    return guard->phase == AS_GUARD_AT_BODY ? take_body(guard, in) : NULL;
}

/* A client that sent part of its body does not wait for the 100 (RFC 9110 10.1.1). */
static bool asks_continue(struct as_guard *guard, const struct as_buf *in)
{
    bool asks = guard->expects && in->len == guard->body_at;

    guard->expects = false;
    return asks;
}

enum as_guard_state as_guard_feed(struct as_guard *guard, struct as_buf *in)
{
    if (guard->refusal == NULL && guard->phase != AS_GUARD_AT_END) {
        guard->refusal = take(guard, in);
    }
    if (guard->refusal != NULL) {
        guard->phase = AS_GUARD_AT_END;
        return AS_GUARD_REFUSED;
    }
    if (guard->phase == AS_GUARD_AT_END) {
        return AS_GUARD_READY;
    }
    if (guard->phase == AS_GUARD_AT_BODY && asks_continue(guard, in)) {
        return AS_GUARD_CONTINUE;
    }
    return AS_GUARD_MORE;
}

enum as_guard_phase as_guard_phase(const struct as_guard *guard)
{
    return guard->phase;
}

bool as_guard_is_head(const struct as_guard *guard, const struct as_buf *in)
{
    return guard->fields_at > 0 && as_span_is(as_guard_span(in, 0, guard->method_len), "HEAD");
}

size_t as_guard_whole(const struct as_guard *guard, const struct as_buf *in)
{
    switch (guard->phase) {
    case AS_GUARD_AT_BODY:
        return guard->has_coding ? in->len : guard->body_at + guard->raw_left;
    case AS_GUARD_AT_END:
        return guard->body_at + guard->body_len;
    default:
        return in->len;
    }
}

size_t as_guard_in_max(const struct as_guard_rules *rules)
{
    return rules->line_max + 2 + rules->head_max + rules->body_max + CHUNK_LINE_MAX;
}

void as_guard_next(struct as_guard *guard, struct as_buf *in)
{
    as_buf_drop(in, guard->body_at + guard->body_len);
    as_guard_init(guard, guard->rules);
}
