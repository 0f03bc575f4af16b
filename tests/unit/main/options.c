/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of fapid. The programs are no library, so their source is included. */
#include "main/options.c"

#include "harness.h"
#include "main/findings.c"

#include <sys/stat.h>
#include <unistd.h>

static struct as_options options;
static char message[256];

static bool parse(char *const *argv)
{
    int argc = 0;

    while (argv[argc] != NULL) {
        argc++;
    }
    message[0] = '\0';
    return as_options_parse(argc, argv, &options, message);
}

#define PARSE(...) parse((char *[]){"fapid", __VA_ARGS__ __VA_OPT__(, ) NULL})
#define REFUSES(text, ...)                                                                         \
    do {                                                                                           \
        ck_assert(!PARSE(__VA_ARGS__));                                                            \
        ck_assert_str_eq(message, (text));                                                         \
    } while (0)

START_TEST(nothing_said)
{
    ck_assert(parse((char *[]){"fapid", NULL}));
    ck_assert_int_eq(options.action, AS_ACTION_RUN);
    ck_assert_str_eq(options.file, "/etc/fapid/fapid.conf");
    ck_assert(!options.allow_root);
    ck_assert_uint_eq(options.set_count, 0);
}
END_TEST

START_TEST(each_action)
{
    static const struct {
        char *option;
        enum as_action action;
    } cases[] = {{"-t", AS_ACTION_CHECK},
                 {"-T", AS_ACTION_PRINT},
                 {"--check-store", AS_ACTION_CHECK_STORE},
                 {"--version", AS_ACTION_VERSION},
                 {"--help", AS_ACTION_HELP}};

    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        ck_assert(PARSE(cases[i].option));
        ck_assert_int_eq(options.action, cases[i].action);
        ck_assert(PARSE(cases[i].option, "-c", "x", cases[i].option));
        ck_assert_str_eq(options.file, "x");
    }
    for (size_t i = 0; i < AS_COUNT(cases); i++) {
        for (size_t k = 0; k < AS_COUNT(cases); k++) {
            if (i != k) {
                REFUSES("-t, -T, --check-store, --version and --help exclude each other",
                        cases[i].option, cases[k].option);
            }
        }
    }
}
END_TEST

START_TEST(options_may_stand_together)
{
    ck_assert(PARSE("-tcfile", "--allow-root", "--set=a.b=c=d", "--set", "x="));
    ck_assert_int_eq(options.action, AS_ACTION_CHECK);
    ck_assert_str_eq(options.file, "file");
    ck_assert(options.allow_root);
    ck_assert_uint_eq(options.set_count, 2);
    ck_assert_str_eq(options.sets[0].key, "a.b");
    ck_assert_str_eq(options.sets[0].value, "c=d");
    ck_assert_str_eq(options.sets[1].key, "x");
    ck_assert_str_eq(options.sets[1].value, "");
}
END_TEST

START_TEST(usage_errors_say_what_is_wrong)
{
    REFUSES("unknown option: -x", "-x");
    REFUSES("unknown option: -x", "-tx");
    REFUSES("unknown option: --nope", "-t", "--nope");
    REFUSES("unknown option: --no?pe", "--no\npe");
    REFUSES("unknown option: --version=1", "--version=1");
    REFUSES("unknown argument: x", "x");
    REFUSES("unknown argument: x", "-t", "x", "-T");
    REFUSES("unknown argument: x", "-t", "--", "x");
    REFUSES("the option takes a value: -c", "-c");
    REFUSES("the option takes a value: --set", "-t", "--set");
    REFUSES("-c takes the name of a file", "-c", "");
    REFUSES("--set takes KEY=VALUE: workers", "--set", "workers");
    REFUSES("--set takes KEY=VALUE: =2", "--set", "=2");
    /* and the next command line is read as if nothing had been */
    ck_assert(PARSE("-t"));
    ck_assert_int_eq(options.action, AS_ACTION_CHECK);
}
END_TEST

START_TEST(set_is_bounded)
{
    char *argv[AS_OPTIONS_SETS + 3] = {"fapid"};
    char key[AS_OPTIONS_KEY + 3];

    for (size_t i = 1; i <= AS_OPTIONS_SETS; i++) {
        argv[i] = "--set=a=b";
    }
    ck_assert(parse(argv));
    ck_assert_uint_eq(options.set_count, AS_OPTIONS_SETS);
    argv[AS_OPTIONS_SETS + 1] = "--set=a=b";
    ck_assert(!parse(argv));
    ck_assert_str_eq(message, "--set is given too often: a=b");

    memset(key, 'k', sizeof(key));
    memcpy(key + AS_OPTIONS_KEY - 1, "=", 2);
    ck_assert(PARSE("--set", key));
    ck_assert_uint_eq(strlen(options.sets[0].key), AS_OPTIONS_KEY - 1);
    key[AS_OPTIONS_KEY - 1] = 'k';
    memcpy(key + AS_OPTIONS_KEY, "=", 2);
    ck_assert(!PARSE("--set", key));
    ck_assert_ptr_nonnull(strstr(message, "there is no setting with so long a name: kkk"));
}
END_TEST

START_TEST(help_and_version)
{
    static const char *const said_there[] = {
        "-c FILE",      "-t",        "-T",     "--check-store", "--set KEY=VALUE",
        "--allow-root", "--version", "--help", AS_OPTIONS_FILE};

    for (size_t i = 0; i < AS_COUNT(said_there); i++) {
        ck_assert_ptr_nonnull(strstr(as_options_help(), said_there[i]));
    }
    ck_assert_str_eq(as_options_version(), "fapid " AS_VERSION "\n");
}
END_TEST

/* ---------------------------------------------------------------- settings ------------------- */

static char path[4096];

static void put(const char *text)
{

    snprintf(path, sizeof(path), "%s/options-XXXXXX", as_test_tmp());
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* What a stream got. */
static void content(FILE *stream, char *out, size_t room)
{
    rewind(stream);
    out[fread(out, 1, room - 1, stream)] = '\0';
    fclose(stream);
}

#define CONF                                                                                       \
    "issuer = \"https://as.example\"\nlistener public { address = \"127.0.0.1:8443\" "             \
    "names = {\"as.example\"} certificate = {\"c\"} key = {\"k\"} client_certificate = request "   \
    "}\ntrust banks { use = client anchors = {\"a\"} }\n"

START_TEST(settings_are_read_and_printed)
{
    struct as_settings *settings = NULL;
    char text[16384];
    FILE *err = tmpfile(), *out = tmpfile();

    put(CONF);
    ck_assert(PARSE("-T", "-c", path, "--set", "lifetime.access_token=2s"));
    struct as_findings findings = {.to = err};
    ck_ok(as_options_settings(&options, &findings, &settings));
    ck_assert_int_eq(settings->access_token_lifetime, 2);
    ck_assert_int_eq(as_options_print(settings, out), AS_EXIT_FINE);
    content(err, text, sizeof(text));
    ck_assert_str_eq(text, "");
    content(out, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "issuer = \"https://as.example\""));
    ck_assert_ptr_nonnull(strstr(text, "  # command line\n"));
    FILE *closed = fopen("/dev/full", "w");
    ck_assert_int_eq(as_options_print(settings, closed), AS_EXIT_FAILURE);
    fclose(closed);
    as_settings_free(settings);
    unlink(path);
}
END_TEST

START_TEST(findings_are_lines)
{
    struct as_settings *settings = NULL;
    char text[16384], expected[16384];
    FILE *err = tmpfile();

    put("\n" CONF "workers = x\nlog { level = x }\n");
    ck_assert(PARSE("-t", "-c", path));
    struct as_findings findings = {.to = err};
    ck_fault(as_options_settings(&options, &findings, &settings), AS_BAD_CONFIGURATION);
    ck_assert_uint_eq(findings.refusals, 2);
    ck_assert_ptr_null(settings);
    content(err, text, sizeof(text));
    snprintf(expected, sizeof(expected),
             "%s:5: workers: \"x\" is not a number from 0 to 256\n"
             "%s:6: log.level: \"x\" is not debug, info, notice, warning or error\n",
             path, path);
    ck_assert_str_eq(text, expected);
    unlink(path);
}
END_TEST

AS_TESTS("main/options", {
    tcase_add_test(t, nothing_said);
    tcase_add_test(t, each_action);
    tcase_add_test(t, options_may_stand_together);
    tcase_add_test(t, usage_errors_say_what_is_wrong);
    tcase_add_test(t, set_is_bounded);
    tcase_add_test(t, help_and_version);
    tcase_add_test(t, settings_are_read_and_printed);
    tcase_add_test(t, findings_are_lines);
})
