/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composition of fapid: a reading of the configuration becomes a running server, from the
 * ground up, is exchanged for a later one, and all comes down in the reverse order. Here is what
 * lives as long as the process; what one reading gives is in reading.h. Exit codes are those of
 * design: 0, 1, 2, 69, 70, 78.
 *
 * Threads: the main one.
 */
#ifndef AS_MAIN_SERVER_H
#define AS_MAIN_SERVER_H

#include "desk.h"
#include "notify.h"
#include "options.h"
#include "reading.h"

struct as_server {
    const struct as_options *options;
    struct as_desk desk; /* of those who ask for a reload */
    struct as_findings findings;
    struct as_inherited inherited;
    struct as_tally *failures;   /* of authentication (TOK-13) */
    struct as_reading *reading;  /* in effect; its generation's, once there is an app */
    unsigned long generation;    /* its number, from 1 */
    struct as_audit_sink *audit; /* whatever is reloaded */
    struct as_store *store;
    struct as_keys *keys;
    struct as_http_jobs *jobs;
    struct as_app *app;
    struct as_edge *edge;
};

/* check.c. Reads and checks all that can be without running; tells it on `to`: `fapid -t`. Takes
 * the settings; `findings` has what was told of them. */
enum as_exit as_server_check(struct as_settings *settings, struct as_findings *findings);

/* Everything up to running workers. Takes the settings. */
enum as_exit as_server_start(struct as_server *server, struct as_settings *settings);
/*
 * reload.c. Reads the configuration anew and puts it into effect, all or nothing: what is wrong is
 * logged as `reload_refused`, and the old one goes on. `cause` is a word for the log; *out is what
 * became of it.
 */
void as_server_reload(struct as_server *server, const char *cause, struct as_reload_outcome *out);
/* Ends what runs; open requests have `grace_ms`. Safe after a start that failed anywhere. */
void as_server_stop(struct as_server *server, int grace_ms);

/* A reading has taken effect, at the start or later: the metrics say so. */
void as_server_count_reading(void);

struct as_edge_conf as_server_edge_conf(const struct as_server *server,
                                        const struct as_reading *reading);

#endif
