/* SPDX-License-Identifier: Apache-2.0 */
/* The audit file: what it is made as, what it must be. The programs are no library: their source is
 * included. */
#include "main/audit_file.c"

#include "harness.h"
#include "main/findings.c"

static struct as_findings findings;
static char text[8192];

static void enter(void)
{
    findings = (struct as_findings){.to = fmemopen(text, sizeof(text), "w")};
    ck_assert_ptr_nonnull(findings.to);
}

static void leave(void)
{
    fclose(findings.to);
}

static const char *told(void)
{
    ck_assert_int_eq(fflush(findings.to), 0);
    return text;
}

static char path[600];

static void new_path(void)
{
    snprintf(path, sizeof(path), "%s/audit-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(path));
    strcat(path, "/audit.jsonl");
}

static void forget(void)
{
    (void)remove(path);
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(rmdir(path), 0);
}

static void put(const char *content, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(content, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void ck_content(const char *expected)
{
    char content[256];
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(content, expected);
}

START_TEST(MTLS_118_the_audit_file_is_made_and_appended_to)
{
    struct as_audit_file file;
    struct stat about;

    new_path();
    ck_ok(as_audit_file_check(&findings, path)); /* makes nothing */
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_ok(as_audit_file_open(&findings, path, &file));
    ck_assert_int_eq(fstat(file.fd, &about), 0);
    ck_assert_uint_eq(about.st_mode & 07777, 0600);
    ck_assert(!file.torn);
    ck_assert_int_eq(write(file.fd, "a\n", 2), 2);
    close(file.fd);
    ck_ok(as_audit_file_open(&findings, path, &file));
    ck_assert(!file.torn);
    ck_assert_int_eq(write(file.fd, "b\n", 2), 2);
    close(file.fd);
    ck_content("a\nb\n");
    ck_ok(as_audit_file_check(&findings, path));
    ck_assert_str_eq(told(), "");
    forget();
}
END_TEST

/* It is noted here, and ended by the one thread that writes to the file. */
START_TEST(MTLS_118_half_a_line_is_noted)
{
    struct as_audit_file file;

    new_path();
    put("a\nhal", 0600);
    ck_ok(as_audit_file_open(&findings, path, &file));
    ck_assert(file.torn);
    close(file.fd);
    ck_content("a\nhal");
    forget();
}
END_TEST

START_TEST(MTLS_118_no_audit_file_is_asked_for)
{
    struct as_audit_file file = {.fd = 7};

    ck_ok(as_audit_file_open(&findings, NULL, &file));
    ck_assert_int_eq(file.fd, -1);
    ck_ok(as_audit_file_check(&findings, NULL));
}
END_TEST

#define REFUSED(says)                                                                              \
    do {                                                                                           \
        char ck_line_[800];                                                                        \
        struct as_audit_file ck_file_ = {.fd = 7};                                                 \
        snprintf(ck_line_, sizeof(ck_line_), "%s: %s", path, (says));                              \
        ck_fault(as_audit_file_open(&findings, path, &ck_file_), AS_BAD_CONFIGURATION);            \
        ck_assert_int_eq(ck_file_.fd, -1);                                                         \
        ck_assert_str_eq(findings.last.message, ck_line_);                                         \
        ck_fault(as_audit_file_check(&findings, path), AS_BAD_CONFIGURATION);                      \
        ck_assert_str_eq(findings.last.message, ck_line_);                                         \
    } while (0)

START_TEST(MTLS_118_an_audit_file_that_is_none)
{
    new_path();
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    REFUSED("No such device or address"); /* nobody reads it; it is not waited for */
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    REFUSED("it is no regular file");
    close(reader);
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    REFUSED("Is a directory");
    rmdir(path);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    REFUSED("it is a link");
    forget();
}
END_TEST

START_TEST(MTLS_118_an_audit_file_that_others_may_write)
{
    static const mode_t open_modes[] = {0666, 0620, 0602, 0777};
    struct as_audit_file file;

    new_path();
    for (size_t i = 0; i < AS_COUNT(open_modes); i++) {
        put("", open_modes[i]);
        REFUSED("others than its owner may write it: chmod go-w");
    }
    put("", 0644);
    ck_ok(as_audit_file_open(&findings, path, &file));
    close(file.fd);
    forget();
}
END_TEST

START_TEST(MTLS_118_an_audit_file_of_another_user)
{
    struct as_audit_file file;

    if (geteuid() != 0) {
        ck_skip("only root can give a file away");
    }
    new_path();
    put("", 0600);
    ck_assert_int_eq(chown(path, 65534, (gid_t)-1), 0);
    ck_fault(as_audit_file_open(&findings, path, &file), AS_BAD_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(findings.last.message, "it belongs to another user"));
    ck_ok(as_audit_file_check(&findings, path)); /* root, for whoever fapid will run as */
    forget();
}
END_TEST

AS_TESTS("main/audit_file", {
    tcase_add_checked_fixture(t, enter, leave);
    tcase_add_test(t, MTLS_118_the_audit_file_is_made_and_appended_to);
    tcase_add_test(t, MTLS_118_half_a_line_is_noted);
    tcase_add_test(t, MTLS_118_no_audit_file_is_asked_for);
    tcase_add_test(t, MTLS_118_an_audit_file_that_is_none);
    tcase_add_test(t, MTLS_118_an_audit_file_that_others_may_write);
    tcase_add_test(t, MTLS_118_an_audit_file_of_another_user);
})
