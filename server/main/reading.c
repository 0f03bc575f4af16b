/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include "audit_file.h"

#include <grp.h>
#include <stdlib.h>

static as_err open_trust(struct as_reading *reading, struct as_findings *findings)
{
    const struct as_settings *settings = reading->settings;

    return as_trust_new(settings->trusts, settings->trust_count, as_findings_of_trust, findings,
                        &reading->trust);
}

static as_err open_throttle(struct as_reading *reading, struct as_findings *findings)
{
    const struct as_settings *settings = reading->settings;

    (void)findings;
    return as_throttle_new(reading->failures, settings->failures_per_minute,
                           settings->failure_exempt, settings->failure_exempt_count,
                           &reading->throttle);
}

static as_err open_audit(struct as_reading *reading, struct as_findings *findings)
{
    return as_audit_file_open(findings, reading->settings->audit_file, &reading->audit);
}

static as_err check_audit(struct as_reading *reading, struct as_findings *findings)
{
    return as_audit_file_check(findings, reading->settings->audit_file);
}

/* The file of the admin socket goes to the group, and its members may use it (D15). */
static as_err find_admin_group(struct as_reading *reading, struct as_findings *findings)
{
    const struct as_settings *settings = reading->settings;
    const char *name = settings->admin_socket != NULL ? settings->admin_group : NULL;
    const struct group *group = name != NULL ? getgrnam(name) : NULL;

    if (name != NULL && group == NULL) {
        as_findings_tell(findings, AS_LOG_ERROR, "admin.group", "admin.group: no group is named %s",
                         name);
        return AS_FAIL(AS_BAD_CONFIGURATION, "admin.group names no group");
    }
    reading->admin_group_set = group != NULL;
    reading->admin_group = group != NULL ? group->gr_gid : 0;
    return AS_OK;
}

static as_err note_files(struct as_reading *reading, struct as_findings *findings)
{
    (void)findings;
    reading->mem = as_arena_new(AS_LIMIT_ARENA);
    AS_NEED_MEM(reading->mem);
    return as_watch_new(reading->settings, &reading->watch);
}

typedef as_err (*step)(struct as_reading *reading, struct as_findings *findings);

/* One run tells everything; the first error is given back. */
static as_err make(struct as_settings *settings, struct as_tally *failures,
                   struct as_findings *findings, const step *steps, size_t count,
                   struct as_reading **out)
{
    struct as_reading *reading = calloc(1, sizeof(*reading));
    as_err first = AS_OK;

    if (reading == NULL) {
        as_settings_free(settings);
        return AS_FAIL(AS_SERVER_ERROR, "out of memory");
    }
    reading->settings = settings;
    reading->failures = failures;
    reading->audit.fd = -1;
    for (size_t i = 0; i < count; i++) {
        as_err err = steps[i](reading, findings);
        first = as_failed(first) ? first : err;
    }
    if (as_failed(first)) {
        as_reading_free(reading);
        return first;
    }
    *out = reading;
    return AS_OK;
}

as_err as_reading_new(struct as_settings *settings, struct as_tally *failures,
                      struct as_findings *findings, struct as_reading **out)
{
    static const step steps[] = {note_files, open_trust, find_admin_group, open_audit,
                                 open_throttle};

    return make(settings, failures, findings, steps, AS_COUNT(steps), out);
}

as_err as_reading_check(struct as_settings *settings, struct as_findings *findings,
                        struct as_reading **out)
{
    static const step steps[] = {note_files, open_trust, find_admin_group, check_audit};

    return make(settings, NULL, findings, steps, AS_COUNT(steps), out);
}

void as_reading_free(void *made)
{
    struct as_reading *reading = made;

    if (reading == NULL) {
        return;
    }
    as_throttle_free(reading->throttle);
    as_trust_free(reading->trust);
    as_file_close(&reading->audit.fd);
    as_watch_free(reading->watch);
    as_arena_free(reading->mem);
    as_settings_free(reading->settings);
    free(reading);
}

as_err as_reading_generation(struct as_reading *reading, unsigned long number,
                             struct as_generation **out)
{
    const struct as_generation_conf conf = {
        .settings = reading->settings,
        .trust = reading->trust,
        .throttle = reading->throttle,
        .number = number,
        .admin_group_set = reading->admin_group_set,
        .admin_group = reading->admin_group,
        .release = as_reading_free,
        .owner = reading,
    };

    return as_generation_new(&conf, out);
}

struct as_audit_file as_reading_take_audit(struct as_reading *reading)
{
    struct as_audit_file file = reading->audit;

    reading->audit.fd = -1;
    return file;
}

struct as_keys_conf as_reading_keys(const struct as_reading *reading)
{
    const struct as_settings *settings = reading->settings;

    return (struct as_keys_conf){
        .algs = settings->key_algs,
        .alg = settings->key_alg,
        .rotate_every = settings->key_rotate_every,
        .publish_lead = settings->key_publish_lead,
        .token_lifetime = settings->access_token_lifetime,
    };
}
