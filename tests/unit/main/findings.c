/* SPDX-License-Identifier: Apache-2.0 */
/* What is found of the configuration, as it is told and counted; and the audit file's own. */
#include "main/findings.c"

#include "harness.h"
#include "main/audit_file.c"

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

START_TEST(findings_of_settings)
{
    as_findings_of_settings(&findings, "f:3: warning: perhaps not meant");
    ck_assert_uint_eq(findings.warnings, 1);
    ck_assert_uint_eq(findings.refusals, 0);
    as_findings_of_settings(&findings, "f:4: workers: \"x\" is not: a number");
    as_findings_of_settings(&findings, "command line: colour: there is no such setting");
    ck_assert_uint_eq(findings.refusals, 2);
    ck_assert_str_eq(findings.first.where, "f:4");
    ck_assert_str_eq(findings.first.message, "workers: \"x\" is not: a number");
    ck_assert_str_eq(told(), "f:3: warning: perhaps not meant\n"
                             "f:4: workers: \"x\" is not: a number\n"
                             "command line: colour: there is no such setting\n");
}
END_TEST

START_TEST(findings_of_trust)
{
    as_findings_of_trust(&findings, "banks", "/x/ca.pem", "it is odd", false);
    as_findings_of_trust(&findings, "banks", NULL, "it is empty", true);
    ck_assert_uint_eq(findings.warnings, 1);
    ck_assert_uint_eq(findings.refusals, 1);
    ck_assert_str_eq(findings.first.message, "it is empty");
    ck_assert_str_eq(told(), "warning: /x/ca.pem: it is odd\nit is empty\n");
}
END_TEST

/* The last thing the edge told is why it failed; what it warned of is no refusal. */
START_TEST(findings_of_the_edge)
{
    as_findings_of_edge(&findings, "public", "warning: it has expired");
    as_findings_of_edge(&findings, "public", "the port cannot be had");
    ck_assert_uint_eq(findings.warnings, 1);
    ck_assert_uint_eq(findings.refusals, 0);
    as_findings_blame_last(&findings, "nothing was told");
    ck_assert_str_eq(findings.first.message, "public: the port cannot be had");
    as_findings_of_edge(&findings, "", "20000 open files");
    as_findings_blame_last(&findings, "nothing was told");
    ck_assert_str_eq(findings.first.message, "public: the port cannot be had");
    ck_assert_str_eq(told(), "warning: public: it has expired\n"
                             "public: the port cannot be had\n20000 open files\n");
}
END_TEST

static void put(const char *path, const char *says)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(says, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* A listener is found by its own section, a setting or a file of it by what names it, and the two
 * for the operator by admin. */
START_TEST(findings_of_the_edge_have_a_line)
{
    static const struct {
        const char *listener, *message;
        int line;
    } rows[] = {
        {"public", "it is odd", 2},
        {"public", "/c: it has expired", 3},
        {"public", "warning: /c: it has expired", 3},
        {"public", "/k: others can read it", 4},
        {"public", "/cc: not a file of its", 2},
        {"public", "client_certificate: it is odd", 4},
        {"public", "max_cert_list: it is odd", 1},
        {"public", "max_cert_lists: no setting", 2},
        {"admin-socket", "it is odd", 5},
        {"admin-http", "it is odd", 6},
    };
    char path[600], expected[700];
    struct as_settings *settings = NULL;

    snprintf(path, sizeof(path), "%s/findings-%ld.conf", as_test_tmp(), (long)getpid());
    put(path, "listener public { names = {\"as.example\"}  max_cert_list = 32k\n"
              "address = \"127.0.0.1:8443\"\n"
              "certificate = {\"/c\"}\nkey = {\"/k\"}  client_certificate = request }\n"
              "admin { socket = \"s\"\n"
              "http = \"127.0.0.1:9443\" }\n"
              "issuer = \"https://as.example\"\n");
    ck_ok(as_settings_read(path, NULL, 0, as_findings_of_settings, &findings, &settings));
    findings.settings = settings;
    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        as_findings_of_edge(&findings, rows[i].listener, rows[i].message);
        snprintf(expected, sizeof(expected), "%s:%d", path, rows[i].line);
        ck_assert_str_eq(findings.last.where, expected);
    }
    as_settings_free(settings);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_reason_where_nothing_was_told)
{
    as_findings_blame_last(&findings, "nothing was told");
    ck_assert_str_eq(findings.first.message, "nothing was told");
    ck_assert_str_eq(findings.first.where, "");
}
END_TEST

AS_TESTS("main/findings", {
    tcase_add_checked_fixture(t, enter, leave);
    tcase_add_test(t, findings_of_settings);
    tcase_add_test(t, findings_of_trust);
    tcase_add_test(t, findings_of_the_edge);
    tcase_add_test(t, findings_of_the_edge_have_a_line);
    tcase_add_test(t, a_reason_where_nothing_was_told);
})
