/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composition of fapid: settings become a running server, from the ground up, and come down in
 * the reverse order. Exit codes are those of design: 0, 1, 2, 69, 70, 78.
 */
#ifndef AS_MAIN_SERVER_H
#define AS_MAIN_SERVER_H

#include "as/client.h"
#include "as/edge.h"
#include "as/endpoint.h"
#include "as/keys.h"

enum as_exit {
    AS_EXIT_FINE = 0,
    AS_EXIT_FAILURE = 1,
    AS_EXIT_USAGE = 2,
    AS_EXIT_UNAVAILABLE = 69,
    AS_EXIT_PROBE = 70,
    AS_EXIT_CONFIGURATION = 78
};

struct as_server {
    const struct as_settings *settings;
    struct as_trust *trust;
    struct as_store *store;
    struct as_keys *keys;
    struct as_throttle *throttle;
    struct as_http_jobs *jobs;
    struct as_app *app;
    struct as_edge *edge;
    int audit_fd;
    char told[512]; /* by the edge, last */
    bool checking;  /* `fapid -t`: findings are told to a person */
    struct as_arena *mem;
    struct as_listener_conf *listeners; /* TLS ones first, in the order of the file */
    size_t listener_count;
    bool admin_group_set;
    gid_t admin_group;
};

/* Trust groups and TLS contexts, without store or sockets: all that `fapid -t` can check. */
enum as_exit as_server_check(struct as_server *server);
/* Everything up to running workers. */
enum as_exit as_server_start(struct as_server *server);
/* Ends what runs; safe after a start that failed anywhere. */
void as_server_stop(struct as_server *server);

/* listeners.c: the listeners of the settings as the edge wants them. `app` may be NULL for a check.
 */
as_err as_server_listeners(struct as_server *server);

#endif
