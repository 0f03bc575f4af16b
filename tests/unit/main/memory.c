/* SPDX-License-Identifier: Apache-2.0 */
/* What glibc keeps of memory that was freed. */
#include "main/memory.c"

#include "harness.h"

#include <pthread.h>
#include <stdlib.h>

#define PIECE  4096
#define PIECES 4096
#define BLOCK  ((size_t)16 << 20)

/* A large job on a thread that lives on. */
static void *work(void *arg)
{
    static void *pieces[PIECES];
    size_t *kept = arg;
    size_t before = mallinfo2().arena;

    void *block = malloc(BLOCK); /* mapped; glibc draws its conclusions when it is freed */
    ck_assert_ptr_nonnull(block);
    free(block);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE);
        ck_assert_ptr_nonnull(pieces[i]);
    }
    ck_assert_uint_gt(mallinfo2().arena - before, BLOCK / 2);
    for (size_t i = PIECES; i-- > 0;) {
        free(pieces[i]);
    }
    as_memory_trim();
    size_t after = mallinfo2().arena; /* of all arenas: another's end may have gone too */
    *kept = after > before ? after - before : 0;
    return NULL;
}

START_TEST(the_end_of_an_arena_is_given_back)
{
    pthread_t thread;
    size_t kept = BLOCK;

    as_memory_set_up();
    if (mallinfo2().arena == 0) {
        ck_skip("malloc is a sanitizer's");
    }
    ck_assert_int_eq(pthread_create(&thread, NULL, work, &kept), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_lt(kept, 1 << 20);
}
END_TEST

AS_TESTS("main/memory", { tcase_add_test(t, the_end_of_an_arena_is_given_back); })
