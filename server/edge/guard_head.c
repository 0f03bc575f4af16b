/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields (RFC 9112 5) and what they say of the framing of the body (RFC 9112 6.3). The table
 * is the heart: what may come once, what stays with the connection, what we read ourselves.
 */
#include "guard_parts.h"

struct field_rule {
    const char *name;
    bool once;
    as_guard_no (*take)(struct as_guard *guard, as_span value);
};

/* RFC 9110 8.6: 1*DIGIT, no list. What no number holds is surely too large. */
static as_guard_no take_length(struct as_guard *guard, as_span value)
{
    uint64_t length = 0;

    GUARD_NEED(value.len > 0, AS_REFUSE_LENGTH);
    for (size_t i = 0; i < value.len; i++) {
        GUARD_NEED(as_ascii_is_digit(value.ptr[i]), AS_REFUSE_LENGTH);
    }
    guard->has_length = true;
    guard->raw_left = as_span_number(value, SIZE_MAX, &length) ? (size_t)length : SIZE_MAX;
    return NULL;
}

static as_guard_no take_coding(struct as_guard *guard, as_span value)
{
    guard->has_coding = true;
    guard->chunked = as_span_equal_nocase(value, AS_LIT("chunked"));
    return NULL;
}

/* RFC 9110 10.1.1 */
static as_guard_no take_expect(struct as_guard *guard, as_span value)
{
    GUARD_NEED(as_span_equal_nocase(value, AS_LIT("100-continue")), AS_REFUSE_EXPECT);
    guard->expects = true;
    return NULL;
}

/* RFC 9110 7.6.1; empty elements of a list are ignored (5.6.1.2). */
static as_guard_no take_connection(struct as_guard *guard, as_span value)
{
    as_span option;

    while (as_span_cut(&value, ',', &option)) {
        option = as_span_trim(option);
        GUARD_NEED(option.len == 0 || as_guard_is_token(option), AS_REFUSE_CONNECTION);
        guard->close = guard->close || as_span_equal_nocase(option, AS_LIT("close"));
    }
    return NULL;
}

static as_guard_no check_host(struct as_guard *guard, as_span value)
{
    (void)guard;
    GUARD_NEED(as_guard_is_host(value), AS_REFUSE_HOST);
    return NULL;
}

static const struct field_rule field_rules[] = {
    {"host", true, check_host},
    {"content-length", true, take_length},
    {"transfer-encoding", true, take_coding},
    {"expect", true, take_expect},
    {"connection", false, take_connection},
    {"content-type", true, NULL},
    {"authorization", true, NULL},
};

#define FIELD_HOST 0 /* its row in the table */

/* The row of a field; AS_COUNT(field_rules) when there is none. */
static size_t rule_of(as_span name)
{
    size_t row = 0;

    while (row < AS_COUNT(field_rules) &&
           !as_span_equal_nocase(name, as_span_of(field_rules[row].name))) {
        row++;
    }
    return row;
}

static as_guard_no take_value(struct as_guard *guard, const char *start, size_t row, as_span value)
{
    const struct field_rule *rule = &field_rules[row];

    GUARD_NEED(!rule->once || (guard->seen & 1U << row) == 0, AS_REFUSE_FIELD_TWICE);
    guard->seen |= 1U << row;
    GUARD_TRY(rule->take != NULL ? rule->take(guard, value) : NULL);
    if (row == FIELD_HOST) {
        guard->host_at = (size_t)(value.ptr - start);
        guard->host_len = value.len;
    }
    return NULL;
}

as_guard_no as_guard_take_field(struct as_guard *guard, const char *start, as_span line)
{
    as_span value = line;
    as_span name;

    GUARD_NEED(++guard->field_count <= guard->rules->field_max, AS_REFUSE_FIELD_COUNT);
    GUARD_NEED(line.ptr[0] != ' ' && line.ptr[0] != '\t', AS_REFUSE_FOLDING);
    GUARD_NEED(as_span_has_byte(line, ':'), AS_REFUSE_FIELD);
    as_span_cut(&value, ':', &name);
    GUARD_NEED(as_guard_is_token(name), AS_REFUSE_FIELD_NAME);
    GUARD_NEED(as_guard_is_value(value), AS_REFUSE_FIELD_VALUE);
    size_t row = rule_of(name);
    return row < AS_COUNT(field_rules) ? take_value(guard, start, row, as_span_trim(value)) : NULL;
}

as_guard_no as_guard_take_head_end(struct as_guard *guard)
{
    GUARD_NEED((guard->seen & 1U << FIELD_HOST) != 0, AS_REFUSE_NO_HOST);
    GUARD_NEED(!guard->has_length || !guard->has_coding, AS_REFUSE_LENGTH_AND_CODING);
    GUARD_NEED(!guard->has_coding || !guard->http10, AS_REFUSE_OLD_CODING); /* RFC 9112 6.1 */
    GUARD_NEED(!guard->has_coding || guard->chunked, AS_REFUSE_CODING);
    guard->expects = guard->expects && !guard->http10; /* RFC 9110 10.1.1 */
    return NULL;
}
