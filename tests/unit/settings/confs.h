/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configurations for the tests: files in a folder of their own, which becomes the working
 * directory, so that a finding reads "f:3: ...". Findings are collected as lines.
 */
#ifndef AS_TESTS_SETTINGS_CONFS_H
#define AS_TESTS_SETTINGS_CONFS_H

#include "as/settings.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What every configuration needs: a host, a listener that asks for certificates, a group. */
#define ISSUER "issuer = \"https://as.example\"\n"
#define LISTENER                                                                                   \
    "listener public { address = \"127.0.0.1:8443\" names = {\"as.example\"} "                     \
    "certificate = {\"c\"} key = {\"k\"} client_certificate = request }\n"
#define TRUST "trust banks { use = client anchors = {\"a\"} }\n"
#define WHOLE ISSUER LISTENER TRUST /* three lines */

static char said[65536];

static inline void conf_tell(void *arg, const char *message)
{
    size_t len = strlen(said);

    (void)arg;
    snprintf(said + len, sizeof(said) - len, "%s%s", len > 0 ? "\n" : "", message);
}

/* A folder of this test alone; the test is in it from then on. */
static inline void conf_enter(void)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/settings-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
}

static inline void conf_leave(void)
{
    char path[4096];

    ck_assert_ptr_nonnull(getcwd(path, sizeof(path)));
    ck_assert_int_eq(chdir("/"), 0);
    const char *const names[] = {"f", "g", "h", "sub/g", "sub"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char whole[4200];
        snprintf(whole, sizeof(whole), "%s/%s", path, names[i]);
        (void)remove(whole);
    }
    (void)rmdir(path);
}

static inline void conf_put_bytes(const char *name, const char *bytes, size_t len)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(name, 0644), 0);
}

static inline void conf_put(const char *name, const char *text)
{
    conf_put_bytes(name, text, strlen(text));
}

/* Reads the file "f" with overrides. NULL when it is refused. */
static inline struct as_settings *conf_read_with(const struct as_setting_override *sets,
                                                 size_t count)
{
    struct as_settings *settings = NULL;

    said[0] = '\0';
    as_err err = as_settings_read("f", sets, count, conf_tell, NULL, &settings);
    if (as_failed(err)) {
        ck_assert(as_err_is(err, AS_BAD_CONFIGURATION));
        ck_assert_ptr_null(settings);
        ck_assert_str_ne(said, "");
    }
    return settings;
}

/* Reads the text as the file "f". */
static inline struct as_settings *conf_read(const char *text)
{
    conf_put("f", text);
    return conf_read_with(NULL, 0);
}

/* Asserts that the text is refused with exactly these findings. */
#define ck_finds(text, findings)                                                                   \
    do {                                                                                           \
        ck_assert_ptr_null(conf_read(text));                                                       \
        ck_assert_str_eq(said, (findings));                                                        \
    } while (0)

/* Asserts that the text is taken, with exactly these warnings. */
#define ck_takes(text, warnings)                                                                   \
    do {                                                                                           \
        struct as_settings *ck_taken_ = conf_read(text);                                           \
        ck_assert_str_eq(said, (warnings));                                                        \
        ck_assert_ptr_nonnull(ck_taken_);                                                          \
        as_settings_free(ck_taken_);                                                               \
    } while (0)

#define CONF_TESTS(name, body)                                                                     \
    AS_TESTS(name, {                                                                               \
        tcase_add_checked_fixture(t, conf_enter, conf_leave);                                      \
        body                                                                                       \
    })

#endif
