/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor at the start of a nameless file of so many octets. */
static int file_of(size_t len)
{
    char name[4096];

    snprintf(name, sizeof(name), "%s/fapid-file-XXXXXX", as_test_tmp());
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(name), 0);
    for (size_t i = 0; i < len; i++) {
        ck_assert_int_eq(write(fd, "x", 1), 1);
    }
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

START_TEST(reads_to_the_end)
{
    static const size_t lens[] = {0, 1, 4095, 4096, 4097, 9999};

    for (size_t i = 0; i < AS_COUNT(lens); i++) {
        AS_AUTO_FD int fd = file_of(lens[i]);
        struct as_buf text = AS_BUF(10000);

        ck_assert(as_file_read(fd, &text));
        ck_assert_uint_eq(text.len, lens[i]);
        as_buf_free(&text);
    }
}
END_TEST

START_TEST(stops_at_the_maximum)
{
    static const size_t lens[] = {67, 68, 5000};

    for (size_t i = 0; i < AS_COUNT(lens); i++) {
        AS_AUTO_FD int fd = file_of(lens[i]);
        struct as_buf text = AS_BUF(67);

        ck_assert(!as_file_read(fd, &text));
        ck_assert(text.full);
        ck_assert_uint_le(text.room, 67);
        as_buf_free(&text);
    }
}
END_TEST

START_TEST(what_cannot_be_read_says_so)
{
    AS_AUTO_FD int fd = open("/", O_RDONLY | O_DIRECTORY);
    struct as_buf text = AS_BUF(100);

    ck_assert(!as_file_read(fd, &text));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert(!text.full);
    as_buf_free(&text);
}
END_TEST

START_TEST(a_block_closes_its_descriptor)
{
    int seen = -1;
    {
        AS_AUTO_FD int fd = file_of(0);
        seen = fd;
        ck_assert_int_ge(fcntl(seen, F_GETFD), 0);
    }
    ck_assert_int_eq(fcntl(seen, F_GETFD), -1);
}
END_TEST

START_TEST(the_directory_of_a_path_is_synced)
{
    ck_assert(as_file_sync_directory("/tmp/any-name"));
    ck_assert(as_file_sync_directory("any-name"));
    ck_assert(!as_file_sync_directory("/tmp/no-such-folder/any-name"));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* The name of a file in the test's folder, with this mode. */
static const char *made(const char *name, mode_t mode)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/file-%ld-%s", as_test_tmp(), (long)getpid(), name);
    (void)unlink(path);
    if (mode != 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(fchmod(fd, mode), 0);
        as_file_close(&fd);
    }
    return path;
}

static const char *fault_of(const char *path, const struct as_file_rules *rules)
{
    AS_AUTO_FD int fd = -2;
    const char *fault = as_file_open(path, rules, &fd);

    ck_assert(fault != NULL ? fd == -1 : fd >= 0);
    return fault;
}

static const struct as_file_rules any = {.flags = O_RDONLY, .any_owner = true};
static const struct as_file_rules secret = {.flags = O_RDONLY, .shut = S_IRWXG | S_IRWXO};
static const struct as_file_rules handed_over = {
    .flags = O_RDONLY, .shut = S_IRWXG | S_IRWXO, .credential = true};
static const struct as_file_rules unwritten = {.flags = O_WRONLY | O_NOFOLLOW,
                                               .shut = S_IWGRP | S_IWOTH};

START_TEST(opens_a_regular_file_and_nothing_else)
{
    const char *path = made("pipe", 0);

    ck_assert_str_eq(fault_of(path, &any), "No such file or directory");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_str_eq(fault_of(path, &any), "it is no regular file"); /* and waits for nobody */
    ck_assert_int_eq(errno, 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_str_eq(fault_of("/", &any), "it is no regular file");
    ck_assert_int_eq(symlink("/dev/null", path), 0);
    ck_assert_str_eq(fault_of(path, &unwritten), "it is a link");
    ck_assert_str_eq(fault_of(path, &any), "it is no regular file");
    ck_assert_int_eq(unlink(path), 0);
    path = made("regular", 0644);
    ck_assert_ptr_null(fault_of(path, &any));
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(TLS_27_shut_to_others)
{
    static const mode_t open_modes[] = {0644, 0640, 0604, 0620, 0602, 0610, 0601, 0777};
    static const mode_t written[] = {0620, 0602, 0666};

    for (size_t i = 0; i < AS_COUNT(open_modes); i++) {
        const char *path = made("mode", open_modes[i]);
        ck_assert_ptr_null(fault_of(path, &any));
        ck_assert_str_eq(fault_of(path, &secret),
                         "it is open to others than its owner: set its mode to 0600");
    }
    for (size_t i = 0; i < AS_COUNT(written); i++) {
        ck_assert_str_eq(fault_of(made("mode", written[i]), &unwritten),
                         "others than its owner may write it: chmod go-w");
    }
    ck_assert_ptr_null(fault_of(made("mode", 0644), &unwritten));
    ck_assert_ptr_null(fault_of(made("mode", 0600), &secret));
    ck_assert_int_eq(unlink(made("mode", 0400)), 0);
}
END_TEST

START_TEST(of_this_user_or_root)
{
    struct as_file_rules of_anybody = secret;

    if (geteuid() != 0) { /* only root can give a file away */
        return;
    }
    of_anybody.any_owner = true;
    const char *path = made("owner", 0440); /* how the service manager shows a credential */
    ck_assert_int_eq(chown(path, 0, 0), 0);
    ck_assert_ptr_null(fault_of(path, &handed_over));
    ck_assert_str_eq(fault_of(path, &secret),
                     "it is open to others than its owner: set its mode to 0600");
    ck_assert_int_eq(chown(path, 0, 12345), 0);
    ck_assert_str_eq(fault_of(path, &handed_over),
                     "it is open to others than its owner: set its mode to 0600");
    path = made("owner", 0600);
    ck_assert_int_eq(chown(path, 12345, 0), 0);
    ck_assert_str_eq(fault_of(path, &secret), "it belongs to another user");
    ck_assert_ptr_null(fault_of(path, &of_anybody));
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

AS_TESTS("base/file", {
    tcase_add_test(t, opens_a_regular_file_and_nothing_else);
    tcase_add_test(t, TLS_27_shut_to_others);
    tcase_add_test(t, of_this_user_or_root);
    tcase_add_test(t, reads_to_the_end);
    tcase_add_test(t, stops_at_the_maximum);
    tcase_add_test(t, what_cannot_be_read_says_so);
    tcase_add_test(t, a_block_closes_its_descriptor);
    tcase_add_test(t, the_directory_of_a_path_is_synced);
})
