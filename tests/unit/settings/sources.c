/* SPDX-License-Identifier: Apache-2.0 */
/* Where settings come from: the file, what it includes, the environment, the command line. */
#include "confs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_file_that_cannot_be_read)
{
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:1: f cannot be read: No such file or directory");
    ck_assert_int_eq(mkdir("f", 0755), 0);
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:1: f cannot be read: Is a directory");
}
END_TEST

START_TEST(a_file_that_everybody_may_write)
{
    conf_put("f", WHOLE);
    ck_assert_int_eq(chmod("f", 0646), 0);
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:1: f may be written by everybody: chmod o-w");
    ck_assert_int_eq(chmod("f", 0664), 0);
    as_settings_free(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_file_that_is_too_large)
{
    size_t size = 1024 * 1024;
    char *text = malloc(size + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', size + 1);
    memcpy(text, WHOLE, strlen(WHOLE));
    conf_put_bytes("f", text, size);
    as_settings_free(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "");
    conf_put_bytes("f", text, size + 1);
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:1: f is larger than 1048576 octets");
    free(text);
}
END_TEST

/* A reload that waited for the other end would hear no signal any more. */
START_TEST(a_pipe)
{
    ck_assert_int_eq(mkfifo("f", 0600), 0);
    ck_assert_ptr_null(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "f:1: issuer is missing: it takes an https URL");
    int fd = open("f", O_RDWR | O_CLOEXEC); /* holds what is written until it is read */
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, WHOLE, strlen(WHOLE)), (ssize_t)strlen(WHOLE));
    pid_t writer = fork();
    if (writer == 0) { /* the last to hold it */
        usleep(100000);
        _exit(0);
    }
    close(fd);
    as_settings_free(conf_read_with(NULL, 0));
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
}
END_TEST

START_TEST(an_empty_file)
{
    ck_finds("", "f:1: issuer is missing: it takes an https URL");
    ck_finds(ISSUER, "f:1: there is no listener: add a section `listener NAME { }`");
}
END_TEST

/* ---------------------------------------------------------------- include -------------------- */

START_TEST(include_reads_in_place)
{
    ck_assert_int_eq(mkdir("sub", 0755), 0);
    conf_put("sub/g", "\n\n" TRUST "workers = 3\n");
    struct as_settings *settings = conf_read("include(\"sub/g\")\n" ISSUER LISTENER);

    ck_assert_str_eq(said, "");
    ck_assert_uint_eq(settings->workers, 3);
    ck_assert_uint_eq(settings->trust_count, 1);
    /* a relative path is relative to the file that says it */
    const char *anchor = settings->trusts[0].anchors[0];
    const char *certificate = settings->listeners[0].certificate[0];
    ck_assert_int_eq(anchor[0], '/');
    ck_assert_str_eq(anchor + strlen(anchor) - 6, "/sub/a");
    ck_assert_str_eq(certificate + strlen(certificate) - 2, "/c");
    ck_assert_ptr_null(strstr(certificate, "sub"));
    as_settings_free(settings);
}
END_TEST

START_TEST(include_names_its_own_lines)
{
    conf_put("g", "\n\ncolour = red\n");
    ck_finds(WHOLE "include(\"g\")\nworkers = x\n", "g:3: no such option 'colour'");
    conf_put("g", "\nworkers = x\n");
    ck_finds(WHOLE "\ninclude(\"g\")\nlog { level = x }\n",
             "g:2: workers: \"x\" is not a number from 0 to 256\n"
             "f:6: log.level: \"x\" is not debug, info, notice, warning or error");
    conf_put("g", "\n\nstore { path = \"a\n");
    ck_finds(WHOLE "include(\"g\")\n", "g:3: the string is not closed on its line");
    /* after a failure within a file the next reading is whole */
    ck_takes(WHOLE, "");
}
END_TEST

START_TEST(include_knows_what_was_given_before)
{
    conf_put("g", "\nworkers = 1\n");
    ck_finds(WHOLE "workers = 2\ninclude(\"g\")\n", "g:2: workers is given twice, first at f:4");
    conf_put("g", "\n" LISTENER);
    ck_finds(WHOLE "include(\"g\")\n", "g:2: found duplicate title 'public'");
    conf_put("g", "\nstore { }\n");
    ck_finds(WHOLE "store { }\ninclude(\"g\")\n",
             "g:2: section store is given twice, first at f:4");
}
END_TEST

START_TEST(include_is_bounded)
{
    conf_put("g", "include(\"g\")\n");
    ck_finds(WHOLE "include(\"g\")\n", "g:1: files are included too deeply, or in a circle");
    ck_finds(WHOLE "include(\"nothing\")\n",
             "f:4: nothing cannot be read: No such file or directory");
    ck_finds(WHOLE "include(\"\")\n", "f:4: include takes one file: include(\"file\")");
    ck_finds(WHOLE "include(\"g\", \"h\")\n", "f:4: include takes one file: include(\"file\")");
    ck_finds(WHOLE "include()\n", "f:4: include takes one file: include(\"file\")");
    ck_finds(WHOLE "include \"g\"\n", "f:4: missing parenthesis for function 'include'");
    ck_finds(WHOLE "store {\n include(\"g\")\n}\n", "f:5: no such option 'include' in store");
    conf_put("g", "store {\n");
    ck_finds(WHOLE "include(\"g\")\n", "g:1: the brace opened here is not closed");
}
END_TEST

/* ---------------------------------------------------------------- environment ---------------- */

START_TEST(variables_of_the_environment)
{
    const char *const text = WHOLE "store { path = \"/x/${FAPID_TEST_A}/${FAPID_TEST_B:-b}\" }\n";

    unsetenv("FAPID_TEST_B");
    setenv("FAPID_TEST_A", "a", 1);
    struct as_settings *settings = conf_read(text);
    ck_assert_str_eq(settings->store_path, "/x/a/b");
    as_settings_free(settings);
    setenv("FAPID_TEST_B", "\"${HOME}\\", 1); /* is not looked into again */
    settings = conf_read(text);
    ck_assert_str_eq(settings->store_path, "/x/a/\"${HOME}\\");
    as_settings_free(settings);
    /* what follows the brace is text, though it looks like a preset */
    settings = conf_read(WHOLE "store { path = \"/x/${FAPID_TEST_A}-${FAPID_TEST_A}:-b\" }\n");
    ck_assert_str_eq(settings->store_path, "/x/a-a:-b");
    as_settings_free(settings);
    unsetenv("FAPID_TEST_A");
    ck_finds(text, "f:4: the environment variable FAPID_TEST_A is not set; ${FAPID_TEST_A:-text} "
                   "gives it a default");
}
END_TEST

START_TEST(variables_are_checked_like_text)
{
    setenv("FAPID_TEST_A", "a\nb", 1);
    ck_finds(WHOLE "store { path = \"${FAPID_TEST_A}\" }\n",
             "f:4: store.path: the value holds a control character or is not UTF-8");
    setenv("FAPID_TEST_A", "\xFF", 1);
    ck_finds(WHOLE "store { path = \"${FAPID_TEST_A}\" }\n",
             "f:4: store.path: the value holds a control character or is not UTF-8");
    setenv("FAPID_TEST_A", "", 1);
    ck_finds(WHOLE "store { path = \"${FAPID_TEST_A}\" }\n", "f:4: store.path: \"\" is empty");
    ck_takes(WHOLE "authentication { failure_exempt = {\"${FAPID_TEST_A}\"} }\n", "");
}
END_TEST

START_TEST(variables_are_written_plainly)
{
    static const char *const wrong[] = {"$x",      "${",     "${}",    "${1a}",
                                        "${a b}",  "${a:b}", "${a:-b", "${a:-\\\"}",
                                        "${a:-\"", "$",      "${a"};

    setenv("a", "x", 1);
    for (size_t i = 0; i < AS_COUNT(wrong); i++) {
        char text[1024];
        snprintf(text, sizeof(text), WHOLE "store { path = \"%s\" }\n", wrong[i]);
        ck_assert_msg(conf_read(text) == NULL, "%s", wrong[i]);
        ck_assert_str_eq(said, "f:4: write ${NAME} or ${NAME:-text}; a plain $ is \\$");
    }
    ck_takes(WHOLE "store { path = \"${a:-}\" }\n", "");
}
END_TEST

/* ---------------------------------------------------------------- command line --------------- */

static struct as_settings *set(const char *key, const char *value)
{
    const struct as_setting_override one = {key, value};

    return conf_read_with(&one, 1);
}

START_TEST(the_command_line_overrides)
{
    const struct as_setting_override sets[] = {
        {"lifetime.access_token", "2s"},
        {"listener.public.address", "127.0.0.1:0"},
        {"listener.public.names", "as.example, other.example"},
        {"issuer", "https://other.example"},
        {"profiles", "oauth"},
        {"authentication.failure_exempt", ""},
        {"trust.banks.strict", "off"},
        {"workers", "1"},
        {"workers", "2"}, /* the last counts */
    };

    conf_put("f", WHOLE "workers = 9\nauthentication { failure_exempt = {\"192.0.2.1\"} }\n");
    struct as_settings *settings = conf_read_with(sets, AS_COUNT(sets));
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(settings->access_token_lifetime, 2);
    ck_assert_str_eq(settings->listeners[0].address, "127.0.0.1:0");
    ck_assert_uint_eq(settings->listeners[0].name_count, 2);
    ck_assert_str_eq(settings->listeners[0].names[1], "other.example");
    ck_assert_str_eq(settings->issuer, "https://other.example");
    ck_assert_uint_eq(settings->profiles, 1U << AS_PROFILE_OAUTH);
    ck_assert_uint_eq(settings->failure_exempt_count, 0);
    ck_assert(!settings->trusts[0].strict);
    ck_assert_uint_eq(settings->workers, 2);
    as_settings_free(settings);
}
END_TEST

START_TEST(the_command_line_is_relative_to_where_it_was_typed)
{
    char here[4096];

    ck_assert_int_eq(mkdir("sub", 0755), 0);
    conf_put("sub/g", WHOLE);
    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    const struct as_setting_override one = {"store.path", "x.db"};
    struct as_settings *settings = NULL;
    said[0] = '\0';
    ck_ok(as_settings_read("sub/g", &one, 1, conf_tell, NULL, &settings));
    ck_assert_mem_eq(settings->store_path, here, strlen(here));
    ck_assert_str_eq(settings->store_path + strlen(here), "/x.db");
    ck_assert_str_eq(settings->listeners[0].key[0] + strlen(here), "/sub/k");
    as_settings_free(settings);
}
END_TEST

START_TEST(the_command_line_is_checked_too)
{
    conf_put("f", WHOLE);
    ck_assert_ptr_null(set("colour", "red"));
    ck_assert_str_eq(said, "command line: colour: there is no such setting");
    ck_assert_ptr_null(set("store.colour", "red"));
    ck_assert_str_eq(said, "command line: store.colour: there is no such setting");
    ck_assert_ptr_null(set("colours.alg", "ES256"));
    ck_assert_str_eq(said, "command line: colours.alg: there is no such section");
    ck_assert_ptr_null(set("listener.other.address", "127.0.0.1:1"));
    ck_assert_str_eq(said, "command line: listener.other.address: there is no such section");
    ck_assert_ptr_null(set("listener.address", "127.0.0.1:1"));
    ck_assert_str_eq(said, "command line: listener.address: there is no such section");
    ck_assert_ptr_null(set("store.x.path", "y"));
    ck_assert_str_eq(said, "command line: store.x.path: there is no such section");
    ck_assert_ptr_null(set("", "y"));
    ck_assert_str_eq(said, "command line: : there is no such setting");
    ck_assert_ptr_null(set("lifetime.access_token", "0s"));
    ck_assert_str_eq(said, "command line: lifetime.access_token: \"0s\" is not a duration from 1s "
                           "to 24h");
    ck_assert_ptr_null(set("store.path", ""));
    ck_assert_str_eq(said, "command line: store.path: \"\" is empty");
    ck_assert_ptr_null(set("listener.public.names", "a,,b"));
    ck_assert_str_eq(said, "command line: listener.public.names: \"\" is empty");
    ck_assert_ptr_null(set("store.path", "a\nb"));
    ck_assert_str_eq(said, "command line: store.path: the value holds a control character or is "
                           "not UTF-8");
    ck_assert_ptr_null(set("issuer", "https://elsewhere.example"));
    ck_assert_str_eq(said, "command line: issuer: no listener has its host among its names");
}
END_TEST

CONF_TESTS("settings/sources", {
    tcase_add_test(t, a_file_that_cannot_be_read);
    tcase_add_test(t, a_file_that_everybody_may_write);
    tcase_add_test(t, a_file_that_is_too_large);
    tcase_add_test(t, a_pipe);
    tcase_add_test(t, an_empty_file);
    tcase_add_test(t, include_reads_in_place);
    tcase_add_test(t, include_names_its_own_lines);
    tcase_add_test(t, include_knows_what_was_given_before);
    tcase_add_test(t, include_is_bounded);
    tcase_add_test(t, variables_of_the_environment);
    tcase_add_test(t, variables_are_checked_like_text);
    tcase_add_test(t, variables_are_written_plainly);
    tcase_add_test(t, the_command_line_overrides);
    tcase_add_test(t, the_command_line_is_relative_to_where_it_was_typed);
    tcase_add_test(t, the_command_line_is_checked_too);
})
