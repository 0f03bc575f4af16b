/* SPDX-License-Identifier: Apache-2.0 */
/* fapictl reload: has fapid read its configuration anew, and says what became of it. */
#include "ctl.h"

#include <stdio.h>

/* Keys that are made and a store that is locked take seconds; a service manager waits for 90. */
#define WAIT_MS 60000

/* The log's own line, and how much more of the kind the log has. */
static enum ctl_exit say_refusal(const struct ctl *ctl, const json_t *job, const char *message)
{
    const char *where = json_string_value(json_object_get(job, "where"));
    long long others = (long long)json_integer_value(json_object_get(job, "refusals")) - 1;
    char more[64] = "";

    if (others > 0) {
        (void)snprintf(more, sizeof(more), " (the first of %lld: fapid -t tells all)", others + 1);
    }
    bool placed = where != NULL && where[0] != '\0';
    return ctl_say(ctl, CTL_REFUSED, "refused, and the configuration of before goes on: %s%s%s%s",
                   placed ? where : "", placed ? ": " : "", message, more);
}

enum ctl_exit ctl_reload(const struct ctl *ctl)
{
    static const struct ctl_wait wait = {.most_ms = WAIT_MS, .later = "its log tells"};
    AS_AUTO(json_decref) json_t *job = NULL;
    AS_AUTO(json_decref) json_t *result = NULL;

    if (!ctl_no_flags(ctl)) {
        return CTL_USAGE;
    }
    enum ctl_exit code = ctl_job_wait(ctl, "/v1/reloads", NULL, &wait, &job);
    if (code != CTL_FINE) {
        return code;
    }
    const char *message = json_string_value(json_object_get(job, "message"));
    if (message != NULL) {
        return say_refusal(ctl, job, message);
    }
    code = ctl_job_judge(ctl, job, &result);
    return code == CTL_FINE ? ctl_print(ctl, result) : code;
}
