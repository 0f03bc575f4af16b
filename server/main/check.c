/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `fapid -t`: what the start asks of the configuration and its files, without a store or a socket.
 * Folders that only the service manager makes may be missing while nothing runs, so that what is
 * said of them refuses nothing.
 */
#include "server.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL, or what is wrong with the folder of a file. Root may write everywhere. */
static const char *folder_fault(const char *folder, bool owner_alone)
{
    struct stat about;

    if (stat(folder, &about) != 0) {
        return strerrordesc_np(errno);
    }
    if (!S_ISDIR(about.st_mode)) {
        return "it is no folder";
    }
    if (owner_alone && (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return "others may write there: chmod go-w";
    }
    return access(folder, W_OK | X_OK) == 0 ? NULL : "this user may not write there";
}

static void check_folder(struct as_findings *findings, const char *key, const char *file,
                         bool owner_alone)
{
    char copy[AS_LIMIT_SETTING_TEXT + 4096];

    if (file == NULL || (size_t)snprintf(copy, sizeof(copy), "%s", file) >= sizeof(copy)) {
        return;
    }
    const char *folder = dirname(copy);
    const char *fault = folder_fault(folder, owner_alone);
    if (fault != NULL) {
        as_findings_tell(findings, AS_LOG_WARNING, key, "%s: %s: %s", key, folder, fault);
    }
}

static void check_folders(struct as_findings *findings, const struct as_settings *settings)
{
    check_folder(findings, "store.path", settings->store_path, true);
    check_folder(findings, "store.key_file", settings->store_key_file, false);
    check_folder(findings, "admin.socket", settings->admin_socket, false);
    check_folder(findings, "audit.file", settings->audit_file, false);
}

static enum as_exit check_edge(const struct as_reading *reading, struct as_findings *findings)
{
    const struct as_server nothing_runs = {.reading = NULL};
    const struct as_edge_conf conf = as_server_edge_conf(&nothing_runs, reading);
    enum as_edge_failure failure = as_edge_check(&conf, as_findings_of_edge, findings);

    if (failure == AS_EDGE_FINE) {
        return AS_EXIT_FINE;
    }
    findings->refusals++;
    return failure == AS_EDGE_PROBE_FAILED ? AS_EXIT_PROBE : AS_EXIT_CONFIGURATION;
}

static enum as_exit fail(const struct as_findings *findings, as_err err)
{
    if (findings->refusals == 0) {
        fprintf(findings->to, "fapid: %s\n", err.why);
    }
    return as_err_is(err, AS_BAD_CONFIGURATION) ? AS_EXIT_CONFIGURATION : AS_EXIT_FAILURE;
}

static void conclude(const struct as_findings *findings)
{
    const char *file = findings->settings->file;

    if (findings->warnings == 0) {
        fprintf(findings->to, "%s: fine\n", file);
    } else {
        fprintf(findings->to, "%s: fine, with %zu warning%s\n", file, findings->warnings,
                findings->warnings > 1 ? "s" : "");
    }
}

enum as_exit as_server_check(struct as_settings *settings, struct as_findings *findings)
{
    struct as_reading *reading = NULL;

    findings->settings = settings;
    check_folders(findings, settings);
    as_err err = as_reading_check(settings, findings, &reading);
    if (!as_failed(err)) {
        err = as_reading_listeners(reading, NULL);
    }
    enum as_exit code = as_failed(err) ? fail(findings, err) : check_edge(reading, findings);
    if (code == AS_EXIT_FINE) {
        conclude(findings);
    }
    as_reading_free(reading);
    findings->settings = NULL;
    return code;
}
