/* SPDX-License-Identifier: Apache-2.0 */
#include "as/crypto.h"
#include "harness.h"

#include <pthread.h>
#include <string.h>

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

#define SAMPLES 100000

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, AS_RANDOM_ID);
}

/* TOK-17: 128 bits; 10^5 samples without a repeat; each of the 22 characters behind the kind
 * varies. */
START_TEST(TOK_17_random_ids)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(1 << 16);
    char(*ids)[AS_RANDOM_ID] = calloc(SAMPLES, AS_RANDOM_ID);
    bool varies[AS_RANDOM_ID] = {false};

    ck_assert_ptr_nonnull(ids);
    for (size_t i = 0; i < SAMPLES; i++) {
        as_span id = AS_SPAN_NONE;
        ck_ok(as_random_id(mem, 'i', &id));
        ck_assert_uint_eq(id.len, AS_RANDOM_ID);
        ck_assert_int_eq(id.ptr[0], 'i');
        memcpy(ids[i], id.ptr, AS_RANDOM_ID);
        for (size_t k = 0; k < AS_RANDOM_ID; k++) {
            varies[k] = varies[k] || ids[i][k] != ids[0][k];
        }
        as_arena_reset(mem);
    }
    qsort(ids, SAMPLES, AS_RANDOM_ID, by_bytes);
    for (size_t i = 1; i < SAMPLES; i++) {
        ck_assert_int_ne(memcmp(ids[i - 1], ids[i], AS_RANDOM_ID), 0);
    }
    for (size_t k = 1; k < AS_RANDOM_ID; k++) {
        ck_assert(varies[k]);
    }
    free(ids);
}
END_TEST

/* No octets twice, within what was drawn at once and beyond, in one thread and across two. */
#define DRAWS 200

static void *draw(void *arg)
{
    unsigned char(*out)[24] = arg;

    for (size_t i = 0; i < DRAWS; i++) {
        ck_ok(as_random_open(out[i], sizeof(out[i])));
    }
    return NULL;
}

static int by_draw(const void *a, const void *b)
{
    return memcmp(a, b, 24);
}

START_TEST(D8_open_octets_never_repeat)
{
    static unsigned char drawn[2 * DRAWS][24];
    unsigned char all[512], none[513];
    pthread_t other;

    ck_assert_int_eq(pthread_create(&other, NULL, draw, drawn + DRAWS), 0);
    draw(drawn);
    ck_assert_int_eq(pthread_join(other, NULL), 0);
    qsort(drawn, AS_COUNT(drawn), sizeof(drawn[0]), by_draw);
    for (size_t i = 1; i < AS_COUNT(drawn); i++) {
        ck_assert_int_ne(memcmp(drawn[i - 1], drawn[i], sizeof(drawn[0])), 0);
    }
    ck_ok(as_random_open(all, sizeof(all)));
    ck_refuses(as_random_open(none, sizeof(none)), AS_SERVER_ERROR, "too many random octets asked");
}
END_TEST

/* FIPS 180-4's example, and the empty message. */
START_TEST(sha256_vectors)
{
    unsigned char out[AS_DIGEST];
    char hex[2 * AS_DIGEST + 1];

    ck_ok(as_sha256(AS_LIT("abc"), out));
    as_hex_write(as_span_bytes(out, sizeof(out)), hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_ok(as_sha256(AS_SPAN_NONE, out));
    as_hex_write(as_span_bytes(out, sizeof(out)), hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(equal_and_wipe)
{
    char a[] = "secret";
    char b[] = "secreT";

    ck_assert(as_crypto_equal(a, "secret", 6));
    ck_assert(!as_crypto_equal(a, b, 6));
    ck_assert(as_crypto_equal(a, b, 5));
    ck_assert(as_crypto_equal(a, b, 0));
    as_crypto_wipe(a, 6);
    ck_assert_mem_eq(a, "\0\0\0\0\0\0", 6);
}
END_TEST

AS_TESTS("random", {
    tcase_add_test(t, TOK_17_random_ids);
    tcase_add_test(t, D8_open_octets_never_repeat);
    tcase_add_test(t, sha256_vectors);
    tcase_add_test(t, equal_and_wipe);
})
