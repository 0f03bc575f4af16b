/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing guard. The input is what a connection sends. Properties:
 * - how the octets are cut changes neither the verdicts nor what is written;
 * - while it asks for more, the guard keeps no more than as_guard_in_max;
 * - what it read, written out, is plain, fits guard_out_max, and reads and writes as the same
 * request again.
 */
#include "edge/guard.h"
#include "fuzz.h"
#include "support/guard_write.h"

#include <string.h>

/* Small, so that short inputs reach the bounds; and as they are. */
static const struct as_guard_rules bounds[] = {
    {40, 120, 6, 20, NULL, NULL},
    {AS_LIMIT_REQUEST_LINE, AS_LIMIT_HEAD, AS_LIMIT_FIELDS, AS_LIMIT_BODY, NULL, NULL},
};
/* For what was written: it may be a little longer than what came. */
static const struct as_guard_rules wide = {
    2 * AS_LIMIT_REQUEST_LINE, 2 * AS_LIMIT_HEAD, 2 * AS_LIMIT_FIELDS, AS_LIMIT_BODY, NULL, NULL};

/* What became of a connection. */
struct story {
    struct as_buf written;
    enum as_guard_state state;
    const struct as_refusal *refusal;
    size_t left; /* octets not yet used */
    size_t ready;
};

static bool same_request(const struct as_guard_request *a, const struct as_guard_request *b)
{
    return as_span_equal(a->method, b->method) && as_span_equal(a->path, b->path) &&
           (a->query.ptr == NULL) == (b->query.ptr == NULL) && as_span_equal(a->query, b->query) &&
           as_span_equal(a->host, b->host) && as_span_equal(a->body, b->body) &&
           a->keep_alive == b->keep_alive;
}

/* The head is lines of CRLF without other controls, with one host and no coding. */
static void check_plain(as_span written, size_t body_len)
{
    as_span head = {written.ptr, written.len - body_len};
    size_t hosts = 0;

    FUZZ_HOLDS(head.len > 4 && memcmp(head.ptr + head.len - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i + 1 < head.len; i++) {
        unsigned char c = (unsigned char)head.ptr[i];
        FUZZ_HOLDS(c >= 0x20 || c == '\t' || c == '\r' || c == '\n');
        FUZZ_HOLDS(c != 0x7F && (c == '\r') == (head.ptr[i + 1] == '\n'));
        as_span rest = as_span_from(head, i);
        hosts += as_span_starts(rest, AS_LIT("\r\nhost: ")) ? 1 : 0;
        FUZZ_HOLDS(!as_span_starts(rest, AS_LIT("\r\ntransfer-encoding:")));
        FUZZ_HOLDS(!as_span_starts(rest, AS_LIT("\r\n ")));
    }
    FUZZ_HOLDS(hosts == 1);
}

static void check_again(const struct as_guard_request *first, as_span written)
{
    struct as_guard guard;
    struct as_guard_request again;
    struct as_buf in = AS_BUF(as_guard_in_max(&wide));
    struct as_buf out = AS_BUF(guard_out_max(&wide));

    as_guard_init(&guard, &wide);
    FUZZ_HOLDS(as_buf_add(&in, written));
    FUZZ_HOLDS(as_guard_feed(&guard, &in) == AS_GUARD_READY);
    as_guard_request(&guard, &in, &again);
    FUZZ_HOLDS(same_request(first, &again));
    FUZZ_HOLDS(guard_write(&guard, &in, &out));
    FUZZ_HOLDS(as_span_equal(as_buf_span(&out), written));
    as_guard_next(&guard, &in);
    FUZZ_HOLDS(in.len == 0);
    as_buf_free(&in);
    as_buf_free(&out);
}

static void end_request(struct as_guard *guard, struct as_buf *in, struct story *story)
{
    struct as_guard_request request;
    struct as_buf out = AS_BUF(guard_out_max(guard->rules));

    as_guard_request(guard, in, &request);
    FUZZ_HOLDS(guard_write(guard, in, &out));
    check_plain(as_buf_span(&out), request.body.len);
    check_again(&request, as_buf_span(&out));
    FUZZ_HOLDS(as_buf_add(&story->written, as_buf_span(&out)));
    as_buf_free(&out);
    as_guard_next(guard, in);
    story->ready++;
}

static void feed(struct as_guard *guard, struct as_buf *in, struct story *story)
{
    bool continued = false;

    for (;;) {
        story->state = as_guard_feed(guard, in);
        if (story->state == AS_GUARD_CONTINUE) {
            FUZZ_HOLDS(!continued);
            continued = true;
        } else if (story->state == AS_GUARD_READY) {
            end_request(guard, in, story);
            continued = false;
        } else {
            break;
        }
    }
    FUZZ_HOLDS((story->state == AS_GUARD_REFUSED) == (guard->refusal != NULL));
    FUZZ_HOLDS((story->state == AS_GUARD_REFUSED) == (as_guard_phase(guard) == AS_GUARD_AT_END));
    FUZZ_HOLDS(story->state == AS_GUARD_REFUSED || in->len <= as_guard_in_max(guard->rules));
}

/* `piece` octets at a time; 0: pieces of sizes that the input itself chooses. */
static struct story tell(const struct as_guard_rules *rules, as_span octets, size_t piece)
{
    struct as_guard guard;
    struct as_buf in = AS_BUF(octets.len + 1);
    struct story story = {.written = AS_BUF(64 * 1024 * 1024)};

    as_guard_init(&guard, rules);
    for (size_t at = 0; at < octets.len && story.state != AS_GUARD_REFUSED;) {
        size_t len = piece > 0 ? piece : (size_t)as_span_u8(octets)[at] % 29 + 1;
        len = len < octets.len - at ? len : octets.len - at;
        FUZZ_HOLDS(as_buf_add(&in, (as_span){octets.ptr + at, len}));
        feed(&guard, &in, &story);
        at += len;
    }
    story.refusal = guard.refusal;
    story.left = story.state == AS_GUARD_REFUSED ? 0 : in.len;
    as_buf_free(&in);
    return story;
}

static void check_rules(const struct as_guard_rules *rules, as_span octets)
{
    static const size_t pieces[] = {1, 7, 0};
    struct story whole = tell(rules, octets, octets.len);

    for (size_t i = 0; i < AS_COUNT(pieces); i++) {
        struct story cut = tell(rules, octets, pieces[i]);
        FUZZ_HOLDS(cut.ready == whole.ready && cut.refusal == whole.refusal);
        FUZZ_HOLDS(cut.left == whole.left);
        FUZZ_HOLDS(as_span_equal(as_buf_span(&cut.written), as_buf_span(&whole.written)));
        as_buf_free(&cut.written);
    }
    as_buf_free(&whole.written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < AS_COUNT(bounds); i++) {
        check_rules(&bounds[i], as_span_bytes(data, size));
    }
    return 0;
}
