/* SPDX-License-Identifier: Apache-2.0 */
/* Which databases are opened, and which are not. SQLite's own: files, schema, locks. */
#include "store/support/whole.h"

static struct fixture f;

/* A directory with a database of ours in it, closed. */
static void start_closed(void)
{
    struct a_client c;
    struct a_resource r;

    fixture_start(&f, 0);
    ck_ok(create(f.job, client_known(&c, "c-1", 1, digest_a)));
    ck_ok(create(f.job, resource_named(&r, "rs", "https://rs.example/")));
    fixture_close(&f);
}

static mode_t mode_of(const char *suffix)
{
    char path[128];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s%s", f.path, suffix);
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

/* ------------------------------------------------------------ files --------------------------- */

START_TEST(files_are_closed_to_others_whatever_the_umask)
{
    struct a_client c;

    (void)umask(0);
    fixture_start(&f, 0);
    ck_ok(create(f.job, client_named(&c, "c-1")));
    ck_assert_int_eq(mode_of(""), 0600);
    ck_assert_int_eq(mode_of("-wal"), 0600);
    ck_assert_int_eq(mode_of("-shm"), 0600);
    ck_assert_int_eq(mode_of(".lock"), 0600);
    fixture_end(&f);
}
END_TEST

START_TEST(a_database_that_others_may_read_is_refused)
{
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610};

    start_closed();
    for (size_t i = 0; i < AS_COUNT(open_modes); i++) {
        ck_assert_int_eq(chmod(f.path, open_modes[i]), 0);
        check_refuses(&f, AS_UNAVAILABLE, "mode 0600");
    }
    ck_assert_int_eq(chmod(f.path, 0600), 0);
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

START_TEST(a_directory_that_others_may_write_is_refused)
{
    static const mode_t open_modes[] = {0770, 0707, 01777};

    start_closed();
    for (size_t i = 0; i < AS_COUNT(open_modes); i++) {
        ck_assert_int_eq(chmod(f.dir, open_modes[i]), 0);
        check_refuses(&f, AS_UNAVAILABLE, "others may write in this directory");
    }
    ck_assert_int_eq(chmod(f.dir, 0755), 0);
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

START_TEST(a_database_of_somebody_else_is_refused)
{
    if (geteuid() != 0) { /* only root can give a file away */
        return;
    }
    start_closed();
    ck_assert_int_eq(chown(f.path, 12345, 12345), 0);
    check_refuses(&f, AS_UNAVAILABLE, "must belong to");
    ck_assert_int_eq(chown(f.path, 0, 0), 0);
    ck_assert_int_eq(chown(f.dir, 12345, 12345), 0);
    check_refuses(&f, AS_UNAVAILABLE, "must belong to");
    ck_assert_int_eq(chown(f.dir, 0, 0), 0);
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

START_TEST(what_is_not_a_file_is_refused)
{
    char other[128];

    start_closed();
    (void)snprintf(other, sizeof(other), "%s.copy", f.path);
    ck_assert_int_eq(rename(f.path, other), 0);
    ck_assert_int_eq(symlink(other, f.path), 0);
    check_refuses(&f, AS_UNAVAILABLE, "not a regular file");
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(rename(other, f.path), 0);
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

/* Sessions of job threads open the database late; one put in its place meanwhile is not read. */
START_TEST(D10_another_database_in_its_place_is_not_read)
{
    struct as_store_session *late = NULL;
    const struct as_party *party = NULL;
    char other[128];

    fixture_start(&f, 0);
    (void)snprintf(other, sizeof(other), "%s.copy", f.path);
    ck_ok(as_store_session_new(f.store, true, &late));
    ck_assert_int_eq(rename(f.path, other), 0);
    FILE *in = fopen(other, "re");
    FILE *out = fopen(f.path, "wxe");
    ck_assert(in != NULL && out != NULL);
    for (int c = fgetc(in); c != EOF; c = fgetc(in)) {
        ck_assert_int_ne(fputc(c, out), EOF);
    }
    ck_assert_int_eq(fclose(in) + fclose(out), 0);
    ck_fault(as_store_party_get(late, AS_LIT("c"), &party), AS_UNAVAILABLE);
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(rename(other, f.path), 0);
    ck_ok(as_store_party_get(late, AS_LIT("c"), &party));
    as_store_session_free(late);
    fixture_end(&f);
}
END_TEST

START_TEST(a_missing_directory_is_told)
{
    fixture_start(&f, 0);
    fixture_end(&f);
    f.mem = NULL;
    check_refuses(&f, AS_UNAVAILABLE, "No such file or directory");
}
END_TEST

START_TEST(one_fapid_holds_a_database)
{
    fixture_start(&f, 0);
    check_refuses(&f, AS_CONFLICT, "another fapid");
    fixture_close(&f);
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

/* ------------------------------------------------------------ contents ------------------------ */

static void contents(unsigned char out[1 << 20], size_t *len)
{
    int fd = open(f.path, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    ssize_t got = read(fd, out, 1 << 20);
    ck_assert_int_gt(got, 0);
    *len = (size_t)got;
    (void)close(fd);
}

/* Refused, and not one octet of it changed. */
static void check_left_alone(enum as_fault_id want, const char *says)
{
    unsigned char *before = malloc(1 << 20);
    unsigned char *after = malloc(1 << 20);
    size_t before_len = 0;
    size_t after_len = 0;

    contents(before, &before_len);
    check_refuses(&f, want, says);
    contents(after, &after_len);
    ck_assert_uint_eq(before_len, after_len);
    ck_assert_mem_eq(before, after, before_len);
    free(before);
    free(after);
}

START_TEST(a_newer_schema_is_refused_and_left_alone)
{
    start_closed();
    sql_on(f.path, "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE");
    check_left_alone(AS_INVALID_REQUEST, "newer");
    sql_on(f.path, "PRAGMA user_version = 2");
    check_opens(&f);
    fixture_remove(&f);
}
END_TEST

START_TEST(somebody_elses_database_is_refused)
{
    start_closed();
    sql_on(f.path, "PRAGMA application_id = 1");
    check_left_alone(AS_INVALID_REQUEST, "not one of fapid");
    sql_on(f.path, "PRAGMA application_id = 1717661801"); /* "fapi" */
    check_opens(&f);
    ck_assert_int_eq(unlink(f.path), 0);
    sql_on(f.path, "CREATE TABLE cats (name TEXT)");
    ck_assert_int_eq(chmod(f.path, 0600), 0);
    check_left_alone(AS_INVALID_REQUEST, "not one of fapid");
    fixture_remove(&f);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused)
{
    start_closed();
    file_overwrite(f.path, 0, 512);
    check_left_alone(AS_INVALID_REQUEST, "corrupt, or not a database");
    fixture_remove(&f);
}
END_TEST

START_TEST(a_corrupt_schema_is_refused)
{
    start_closed();
    file_overwrite(f.path, 100, 3900); /* the rest of the first page: the schema */
    check_left_alone(AS_INVALID_REQUEST, "corrupt");
    fixture_remove(&f);
}
END_TEST

START_TEST(what_was_written_is_there_after_reopening)
{
    start_closed();
    fixture_open(&f, 0);
    ck_assert(is_there(f.worker, "c-1"));
    fixture_end(&f);
}
END_TEST

START_TEST(TOK_15_a_record_that_cannot_be_understood_is_a_server_error)
{
    const struct as_party *party = NULL;

    start_closed();
    sql_on(f.path, "UPDATE party SET method = 77 WHERE id = 'c-1'");
    fixture_open(&f, 0);
    ck_fault(as_store_party_get(f.worker, AS_LIT("c-1"), &party), AS_SERVER_ERROR);
    as_store_session_done(f.worker);
    ck_assert(is_there(f.worker, "rs"));
    fixture_end(&f);
}
END_TEST

/* ------------------------------------------------------------ --check-store ------------------- */

static char told[4096];

static void tell(void *arg, const char *text)
{
    (*(size_t *)arg)++;
    (void)snprintf(told, sizeof(told), "%s", text);
}

static void check_finds_nothing(void)
{
    size_t findings = 0;

    ck_ok(as_store_check("sqlite", f.path, tell, &findings));
    ck_assert_uint_eq(findings, 0);
}

static void check_finds(enum as_fault_id want, const char *says)
{
    size_t findings = 0;

    told[0] = '\0';
    ck_fault(as_store_check("sqlite", f.path, tell, &findings), want);
    ck_assert_uint_gt(findings, 0);
    ck_assert_msg(strstr(told, says) != NULL, "\"%s\" lacks \"%s\"", told, says);
}

START_TEST(check_reads_all_and_changes_nothing)
{
    unsigned char *before = malloc(1 << 20);
    unsigned char *after = malloc(1 << 20);
    size_t before_len = 0;
    size_t after_len = 0;

    start_closed();
    contents(before, &before_len);
    check_finds_nothing();
    contents(after, &after_len);
    ck_assert_uint_eq(before_len, after_len);
    ck_assert_mem_eq(before, after, before_len);
    fixture_remove(&f);
    free(before);
    free(after);
}
END_TEST

START_TEST(check_finds_what_is_wrong)
{
    static const char *const no_objects[] = {
        "UPDATE party SET metadata = 'nonsense' WHERE id = 'c-1'",
        "UPDATE party SET metadata = '' WHERE id = 'c-1'",
        "UPDATE party SET metadata = '[]' WHERE id = 'c-1'",
        "UPDATE party SET metadata = '{\"a\":1,\"a\":2}' WHERE id = 'c-1'",
    };

    start_closed();
    sql_on(f.path, "UPDATE party SET method = 77 WHERE id = 'c-1'");
    check_finds(AS_INVALID_REQUEST, "parties: a stored party has an unknown kind");
    sql_on(f.path, "UPDATE party SET method = 0 WHERE id = 'c-1'");
    check_finds_nothing();
    for (size_t i = 0; i < AS_COUNT(no_objects); i++) {
        sql_on(f.path, no_objects[i]);
        check_finds(AS_INVALID_REQUEST,
                    "parties: the metadata of a stored party is no JSON object");
    }
    sql_on(f.path, "UPDATE party SET metadata = '{}'");
    check_finds_nothing();
    sql_on(f.path, "PRAGMA foreign_keys = 0; DELETE FROM party WHERE id = 'c-1'");
    check_finds(AS_INVALID_REQUEST, "foreign key");
    file_overwrite(f.path, 0, 512);
    check_finds(AS_INVALID_REQUEST, "corrupt, or not a database");
    fixture_remove(&f);
}
END_TEST

START_TEST(check_refuses_what_open_refuses)
{
    fixture_start(&f, 0);
    check_finds(AS_CONFLICT, "another fapid");
    fixture_close(&f);
    sql_on(f.path, "PRAGMA user_version = 99");
    check_finds(AS_INVALID_REQUEST, "newer");
    ck_assert_int_eq(chmod(f.path, 0644), 0);
    check_finds(AS_UNAVAILABLE, "mode 0600");
    ck_assert_int_eq(unlink(f.path), 0);
    check_finds(AS_UNAVAILABLE, "No such file");
    ck_assert_int_ne(access(f.path, F_OK), 0); /* it made none */
    fixture_remove(&f);
}
END_TEST

START_TEST(a_backend_that_is_none_is_refused)
{
    static const char *const none[] = {"", "postgresql", "SQLite"};
    struct as_store *store = NULL;

    for (size_t i = 0; i < AS_COUNT(none); i++) {
        char message[AS_STORE_MESSAGE] = "";

        ck_fault(as_store_open(none[i], f.path, &store, message), AS_UNAVAILABLE);
        ck_assert_str_eq(message, "there is no such backend");
        ck_assert_ptr_null(store);
    }
}
END_TEST

AS_TESTS("store_open", {
    tcase_add_test(t, files_are_closed_to_others_whatever_the_umask);
    tcase_add_test(t, a_database_that_others_may_read_is_refused);
    tcase_add_test(t, a_directory_that_others_may_write_is_refused);
    tcase_add_test(t, a_database_of_somebody_else_is_refused);
    tcase_add_test(t, what_is_not_a_file_is_refused);
    tcase_add_test(t, D10_another_database_in_its_place_is_not_read);
    tcase_add_test(t, a_missing_directory_is_told);
    tcase_add_test(t, one_fapid_holds_a_database);
    tcase_add_test(t, a_newer_schema_is_refused_and_left_alone);
    tcase_add_test(t, somebody_elses_database_is_refused);
    tcase_add_test(t, a_file_that_is_no_database_is_refused);
    tcase_add_test(t, a_corrupt_schema_is_refused);
    tcase_add_test(t, what_was_written_is_there_after_reopening);
    tcase_add_test(t, TOK_15_a_record_that_cannot_be_understood_is_a_server_error);
    tcase_add_test(t, check_reads_all_and_changes_nothing);
    tcase_add_test(t, check_finds_what_is_wrong);
    tcase_add_test(t, check_refuses_what_open_refuses);
    tcase_add_test(t, a_backend_that_is_none_is_refused);
})
