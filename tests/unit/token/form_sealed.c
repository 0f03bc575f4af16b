/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "token/form.h"

#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

static const as_span audience[] = {AS_LIT_ROW("https://one.example"),
                                   AS_LIT_ROW("https://two.example")};

enum { UNBOUND, REGISTERED, PKI, KINDS };

static struct as_token token_of(int kind)
{
    struct as_token token = {
        .jti = "0123456789abcde",
        .client_id = AS_LIT("client"),
        .subject = AS_LIT("subject"),
        .audience = audience,
        .audience_count = 2,
        .scope = AS_LIT("read write"),
        .issued_at = 1800000000,
        .expires_at = 1800000300,
        .client_epoch = 7,
        .binding = {.x5t = kind != UNBOUND,
                    .class_ = kind == REGISTERED ? AS_CERTIFICATE_REGISTERED : AS_CERTIFICATE_PKI},
    };
    memset(token.binding.thumbprint, kind != UNBOUND ? 'T' : 0, AS_DIGEST);
    memset(token.binding.way, kind == PKI ? 'W' : 0, AS_WAY);
    return token;
}

static size_t write(const struct as_token *token, unsigned char out[AS_SEAL_PLAIN_MAX])
{
    size_t len = 0;
    ck_assert(as_token_inside_write(token, out, AS_SEAL_PLAIN_MAX, &len));
    return len;
}

static struct as_token parse(struct as_arena *mem, const void *bytes, size_t len)
{
    struct as_token token;
    memset(&token, 'x', sizeof(token));
    ck_ok(as_token_inside_parse(mem, as_span_bytes(bytes, len), &token));
    return token;
}

START_TEST(D8_inside_both_ways)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    unsigned char bytes[AS_SEAL_PLAIN_MAX];

    for (int kind = UNBOUND; kind < KINDS; kind++) {
        const struct as_token from = token_of(kind);
        const struct as_token back = parse(mem, bytes, write(&from, bytes));
        ck_assert_mem_eq(back.jti, from.jti, sizeof(from.jti));
        ck_span_eq(back.client_id, "client");
        ck_span_eq(back.subject, "subject");
        ck_span_eq(back.scope, "read write");
        ck_assert_uint_eq(back.audience_count, 2);
        ck_span_eq(back.audience[0], "https://one.example");
        ck_span_eq(back.audience[1], "https://two.example");
        ck_assert_int_eq(back.issued_at, from.issued_at);
        ck_assert_int_eq(back.expires_at, from.expires_at);
        ck_assert_int_eq(back.client_epoch, 7);
        ck_assert(back.binding.x5t == (kind != UNBOUND));
        ck_assert_int_eq(back.binding.class_, from.binding.class_);
        ck_assert_mem_eq(back.binding.way, from.binding.way, AS_WAY);
        ck_assert_mem_eq(back.binding.thumbprint, from.binding.thumbprint, AS_DIGEST);
    }
}
END_TEST

START_TEST(D8_inside_cut_or_longer_is_refused)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    unsigned char bytes[AS_SEAL_PLAIN_MAX] = {0};

    for (int kind = UNBOUND; kind < KINDS; kind++) {
        const struct as_token from = token_of(kind);
        size_t len = write(&from, bytes);
        bytes[len] = 0;
        for (size_t cut = 0; cut < len; cut++) {
            ck_assert_ptr_null(parse(mem, bytes, cut).client_id.ptr);
        }
        ck_assert_ptr_null(parse(mem, bytes, len + 1).client_id.ptr);
        ck_assert_ptr_nonnull(parse(mem, bytes, len).client_id.ptr);
    }
}
END_TEST

/* Where each field stands in token_of(REGISTERED). */
enum {
    AT_VERSION = 0,
    AT_FLAGS = 1,
    AT_ISSUED = 18,
    AT_EXPIRES = 26,
    AT_EPOCH = 34,
    AT_CLASS = 42,
    AT_CLIENT = 75,
    AT_COUNT = 75 + 8 + 9 + 12
};

START_TEST(D8_inside_of_another_kind_is_refused)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    static const struct {
        size_t at;
        unsigned char value;
        const char *what;
    } changes[] = {
        {AT_VERSION, 0, "version 0"},       {AT_VERSION, 3, "version 3"},
        {AT_FLAGS, 3, "unknown flag"},      {AT_FLAGS, 0, "binding without its flag"},
        {AT_ISSUED, 0x80, "negative time"}, {AT_EXPIRES, 0xFF, "negative end"},
        {AT_EPOCH, 0x80, "negative epoch"}, {AT_CLASS, 2, "unknown class"},
        {AT_CLIENT, 0xFF, "long id"},       {AT_CLIENT + 1, 0, "empty id"},
        {AT_CLIENT + 2, 0x1F, "control"},   {AT_CLIENT + 2, 0, "NUL"},
        {AT_COUNT, 0, "no audience"},       {AT_COUNT, 1, "audience left over"},
        {AT_COUNT, 3, "audience missing"},  {AT_COUNT, 255, "many audiences"},
    };
    unsigned char bytes[AS_SEAL_PLAIN_MAX];
    const struct as_token from = token_of(REGISTERED);
    size_t len = write(&from, bytes);

    ck_assert_uint_eq(bytes[AT_COUNT], 2);
    ck_assert_uint_eq(bytes[AT_CLIENT + 1], 6);
    for (size_t i = 0; i < AS_COUNT(changes); i++) {
        unsigned char old = bytes[changes[i].at];
        ck_assert_uint_ne(old, changes[i].value);
        bytes[changes[i].at] = changes[i].value;
        ck_assert_msg(parse(mem, bytes, len).client_id.ptr == NULL, "%s", changes[i].what);
        bytes[changes[i].at] = old;
    }
    ck_assert_ptr_nonnull(parse(mem, bytes, len).client_id.ptr);
}
END_TEST

/* Tokens of before ways had names go on: the same without the way. */
START_TEST(D8_inside_of_version_1)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    static const unsigned char no_way[AS_WAY];
    unsigned char bytes[AS_SEAL_PLAIN_MAX];

    for (int kind = UNBOUND; kind < KINDS; kind++) {
        const struct as_token from = token_of(kind);
        size_t len = write(&from, bytes);
        bytes[AT_VERSION] = 1;
        if (kind == PKI) {
            ck_assert_ptr_null(parse(mem, bytes, len).client_id.ptr);
            len -= AS_WAY;
            memmove(bytes + AT_CLIENT, bytes + AT_CLIENT + AS_WAY, len - AT_CLIENT);
        }
        const struct as_token back = parse(mem, bytes, len);
        ck_span_eq(back.client_id, "client");
        ck_assert_uint_eq(back.audience_count, 2);
        ck_assert(back.binding.x5t == from.binding.x5t);
        ck_assert_int_eq(back.binding.class_, from.binding.class_);
        ck_assert_mem_eq(back.binding.thumbprint, from.binding.thumbprint, AS_DIGEST);
        ck_assert_mem_eq(back.binding.way, no_way, AS_WAY);
        bytes[AT_VERSION] = 2;
        ck_assert(kind != PKI || parse(mem, bytes, len).client_id.ptr == NULL);
    }
}
END_TEST

START_TEST(D8_inside_ends_after_it_begins)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    unsigned char bytes[AS_SEAL_PLAIN_MAX];
    struct as_token from = token_of(REGISTERED);

    from.expires_at = from.issued_at;
    ck_assert_ptr_null(parse(mem, bytes, write(&from, bytes)).client_id.ptr);
    from.expires_at = from.issued_at + 1;
    ck_assert_ptr_nonnull(parse(mem, bytes, write(&from, bytes)).client_id.ptr);
}
END_TEST

/* Whole, and yet without what every token has, or with more than any. */
START_TEST(D8_inside_holds_what_every_token_has)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    unsigned char bytes[AS_SEAL_PLAIN_MAX];
    as_span many[AS_LIMIT_RESOURCES];
    struct as_token from = token_of(UNBOUND);
    as_span *const texts[] = {&from.client_id, &from.subject, &from.scope};

    for (size_t i = 0; i < AS_COUNT(texts); i++) {
        from = token_of(UNBOUND);
        *texts[i] = AS_SPAN_NONE;
        ck_assert_ptr_null(parse(mem, bytes, write(&from, bytes)).client_id.ptr);
    }
    from = token_of(UNBOUND);
    from.audience_count = 0;
    ck_assert_ptr_null(parse(mem, bytes, write(&from, bytes)).client_id.ptr);
    for (size_t i = 0; i < AS_COUNT(many); i++) {
        many[i] = AS_LIT("a");
    }
    from.audience = many;
    from.audience_count = AS_LIMIT_RESOURCES;
    size_t len = write(&from, bytes);
    ck_assert_ptr_nonnull(parse(mem, bytes, len).client_id.ptr);
    unsigned char *count = bytes + len - AS_LIMIT_RESOURCES * 3 - 1;
    ck_assert_uint_eq(*count, AS_LIMIT_RESOURCES);
    (*count)++;
    memcpy(bytes + len,
           "\0\1"
           "a",
           3);
    ck_assert_ptr_null(parse(mem, bytes, len + 3).client_id.ptr);
}
END_TEST

START_TEST(D8_inside_has_a_limit)
{
    static char scope[AS_SEAL_PLAIN_MAX];
    unsigned char bytes[AS_SEAL_PLAIN_MAX];
    struct as_token from = token_of(REGISTERED);
    size_t len = write(&from, bytes);
    size_t room = AS_SEAL_PLAIN_MAX - (len - from.scope.len);

    memset(scope, 's', sizeof(scope));
    from.scope = as_span_bytes(scope, room);
    ck_assert(as_token_inside_write(&from, bytes, sizeof(bytes), &len));
    ck_assert_uint_eq(len, AS_SEAL_PLAIN_MAX);
    from.scope = as_span_bytes(scope, room + 1);
    ck_assert(!as_token_inside_write(&from, bytes, sizeof(bytes), &len));
    from = token_of(REGISTERED);
    from.client_id = from.subject = as_span_bytes(scope, sizeof(scope)); /* what follows fits */
    ck_assert(!as_token_inside_write(&from, bytes, sizeof(bytes), &len));
    from = token_of(REGISTERED);
    from.audience_count = AS_LIMIT_RESOURCES + 1; /* not even read */
    ck_assert(!as_token_inside_write(&from, bytes, sizeof(bytes), &len));
}
END_TEST

AS_TESTS("form_sealed", {
    tcase_add_test(t, D8_inside_both_ways);
    tcase_add_test(t, D8_inside_cut_or_longer_is_refused);
    tcase_add_test(t, D8_inside_of_another_kind_is_refused);
    tcase_add_test(t, D8_inside_of_version_1);
    tcase_add_test(t, D8_inside_ends_after_it_begins);
    tcase_add_test(t, D8_inside_holds_what_every_token_has);
    tcase_add_test(t, D8_inside_has_a_limit);
})
