/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power goes at 300 moments of a script of registrations, revocations and key rotations, with
 * checkpoints between: what was acknowledged by then is in what the disk is left with.
 */
#include "fault/support/script.h"
#include "store/session.h"

#define STEPS  140
#define POINTS 300

static struct fixture f;
static bool acknowledged[STEPS];

/* What was acknowledged at each crash, beside the files of it. */
static struct {
    atomic_long events;
    long at[POINTS];
    unsigned known[POINTS]; /* so many steps had been answered */
    size_t taken;
    atomic_uint answered;
    char dir[64];
} crashes;

static void crash_path(char path[96], size_t number)
{
    snprintf(path, 96, "%s/%zu.db", crashes.dir, number);
}

/* Called with the disk's lock held: nothing is written meanwhile. */
static void on_event(void)
{
    long now = atomic_fetch_add(&crashes.events, 1) + 1;
    char path[96];

    if (crashes.taken < POINTS && now == crashes.at[crashes.taken]) {
        crash_path(path, crashes.taken);
        disk_crash(path, (unsigned)crashes.taken);
        crashes.known[crashes.taken++] = atomic_load(&crashes.answered);
    }
}

/* The whole script on a new store; the housekeeper has nothing to do in so short a log, so that
 * checkpoints are made here. */
static void run_script(void)
{
    atomic_store(&crashes.events, 0);
    atomic_store(&crashes.answered, 0);
    disk.event = on_event;
    for (unsigned step = 0; step < STEPS; step++) {
        acknowledged[step] = script_step(f.job, step);
        ck_assert(acknowledged[step]);
        atomic_store(&crashes.answered, step + 1);
        if (step % 20 == 19) {
            f.store->ops->tidy(f.store->backend);
        }
    }
    disk.event = NULL;
}

static void on_a_new_disk(void (*run)(void))
{
    script_start(&f);
    run();
    script_stop(&f);
}

static void choose_points(void)
{
    long total = atomic_load(&crashes.events);
    struct gate_sample sample = gate_sample(total, POINTS);

    ck_assert_int_ge(total, POINTS);
    for (size_t i = 0; i < POINTS; i++) {
        crashes.at[i] = gate_next(&sample);
    }
    printf("# the power goes at %d of %ld writes and syncs, seed %u\n", POINTS, total, GATE_SEED);
    fflush(stdout);
}

START_TEST(TOK_177_power_goes)
{
    char path[96], when[64];

    crashes.taken = POINTS; /* none: they are counted */
    on_a_new_disk(run_script);
    choose_points();
    crashes.taken = 0;
    snprintf(crashes.dir, sizeof(crashes.dir), "%s/fapid-crash-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(crashes.dir));
    on_a_new_disk(run_script);
    ck_assert_uint_ge(crashes.taken, POINTS - 5); /* the threads of a store vary a little */
    for (size_t i = 0; i < crashes.taken; i++) {
        bool known[STEPS] = {false};
        memcpy(known, acknowledged, crashes.known[i] * sizeof(known[0]));
        crash_path(path, i);
        snprintf(when, sizeof(when), "crash %zu, %u answered", i, crashes.known[i]);
        script_reopen(path, known, STEPS, crashes.known[i], when);
        disk_crash_remove(path);
    }
    ck_assert_int_eq(rmdir(crashes.dir), 0);
}
END_TEST

AS_TESTS("fault/store/crash", { tcase_add_test(t, TOK_177_power_goes); })
