/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 in the middle of a restore: the store is one content or the other, never a mixture, and
 * what was acknowledged holds. */
#include "store/support/whole.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS  25
#define CLIENTS 200

static struct fixture f;
static char copies[2][128]; /* of a store of which all clients begin with 'a', and with 'b' */

static void make_copy(char letter)
{
    char why[AS_STORE_MESSAGE] = "";

    (void)snprintf(copies[letter - 'a'], sizeof(copies[0]), "%s.%c", f.path, letter);
    for (int i = 0; i < CLIENTS; i++) {
        struct a_client c;
        char id[16];
        (void)snprintf(id, sizeof(id), "%c-%d", letter, i);
        ck_ok(create(f.job, client_named(&c, id)));
    }
    ck_ok(as_store_backup(f.job, copies[letter - 'a'], why));
    for (int i = 0; i < CLIENTS; i++) {
        bool found = false;
        char id[16];
        (void)snprintf(id, sizeof(id), "%c-%d", letter, i);
        ck_ok(as_store_party_delete(f.job, AS_PARTY_CLIENT, as_span_of(id), NULL, &found));
    }
}

/* In a process of its own: one content after the other, telling of each that it was acknowledged,
 * until it is killed. */
static void restore_on(int to, int first)
{
    char why[AS_STORE_MESSAGE];

    fixture_open(&f, 0);
    for (int i = first;; i++) {
        as_err err = as_store_restore(f.job, copies[i % 2], &audit_line, why);
        if (as_failed(err) || write(to, "", 1) != 1) {
            _exit(1);
        }
    }
}

/* How many were acknowledged before the kill, some time after the first. */
static int work_and_kill(int first, long after_us)
{
    const struct timespec rest = {after_us / 1000000, (after_us % 1000000) * 1000};
    int ends[2];
    int count = 0;
    int status = 0;
    char byte = 0;

    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)close(ends[0]);
        restore_on(ends[1], first);
    }
    (void)close(ends[1]);
    count += read(ends[0], &byte, 1) == 1 ? 1 : 0;
    (void)nanosleep(&rest, NULL);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    while (read(ends[0], &byte, 1) == 1) {
        count++;
    }
    (void)close(ends[0]);
    ck_assert_int_gt(count, 0);
    return count;
}

/* Which content it is; `done` restores were acknowledged in all, and one more may have been made.
 */
static void check_whole(int done)
{
    char left[160];

    fixture_open(&f, 0);
    int made = (int)status_of(&f).epoch - 1;
    ck_assert(made == done || made == done + 1);
    ck_assert_int_eq(status_of(&f).clients, CLIENTS);
    ck_assert_int_eq(status_of(&f).audits, made);
    ck_assert(is_there(f.worker, (made - 1) % 2 == 0 ? "a-0" : "b-0"));
    ck_assert(is_there(f.worker, (made - 1) % 2 == 0 ? "a-199" : "b-199"));
    ck_assert(!is_there(f.worker, (made - 1) % 2 == 0 ? "b-0" : "a-0"));
    (void)snprintf(left, sizeof(left), "%s.restore", f.path);
    ck_assert(!exists(left));
    fixture_close(&f);
}

static int made_so_far(void)
{
    return (int)number_on(f.path, "SELECT value - 1 FROM sequence WHERE name = 'store'");
}

static void tell(void *arg, const char *text)
{
    (void)snprintf(arg, 256, "%s", text);
}

START_TEST(D10_a_kill_in_the_middle_of_a_restore_leaves_one_content)
{
    char told[AS_STORE_MESSAGE] = "";
    int interrupted = 0;

    fixture_start(&f, 0);
    make_copy('a');
    make_copy('b');
    fixture_close(&f);
    srandom((unsigned)time(NULL));
    for (int round = 0; round < ROUNDS; round++) {
        int before = made_so_far();
        int done = before + work_and_kill(before, random() % 60000);
        interrupted += made_so_far() > done;
        check_whole(done);
    }
    printf("%d kills, %d restores; %d were made and not acknowledged\n", ROUNDS, made_so_far(),
           interrupted);
    ck_assert_msg(!as_failed(as_store_check("sqlite", f.path, tell, told)), "%s", told);
    (void)unlink(copies[0]);
    (void)unlink(copies[1]);
    fixture_remove(&f);
}
END_TEST

AS_TESTS("store_restore_kill", {
    tcase_set_timeout(t, 120);
    tcase_add_test(t, D10_a_kill_in_the_middle_of_a_restore_leaves_one_content);
})
