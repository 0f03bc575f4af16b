/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk breaks, fills up or cannot sync, at 300 moments of the script: a step that fails is as
 * if it had not been asked for, now and after the store is opened anew, and the next one works.
 */
#include "fault/support/script.h"
#include "store/housekeeper.h"
#include "store/session.h"

#define POINTS      100 /* of each kind, half of them once and half for good */
#define WRITES_MOST 14  /* about what a step writes */

static struct fixture f;
static bool acknowledged[SCRIPT_MOST];
static unsigned step;
static size_t failed;

/* The housekeeper writes too, soon after a failure, and might meet the next one before a step. */
static void send_housekeeper_home(void)
{
    as_housekeeper_stop(f.store->housekeeper);
}

/* Nothing is written any more. */
static void close_without_housekeeper(void (*close)(struct fixture *))
{
    as_housekeeper_free(f.store->housekeeper);
    f.store->housekeeper = NULL;
    close(&f);
}

static void begin(void)
{
    script_start(&f);
    send_housekeeper_home();
}

static void end(void)
{
    close_without_housekeeper(script_stop);
}

static void do_step(void)
{
    acknowledged[step] = script_step(f.job, step);
    step++;
}

/* One step, or a checkpoint, on a disk that fails. */
static void fail_step(long at, bool for_good, bool checkpoint)
{
    gate_arm(at, for_good);
    if (checkpoint) {
        f.store->ops->tidy(f.store->backend);
    } else {
        do_step();
    }
    bool hit = gate_disarm() >= at;
    failed += hit;
    ck_assert_msg(checkpoint || !hit || !acknowledged[step - 1],
                  "step %u: acknowledged, although the disk failed", step - 1);
}

/* A registration or a revocation leans on no other step. */
static void works_again(void)
{
    do {
        do_step();
    } while (script[(step - 1) % AS_COUNT(script)].run != script_register &&
             script[(step - 1) % AS_COUNT(script)].run != script_revoke);
    ck_assert_msg(acknowledged[step - 1], "step %u was refused on a disk that is fine again",
                  step - 1);
}

static void reopen(void)
{
    char when[32];

    snprintf(when, sizeof(when), "after step %u", step);
    close_without_housekeeper(fixture_close);
    script_reopen(f.path, acknowledged, step, UINT_MAX, when);
    fixture_open(&f, 0);
    send_housekeeper_home();
}

static void fail_disk(enum disk_fault how, long most)
{
    disk.fails = how;
    for (long i = 0; i < POINTS; i++) {
        fail_step(1 + i % most, i % 2 == 1, i % 10 == 9);
        works_again();
        if (i % 25 == 24) {
            script_verify(f.store, acknowledged, step, UINT_MAX, "in use");
            reopen();
        }
    }
    disk.fails = DISK_FINE;
    printf("# %zu of %d points were reached\n", failed, POINTS);
    fflush(stdout);
    ck_assert_uint_ge(failed, POINTS / 2);
}

START_TEST(TOK_15_disk_that_cannot_write)
{
    fail_disk(DISK_BROKEN, WRITES_MOST);
}
END_TEST

START_TEST(TOK_15_disk_that_is_full)
{
    fail_disk(DISK_FULL, WRITES_MOST);
}
END_TEST

START_TEST(TOK_15_disk_that_cannot_sync)
{
    fail_disk(DISK_NO_SYNC, 1);
}
END_TEST

AS_TESTS("fault/store/disk", {
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, TOK_15_disk_that_cannot_write);
    tcase_add_test(t, TOK_15_disk_that_is_full);
    tcase_add_test(t, TOK_15_disk_that_cannot_sync);
})
