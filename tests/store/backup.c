/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of a store that serves, its status, and its check while it runs. */
#include "store/support/shim.h"
#include "store/support/whole.h"

#include <pthread.h>

#define NOBODY 65534

static struct fixture f;

static void start(void)
{
    fixture_start(&f, 0);
    put_all(&f, "c-1", "rs", "https://rs.example/");
    put_key(&f, "aa", "one");
}

static const char *partial_path(void)
{
    static char path[160];

    (void)snprintf(path, sizeof(path), "%s.partial", copy_path(&f));
    return path;
}

/* ------------------------------------------------------------ status -------------------------- */

START_TEST(status_counts_what_is_there)
{
    struct as_store_status status;
    struct a_client c;

    fixture_start(&f, (size_t)_i);
    status = status_of(&f);
    ck_assert_int_eq(status.clients + status.resources + status.certificates + status.revocations +
                         status.keys + status.iats + status.audits,
                     0);
    put_all(&f, "c-1", "rs", "https://rs.example/");
    put_key(&f, "aa", "one");
    ck_ok(create(f.job, client_named(&c, "c-2")));
    status = status_of(&f);
    ck_assert_int_eq(status.clients, 2);
    ck_assert_int_eq(status.resources, 1);
    ck_assert_int_eq(status.certificates, 1);
    ck_assert_int_eq(status.revocations, 1);
    ck_assert_int_eq(status.keys, 1);
    ck_assert_int_eq(status.iats, 1);
    ck_assert_int_eq(status.audits, 1);
    ck_assert_int_eq(status.epoch, 1);
    ck_assert_int_ge(status.schema, 2);
    ck_assert_int_ge(status.octets, 4096);
    ck_assert_int_ge(status.wal_octets, 4096);
    ck_span_eq(status.path, f.path);
    ck_span_eq(status.backend, "sqlite");
    ck_assert(status.ready);
    ck_fault(as_store_status(f.worker, f.mem, &status), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ backup -------------------------- */

START_TEST(a_copy_is_whole_closed_to_others_and_a_store)
{
    struct stat st;
    char other[160];

    (void)umask(0);
    start();
    back_up(&f);
    ck_assert_int_eq(stat(copy_path(&f), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    (void)snprintf(other, sizeof(other), "%s-wal", copy_path(&f));
    ck_assert(!exists(other));
    (void)snprintf(other, sizeof(other), "%s-journal", copy_path(&f));
    ck_assert(!exists(other));
    ck_assert_int_eq(number_on(copy_path(&f), "SELECT count(*) FROM party"), 2);
    fixture_close(&f);
    ck_assert_int_eq(rename(copy_path(&f), f.path), 0);
    fixture_open(&f, 0);
    ck_assert(is_there(f.worker, "c-1"));
    ck_assert(is_there(f.worker, "rs"));
    ck_assert_int_eq(status_of(&f).keys, 1);
    fixture_end(&f);
}
END_TEST

START_TEST(REG_148_a_copy_holds_no_key_that_was_deleted)
{
    bool found = false;

    start();
    back_up(&f);
    ck_assert(file_holds(copy_path(&f), "a wrapped key"));
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    ck_ok(as_store_key_delete(f.job, AS_LIT("aa"), NULL, &found));
    ck_assert(found);
    back_up(&f);
    ck_assert(!file_holds(copy_path(&f), "a wrapped key"));
    fixture_end(&f);
}
END_TEST

static void refuses(const char *path, enum as_fault_id fault, const char *says)
{
    char why[AS_STORE_MESSAGE] = "";
    as_err err = as_store_backup(f.job, path, why);

    ck_assert_msg(as_err_is(err, fault), "%s: %s: %s", path, err.why, why);
    ck_assert_msg(strstr(why, says) != NULL, "\"%s\" lacks \"%s\"", why, says);
}

START_TEST(what_is_there_is_not_written_over)
{
    char other[160];

    start();
    sql_on(copy_path(&f), "CREATE TABLE cats (name TEXT)");
    refuses(copy_path(&f), AS_ALREADY_EXISTS, "there already");
    ck_assert_int_eq(number_on(copy_path(&f), "SELECT count(*) FROM cats"), 0);
    refuses(f.path, AS_ALREADY_EXISTS, "there already");
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    ck_assert_int_eq(symlink("elsewhere", copy_path(&f)), 0);
    refuses(copy_path(&f), AS_ALREADY_EXISTS, "there already");
    (void)snprintf(other, sizeof(other), "%s/elsewhere", f.dir);
    ck_assert(!exists(other));
    ck_assert_int_eq(unlink(copy_path(&f)), 0);
    (void)snprintf(other, sizeof(other), "%s-wal", copy_path(&f));
    file_copy(f.path, other);
    refuses(copy_path(&f), AS_ALREADY_EXISTS, "-wal: it is there already");
    ck_assert(!exists(copy_path(&f)));
    ck_assert_int_eq(unlink(other), 0);
    file_copy(f.path, partial_path());
    refuses(copy_path(&f), AS_ALREADY_EXISTS, "killed");
    ck_assert(exists(partial_path()));
    ck_assert_int_eq(unlink(partial_path()), 0);
    back_up(&f);
    ck_assert(!exists(partial_path()));
    fixture_end(&f);
}
END_TEST

START_TEST(a_place_that_is_not_fit_is_refused)
{
    char dir[128];
    char path[160];

    start();
    refuses("copy.db", AS_INVALID_REQUEST, "must be absolute");
    refuses("/nowhere/to/be/found/copy.db", AS_UNAVAILABLE, "No such file or directory");
    bool root = geteuid() == 0;
    ck_assert(!root || seteuid(NOBODY) == 0);
    refuses("/copy-of-nobody.db", AS_UNAVAILABLE, "Permission denied to the user of fapid");
    ck_assert(!root || seteuid(0) == 0);
    if (root) { /* who may give a folder away */
        ck_assert_int_eq(chown(f.dir, NOBODY, (gid_t)-1), 0);
        refuses(copy_path(&f), AS_UNAVAILABLE, "another user's");
        ck_assert_int_eq(chown(f.dir, 0, (gid_t)-1), 0);
    }
    (void)snprintf(dir, sizeof(dir), "%s/open", f.dir);
    (void)snprintf(path, sizeof(path), "%s/copy.db", dir);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert_int_eq(chmod(dir, 0777), 0);
    refuses(path, AS_UNAVAILABLE, "others may write in this directory");
    ck_assert(!exists(path));
    ck_assert_int_eq(chmod(dir, 0755), 0);
    char why[AS_STORE_MESSAGE] = "";
    ck_ok(as_store_backup(f.job, path, why));
    ck_fault(as_store_backup(f.worker, path, why), AS_ELSEWHERE);
    ck_assert_int_eq(unlink(path) + rmdir(dir), 0);
    fixture_end(&f);
}
END_TEST

/* The next start would delete it, or take it for a journal and refuse to open the database. */
START_TEST(the_names_of_the_database_s_own_parts_are_no_place)
{
    static const char *const suffixes[] = {"-journal", ".restore", ".restore-wal"};
    char path[160];

    start();
    for (size_t i = 0; i < AS_COUNT(suffixes); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", f.path, suffixes[i]);
        refuses(path, AS_INVALID_REQUEST, "a part of the database");
        ck_assert(!exists(path));
    }
    (void)snprintf(path, sizeof(path), "%s-2026", f.path);
    char why[AS_STORE_MESSAGE] = "";
    ck_ok(as_store_backup(f.job, path, why));
    ck_assert_int_eq(unlink(path), 0);
    /* of another name as long as its own */
    (void)snprintf(path, sizeof(path), "%s.restore", f.path);
    *(strrchr(path, '/') + 1) = 'X';
    ck_ok(as_store_backup(f.job, path, why));
    ck_assert_int_eq(unlink(path), 0);
    fixture_end(&f);
}
END_TEST

/* The disk of the copy says nothing of that of the store. */
START_TEST(TOK_15_a_copy_that_fails_leaves_nothing_and_the_store_serves)
{
    shim_start();
    start();
    atomic_store(&shim.write_code, SQLITE_FULL);
    refuses(copy_path(&f), AS_UNAVAILABLE, "full");
    ck_assert(!exists(copy_path(&f)));
    ck_assert(!exists(partial_path()));
    ck_assert(as_store_is_ready(f.worker));
    as_store_session_done(f.worker);
    atomic_store(&shim.write_code, SQLITE_IOERR_WRITE);
    refuses(copy_path(&f), AS_UNAVAILABLE, "I/O error");
    ck_assert(!exists(copy_path(&f)));
    ck_assert(as_store_is_ready(f.worker));
    as_store_session_done(f.worker);
    atomic_store(&shim.write_code, 0);
    back_up(&f);
    fixture_end(&f);
}
END_TEST

/* Each transaction makes two parties; a copy that is of one moment has both or none. */
static void *write_pairs(void *arg)
{
    atomic_bool *stop = arg;
    struct as_store_session *session = NULL;

    ck_ok(as_store_session_new(f.store, true, &session));
    for (int i = 0; i < 20000 && !atomic_load(stop); i++) {
        struct a_client a, b;
        struct as_party_write both[2];
        char ids[2][16];
        size_t which = 0;
        (void)snprintf(ids[0], sizeof(ids[0]), "a%d", i);
        (void)snprintf(ids[1], sizeof(ids[1]), "b%d", i);
        both[0] = *client_named(&a, ids[0]);
        both[1] = *client_named(&b, ids[1]);
        ck_ok(as_store_party_create(session, both, 2, NULL, &which));
        as_store_session_done(session);
    }
    as_store_session_free(session);
    return NULL;
}

START_TEST(D10_a_copy_is_of_one_moment_and_holds_up_no_write)
{
    static atomic_bool stop;
    pthread_t thread;
    int64_t last = 0;

    fixture_start(&f, (size_t)_i);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_pairs, &stop), 0);
    for (int round = 0; round < 10 || (last == 0 && round < 1000); round++) {
        back_up(&f);
        int64_t parties = number_on(copy_path(&f), "SELECT count(*) FROM party");
        int64_t halves = number_on(copy_path(&f), "SELECT count(*) FROM party AS p WHERE NOT "
                                                  "EXISTS (SELECT 1 FROM party AS q WHERE "
                                                  "substr(q.id, 2) = substr(p.id, 2) "
                                                  "AND q.id <> p.id)");
        ck_assert_int_eq(parties % 2, 0);
        ck_assert_int_eq(halves, 0);
        ck_assert_int_ge(parties, last);
        last = parties;
        ck_assert_int_eq(unlink(copy_path(&f)), 0);
    }
    atomic_store(&stop, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_gt(last, 0);
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ check while it runs ------------- */

static char told[AS_STORE_MESSAGE];

static void tell(void *arg, const char *text)
{
    (*(size_t *)arg)++;
    (void)snprintf(told, sizeof(told), "%s", text);
}

START_TEST(a_check_while_it_runs_tells_what_is_wrong)
{
    size_t lines = 0;
    size_t findings = 9;

    start();
    ck_ok(as_store_check_live(f.job, tell, &lines, &findings));
    ck_assert_uint_eq(findings, 0);
    ck_assert_uint_eq(lines, 0);
    ck_assert(is_there(f.worker, "c-1"));
    fixture_close(&f);
    sql_on(f.path, "UPDATE party SET method = 77 WHERE id = 'c-1'");
    fixture_open(&f, 0);
    ck_ok(as_store_check_live(f.job, tell, &lines, &findings));
    ck_assert_uint_eq(findings, 1);
    ck_assert_uint_eq(lines, 1);
    ck_assert_str_eq(told, "parties: a stored party has an unknown kind");
    ck_assert(is_there(f.worker, "rs"));
    ck_fault(as_store_check_live(f.worker, tell, &lines, &findings), AS_ELSEWHERE);
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_backup", {
    add_for_backends(t, status_counts_what_is_there);
    tcase_add_test(t, a_copy_is_whole_closed_to_others_and_a_store);
    tcase_add_test(t, REG_148_a_copy_holds_no_key_that_was_deleted);
    tcase_add_test(t, what_is_there_is_not_written_over);
    tcase_add_test(t, a_place_that_is_not_fit_is_refused);
    tcase_add_test(t, the_names_of_the_database_s_own_parts_are_no_place);
    tcase_add_test(t, TOK_15_a_copy_that_fails_leaves_nothing_and_the_store_serves);
    add_for_backends(t, D10_a_copy_is_of_one_moment_and_holds_up_no_write);
    tcase_add_test(t, a_check_while_it_runs_tells_what_is_wrong);
})
