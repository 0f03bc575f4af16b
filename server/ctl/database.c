/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl db: the server does it, in files that its own user may read and write. */
#include "ctl.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Begins a job and waits for its end, whenever that is; *out is its result. */
static enum ctl_exit have_done(const struct ctl *ctl, const char *path, const json_t *body,
                               json_t **out)
{
    static const struct ctl_wait wait = {.later = "fapictl db status shows"};
    AS_AUTO(json_decref) json_t *job = NULL;
    enum ctl_exit code = ctl_job_wait(ctl, path, body, &wait, &job);

    return code == CTL_FINE ? ctl_job_judge(ctl, job, out) : code;
}

/* What is relative is relative to where the command was typed, which the server does not know. */
static json_t *path_body(const struct ctl *ctl)
{
    char here[PATH_MAX];
    const char *path = ctl->words[2];

    if (path[0] == '/') {
        return json_pack("{s:s}", "path", path);
    }
    return getcwd(here, sizeof(here)) != NULL
               ? json_pack("{s:o}", "path", json_sprintf("%s/%s", here, path))
               : NULL;
}

static enum ctl_exit with_path(const struct ctl *ctl, const char *to)
{
    AS_AUTO(json_decref) json_t *body = path_body(ctl);
    AS_AUTO(json_decref) json_t *result = NULL;

    if (body == NULL) {
        return ctl_say(ctl, CTL_REFUSED, "%s: no path that can be sent", ctl->words[2]);
    }
    enum ctl_exit code = have_done(ctl, to, body, &result);
    const char *warning = json_string_value(json_object_get(result, "warning"));
    if (warning != NULL) {
        ctl_warn(ctl, "%s", warning);
    }
    return code == CTL_FINE ? ctl_print(ctl, result) : code;
}

enum ctl_exit ctl_db_status(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *answer = NULL;

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_call(ctl, "GET", "/v1/db", NULL, &answer);
    return code == CTL_FINE ? ctl_print(ctl, answer) : code;
}

static const struct ctl_column columns[] = {
    {"at", "AT", 20, true},           {"event", "EVENT", 24, false},
    {"actor", "ACTOR", 24, false},    {"client_id", "ABOUT", 24, false},
    {"outcome", "OUTCOME", 8, false}, {"reason", "REASON", 0, false},
};

enum ctl_exit ctl_db_audit(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *all = json_array();

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_call_all(ctl, "/v1/db/audit", "audit", all);
    return code == CTL_FINE ? ctl_print_list(ctl, all, columns, AS_COUNT(columns)) : code;
}

enum ctl_exit ctl_db_backup(const struct ctl *ctl)
{
    return ctl_no_flags(ctl) ? with_path(ctl, "/v1/db/backups") : CTL_USAGE;
}

enum ctl_exit ctl_db_restore(const struct ctl *ctl)
{
    static const char *const own[] = {"yes", NULL};

    if (!ctl_flags_known(ctl, own, false)) {
        return CTL_USAGE;
    }
    if (ctl_flag(ctl, "yes") == NULL) {
        return ctl_say(ctl, CTL_USAGE,
                       "this replaces all clients, resource servers and revocations by those of "
                       "the copy and ends every token: say --yes");
    }
    return with_path(ctl, "/v1/db/restores");
}

enum ctl_exit ctl_db_check(const struct ctl *ctl)
{
    AS_AUTO(json_decref) json_t *answer = NULL;

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = have_done(ctl, "/v1/db/checks", NULL, &answer);
    if (code != CTL_FINE) {
        return code;
    }
    const json_t *findings = json_object_get(answer, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        fprintf(stderr, "%s\n", json_string_value(json_array_get(findings, i)));
    }
    json_int_t count = json_integer_value(json_object_get(answer, "count"));
    if (count > 0) {
        return ctl_say(ctl, CTL_REFUSED, "%lld findings", (long long)count);
    }
    return ctl_print(ctl, answer);
}
