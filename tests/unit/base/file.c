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
    char name[] = "/tmp/fapid-file-XXXXXX";
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

AS_TESTS("base/file", {
    tcase_add_test(t, reads_to_the_end);
    tcase_add_test(t, stops_at_the_maximum);
    tcase_add_test(t, what_cannot_be_read_says_so);
    tcase_add_test(t, a_block_closes_its_descriptor);
    tcase_add_test(t, the_directory_of_a_path_is_synced);
})
