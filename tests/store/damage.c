/* SPDX-License-Identifier: Apache-2.0 */
/* Databases that are damaged: refused at the start where that shows, and got by while it runs. */
#include "store/support/shim.h"
#include "store/support/whole.h"

static struct fixture f;

/* Enough of a database that there are pages which no start reads. */
static void start(void)
{
    fixture_start(&f, 0);
    put_all(&f, "c-1", "rs", "https://rs.example/");
    for (int i = 0; i < 200; i++) {
        struct a_client c;
        char id[16];
        (void)snprintf(id, sizeof(id), "more-%d", i);
        ck_ok(create(f.job, client_named(&c, id)));
    }
}

static void start_closed(void)
{
    start();
    fixture_close(&f);
}

static off_t size_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_size;
}

/* The page in which a table begins. */
static off_t page_of(const char *table)
{
    char text[128];

    (void)snprintf(text, sizeof(text), "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
                   table);
    return (off_t)(number_on(f.path, text) - 1) * 4096;
}

static void tell(void *arg, const char *text)
{
    (void)snprintf(arg, 256, "%s", text);
}

/* ------------------------------------------------------------ at the start -------------------- */

START_TEST(a_damaged_page_in_the_middle_refuses_the_start)
{
    static const char *const tables[] = {"party", "certificate", "revocation", "key", "audit"};

    start_closed();
    file_copy(f.path, copy_path(&f));
    for (size_t i = 0; i < AS_COUNT(tables); i++) {
        file_overwrite(f.path, page_of(tables[i]), 4096);
        check_refuses(&f, AS_INVALID_REQUEST, "damaged");
        check_refuses(&f, AS_INVALID_REQUEST, "restore a backup");
        file_copy(copy_path(&f), f.path);
    }
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

START_TEST(a_truncated_file_refuses_the_start)
{
    char told[AS_STORE_MESSAGE];

    start_closed();
    file_copy(f.path, copy_path(&f));
    off_t size = size_of(f.path);
    const off_t sizes[] = {size - 1, size - 4096, size / 2, 4096, 4095, 100, 1};
    for (size_t i = 0; i < AS_COUNT(sizes); i++) {
        ck_assert_int_eq(truncate(f.path, sizes[i]), 0);
        check_refuses(&f, AS_INVALID_REQUEST, "");
        ck_fault(as_store_check("sqlite", f.path, tell, told), AS_INVALID_REQUEST);
        file_copy(copy_path(&f), f.path);
    }
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

/* A new database in its place would have forgotten everything. */
START_TEST(an_empty_file_refuses_the_start)
{
    char told[AS_STORE_MESSAGE];

    start_closed();
    ck_assert_int_eq(truncate(f.path, 0), 0);
    check_refuses(&f, AS_INVALID_REQUEST, "an empty file");
    ck_assert_int_eq(size_of(f.path), 0);
    ck_fault(as_store_check("sqlite", f.path, tell, told), AS_INVALID_REQUEST);
    ck_assert_ptr_nonnull(strstr(told, "an empty file"));
    ck_assert_int_eq(unlink(f.path), 0);
    check_opens(&f); /* none at all is a new one */
    fixture_remove(&f);
}
END_TEST

START_TEST(what_a_killed_restore_left_is_taken_away)
{
    char left[160];

    start_closed();
    (void)snprintf(left, sizeof(left), "%s.restore", f.path);
    file_copy(f.path, left);
    check_opens(&f);
    ck_assert(!exists(left));
    fixture_remove(&f);
}
END_TEST

/* ------------------------------------------------------------ while it runs ------------------- */

static bool is_ready(void)
{
    bool ready = as_store_is_ready(f.worker);

    as_store_session_done(f.worker);
    return ready;
}

static void check_ready_again(void)
{
    bool ready = false;

    for (int i = 0; i < 300 && !ready; i++) {
        const struct timespec moment = {0, 100000000};
        (void)nanosleep(&moment, NULL);
        ready = is_ready();
    }
    ck_assert(ready);
}

/* The store, opened anew, so that nothing but what is asked for is cached anywhere. */
static void start_fresh(void)
{
    start_closed();
    file_copy(f.path, copy_path(&f));
    fixture_open(&f, 0);
    ck_assert(is_there(f.worker, "c-1"));
    ck_assert(is_there(f.job, "c-1"));
    ck_assert(is_ready());
}

/* Damages all tables but the schema, and has every connection forget its pages by a commit. */
static void damage_all(void)
{
    struct a_client c;

    file_overwrite(f.path, page_of("certificate"), 4096);
    file_overwrite(f.path, page_of("revocation"), 4096);
    for (off_t at = page_of("party"); at < size_of(f.path); at += 4096) {
        file_overwrite(f.path, at, 4096);
    }
    ck_fault(create(f.job, client_named(&c, "c-9")), AS_UNAVAILABLE);
}

START_TEST(TOK_15_a_page_that_is_damaged_while_it_runs)
{
    const struct as_party *party = NULL;

    start_fresh();
    damage_all();
    ck_assert(!is_ready());
    ck_assert(is_there(f.worker, "c-1")); /* what is known goes on */
    ck_assert(is_there(f.job, "c-1"));
    ck_fault(as_store_party_get(f.worker, AS_LIT("more-100"), &party), AS_UNAVAILABLE);
    as_store_session_done(f.worker);
    ck_fault(as_store_token_revoke(f.job, jti_of_all, FAR, NULL), AS_UNAVAILABLE);
    ck_assert(!is_ready());
    file_copy(copy_path(&f), f.path); /* as it was */
    check_ready_again();
    ck_assert(is_there(f.worker, "more-100"));
    ck_ok(as_store_token_revoke(f.job, jti_of_all, FAR, NULL));
    ck_assert(is_ready());
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_damage_that_stays_keeps_it_from_being_ready)
{
    start_fresh();
    damage_all();
    for (int i = 0; i < 30; i++) { /* the housekeeper looks, and finds it */
        const struct timespec moment = {0, 100000000};
        (void)nanosleep(&moment, NULL);
        ck_assert(!is_ready());
    }
    file_copy(copy_path(&f), f.path);
    size_t findings = 9;
    char told[AS_STORE_MESSAGE];
    ck_ok(as_store_check_live(f.job, tell, told, &findings)); /* or somebody has it looked at */
    ck_assert_uint_eq(findings, 0);
    ck_assert(is_ready());
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_a_disk_that_cannot_be_read)
{
    const struct as_party *party = NULL;

    shim_start();
    start_fresh();
    atomic_store(&shim.read_code, SQLITE_IOERR_READ);
    ck_assert(is_there(f.worker, "c-1"));
    ck_fault(as_store_party_get(f.worker, AS_LIT("more-100"), &party), AS_UNAVAILABLE);
    as_store_session_done(f.worker);
    ck_assert(!is_ready());
    atomic_store(&shim.read_code, 0);
    check_ready_again();
    ck_assert(is_there(f.worker, "more-100"));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ an emptied file ----------------- */

/* Can a session that begins now read? */
static bool begins(const char *id)
{
    struct as_store_session *late = NULL;
    const struct as_party *party = NULL;

    ck_ok(as_store_session_new(f.store, true, &late));
    as_err err = as_store_party_get(late, as_span_of(id), &party);
    as_store_session_free(late);
    ck_assert(!as_failed(err) || as_err_is(err, AS_UNAVAILABLE));
    return !as_failed(err);
}

/* SQLite would delete the write-ahead log, and with it what was acknowledged. */
START_TEST(TOK_15_a_file_that_is_emptied_is_damage_and_never_opened)
{
    char why[AS_STORE_MESSAGE] = "";
    char wal[160];
    char told[AS_STORE_MESSAGE];
    size_t findings = 0;
    struct a_client c;

    start_fresh();
    ck_ok(create(f.job, client_named(&c, "only-in-the-log")));
    (void)snprintf(wal, sizeof(wal), "%s-wal", f.path);
    off_t logged = size_of(wal);
    ck_assert_int_gt(logged, 0);
    file_copy(f.path, copy_path(&f));
    ck_assert_int_eq(truncate(f.path, 0), 0);
    ck_assert(!begins("c-1")); /* a connection that is new */
    ck_assert(!is_ready());
    (void)snprintf(told, sizeof(told), "%s/other.db", f.dir);
    ck_fault(as_store_backup(f.job, told, why), AS_UNAVAILABLE);
    ck_fault(as_store_check_live(f.job, tell, told, &findings), AS_UNAVAILABLE);
    const struct timespec moment = {0, 500000000}; /* the housekeeper looks too */
    (void)nanosleep(&moment, NULL);
    ck_assert(!is_ready());
    ck_assert_int_eq(size_of(wal), logged);
    file_copy(copy_path(&f), f.path);
    check_ready_again();
    ck_assert(begins("c-1"));
    fixture_close(&f);
    fixture_open(&f, 0);
    ck_assert(is_there(f.worker, "only-in-the-log"));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ told once per while ------------- */

static size_t count_lines(int from, const char *text)
{
    static char bytes[65536];
    size_t count = 0;
    ssize_t got = read(from, bytes, sizeof(bytes) - 1);

    for (const char *at = bytes; got > 0 && (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

START_TEST(a_trouble_that_lasts_is_logged_once_per_while)
{
    int ends[2];
    const struct as_party *party = NULL;

    shim_start();
    start_fresh();
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    as_log_start(ends[1], AS_LOG_JSON, AS_LOG_INFO);
    atomic_store(&shim.read_code, SQLITE_IOERR_READ);
    for (int i = 0; i < 50; i++) {
        ck_fault(as_store_party_get(f.worker, AS_LIT("more-100"), &party), AS_UNAVAILABLE);
        as_store_session_done(f.worker);
    }
    atomic_store(&shim.read_code, 0);
    ck_assert_uint_eq(count_lines(ends[0], "store_fault"), 1);
    as_log_start(2, AS_LOG_JSON, AS_LOG_INFO);
    fixture_end(&f);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* ------------------------------------------------------------ root, who only looks ------------ */

START_TEST(root_checks_what_belongs_to_another_user)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char told[AS_STORE_MESSAGE] = "";
    char path[160];

    if (geteuid() != 0) {
        ck_skip("only root can look into what belongs to somebody else");
    }
    setenv("TEST_TMP", "/tmp", 1); /* the other user may enter that */
    start_closed();
    ck_assert_int_eq(chmod(f.dir, 0700), 0);
    ck_assert_int_eq(chown(f.dir, 12345, 12345), 0);
    ck_assert_int_eq(chown(f.path, 12345, 12345), 0);
    (void)snprintf(path, sizeof(path), "%s.lock", f.path);
    ck_assert_int_eq(chown(path, 12345, 12345), 0);
    ck_assert_msg(!as_failed(as_store_check("sqlite", f.path, tell, told)), "%s", told);
    ck_assert_uint_eq(geteuid(), 0);
    ck_assert_uint_eq(getegid(), 0);
    for (size_t i = 0; i < AS_COUNT(suffixes); i++) { /* nothing of root's is left there */
        struct stat st;
        (void)snprintf(path, sizeof(path), "%s%s", f.path, suffixes[i]);
        ck_assert(stat(path, &st) != 0 || st.st_uid == 12345);
    }
    check_refuses(&f, AS_UNAVAILABLE, "must belong to"); /* running on it is another matter */
    ck_assert_int_eq(chmod(f.dir, 0777), 0);
    ck_fault(as_store_check("sqlite", f.path, tell, told), AS_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(told, "others may write"));
    fixture_remove(&f);
}
END_TEST

/* Nobody asks whether the store is ready, and nobody writes. */
START_TEST(TOK_15_a_doubt_ends_though_nobody_asks)
{
    int ends[2];
    const struct as_party *party = NULL;
    size_t ended = 0;

    shim_start();
    start_fresh();
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    as_log_start(ends[1], AS_LOG_JSON, AS_LOG_INFO);
    atomic_store(&shim.read_code, SQLITE_IOERR_READ);
    ck_fault(as_store_party_get(f.worker, AS_LIT("more-100"), &party), AS_UNAVAILABLE);
    as_store_session_done(f.worker);
    atomic_store(&shim.read_code, 0);
    for (int i = 0; i < 400 && ended == 0; i++) { /* 40 s: far less than the next sweep */
        const struct timespec moment = {0, 100000000};
        (void)nanosleep(&moment, NULL);
        ended = count_lines(ends[0], "store_doubt_ended");
    }
    ck_assert_uint_eq(ended, 1);
    as_log_start(2, AS_LOG_JSON, AS_LOG_INFO);
    ck_assert(is_ready());
    fixture_end(&f);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* What this program does not know is refused, never taken for something. */
START_TEST(a_kind_that_nobody_knows_is_refused)
{
    static const char *const columns[] = {"method", "name_kind", "grants"};
    const struct as_party *party = NULL;
    struct a_client c;
    char text[64];

    fixture_start(&f, 0);
    ck_ok(create(f.job, client_named(&c, "c")));
    for (size_t i = 0; i < AS_COUNT(columns); i++) {
        const int most[] = {AS_METHODS - 1, AS_NAME_KINDS - 1, (1 << AS_GRANT_TYPES) - 1};
        for (int more = 1; more >= 0; more--) {
            fixture_close(&f);
            (void)snprintf(text, sizeof(text), "UPDATE party SET %s = %d", columns[i],
                           most[i] + more);
            sql_on(f.path, text);
            fixture_open(&f, 0);
            as_err err = as_store_party_get(f.job, AS_LIT("c"), &party);
            if (more > 0) {
                ck_refuses(err, AS_SERVER_ERROR, "a stored party has an unknown kind");
            } else {
                ck_ok(err);
            }
            as_store_session_done(f.job);
        }
    }
    fixture_end(&f);
}
END_TEST

AS_TESTS("store_damage", {
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_kind_that_nobody_knows_is_refused);
    tcase_add_test(t, a_damaged_page_in_the_middle_refuses_the_start);
    tcase_add_test(t, a_truncated_file_refuses_the_start);
    tcase_add_test(t, an_empty_file_refuses_the_start);
    tcase_add_test(t, what_a_killed_restore_left_is_taken_away);
    tcase_add_test(t, TOK_15_a_page_that_is_damaged_while_it_runs);
    tcase_add_test(t, TOK_15_damage_that_stays_keeps_it_from_being_ready);
    tcase_add_test(t, TOK_15_a_disk_that_cannot_be_read);
    tcase_add_test(t, TOK_15_a_file_that_is_emptied_is_damage_and_never_opened);
    tcase_add_test(t, TOK_15_a_doubt_ends_though_nobody_asks);
    tcase_add_test(t, a_trouble_that_lasts_is_logged_once_per_while);
    tcase_add_test(t, root_checks_what_belongs_to_another_user);
})
