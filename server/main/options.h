/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of fapid, and what is done with it before anything runs. */
#ifndef AS_MAIN_OPTIONS_H
#define AS_MAIN_OPTIONS_H

#include "findings.h"

#include <stdio.h>

#define AS_OPTIONS_FILE "/etc/fapid/fapid.conf"
#define AS_OPTIONS_SETS 64  /* --set: more are a usage error */
#define AS_OPTIONS_KEY  128 /* octets of a key with its NUL */

enum as_exit {
    AS_EXIT_FINE = 0,
    AS_EXIT_FAILURE = 1,
    AS_EXIT_USAGE = 2,
    AS_EXIT_UNAVAILABLE = 69,
    AS_EXIT_PROBE = 70,
    AS_EXIT_CONFIGURATION = 78
};

enum as_action {
    AS_ACTION_RUN,
    AS_ACTION_CHECK,       /* -t */
    AS_ACTION_PRINT,       /* -T */
    AS_ACTION_CHECK_STORE, /* --check-store */
    AS_ACTION_VERSION,
    AS_ACTION_HELP
};

struct as_options {
    enum as_action action;
    const char *file; /* -c, else AS_OPTIONS_FILE */
    bool allow_root;
    struct as_setting_override sets[AS_OPTIONS_SETS]; /* values point into argv */
    char keys[AS_OPTIONS_SETS][AS_OPTIONS_KEY];
    size_t set_count;
};

/*
 * Reads the command line. `out` must not move afterwards. False: a usage error (exit 2) that
 * `message` tells in one sentence without the program's name; text from the command line in it has
 * its control characters replaced.
 */
bool as_options_parse(int argc, char *const *argv, struct as_options *out, char message[256]);

/* --help and --version, as they are printed. */
const char *as_options_help(void);
const char *as_options_version(void);

/* Reads the settings that the options name, at the start and again at each reload. Errors: those of
 * as_settings_read. */
as_err as_options_settings(const struct as_options *options, struct as_findings *findings,
                           struct as_settings **out);

/* -T. AS_EXIT_FAILURE when it cannot be written. */
enum as_exit as_options_print(const struct as_settings *settings, FILE *out);

#endif
