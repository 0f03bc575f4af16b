/* SPDX-License-Identifier: Apache-2.0 */
/* fapid: options, settings, then a server until a signal ends it. */
#include "as/version.h"
#include "options.h"
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_message(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

/* Keys live in this process: no core dump, no debugger of the same user, no file for others. */
static bool harden(void)
{
    struct rlimit none = {0, 0};

    umask(077);
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

static enum as_exit check_only(const struct as_settings *settings)
{
    struct as_server server = {.settings = settings};

    as_log_start(STDERR_FILENO, AS_LOG_PLAIN, AS_LOG_NOTICE);
    enum as_exit code = as_server_check(&server);

    as_server_stop(&server);
    if (code == AS_EXIT_FINE) {
        fprintf(stderr, "%s: fine\n", settings->file);
    }
    return code;
}

static enum as_exit check_store(const struct as_settings *settings)
{
    enum as_store_failure failure = as_store_check(settings->store_path, print_message, NULL);

    if (failure == AS_STORE_FINE) {
        fprintf(stderr, "%s: fine\n", settings->store_path);
    }
    return failure == AS_STORE_FINE ? AS_EXIT_FINE : AS_EXIT_UNAVAILABLE;
}

/* Signals are waited for here and blocked in every thread. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void wait_for_the_end(const sigset_t *set)
{
    int number = 0;

    for (;;) {
        if (sigwait(set, &number) != 0 || number != SIGHUP) {
            return;
        }
        /* reloading is not offered by this version; going down would be worse than going on */
        AS_LOG(AS_LOG_WARNING, "reload_not_offered",
               AS_LOG_TEXT("message", "restart fapid to read its configuration again"));
    }
}

static enum as_exit serve(const struct as_settings *settings)
{
    struct as_server server = {.settings = settings};
    sigset_t signals;

    if (!harden()) {
        fprintf(stderr, "fapid: cannot switch off core dumps\n");
        return AS_EXIT_FAILURE;
    }
    block_signals(&signals);
    as_log_start(STDERR_FILENO, settings->log_format, settings->log_level);
    AS_LOG(AS_LOG_NOTICE, "starting", AS_LOG_TEXT("version", AS_VERSION),
           AS_LOG_TEXT("issuer", settings->issuer));
    enum as_exit code = as_server_start(&server);
    if (code == AS_EXIT_FINE) {
        AS_LOG(AS_LOG_NOTICE, "started", AS_LOG_NUMBER("pid", getpid()));
        wait_for_the_end(&signals);
        AS_LOG(AS_LOG_NOTICE, "stopping", AS_LOG_NUMBER("pid", getpid()));
    }
    as_server_stop(&server);
    AS_LOG(AS_LOG_NOTICE, "stopped", AS_LOG_NUMBER("status", code));
    return code;
}

static enum as_exit act(const struct as_options *options, const struct as_settings *settings)
{
    switch (options->action) {
    case AS_ACTION_PRINT:
        return as_options_print(settings, stdout);
    case AS_ACTION_CHECK:
        return check_only(settings);
    case AS_ACTION_CHECK_STORE:
        return check_store(settings);
    default:
        break;
    }
    if (geteuid() == 0 && !options->allow_root) {
        fprintf(stderr,
                "fapid: will not run as root; give it a user of its own, or --allow-root\n");
        return AS_EXIT_USAGE;
    }
    return serve(settings);
}

int main(int argc, char **argv)
{
    static struct as_options options;
    struct as_settings *settings = NULL;
    char message[256];

    if (!as_options_parse(argc, argv, &options, message)) {
        fprintf(stderr, "fapid: %s\n", message);
        return AS_EXIT_USAGE;
    }
    if (options.action == AS_ACTION_VERSION || options.action == AS_ACTION_HELP) {
        fputs(options.action == AS_ACTION_HELP ? as_options_help() : as_options_version(), stdout);
        return AS_EXIT_FINE;
    }
    enum as_exit code = as_options_settings(&options, stderr, &settings);
    if (code == AS_EXIT_FINE) {
        code = act(&options, settings);
        as_settings_free(settings);
    }
    return (int)code;
}
