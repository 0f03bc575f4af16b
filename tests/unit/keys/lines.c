/* SPDX-License-Identifier: Apache-2.0 */
/* The life of keys, with clocks that the test sets. */
#include "keys/parts.h"
#include "store/support/fixture.h"

#define T0     1700000000
#define YEAR   (365 * 86400)
#define EVERY  100
#define LEAD   10
#define LIVES  30
#define ENDED  (LIVES + AS_KEYS_OVERLAP_S)
#define SETTLE 60

static struct fixture f;
static char key_file[128];
static struct as_keys *keys;
static struct as_moment at;
static struct as_keys_conf conf;

static void open_keys(void)
{
    ck_ok(as_keys_open(f.store, key_file, &conf, at, &keys));
}

static void start(void)
{
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_ERROR);
    fixture_start(&f, 0);
    (void)snprintf(key_file, sizeof(key_file), "%s/kek", f.dir);
    at = (struct as_moment){T0, as_clock_mono_ms()};
    conf = (struct as_keys_conf){.algs = 1u << AS_ALG_ES256,
                                 .alg = AS_ALG_ES256,
                                 .rotate_every = EVERY,
                                 .publish_lead = LEAD,
                                 .token_lifetime = LIVES};
    open_keys();
}

static void end(void)
{
    as_keys_stop(keys);
    (void)unlink(key_file);
    fixture_end(&f);
}

/* So much time passes; then the keeper looks. */
static void pass(int64_t seconds)
{
    int64_t next_ms = 0;

    at.wall += seconds;
    at.mono_ms += 1000 * seconds;
    ck_ok(as_keys_keep(keys, at, &next_ms));
    ck_assert_int_gt(next_ms, at.mono_ms);
}

/* The wall clock jumps; then the keeper looks. */
static void jump(int64_t seconds)
{
    at.wall += seconds;
    pass(0);
}

/* "PAR": how many keys of this line are published, active, retired. */
static size_t counted(const char *alg, enum as_key_state state)
{
    const struct as_key_row *rows = NULL;
    size_t count = 0, found = 0;

    ck_ok(as_store_keys(f.job, f.mem, &rows, &count));
    as_store_session_done(f.job);
    for (size_t i = 0; i < count; i++) {
        found += as_span_is(rows[i].alg, alg) && rows[i].state == state;
    }
    return found;
}

#define line_is(alg, published, active, retired)                                                   \
    do {                                                                                           \
        ck_assert_uint_eq(counted(alg, AS_KEY_PUBLISHED), published);                              \
        ck_assert_uint_eq(counted(alg, AS_KEY_ACTIVE), active);                                    \
        ck_assert_uint_eq(counted(alg, AS_KEY_RETIRED), retired);                                  \
    } while (0)

static as_span signer(enum as_alg alg)
{
    const struct as_keyset *set = as_keys_hold(keys);
    const struct as_jws_key *key = as_keyset_signer(set, alg);
    as_span kid = AS_SPAN_NONE;

    if (key != NULL) {
        ck_ok(as_arena_copy(f.mem, as_jws_key_kid(key), &kid));
    }
    as_keyset_drop(set);
    return kid;
}

static bool knows(as_span kid)
{
    const struct as_keyset *set = as_keys_hold(keys);
    const bool found = as_keyset_verifier(set, kid) != NULL;
    char quoted[64];

    (void)snprintf(quoted, sizeof(quoted), "\"%.*s\"", (int)kid.len, kid.ptr);
    const bool shown = memmem(set->jwks.ptr, set->jwks.len, quoted, strlen(quoted)) != NULL;
    ck_assert(found == shown);
    as_keyset_drop(set);
    return found;
}

static as_span seal(void)
{
    const struct as_keyset *set = as_keys_hold(keys);
    as_span text = AS_SPAN_NONE;

    ck_ok(as_seal(set->ring, f.mem, AS_LIT("t."), AS_LIT("x"), AS_LIT("inside"), &text));
    as_keyset_drop(set);
    return text;
}

static bool opens(as_span text)
{
    const struct as_keyset *set = as_keys_hold(keys);
    as_span plain = AS_SPAN_NONE;

    ck_ok(as_unseal(set->ring, f.mem, AS_LIT("t."), AS_LIT("x"), text, &plain));
    as_keyset_drop(set);
    return plain.ptr != NULL;
}

/* ------------------------------------------------------------ the life ------------------------ */

START_TEST(REG_146_a_key_is_shown_then_used_then_kept_then_gone)
{
    start();
    const as_span first = signer(AS_ALG_ES256), sealed = seal();
    pass(EVERY - LEAD - 1);
    line_is("ES256", 0, 1, 0);
    line_is("", 0, 1, 0);
    pass(1);
    line_is("ES256", 1, 1, 0); /* shown, and not used */
    line_is("", 1, 1, 0);
    ck_assert(as_span_equal(signer(AS_ALG_ES256), first));
    pass(LEAD - 1);
    ck_assert(as_span_equal(signer(AS_ALG_ES256), first));
    pass(1);
    line_is("ES256", 0, 1, 1);
    ck_assert(!as_span_equal(signer(AS_ALG_ES256), first));
    ck_assert(knows(first) && opens(sealed)); /* what it made lives on */
    conf.rotate_every = 100 * EVERY;          /* the next one takes its time */
    ck_ok(as_keys_use(keys, &conf, at));
    pass(ENDED - 1);
    ck_assert(knows(first) && opens(sealed));
    pass(1);
    line_is("ES256", 0, 1, 0);
    line_is("", 0, 1, 0);
    ck_assert(!knows(first) && !opens(sealed));
    end();
}
END_TEST

START_TEST(D16_all_durations_down_to_a_second)
{
    start();
    conf.rotate_every = 2;
    conf.publish_lead = 1;
    conf.token_lifetime = 1;
    ck_ok(as_keys_use(keys, &conf, at));
    pass(0);
    as_span before = signer(AS_ALG_ES256);
    for (size_t i = 1; i <= 20; i++) {
        pass(1);
        line_is("ES256", 1, 1, i - 1);
        ck_assert(as_span_equal(signer(AS_ALG_ES256), before));
        pass(1);
        line_is("ES256", 0, 1, i);
        ck_assert(knows(before));
        before = signer(AS_ALG_ES256);
    }
    const struct as_keyset *set = as_keys_hold(keys);
    ck_assert_int_eq(set->max_age, 0);
    as_keyset_drop(set);
    end();
}
END_TEST

/* The thread that does it in the server, and the real clocks. */
START_TEST(REG_147_keys_move_on_by_themselves)
{
    start();
    as_keys_stop(keys);
    conf.rotate_every = 2;
    conf.publish_lead = 1;
    ck_ok(as_keys_start(f.store, key_file, &conf, as_clock_now(), &keys));
    const as_span first = signer(AS_ALG_ES256);
    for (int i = 0; i < 2000 && as_span_equal(signer(AS_ALG_ES256), first); i++) {
        usleep(10000);
    }
    ck_assert(!as_span_equal(signer(AS_ALG_ES256), first));
    ck_assert(knows(first));
    end();
}
END_TEST

START_TEST(REG_146_what_caches_may_keep_is_half_the_lead)
{
    static const struct {
        int64_t lead, max_age;
    } cases[] = {{1, 0}, {2, 1}, {7199, 3599}, {7200, 3600}, {86400, 3600}};

    start();
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        conf.rotate_every = 30 * 86400;
        conf.publish_lead = cases[i].lead;
        ck_ok(as_keys_use(keys, &conf, at));
        const struct as_keyset *set = as_keys_hold(keys);
        ck_assert_int_eq(set->max_age, cases[i].max_age);
        as_keyset_drop(set);
    }
    end();
}
END_TEST

START_TEST(REG_140_the_tag_changes_with_the_document)
{
    as_span etag;

    start();
    const struct as_keyset *set = as_keys_hold(keys);
    ck_ok(as_arena_copy(f.mem, set->etag, &etag));
    ck_assert_uint_eq(etag.len, 24);
    ck_assert(etag.ptr[0] == '"' && etag.ptr[23] == '"');
    as_keyset_drop(set);
    ck_ok(as_keys_reload(keys, f.job, at.wall));
    set = as_keys_hold(keys);
    ck_assert(as_span_equal(set->etag, etag)); /* nothing new, nothing to fetch */
    as_keyset_drop(set);
    pass(EVERY - LEAD);
    set = as_keys_hold(keys);
    ck_assert(!as_span_equal(set->etag, etag));
    as_keyset_drop(set);
    end();
}
END_TEST

/* ------------------------------------------------------------ clocks that jump ---------------- */

/* In every state of a line, there and back: nothing moves, and nothing is lost. */
START_TEST(REG_147_a_wall_clock_that_jumps_moves_nothing)
{
    static const int64_t waits[] = {5, EVERY - LEAD, LEAD, 5};
    const int64_t by = _i == 0 ? YEAR : -YEAR;

    start();
    for (size_t i = 0; i < AS_COUNT(waits); i++) {
        pass(waits[i]);
        const size_t published = counted("ES256", AS_KEY_PUBLISHED);
        const size_t retired = counted("ES256", AS_KEY_RETIRED);
        const as_span now = signer(AS_ALG_ES256), sealed = seal();
        jump(by);
        line_is("ES256", published, 1, retired);
        ck_assert(as_span_equal(signer(AS_ALG_ES256), now));
        jump(-by);
        line_is("ES256", published, 1, retired);
        ck_assert(as_span_equal(signer(AS_ALG_ES256), now));
        ck_assert(opens(sealed));
    }
    end();
}
END_TEST

/* While the clock is wrong, keys are shown as long and kept as long as ever. */
START_TEST(REG_146_a_rotation_while_the_clock_is_wrong)
{
    const int64_t by = _i == 0 ? YEAR : -YEAR;

    start();
    const as_span first = signer(AS_ALG_ES256), sealed = seal();
    pass(EVERY - LEAD - 1);
    jump(by);
    pass(1);
    line_is("ES256", 1, 1, 0);
    pass(LEAD - 1);
    ck_assert(as_span_equal(signer(AS_ALG_ES256), first));
    pass(1);
    line_is("ES256", 0, 1, 1);
    jump(-by);
    line_is("ES256", 0, 1, 1);
    pass(EVERY - LEAD - 1); /* the next life is as long as the first */
    line_is("ES256", 0, 1, 1);
    pass(1);
    line_is("ES256", 1, 1, 1);
    conf.rotate_every = 100 * EVERY;
    ck_ok(as_keys_use(keys, &conf, at));
    pass(LEAD);
    pass(ENDED - EVERY - LEAD - 1);
    ck_assert(knows(first) && opens(sealed));
    end();
}
END_TEST

/* A clock that is ahead at the start may yet be put right: nothing is thrown away at once. */
START_TEST(REG_147_a_start_with_a_wrong_clock_loses_nothing)
{
    start();
    const as_span first = signer(AS_ALG_ES256), sealed = seal();
    pass(EVERY - LEAD);
    pass(LEAD);
    line_is("ES256", 0, 1, 1);
    const as_span second = signer(AS_ALG_ES256);
    as_keys_stop(keys);
    at.wall += YEAR;
    open_keys();
    ck_assert(as_span_equal(signer(AS_ALG_ES256), second));
    pass(1);
    ck_assert(as_span_equal(signer(AS_ALG_ES256), second)); /* a successor is shown first */
    ck_assert(knows(first) && opens(sealed));
    jump(-YEAR);
    pass(2 * SETTLE);
    ck_assert(knows(first) && knows(second) && opens(sealed));
    end();
}
END_TEST

/* ------------------------------------------------------------ several lines ------------------- */

START_TEST(REG_147_lines_stand_side_by_side)
{
    start();
    conf.algs |= 1u << AS_ALG_EDDSA;
    conf.alg = AS_ALG_EDDSA;
    pass(EVERY - LEAD);
    const as_span es = signer(AS_ALG_ES256);
    ck_ok(as_keys_use(keys, &conf, at));
    line_is("ES256", 1, 1, 0);
    line_is("EdDSA", 0, 1, 0);
    ck_assert(as_span_equal(signer(AS_ALG_NONE), signer(AS_ALG_EDDSA)));
    ck_assert(as_span_equal(signer(AS_ALG_ES256), es));
    pass(LEAD);
    line_is("ES256", 0, 1, 1);
    line_is("EdDSA", 0, 1, 0); /* has a time of its own */
    ck_assert_uint_eq(signer(AS_ALG_PS256).len, 0);
    end();
}
END_TEST

START_TEST(REG_147_an_algorithm_that_is_switched_off)
{
    start();
    conf.algs |= 1u << AS_ALG_EDDSA;
    ck_ok(as_keys_use(keys, &conf, at));
    const as_span eddsa = signer(AS_ALG_EDDSA);
    pass(EVERY - LEAD);
    line_is("EdDSA", 1, 1, 0);
    conf.algs = 1u << AS_ALG_ES256;
    ck_ok(as_keys_use(keys, &conf, at));
    line_is("EdDSA", 0, 0, 1); /* what was only shown made nothing */
    ck_assert_uint_eq(signer(AS_ALG_EDDSA).len, 0);
    ck_assert(knows(eddsa));
    pass(ENDED);
    ck_assert(!knows(eddsa));
    line_is("EdDSA", 0, 0, 0);
    conf.algs |= 1u << AS_ALG_EDDSA; /* and on again */
    ck_ok(as_keys_use(keys, &conf, at));
    line_is("EdDSA", 0, 1, 0);
    end();
}
END_TEST

/* Tokens that live longer from now on: the keys that make them stay longer too. */
START_TEST(REG_146_a_longer_life_of_tokens_keeps_keys_longer)
{
    start();
    const as_span first = signer(AS_ALG_ES256);
    pass(EVERY - LEAD);
    conf.token_lifetime = 10 * LIVES;
    ck_ok(as_keys_use(keys, &conf, at));
    conf.token_lifetime = LIVES; /* shorter again: what was made before is not forgotten */
    ck_ok(as_keys_use(keys, &conf, at));
    pass(LEAD);
    line_is("ES256", 0, 1, 1);
    pass(ENDED);
    ck_assert(knows(first));
    pass(9 * LIVES);
    ck_assert(!knows(first));
    end();
}
END_TEST

START_TEST(no_more_keys_than_the_limit)
{
    struct as_key_row row = {.purpose = AS_LIT(AS_PURPOSE_ACCESS_TOKEN), .state = AS_KEY_ACTIVE};
    char kids[AS_LIMIT_KEYS][17];
    bool done = false;
    struct as_audit audit = audit_line;

    start();
    for (size_t i = 0; i < AS_LIMIT_KEYS - 2; i++) {
        (void)snprintf(kids[i], sizeof(kids[i]), "%016zx", i);
        row.kid = as_span_of(kids[i]);
        row.purpose = as_span_of(kids[i]); /* a line of its own, so that there may be so many */
        ck_ok(as_keys_wrap(&keys->kek, f.mem, &row, AS_LIT("secret")));
        ck_ok(as_store_key_add(f.job, &row, NULL, &done));
        ck_assert(done);
    }
    ck_ok(as_keys_reload(keys, f.job, at.wall));
    pass(EVERY);
    line_is("ES256", 0, 1, 0);
    audit.at = at.wall;
    ck_ok(as_store_key_delete(f.job, as_span_of(kids[0]), &audit, &done));
    ck_ok(as_keys_reload(keys, f.job, at.wall));
    pass(0);
    line_is("ES256", 1, 1, 0);
    end();
}
END_TEST

AS_TESTS("keys/lines", {
    tcase_set_timeout(t, 30);
    tcase_add_test(t, REG_146_a_key_is_shown_then_used_then_kept_then_gone);
    tcase_add_test(t, D16_all_durations_down_to_a_second);
    tcase_add_test(t, REG_147_keys_move_on_by_themselves);
    tcase_add_test(t, REG_146_what_caches_may_keep_is_half_the_lead);
    tcase_add_test(t, REG_140_the_tag_changes_with_the_document);
    tcase_add_loop_test(t, REG_147_a_wall_clock_that_jumps_moves_nothing, 0, 2);
    tcase_add_loop_test(t, REG_146_a_rotation_while_the_clock_is_wrong, 0, 2);
    tcase_add_test(t, REG_147_a_start_with_a_wrong_clock_loses_nothing);
    tcase_add_test(t, REG_147_lines_stand_side_by_side);
    tcase_add_test(t, REG_147_an_algorithm_that_is_switched_off);
    tcase_add_test(t, REG_146_a_longer_life_of_tokens_keeps_keys_longer);
    tcase_add_test(t, no_more_keys_than_the_limit);
})
