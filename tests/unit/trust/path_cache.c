/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of judgements: windows, refusals, bounds. */
#include "trust/path_cache.h"

#include "harness.h"

#include <string.h>

static const struct as_trust_verdict path = {.not_before = 100, .not_after = 200};
static const struct as_trust_verdict refusal = {.reason = "cert_untrusted"};

static void key_of(unsigned number, unsigned char key[AS_DIGEST])
{
    memset(key, 0, AS_DIGEST);
    memcpy(key, &number, sizeof(number));
}

static void put(struct as_path_cache *cache, unsigned number, as_time now,
                const struct as_trust_verdict *verdict)
{
    unsigned char key[AS_DIGEST];

    key_of(number, key);
    as_path_cache_put(cache, key, now, verdict);
}

static bool knows(struct as_path_cache *cache, unsigned number, as_time now)
{
    unsigned char key[AS_DIGEST];
    struct as_trust_verdict found;

    key_of(number, key);
    return as_path_cache_get(cache, key, now, &found);
}

static void holds_count(struct as_path_cache *cache, size_t paths, size_t failures)
{
    size_t have_paths = 0;
    size_t have_failures = 0;

    as_path_cache_count(cache, &have_paths, &have_failures);
    ck_assert_uint_eq(have_paths, paths);
    ck_assert_uint_eq(have_failures, failures);
}

START_TEST(TLS_61_cache_window)
{
    struct as_path_cache *cache = as_path_cache_new(4, 4);

    put(cache, 1, 150, &path);
    ck_assert(!knows(cache, 1, 99));
    ck_assert(knows(cache, 1, 100));
    ck_assert(knows(cache, 1, 200));
    ck_assert(!knows(cache, 1, 201));
    ck_assert(!knows(cache, 2, 150));
    as_path_cache_free(cache);
}
END_TEST

START_TEST(TLS_60_cache_refusal)
{
    struct as_path_cache *cache = as_path_cache_new(4, 4);

    put(cache, 1, 1000, &refusal);
    ck_assert(!knows(cache, 1, 999));
    ck_assert(knows(cache, 1, 1000));
    ck_assert(knows(cache, 1, 1000 + AS_LIMIT_PATH_FAILURE_S - 1));
    ck_assert(!knows(cache, 1, 1000 + AS_LIMIT_PATH_FAILURE_S));
    as_path_cache_free(cache);
}
END_TEST

/* One verdict per key: the later replaces the earlier, of either kind. */
START_TEST(TLS_60_cache_replaces)
{
    struct as_path_cache *cache = as_path_cache_new(4, 4);
    unsigned char key[AS_DIGEST];
    struct as_trust_verdict found;

    key_of(1, key);
    put(cache, 1, 150, &path);
    put(cache, 1, 150, &refusal);
    holds_count(cache, 0, 1);
    ck_assert(as_path_cache_get(cache, key, 150, &found));
    ck_assert_str_eq(found.reason, "cert_untrusted");
    put(cache, 1, 151, &path);
    holds_count(cache, 1, 0);
    ck_assert(as_path_cache_get(cache, key, 151, &found));
    ck_assert_ptr_null(found.reason);
    as_path_cache_free(cache);
}
END_TEST

START_TEST(TLS_60_cache_bounds)
{
    struct as_path_cache *cache = as_path_cache_new(3, 2);

    for (unsigned i = 1; i <= 4; i++) {
        put(cache, i, 150, &path);
    }
    holds_count(cache, 3, 0);
    ck_assert(!knows(cache, 1, 150)); /* the oldest went */
    ck_assert(knows(cache, 2, 150));
    ck_assert(knows(cache, 4, 150));
    for (unsigned i = 10; i < 110; i++) {
        put(cache, i, 150, &refusal);
    }
    holds_count(cache, 3, 2); /* a flood of refusals displaces no path */
    ck_assert(knows(cache, 2, 150));
    ck_assert(!knows(cache, 10, 150));
    ck_assert(knows(cache, 109, 150));
    as_path_cache_free(cache);
}
END_TEST

AS_TESTS("trust/path_cache", {
    tcase_add_test(t, TLS_61_cache_window);
    tcase_add_test(t, TLS_60_cache_refusal);
    tcase_add_test(t, TLS_60_cache_replaces);
    tcase_add_test(t, TLS_60_cache_bounds);
})
