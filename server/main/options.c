/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "as/version.h"

#include <getopt.h>
#include <string.h>

#define PRINT_MAX (64 * 1024 * 1024)

enum { OPTION_SET = 256, OPTION_CHECK_STORE, OPTION_ALLOW_ROOT, OPTION_VERSION, OPTION_HELP };

static const struct option long_options[] = {
    {"set", required_argument, NULL, OPTION_SET},
    {"check-store", no_argument, NULL, OPTION_CHECK_STORE},
    {"allow-root", no_argument, NULL, OPTION_ALLOW_ROOT},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const struct {
    int option;
    enum as_action action;
} actions[] = {
    {'t', AS_ACTION_CHECK},
    {'T', AS_ACTION_PRINT},
    {OPTION_CHECK_STORE, AS_ACTION_CHECK_STORE},
    {OPTION_VERSION, AS_ACTION_VERSION},
    {OPTION_HELP, AS_ACTION_HELP},
};

const char *as_options_help(void)
{
    return "usage: fapid [-c FILE] [-t | -T | --check-store] [--set KEY=VALUE]... [--allow-root]\n"
           "\n"
           "  -c FILE          the configuration (default " AS_OPTIONS_FILE ")\n"
           "  -t               check the configuration and the files it names, then exit\n"
           "  -T               print the configuration as it takes effect, then exit\n"
           "  --check-store    read the whole database without changing it, then exit;\n"
           "                   no fapid may run on it\n"
           "  --set KEY=VALUE  replace a setting: lifetime.access_token=10m,\n"
           "                   listener.mtls.address=127.0.0.1:8444; lists with commas\n"
           "  --allow-root     run as uid 0, which is otherwise refused\n"
           "  --version        print the version, then exit\n"
           "  --help           print this, then exit\n"
           "\n"
           "fapid stays in the foreground. SIGHUP reads the configuration again, SIGTERM ends\n"
           "it in order, a second one at once. Exit status: 0 fine, 1 failure,\n"
           "2 usage, 69 store or port unavailable, 70 self-probe failed, 78 bad configuration.\n";
}

const char *as_options_version(void)
{
    return "fapid " AS_VERSION "\n";
}

/* One sentence; what the user typed is quoted without its control characters. */
static bool refuse(char message[256], const char *says, const char *typed)
{
    snprintf(message, 256, "%s%s%s", says, typed[0] != '\0' ? ": " : "", typed);
    for (char *c = message; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            *c = '?';
        }
    }
    return false;
}

static bool add_set(struct as_options *out, const char *typed, char message[256])
{
    const char *equals = strchr(typed, '=');
    size_t len = equals != NULL ? (size_t)(equals - typed) : 0;

    if (len == 0) {
        return refuse(message, "--set takes KEY=VALUE", typed);
    }
    if (len >= AS_OPTIONS_KEY) {
        return refuse(message, "there is no setting with so long a name", typed);
    }
    if (out->set_count == AS_OPTIONS_SETS) {
        return refuse(message, "--set is given too often", typed);
    }
    char *key = out->keys[out->set_count];
    memcpy(key, typed, len);
    key[len] = '\0';
    out->sets[out->set_count++] = (struct as_setting_override){key, equals + 1};
    return true;
}

static bool set_action(struct as_options *out, int option, char message[256])
{
    for (size_t i = 0; i < AS_COUNT(actions); i++) {
        if (actions[i].option != option) {
            continue;
        }
        if (out->action != AS_ACTION_RUN && out->action != actions[i].action) {
            return refuse(message, "-t, -T, --check-store, --version and --help exclude each other",
                          "");
        }
        out->action = actions[i].action;
    }
    return true;
}

static bool take_option(struct as_options *out, int option, const char *typed, char message[256])
{
    /* one letter of several in a word is named alone */
    const char letter[3] = {'-', optopt > ' ' && optopt < 0x7F ? (char)optopt : '\0', '\0'};

    switch (option) {
    case 'c':
        out->file = optarg;
        return optarg[0] != '\0' || refuse(message, "-c takes the name of a file", "");
    case OPTION_SET:
        return add_set(out, optarg, message);
    case OPTION_ALLOW_ROOT:
        out->allow_root = true;
        return true;
    case ':':
        return refuse(message, "the option takes a value", typed);
    case '?':
        return refuse(message, "unknown option", letter[1] != '\0' ? letter : typed);
    default:
        return set_action(out, option, message);
    }
}

bool as_options_parse(int argc, char *const *argv, struct as_options *out, char message[256])
{
    int option;

    memset(out, 0, sizeof(*out));
    out->file = AS_OPTIONS_FILE;
    opterr = 0;
    optind = 0; /* also forgets an earlier command line (getopt(3), NOTES) */
    while ((option = getopt_long(argc, argv, "+:c:tT", long_options, NULL)) != -1) {
        int at = optind > 1 ? optind - 1 : 1;
        if (!take_option(out, option, argv[at < argc ? at : argc - 1], message)) {
            return false;
        }
    }
    return optind >= argc || refuse(message, "unknown argument", argv[optind]);
}

as_err as_options_settings(const struct as_options *options, struct as_findings *findings,
                           struct as_settings **out)
{
    return as_settings_read(options->file, options->sets, options->set_count,
                            as_findings_of_settings, findings, out);
}

enum as_exit as_options_print(const struct as_settings *settings, FILE *out)
{
    struct as_buf text = AS_BUF(PRINT_MAX);
    bool fine = !as_failed(as_settings_write(settings, &text)) &&
                fwrite(text.ptr, 1, text.len, out) == text.len && fflush(out) == 0;

    as_buf_free(&text);
    return fine ? AS_EXIT_FINE : AS_EXIT_FAILURE;
}
