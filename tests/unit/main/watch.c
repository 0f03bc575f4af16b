/* SPDX-License-Identifier: Apache-2.0 */
/* Files that change, and those that do not. The programs are no library: their source is included.
 */
#include "main/watch.c"

#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

static char folder[512];
static char pem[600], key[600], anchor[600];
static struct as_watch *watch;

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* A new file in the place of the old one. */
static void exchange(const char *path, const char *text)
{
    char fresh[700];

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    put(fresh, text);
    ck_assert_int_eq(rename(fresh, path), 0);
}

static void enter(void)
{
    static const char *const pems[] = {pem}, *const keys[] = {key}, *const anchors[] = {anchor};
    static const struct as_listener_settings listener = {
        .certificate = pems, .key = keys, .certificate_count = 1, .key_count = 1};
    static const struct as_trust_group_conf trust = {
        .anchors = anchors, .anchor_count = 1, .intermediates = anchors, .intermediate_count = 1};
    const struct as_settings settings = {
        .listeners = &listener, .listener_count = 1, .trusts = &trust, .trust_count = 1};

    snprintf(folder, sizeof(folder), "%s/watch-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(pem, sizeof(pem), "%s/pem", folder);
    snprintf(key, sizeof(key), "%s/key", folder);
    snprintf(anchor, sizeof(anchor), "%s/anchor", folder);
    put(pem, "one");
    put(key, "one");
    put(anchor, "one");
    ck_ok(as_watch_new(&settings, &watch));
}

static void leave(void)
{
    as_watch_free(watch);
    (void)unlink(pem);
    (void)unlink(key);
    (void)unlink(anchor);
    (void)rmdir(folder);
}

START_TEST(TLS_29_nothing_changed)
{
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_ptr_null(as_watch_look(watch));
}
END_TEST

START_TEST(TLS_29_each_file_counts)
{
    const char *const files[] = {pem, key, anchor};

    for (size_t i = 0; i < AS_COUNT(files); i++) {
        exchange(files[i], "two");
        ck_assert_ptr_null(as_watch_look(watch)); /* it may still be written */
        ck_assert_str_eq(as_watch_look(watch), files[i]);
        ck_assert_str_eq(as_watch_look(watch), files[i]); /* until it is noted */
        as_watch_mark(watch);
        ck_assert_ptr_null(as_watch_look(watch));
        ck_assert_ptr_null(as_watch_look(watch));
    }
}
END_TEST

START_TEST(TLS_29_a_file_on_the_move_waits)
{
    char text[16];

    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof(text), "%.*s", i + 1, "abcdef");
        put(pem, text);
        ck_assert_ptr_null(as_watch_look(watch));
    }
    ck_assert_str_eq(as_watch_look(watch), pem);
}
END_TEST

/* One half of a pair is replaced, and the other a look later. */
START_TEST(TLS_29_a_pair_is_waited_for)
{
    exchange(pem, "two");
    ck_assert_ptr_null(as_watch_look(watch));
    exchange(key, "two");
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), pem);
}
END_TEST

START_TEST(TLS_29_the_same_size_and_moment_in_another_file)
{
    struct stat about;

    ck_assert_int_eq(stat(pem, &about), 0);
    const struct timespec times[2] = {about.st_atim, about.st_mtim};
    exchange(pem, "two");
    ck_assert_int_eq(utimensat(AT_FDCWD, pem, times, 0), 0);
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), pem);
}
END_TEST

START_TEST(TLS_29_a_file_that_goes_and_comes)
{
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), key);
    as_watch_mark(watch);
    put(key, "two");
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), key);
}
END_TEST

START_TEST(TLS_29_a_change_that_is_taken_back)
{
    char kept[700];

    snprintf(kept, sizeof(kept), "%s.kept", pem);
    ck_assert_int_eq(rename(pem, kept), 0);
    put(pem, "two");
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_int_eq(rename(kept, pem), 0);
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_ptr_null(as_watch_look(watch));
}
END_TEST

/* A key that was refused for its mode or owner is tried again when that is mended. */
START_TEST(TLS_29_another_mode)
{
    ck_assert_int_eq(chmod(key, 0640), 0);
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), key);
    as_watch_mark(watch);
    ck_assert_int_eq(chmod(key, 0600), 0);
    ck_assert_ptr_null(as_watch_look(watch));
    ck_assert_str_eq(as_watch_look(watch), key);
}
END_TEST

AS_TESTS("main/watch", {
    tcase_add_checked_fixture(t, enter, leave);
    tcase_add_test(t, TLS_29_nothing_changed);
    tcase_add_test(t, TLS_29_each_file_counts);
    tcase_add_test(t, TLS_29_a_file_on_the_move_waits);
    tcase_add_test(t, TLS_29_a_pair_is_waited_for);
    tcase_add_test(t, TLS_29_the_same_size_and_moment_in_another_file);
    tcase_add_test(t, TLS_29_a_file_that_goes_and_comes);
    tcase_add_test(t, TLS_29_a_change_that_is_taken_back);
    tcase_add_test(t, TLS_29_another_mode);
})
