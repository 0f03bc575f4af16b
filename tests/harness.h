/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every C test shares: `AS_TESTS("room/file", { tcase_add_test(t, NAME); ... })` makes main().
 * The name of a test carries the id of the requirement row it shows, and its refusal stands beside
 * its pass: START_TEST(MTLS_26_dn_order).
 */
#ifndef AS_TESTS_HARNESS_H
#define AS_TESTS_HARNESS_H

#include "as/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Asserts success and says which error it was otherwise. */
#define ck_ok(call)                                                                                \
    do {                                                                                           \
        as_err ck_err_ = (call);                                                                   \
        ck_assert_msg(!as_failed(ck_err_), "%s failed: %s (%s) at %s", #call,                      \
                      ck_err_.fault ? ck_err_.fault->code : "", ck_err_.why ? ck_err_.why : "",    \
                      ck_err_.where ? ck_err_.where : "");                                         \
    } while (0)

/* Asserts that exactly this fault is raised. */
#define ck_fault(call, id)                                                                         \
    do {                                                                                           \
        as_err ck_err_ = (call);                                                                   \
        ck_assert_msg(as_err_is(ck_err_, (id)), "%s gave %s (%s) instead of %s", #call,            \
                      ck_err_.fault ? ck_err_.fault->code : "no error",                            \
                      ck_err_.why ? ck_err_.why : "", #id);                                        \
    } while (0)

/* Asserts that exactly this fault is raised for exactly this reason. */
#define ck_refuses(call, id, reason)                                                               \
    do {                                                                                           \
        as_err ck_err_ = (call);                                                                   \
        ck_assert_msg(as_err_is(ck_err_, (id)), "%s gave %s (%s) instead of %s", #call,            \
                      ck_err_.fault ? ck_err_.fault->code : "no error",                            \
                      ck_err_.why ? ck_err_.why : "", #id);                                        \
        ck_assert_str_eq(ck_err_.why, (reason));                                                   \
    } while (0)

#define ck_span_eq(span, text)                                                                     \
    do {                                                                                           \
        as_span ck_span_ = (span);                                                                 \
        ck_assert_msg(as_span_is(ck_span_, (text)), "%s is \"%.*s\" instead of \"%s\"", #span,     \
                      (int)ck_span_.len, ck_span_.len ? ck_span_.ptr : "", (text));                \
    } while (0)

/*
 * Leaves the test as a visible skip; tests/run counts it. libcheck itself knows no skips, so the
 * line on standard output is what tells it from a pass.
 */
#define ck_skip(reason)                                                                            \
    do {                                                                                           \
        as_test_skipped(__func__, (reason));                                                       \
        return;                                                                                    \
    } while (0)

/* START_TEST(x) makes the function x_fn. */
static inline void as_test_skipped(const char *function, const char *reason)
{
    int len = (int)strlen(function);

    if (len > 3 && strcmp(function + len - 3, "_fn") == 0) {
        len -= 3;
    }
    printf("# SKIP %.*s %s\n", len, function, reason);
    fflush(stdout);
}

/* The folder of the test corpora; NULL where they are not at hand: ck_skip then. */
static inline const char *as_test_corpora(void)
{
    const char *folder = getenv("CORPORA");

    return folder != NULL && folder[0] != '\0' ? folder : NULL;
}

/* A folder for the files of this test program, removed by tests/run. */
static inline const char *as_test_tmp(void)
{
    const char *folder = getenv("TEST_TMP");

    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

typedef void (*as_test_add)(TCase *);

static inline int as_tests_run(const char *name, as_test_add add)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120); /* Valgrind and the sanitizers are slow */
    add(tcase);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* AS_TESTS("dn", { tcase_add_test(t, MTLS_26_dn_order); ... }) */
#define AS_TESTS(name, body)                                                                       \
    static void add_tests(TCase *t) body int main(void)                                            \
    {                                                                                              \
        return as_tests_run((name), add_tests);                                                    \
    }

#endif
