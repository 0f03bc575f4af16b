/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <stddef.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

START_TEST(pieces_are_zeroed_aligned_and_apart)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    static const unsigned char zeros[3000];
    unsigned char *last = NULL;

    for (size_t size = 1; size < sizeof(zeros); size += 7) {
        unsigned char *at = as_arena_alloc(mem, size);
        ck_assert_ptr_nonnull(at);
        ck_assert_uint_eq((uintptr_t)at % _Alignof(max_align_t), 0);
        ck_assert_mem_eq(at, zeros, size);
        memset(at, 0xA5, size);
        ck_assert(last == NULL || last[0] == 0xA5);
        last = at;
    }
}
END_TEST

START_TEST(cap_is_the_total)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(64);

    ck_assert_ptr_nonnull(as_arena_alloc(mem, 40));
    ck_assert_ptr_null(as_arena_alloc(mem, 17));
    ck_assert_ptr_nonnull(as_arena_alloc(mem, 16));
    ck_assert_ptr_null(as_arena_alloc(mem, 1));
    ck_assert_ptr_null(as_arena_alloc(mem, 0));
    as_arena_reset(mem);
    ck_assert_ptr_nonnull(as_arena_alloc(mem, 64));
    ck_assert_ptr_null(as_arena_alloc(mem, 1));
}
END_TEST

START_TEST(another_cap_holds_from_now_on)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(64);

    ck_assert_ptr_nonnull(as_arena_alloc(mem, 64));
    as_arena_set_cap(mem, 1 << 20);
    ck_assert_ptr_nonnull(as_arena_alloc(mem, (1 << 20) - 64));
    ck_assert_ptr_null(as_arena_alloc(mem, 1));
    as_arena_set_cap(mem, 64); /* less than is out already */
    ck_assert_ptr_null(as_arena_alloc(mem, 1));
    as_arena_reset(mem);
    ck_assert_ptr_null(as_arena_alloc(mem, 65));
    ck_assert_ptr_nonnull(as_arena_alloc(mem, 64));
    as_arena_set_cap(mem, SIZE_MAX);
    ck_assert_ptr_null(as_arena_alloc(mem, SIZE_MAX));
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(SIZE_MAX);

    ck_assert_ptr_null(as_arena_alloc(mem, SIZE_MAX));
    ck_assert_ptr_null(as_arena_alloc(mem, SIZE_MAX - 8));
    ck_assert_ptr_null(as_arena_array(mem, SIZE_MAX / 2, 3));
    ck_assert_ptr_nonnull(as_arena_array(mem, 3, 5));
    ck_assert_ptr_nonnull(as_arena_array(mem, 0, 5));
}
END_TEST

START_TEST(large_pieces_do_not_end_the_chunk_in_use)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 20);
    char *small = as_arena_alloc(mem, 16);
    char *large = as_arena_alloc(mem, 200000);
    char *next = as_arena_alloc(mem, 16);

    memset(large, 1, 200000);
    ck_assert_ptr_nonnull(next);
    ck_assert(next > small && next - small <= 64);
    as_arena_reset(mem);
    ck_assert_int_eq(((char *)as_arena_alloc(mem, 200000))[199999], 0);
}
END_TEST

START_TEST(reset_wipes_and_starts_again)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1000);
    static const char zeros[900];

    for (int round = 0; round < 3; round++) {
        char *at = as_arena_alloc(mem, 900);
        ck_assert_ptr_nonnull(at);
        ck_assert_mem_eq(at, zeros, sizeof(zeros));
        memset(at, 's', 900);
        as_arena_reset(mem);
    }
    as_arena_free(NULL);
}
END_TEST

START_TEST(copy_and_text)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(64);
    as_span out = AS_SPAN_NONE;
    const char *text = NULL;

    ck_ok(as_arena_copy(mem, AS_LIT("a\0b"), &out));
    ck_assert_uint_eq(out.len, 3);
    ck_assert_mem_eq(out.ptr, "a\0b", 4);
    ck_ok(as_arena_copy(mem, AS_SPAN_NONE, &out));
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(out.ptr[0], '\0');
    ck_ok(as_arena_text(mem, AS_LIT("text"), &text));
    ck_assert_str_eq(text, "text");

    text = "kept";
    ck_refuses(as_arena_text(mem, AS_LIT("a\0b"), &text), AS_SERVER_ERROR, "text holds a NUL");
    ck_assert_str_eq(text, "kept");
    ck_refuses(as_arena_copy(mem, (as_span){"0123456789abcdef", 16}, &out), AS_SERVER_ERROR,
               "out of memory");
}
END_TEST

START_TEST(printf_makes_the_exact_text)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(32);
    as_span out = AS_SPAN_NONE;

    ck_ok(as_arena_printf(mem, &out, "%s-%d", "x", 42));
    ck_span_eq(out, "x-42");
    ck_refuses(as_arena_printf(mem, &out, "%100d", 1), AS_SERVER_ERROR, "out of memory");
    ck_span_eq(out, "x-42");
}
END_TEST

AS_TESTS("base/arena", {
    tcase_add_test(t, pieces_are_zeroed_aligned_and_apart);
    tcase_add_test(t, cap_is_the_total);
    tcase_add_test(t, another_cap_holds_from_now_on);
    tcase_add_test(t, sizes_that_overflow_are_refused);
    tcase_add_test(t, large_pieces_do_not_end_the_chunk_in_use);
    tcase_add_test(t, reset_wipes_and_starts_again);
    tcase_add_test(t, copy_and_text);
    tcase_add_test(t, printf_makes_the_exact_text);
})
