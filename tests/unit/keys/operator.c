/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator does to keys, and requests that hold keysets meanwhile. */
#include "keys/parts.h"
#include "store/support/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static struct fixture f;
static char key_file[128];
static struct as_keys *keys;
static struct as_keys_conf conf;
static struct as_audit audit;

static void start(void)
{
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_ERROR);
    fixture_start(&f, 0);
    (void)snprintf(key_file, sizeof(key_file), "%s/kek", f.dir);
    conf = (struct as_keys_conf){.algs = 1u << AS_ALG_ES256 | 1u << AS_ALG_EDDSA,
                                 .alg = AS_ALG_ES256,
                                 .rotate_every = 30 * 86400,
                                 .publish_lead = 7200,
                                 .token_lifetime = 300};
    /* without the keeper, which would be quicker than the operator */
    const struct as_moment at = {as_clock_now(), as_clock_mono_ms()};
    ck_ok(as_keys_open(f.store, key_file, &conf, at, &keys));
    audit = (struct as_audit){.event = "asked",
                              .actor = AS_LIT("uid:0"),
                              .outcome = "success",
                              .request_id = AS_LIT("r-1"),
                              .at = as_clock_now()};
}

static void end(void)
{
    as_keys_stop(keys);
    (void)unlink(key_file);
    fixture_end(&f);
}

/* The kid of a line in a state; empty when there is none. */
static as_span kid_of(const char *alg, enum as_key_state state)
{
    const struct as_key_row *rows = NULL;
    as_span kid = AS_SPAN_NONE;
    size_t count = 0;

    ck_ok(as_store_keys(f.job, f.mem, &rows, &count));
    as_store_session_done(f.job);
    for (size_t i = 0; i < count; i++) {
        if (as_span_is(rows[i].alg, alg) && rows[i].state == state) {
            kid = rows[i].kid;
        }
    }
    return kid;
}

static as_span seal(const struct as_keyset *set)
{
    as_span text = AS_SPAN_NONE;

    ck_ok(as_seal(set->ring, f.mem, AS_LIT("t."), AS_LIT("x"), AS_LIT("inside"), &text));
    return text;
}

static bool opens(const struct as_keyset *set, as_span text)
{
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_unseal(set->ring, f.mem, AS_LIT("t."), AS_LIT("x"), text, &plain));
    return plain.ptr != NULL;
}

/* The successor has been shown for so long. */
static void is_shown_for(enum as_alg alg, int64_t seconds)
{
    pthread_mutex_lock(&keys->work);
    ck_assert_int_eq(keys->lines[alg].step, AS_STEP_ACTIVATE);
    keys->lines[alg].due_ms = as_clock_mono_ms() + 1000 * (conf.publish_lead - seconds);
    pthread_mutex_unlock(&keys->work);
}

static size_t rotated(const char *purpose, enum as_alg alg)
{
    size_t count = 99;

    ck_ok(as_keys_rotate(keys, f.job, purpose, alg, &audit, &count));
    return count;
}

static bool audited(const char *event, as_span kid)
{
    const struct as_audit_row *rows = NULL;
    size_t count = 0;

    ck_ok(as_store_audit_list(f.job, f.mem, 0, 1000, &rows, &count));
    as_store_session_done(f.job);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].audit.event, event) == 0 &&
            as_span_equal(rows[i].audit.client_id, kid)) {
            ck_span_eq(rows[i].audit.actor, "uid:0");
            ck_span_eq(rows[i].audit.request_id, "r-1");
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------ rotate -------------------------- */

START_TEST(REG_147_rotate_publishes_successors)
{
    start();
    const as_span active = kid_of("ES256", AS_KEY_ACTIVE);
    ck_assert_uint_eq(rotated(NULL, AS_ALG_ES256), 1);
    const as_span next = kid_of("ES256", AS_KEY_PUBLISHED);
    ck_assert_uint_gt(next.len, 0);
    ck_assert(audited("key_published", next));
    ck_assert(as_span_equal(kid_of("ES256", AS_KEY_ACTIVE), active));
    const struct as_keyset *set = as_keys_hold(keys);
    ck_assert_ptr_nonnull(as_keyset_verifier(set, next)); /* seen by whoever asks from now on */
    ck_assert(as_span_equal(as_jws_key_kid(as_keyset_signer(set, AS_ALG_ES256)), active));
    as_keyset_drop(set);
    ck_assert_uint_eq(rotated(NULL, AS_ALG_ES256), 0); /* it has one */
    ck_assert(as_span_equal(kid_of("ES256", AS_KEY_PUBLISHED), next));
    ck_assert_uint_eq(rotated(AS_PURPOSE_SIGNATURE, AS_ALG_NONE), 1);
    ck_assert_uint_gt(kid_of("EdDSA", AS_KEY_PUBLISHED).len, 0);
    ck_assert_uint_eq(kid_of("", AS_KEY_PUBLISHED).len, 0);
    ck_assert_uint_eq(rotated(NULL, AS_ALG_NONE), 1); /* the sealing key alone was left */
    end();
}
END_TEST

START_TEST(REG_147_what_no_line_is_of_cannot_be_rotated)
{
    static const struct {
        const char *purpose;
        enum as_alg alg;
    } nobody[] = {
        {NULL, AS_ALG_PS256}, /* switched off */
        {"fapid/else/1", AS_ALG_NONE},
        {AS_PURPOSE_ACCESS_TOKEN, AS_ALG_ES256}, /* it seals and signs not */
    };
    size_t count = 0;

    start();
    for (size_t i = 0; i < AS_COUNT(nobody); i++) {
        ck_refuses(as_keys_rotate(keys, f.job, nobody[i].purpose, nobody[i].alg, &audit, &count),
                   AS_INVALID_REQUEST, "no key is of this purpose and alg");
    }
    end();
}
END_TEST

/* ------------------------------------------------------------ retire -------------------------- */

START_TEST(REG_147_retire_lets_the_successor_take_over)
{
    static const char no_successor[] =
        "no successor has stood at /jwks long enough: key rotate publishes one";

    start();
    const as_span active = kid_of("ES256", AS_KEY_ACTIVE);
    ck_refuses(as_keys_retire(keys, f.job, active, &audit), AS_INVALID_REQUEST, no_successor);
    ck_assert_uint_eq(rotated(NULL, AS_ALG_ES256), 1);
    const as_span next = kid_of("ES256", AS_KEY_PUBLISHED);
    ck_refuses(as_keys_retire(keys, f.job, active, &audit), AS_INVALID_REQUEST, no_successor);
    ck_refuses(as_keys_retire(keys, f.job, next, &audit), AS_INVALID_REQUEST,
               "the key is not active");
    ck_refuses(as_keys_retire(keys, f.job, AS_LIT("none"), &audit), AS_NOT_FOUND, "no such key");
    ck_refuses(as_keys_retire(keys, f.job, AS_SPAN_NONE, &audit), AS_NOT_FOUND, "no such key");
    /* active, but of no line: of a purpose that this release does not know */
    struct as_key_row other = {.kid = AS_LIT("0100000000000000"),
                               .purpose = AS_LIT("fapid/else/1"),
                               .state = AS_KEY_ACTIVE,
                               .created = 1};
    bool done = false;
    ck_ok(as_keys_wrap(&keys->kek, f.mem, &other, AS_LIT("secret")));
    ck_ok(as_store_key_add(f.job, &other, NULL, &done));
    ck_assert(done);
    ck_refuses(as_keys_retire(keys, f.job, other.kid, &audit), AS_INVALID_REQUEST,
               "the key is not active");
    is_shown_for(AS_ALG_ES256, 3540);
    ck_refuses(as_keys_retire(keys, f.job, active, &audit), AS_INVALID_REQUEST, no_successor);
    is_shown_for(AS_ALG_ES256, 3600); /* half of publish_lead, the max-age of /jwks */
    ck_ok(as_keys_retire(keys, f.job, active, &audit));
    ck_assert(as_span_equal(kid_of("ES256", AS_KEY_ACTIVE), next));
    ck_assert(as_span_equal(kid_of("ES256", AS_KEY_RETIRED), active));
    ck_assert(audited("key_activated", next));
    ck_assert(audited("key_retired", active));
    const struct as_keyset *set = as_keys_hold(keys);
    ck_assert(as_span_equal(as_jws_key_kid(as_keyset_signer(set, AS_ALG_ES256)), next));
    ck_assert_ptr_nonnull(as_keyset_verifier(set, active));
    as_keyset_drop(set);
    ck_refuses(as_keys_retire(keys, f.job, active, &audit), AS_INVALID_REQUEST,
               "the key is not active");
    end();
}
END_TEST

/* ------------------------------------------------------------ revoke -------------------------- */

/* Of each line: the key is gone with what it made, and the line works at once with another. */
START_TEST(REG_147_revoke_ends_what_a_key_made)
{
    static const char *const algs[] = {"", "ES256", "EdDSA"};
    const char *alg = algs[_i % 3];
    enum as_alg which = AS_ALG_NONE;

    start();
    (void)as_alg_named(as_span_of(alg), &which);
    if (_i >= 3) { /* with a successor that was shown, however short */
        ck_assert_uint_eq(rotated(NULL, AS_ALG_NONE), 3);
    }
    const as_span active = kid_of(alg, AS_KEY_ACTIVE);
    const as_span next = kid_of(alg, AS_KEY_PUBLISHED);
    const struct as_keyset *before = as_keys_hold(keys);
    const as_span sealed = seal(before);
    ck_ok(as_keys_revoke(keys, f.job, active, &audit));
    const struct as_keyset *after = as_keys_hold(keys);
    ck_assert(opens(before, sealed)); /* who began before ends as it began */
    ck_assert(opens(after, sealed) == (which != AS_ALG_NONE));
    ck_assert(opens(after, seal(after)));
    ck_assert_ptr_null(as_keyset_verifier(after, active));
    ck_assert_ptr_nonnull(as_keyset_signer(after, AS_ALG_ES256));
    ck_assert_ptr_nonnull(as_keyset_signer(after, AS_ALG_EDDSA));
    ck_assert(audited("key_revoked", active));
    ck_assert_uint_eq(kid_of(alg, AS_KEY_RETIRED).len, 0);
    ck_assert_uint_gt(kid_of(alg, AS_KEY_ACTIVE).len, 0);
    ck_assert(next.len == 0 || as_span_equal(kid_of(alg, AS_KEY_ACTIVE), next));
    as_keyset_drop(before);
    as_keyset_drop(after);
    ck_refuses(as_keys_revoke(keys, f.job, active, &audit), AS_NOT_FOUND, "no such key");
    end();
}
END_TEST

START_TEST(REG_147_revoke_of_what_is_not_active)
{
    start();
    const as_span active = kid_of("ES256", AS_KEY_ACTIVE);
    ck_assert_uint_eq(rotated(NULL, AS_ALG_ES256), 1);
    const as_span published = kid_of("ES256", AS_KEY_PUBLISHED);
    ck_ok(as_keys_revoke(keys, f.job, published, &audit));
    ck_assert_uint_eq(kid_of("ES256", AS_KEY_PUBLISHED).len, 0);
    ck_assert(as_span_equal(kid_of("ES256", AS_KEY_ACTIVE), active));
    ck_assert_uint_eq(rotated(NULL, AS_ALG_ES256), 1);
    is_shown_for(AS_ALG_ES256, 3600);
    ck_ok(as_keys_retire(keys, f.job, active, &audit));
    ck_ok(as_keys_revoke(keys, f.job, active, &audit));
    ck_assert_uint_eq(kid_of("ES256", AS_KEY_RETIRED).len, 0);
    const struct as_keyset *set = as_keys_hold(keys);
    ck_assert_ptr_null(as_keyset_verifier(set, active));
    as_keyset_drop(set);
    end();
}
END_TEST

/* After a restore the store has no keys: there are new ones, and the old are worth nothing. */
START_TEST(REG_147_a_reload_makes_what_is_missing)
{
    const struct as_key_row *rows = NULL;
    size_t count = 0;
    bool found = false;

    start();
    const struct as_keyset *before = as_keys_hold(keys);
    const as_span sealed = seal(before);
    ck_ok(as_store_keys(f.job, f.mem, &rows, &count));
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        ck_ok(as_store_key_delete(f.job, rows[i].kid, &audit, &found));
    }
    ck_ok(as_keys_reload(keys, f.job, as_clock_now()));
    const struct as_keyset *after = as_keys_hold(keys);
    ck_assert(!opens(after, sealed));
    ck_assert(opens(after, seal(after)));
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_null(as_keyset_verifier(after, rows[i].kid));
    }
    ck_assert_ptr_nonnull(as_keyset_signer(after, AS_ALG_NONE));
    as_keyset_drop(before);
    as_keyset_drop(after);
    end();
}
END_TEST

/* ------------------------------------------------------------ threads ------------------------- */

#define WORKERS 4
#define ROUNDS  12

static atomic_bool over;

/* What requests do: hold, sign, verify, look at the document, drop. */
static void *work(void *arg)
{
    struct as_arena *mem = as_arena_new(1 << 20);
    size_t *done = arg;

    while (!atomic_load(&over)) {
        const struct as_keyset *set = as_keys_hold(keys);
        const struct as_jws_key *key = as_keyset_signer(set, AS_ALG_ES256);
        struct as_jws jws;
        as_span text = AS_SPAN_NONE, plain = AS_SPAN_NONE;
        bool ok = false;

        ck_assert_ptr_nonnull(key);
        ck_ok(as_jws_sign(key, "test", AS_LIT("{}"), mem, &text));
        ck_ok(as_jws_read(mem, text, &jws, &ok));
        ck_assert(ok);
        ck_ok(as_jws_verify(&jws, as_keyset_verifier(set, jws.kid), &ok));
        ck_assert(ok);
        ck_ok(as_seal(set->ring, mem, AS_LIT("t."), AS_LIT("x"), AS_LIT("y"), &text));
        ck_ok(as_unseal(set->ring, mem, AS_LIT("t."), AS_LIT("x"), text, &plain));
        ck_assert_ptr_nonnull(plain.ptr);
        ck_assert(as_span_starts(set->jwks, AS_LIT("{\"keys\":[")));
        as_keyset_drop(set);
        as_arena_reset(mem);
        *done += 1;
    }
    as_arena_free(mem);
    return NULL;
}

/* Nobody ever meets a line without a key, whatever operator and keeper do to it. */
START_TEST(REG_147_keysets_are_swapped_under_requests)
{
    pthread_t threads[WORKERS];
    size_t done[WORKERS] = {0};

    start();
    ck_assert(as_keeper_start(keys));
    atomic_store(&over, false);
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert(as_thread_start(&threads[i], "worker", 0, work, &done[i]));
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        (void)rotated(NULL, AS_ALG_NONE);
        pthread_mutex_lock(&keys->work);
        keys->lines[AS_ALG_ES256].due_ms = as_clock_mono_ms();
        pthread_mutex_unlock(&keys->work);
        as_keeper_wake(keys); /* it activates, now or after what follows */
        ck_ok(as_keys_revoke(keys, f.job, kid_of("ES256", AS_KEY_ACTIVE), &audit));
        ck_ok(as_keys_revoke(keys, f.job, kid_of("", AS_KEY_ACTIVE), &audit));
        ck_ok(as_keys_configure(keys, &conf, as_clock_now()));
    }
    atomic_store(&over, true);
    for (size_t i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_gt(done[i], 0);
    }
    end();
}
END_TEST

START_TEST(a_keyset_outlives_the_keys)
{
    start();
    const struct as_keyset *set = as_keys_hold(keys);
    as_keys_stop(keys);
    keys = NULL;
    ck_assert(opens(set, seal(set)));
    as_keyset_drop(set);
    as_keyset_drop(NULL);
    end();
}
END_TEST

AS_TESTS("keys/operator", {
    tcase_set_timeout(t, 60);
    tcase_add_test(t, REG_147_rotate_publishes_successors);
    tcase_add_test(t, REG_147_what_no_line_is_of_cannot_be_rotated);
    tcase_add_test(t, REG_147_retire_lets_the_successor_take_over);
    tcase_add_loop_test(t, REG_147_revoke_ends_what_a_key_made, 0, 6);
    tcase_add_test(t, REG_147_revoke_of_what_is_not_active);
    tcase_add_test(t, REG_147_a_reload_makes_what_is_missing);
    tcase_add_test(t, REG_147_keysets_are_swapped_under_requests);
    tcase_add_test(t, a_keyset_outlives_the_keys);
})
