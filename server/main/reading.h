/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one reading of the configuration gives: the settings, and what was made of the files they
 * name. It becomes a generation (as/endpoint.h), which owns it from then on and frees it when the
 * last request that began with it is answered. What lives as long as the process is in server.h.
 *
 * Threads: made in one; immutable then, but for its watch, which is the main thread's.
 */
#ifndef AS_MAIN_READING_H
#define AS_MAIN_READING_H

#include "as/client.h"
#include "as/edge.h"
#include "as/endpoint.h"
#include "as/keys.h"
#include "findings.h"
#include "watch.h"

struct as_reading {
    struct as_settings *settings;
    struct as_watch *watch; /* of the files, as they were before they were read */
    struct as_trust *trust;
    struct as_tally *failures; /* of authentication, since the process began; the server's */
    struct as_throttle *throttle;
    struct as_audit_file audit; /* until the audit's sink takes it */
    bool admin_group_set;
    gid_t admin_group;
    struct as_arena *mem;
    struct as_listener_conf *listeners; /* TLS ones first, in the order of the file */
    size_t listener_count;
};

/*
 * Takes the settings, always. All that is wrong is told before it fails.
 * Errors: AS_BAD_CONFIGURATION; server error.
 */
as_err as_reading_new(struct as_settings *settings, struct as_tally *failures,
                      struct as_findings *findings, struct as_reading **out);
/* The same, but nothing is made on the disk and nothing can be served with it: `fapid -t`. */
as_err as_reading_check(struct as_settings *settings, struct as_findings *findings,
                        struct as_reading **out);
/* NULL is allowed; the type is that of as_generation_conf.release. */
void as_reading_free(void *made);

/* On success the generation owns the reading. */
as_err as_reading_generation(struct as_reading *reading, unsigned long number,
                             struct as_generation **out);

/* The audit's file, once and for good. */
struct as_audit_file as_reading_take_audit(struct as_reading *reading);

/* listeners.c: what the edge wants, with the sites of the app; NULL for a check. */
as_err as_reading_listeners(struct as_reading *reading, const struct as_app *app);

struct as_keys_conf as_reading_keys(const struct as_reading *reading);

#endif
