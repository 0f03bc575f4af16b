/* SPDX-License-Identifier: Apache-2.0 */
/* Work on the whole database that is cancelled has no effect, at whatever moment that comes. */
#include "store/support/restore.h"

#include <pthread.h>

#define ROUNDS 16

/* Enough of a store that all of it takes a while. */
static void start_large(void)
{
    struct a_client c;
    char id[16];

    fixture_start(&f, 0);
    put_all(&f, "c-1", "rs", "https://rs.example/");
    put_key(&f, "aa", "one");
    for (int i = 0; i < 500; i++) {
        (void)snprintf(id, sizeof(id), "more-%d", i);
        ck_ok(create(f.job, client_named(&c, id)));
    }
    back_up(&f);
    ck_ok(create(f.job, client_named(&c, "c-2")));
}

static bool is_left(const char *suffix)
{
    char path[160];

    (void)snprintf(path, sizeof(path), "%s%s", f.path, suffix);
    return exists(path);
}

static void ignore(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

START_TEST(D10_what_was_cancelled_before_is_not_done)
{
    struct as_store_session *session = NULL;
    char other[160];
    char why[AS_STORE_MESSAGE] = "";
    size_t findings = 0;

    start_large();
    (void)snprintf(other, sizeof(other), "%s.other", f.path);
    ck_ok(as_store_session_new(f.store, true, &session));
    as_store_session_cancel(session);
    ck_fault(as_store_backup(session, other, why), AS_UNAVAILABLE);
    ck_assert_msg(strstr(why, "stopping") != NULL, "%s", why);
    ck_assert(!is_left(".other"));
    ck_assert(!is_left(".other.partial"));
    ck_fault(as_store_restore(session, copy_path(&f), &restored, why), AS_UNAVAILABLE);
    ck_assert_msg(strstr(why, "stopping") != NULL, "%s", why);
    ck_assert(!is_left(".restore"));
    ck_assert(is_there(f.worker, "c-2"));
    ck_fault(as_store_check_live(session, ignore, NULL, &findings), AS_UNAVAILABLE);
    as_store_session_free(session);
    ck_assert(as_store_is_ready(f.worker)); /* no doubt comes of it */
    as_store_session_done(f.worker);
    ck_ok(as_store_backup(f.job, other, why)); /* nor is anything in the way of others */
    ck_assert_int_eq(unlink(other), 0);
    restore();
    ck_ok(as_store_check_live(f.job, ignore, NULL, &findings));
    ck_assert_uint_eq(findings, 0);
    fixture_end(&f);
}
END_TEST

struct canceller {
    struct as_store_session *session;
    long wait_us;
};

static void *cancel(void *arg)
{
    const struct canceller *canceller = arg;
    const struct timespec wait = {0, canceller->wait_us * 1000};

    (void)nanosleep(&wait, NULL);
    as_store_session_cancel(canceller->session);
    return NULL;
}

/* All of the copy is there, or nothing of it. */
static void check_outcome(as_err err, int64_t epoch)
{
    struct as_store_status status = status_of(&f);
    bool done = !as_failed(err);

    ck_assert_msg(done || as_err_is(err, AS_UNAVAILABLE), "%s at %s", err.why, err.where);
    ck_assert_int_eq(status.epoch, epoch + done);
    ck_assert_int_eq(status.clients, done ? 501 : 502);
    ck_assert_int_eq(status.keys, done ? 0 : 1);
    ck_assert_int_eq(is_there(f.worker, "c-2"), !done);
    ck_assert(!is_left(".restore"));
    ck_assert(!is_left(".restore-journal"));
}

START_TEST(D10_a_restore_that_is_cancelled_changes_nothing_at_any_moment)
{
    start_large();
    for (int i = 0; i < ROUNDS; i++) {
        struct canceller canceller = {.wait_us = 4000L * i};
        char why[AS_STORE_MESSAGE] = "";
        pthread_t thread;
        struct a_client c;

        int64_t epoch = status_of(&f).epoch;
        ck_ok(as_store_session_new(f.store, true, &canceller.session));
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel, &canceller), 0);
        as_err err = as_store_restore(canceller.session, copy_path(&f), &restored, why);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        as_store_session_free(canceller.session);
        check_outcome(err, epoch);
        if (!as_failed(err)) {
            ck_ok(create(f.job, client_named(&c, "c-2")));
            put_key(&f, "aa", "one");
        }
    }
    restore();
    fixture_end(&f);
}
END_TEST

START_TEST(D10_a_backup_that_is_cancelled_leaves_nothing_or_is_whole)
{
    char other[160];

    start_large();
    (void)snprintf(other, sizeof(other), "%s.other", f.path);
    for (int i = 0; i < ROUNDS; i++) {
        struct canceller canceller = {.wait_us = 500L * i};
        char why[AS_STORE_MESSAGE] = "";
        pthread_t thread;

        ck_ok(as_store_session_new(f.store, true, &canceller.session));
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel, &canceller), 0);
        as_err err = as_store_backup(canceller.session, other, why);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        as_store_session_free(canceller.session);
        ck_assert(!is_left(".other.partial"));
        ck_assert_int_eq(is_left(".other"), !as_failed(err));
        if (!as_failed(err)) {
            ck_assert_int_eq(number_on(other, "SELECT count(*) FROM party"), 503);
            ck_assert_int_eq(unlink(other), 0);
        } else {
            ck_assert(as_err_is(err, AS_UNAVAILABLE));
        }
    }
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_cancel", {
    tcase_set_timeout(t, 120);
    tcase_add_test(t, D10_what_was_cancelled_before_is_not_done);
    tcase_add_test(t, D10_a_restore_that_is_cancelled_changes_nothing_at_any_moment);
    tcase_add_test(t, D10_a_backup_that_is_cancelled_leaves_nothing_or_is_whole);
})
