/* SPDX-License-Identifier: Apache-2.0 */
/* fapid: options, settings, then a server until a signal ends it. */
#include "as/crypto.h"
#include "as/jose.h"
#include "as/version.h"
#include "loop.h"
#include "memory.h"

#include <stdio.h>
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

static enum as_exit check_store(struct as_settings *settings)
{
    as_err err = as_store_check(settings->store_backend, settings->store_path, print_message, NULL);

    if (!as_failed(err)) {
        fprintf(stderr, "%s: fine\n", settings->store_path);
    }
    as_settings_free(settings);
    return as_failed(err) ? AS_EXIT_UNAVAILABLE : AS_EXIT_FINE;
}

/* What was handed over is looked at first, since what is started later must not inherit it. */
static bool meet_service_manager(struct as_server *server, struct as_notify *notify)
{
    as_notify_open(notify);
    as_err err = as_inherited_read(&server->inherited);
    if (as_failed(err)) {
        fprintf(stderr, "fapid: %s\n", err.why);
    }
    return !as_failed(err);
}

static enum as_exit run(struct as_server *server, struct as_notify *notify,
                        struct as_settings *settings)
{
    as_log_start(STDERR_FILENO, settings->log_format, settings->log_level);
    AS_LOG(AS_LOG_NOTICE, "starting", AS_LOG_TEXT("version", AS_VERSION),
           AS_LOG_TEXT("issuer", settings->issuer));
    enum as_exit code = as_server_start(server, settings);
    int grace_ms = 0;
    if (code == AS_EXIT_FINE) {
        AS_LOG(AS_LOG_NOTICE, "started", AS_LOG_NUMBER("pid", getpid()));
        grace_ms = as_loop_run(server, notify);
    }
    as_loop_unblock_signals();
    as_server_stop(server, grace_ms);
    AS_LOG(AS_LOG_NOTICE, "stopped", AS_LOG_NUMBER("status", code));
    return code;
}

/* Takes the settings. */
static enum as_exit serve(const struct as_options *options, struct as_settings *settings)
{
    struct as_server server = {.options = options, .desk = AS_DESK};
    struct as_notify notify;

    if (!harden()) {
        fprintf(stderr, "fapid: cannot switch off core dumps\n");
        as_settings_free(settings);
        return AS_EXIT_FAILURE;
    }
    as_memory_set_up();
    as_loop_block_signals();
    if (!meet_service_manager(&server, &notify)) {
        as_notify_close(&notify);
        as_settings_free(settings);
        return AS_EXIT_CONFIGURATION;
    }
    enum as_exit code = run(&server, &notify, settings);
    as_notify_close(&notify);
    return code;
}

static enum as_exit print(struct as_settings *settings)
{
    enum as_exit code = as_options_print(settings, stdout);

    as_settings_free(settings);
    return code;
}

/* Takes the settings. */
static enum as_exit act(const struct as_options *options, struct as_findings *findings,
                        struct as_settings *settings)
{
    switch (options->action) {
    case AS_ACTION_PRINT:
        return print(settings);
    case AS_ACTION_CHECK:
        return as_server_check(settings, findings);
    case AS_ACTION_CHECK_STORE:
        return check_store(settings);
    default:
        break;
    }
    if (geteuid() == 0 && !options->allow_root) {
        fprintf(stderr,
                "fapid: will not run as root; give it a user of its own, or --allow-root\n");
        as_settings_free(settings);
        return AS_EXIT_USAGE;
    }
    return serve(options, settings);
}

/* Before there are settings there is no log either: what is wrong with them is told in plain lines.
 */
static enum as_exit read_and_act(const struct as_options *options)
{
    struct as_findings findings = {.to = stderr};
    struct as_settings *settings = NULL;
    as_err err = as_options_settings(options, &findings, &settings);

    if (!as_failed(err)) {
        return act(options, &findings, settings);
    }
    if (as_err_is(err, AS_BAD_CONFIGURATION)) {
        return AS_EXIT_CONFIGURATION;
    }
    fprintf(stderr, "fapid: the configuration cannot be read: %s\n", err.why);
    return AS_EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct as_options options;
    char message[256];

    as_json_watch_memory();
    if (!as_crypto_watch_memory()) {
        fprintf(stderr, "fapid: OpenSSL was used too early\n");
        return AS_EXIT_FAILURE;
    }
    if (!as_options_parse(argc, argv, &options, message)) {
        fprintf(stderr, "fapid: %s\n", message);
        return AS_EXIT_USAGE;
    }
    if (options.action == AS_ACTION_VERSION || options.action == AS_ACTION_HELP) {
        fputs(options.action == AS_ACTION_HELP ? as_options_help() : as_options_version(), stdout);
        return AS_EXIT_FINE;
    }
    return (int)read_and_act(&options);
}
