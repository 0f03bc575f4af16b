/* SPDX-License-Identifier: Apache-2.0 */
/* Copies that cannot be restored, and restores that fail: nothing has changed then. */
#include "store/support/restore.h"

#include <pthread.h>
#include <stdatomic.h>

START_TEST(what_is_no_copy_is_refused)
{
    char path[160];

    start();
    refuses("copy.db", AS_INVALID_REQUEST, "must be absolute");
    refuses("/nowhere/copy.db", AS_INVALID_REQUEST, "No such file");
    refuses(f.dir, AS_INVALID_REQUEST, "not a regular file");
    refuses(f.path, AS_INVALID_REQUEST, "in use");
    (void)snprintf(path, sizeof(path), "%s-shm", f.path);
    refuses(path, AS_INVALID_REQUEST, "in use");
    (void)snprintf(path, sizeof(path), "%s/link", f.dir);
    ck_assert_int_eq(symlink(copy_path(&f), path), 0);
    refuses(path, AS_INVALID_REQUEST, "not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(chmod(copy_path(&f), 0620), 0);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "others may write");
    ck_assert_int_eq(chmod(copy_path(&f), 0600), 0);
    char why[AS_STORE_MESSAGE];
    ck_fault(as_store_restore(f.worker, copy_path(&f), &restored, why), AS_ELSEWHERE);
    restore();
    fixture_end(&f);
}
END_TEST

START_TEST(a_copy_of_another_kind_is_refused)
{
    start();
    file_overwrite(copy_path(&f), 0, 512);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "not a database");
    ck_assert_int_eq(truncate(copy_path(&f), 0), 0);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "empty file");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    file_copy(f.path, copy_path(&f));
    refuses(copy_path(&f), AS_INVALID_REQUEST, "stop fapid");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    sql_on(copy_path(&f), "CREATE TABLE cats (name TEXT)");
    ck_assert_int_eq(chmod(copy_path(&f), 0600), 0);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "not one of fapid");
    sql_on(copy_path(&f), "DROP TABLE cats; VACUUM");
    refuses(copy_path(&f), AS_INVALID_REQUEST, "empty database");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    back_up(&f);
    sql_on(copy_path(&f), "PRAGMA user_version = 99");
    refuses(copy_path(&f), AS_INVALID_REQUEST, "newer");
    sql_on(copy_path(&f), "PRAGMA user_version = 2");
    restore();
    fixture_end(&f);
}
END_TEST

START_TEST(a_damaged_copy_is_refused)
{
    static const struct {
        const char *sql, *undo, *says;
    } cases[] = {
        {"UPDATE party SET method = 77 WHERE id = 'c-1'", "UPDATE party SET method = 0",
         "unknown kind"},
        {"PRAGMA foreign_keys = 0; INSERT INTO audience VALUES ('u:x', 99, 0)",
         "DELETE FROM audience WHERE party = 99", "foreign key"},
        {"DELETE FROM sequence WHERE name = 'epoch'", "INSERT INTO sequence VALUES ('epoch', 9)",
         "lost a sequence"},
        {"UPDATE sequence SET value = 0 WHERE name = 'epoch'",
         "UPDATE sequence SET value = 9 WHERE name = 'epoch'", "never given"},
        {"ALTER TABLE identifier RENAME COLUMN digest TO hash",
         "ALTER TABLE identifier RENAME COLUMN hash TO digest", "other tables"},
        {"UPDATE party SET metadata = 'nonsense' WHERE id = 'c-1'",
         "UPDATE party SET metadata = '{}'", "no JSON object"},
        {"UPDATE sequence SET value = 1 << 61 WHERE name = 'epoch'",
         "UPDATE sequence SET value = 9 WHERE name = 'epoch'", "impossible value"},
        {"UPDATE sequence SET value = 1 << 60 WHERE name = 'epoch'",
         "UPDATE sequence SET value = 9 WHERE name = 'epoch'", "impossible value"},
        {"UPDATE sequence SET value = 1 << 60 WHERE name = 'store'",
         "UPDATE sequence SET value = 0 WHERE name = 'store'", "impossible value"},
        {"ALTER TABLE party DROP COLUMN rat", "ALTER TABLE party ADD COLUMN rat BLOB DEFAULT x''",
         ""},
    };
    struct stat st;

    start();
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        sql_on(copy_path(&f), cases[i].sql);
        refuses(copy_path(&f), AS_INVALID_REQUEST, cases[i].says);
        sql_on(copy_path(&f), cases[i].undo);
    }
    ck_assert_int_eq(stat(copy_path(&f), &st), 0);
    file_overwrite(copy_path(&f), 3 * 4096, 4096);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    back_up(&f);
    ck_assert_int_eq(truncate(copy_path(&f), st.st_size / 2), 0);
    refuses(copy_path(&f), AS_INVALID_REQUEST, "");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    back_up(&f);
    restore();
    fixture_end(&f);
}
END_TEST

/* One more is refused above. */
START_TEST(a_copy_whose_sequences_have_room_goes_on)
{
    struct a_client c;

    start();
    sql_on(copy_path(&f), "UPDATE sequence SET value = (1 << 60) - 1");
    restore();
    ck_assert_int_eq(status_of(&f).epoch, INT64_C(1) << 60);
    ck_ok(create(f.job, client_named(&c, "c-3")));
    ck_assert_int_eq(epoch_of(&f, "c-3"), INT64_C(1) << 60);
    need_no_findings();
    fixture_end(&f);
}
END_TEST

/* The store's own, of which a restore takes one more. */
START_TEST(a_store_that_has_counted_to_its_end_takes_no_copy)
{
    char why[AS_STORE_MESSAGE];

    start();
    sql_on(f.path, "UPDATE sequence SET value = (1 << 61) - 1 WHERE name = 'store'");
    ck_fault(as_store_restore(f.job, copy_path(&f), &restored, why), AS_INVALID_REQUEST);
    ck_assert_msg(strstr(why, "at their end") != NULL, "%s", why);
    ck_assert(is_there(f.worker, "c-2"));
    fixture_end(&f);
}
END_TEST

/* The copy's schema may lack a rule of ours; its rows do not get by it. */
START_TEST(rows_that_break_a_rule_are_refused)
{
    start();
    sql_on(copy_path(&f),
           "DROP INDEX audience_of; INSERT INTO audience SELECT 'u:x', party, position "
           "FROM audience");
    refuses(copy_path(&f), AS_INVALID_REQUEST, "breaks a rule of the schema");
    ck_assert(is_there(f.worker, "rs"));
    sql_on(copy_path(&f), "DELETE FROM audience WHERE uri = 'u:x'");
    restore();
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_a_full_disk_changes_nothing)
{
    bool ready = false;

    shim_start();
    start();
    atomic_store(&shim.write_code, SQLITE_FULL);
    refuses(copy_path(&f), AS_UNAVAILABLE, "could not be made durable");
    atomic_store(&shim.write_code, 0);
    atomic_store(&shim.sync_code, SQLITE_IOERR_FSYNC);
    refuses(copy_path(&f), AS_UNAVAILABLE, "");
    atomic_store(&shim.sync_code, 0);
    for (int i = 0; i < 200 && !ready; i++) {
        const struct timespec moment = {0, 100000000};
        (void)nanosleep(&moment, NULL);
        ready = as_store_is_ready(f.worker);
        as_store_session_done(f.worker);
    }
    ck_assert(ready);
    restore();
    ck_assert(!is_there(f.worker, "c-2"));
    fixture_end(&f);
}
END_TEST

/* A restore that is refused half-way is alone in its transaction. */
struct writer {
    atomic_bool stop;
    atomic_int acknowledged;
};

static void *register_on(void *arg)
{
    struct writer *writer = arg;
    struct as_store_session *session = NULL;

    ck_ok(as_store_session_new(f.store, true, &session));
    while (atomic_load(&writer->acknowledged) < 100000 && !atomic_load(&writer->stop)) {
        struct a_client c;
        char id[16];
        size_t which = 0;
        (void)snprintf(id, sizeof(id), "w%d", atomic_load(&writer->acknowledged));
        ck_ok(as_store_party_create(session, client_named(&c, id), 1, NULL, &which));
        as_store_session_done(session);
        atomic_fetch_add(&writer->acknowledged, 1);
    }
    as_store_session_free(session);
    return NULL;
}

START_TEST(D10_a_refused_restore_undoes_nobodys_work)
{
    static struct writer writer;
    pthread_t thread;

    start();
    sql_on(copy_path(&f),
           "DROP INDEX audience_of; INSERT INTO audience SELECT 'u:x', party, position "
           "FROM audience");
    int64_t before = status_of(&f).clients;
    ck_assert_int_eq(pthread_create(&thread, NULL, register_on, &writer), 0);
    for (int i = 0; i < 10 || (i < 1000 && atomic_load(&writer.acknowledged) == 0); i++) {
        refuses(copy_path(&f), AS_INVALID_REQUEST, "breaks a rule of the schema");
    }
    atomic_store(&writer.stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_gt(atomic_load(&writer.acknowledged), 0);
    ck_assert_int_eq(status_of(&f).clients, before + atomic_load(&writer.acknowledged));
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_restore_refused", {
    tcase_add_test(t, what_is_no_copy_is_refused);
    tcase_add_test(t, a_copy_of_another_kind_is_refused);
    tcase_add_test(t, a_damaged_copy_is_refused);
    tcase_add_test(t, a_copy_whose_sequences_have_room_goes_on);
    tcase_add_test(t, a_store_that_has_counted_to_its_end_takes_no_copy);
    tcase_add_test(t, rows_that_break_a_rule_are_refused);
    tcase_add_test(t, TOK_15_a_full_disk_changes_nothing);
    tcase_add_test(t, D10_a_refused_restore_undoes_nobodys_work);
})
