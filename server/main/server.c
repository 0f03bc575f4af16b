/* SPDX-License-Identifier: Apache-2.0 */
/* Each step of the start is one row; the first that fails names the exit code. */
#include "server.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STOP_GRACE_MS 10000

/*
 * What an operator should know of a setting: for `fapid -t` as file:line: message, else as a line
 * of the log. `key` is a format for `name`.
 */
__attribute__((format(printf, 3, 0))) static void tell(const struct as_server *server,
                                                       enum as_log_level level, const char *key,
                                                       const char *name, const char *file,
                                                       const char *message)
{
    char dotted[AS_SETTINGS_WHERE], where[AS_SETTINGS_WHERE];
    const char *colon = file != NULL ? ": " : "";

    file = file != NULL ? file : "";
    snprintf(dotted, sizeof(dotted), key, name);
    as_settings_where(server->settings, dotted, where);
    if (server->checking) {
        fprintf(stderr, "%s: %s%s%s\n", where, file, colon, message);
    } else {
        AS_LOG(level, "configuration", AS_LOG_TEXT("where", where), AS_LOG_TEXT("file", file),
               AS_LOG_TEXT("message", message));
    }
}

static void tell_trust(void *arg, const char *group, const char *file, const char *message,
                       bool fatal)
{
    tell(arg, fatal ? AS_LOG_ERROR : AS_LOG_WARNING, "trust.%s.anchors", group, file, message);
}

/* The last thing told before a failure is its reason, kept for the line that says so at any level.
 */
static void tell_edge(void *arg, const char *listener, const char *message)
{
    struct as_server *server = arg;

    snprintf(server->told, sizeof(server->told), "%s: %s", listener, message);
    tell(server, AS_LOG_NOTICE, "listener.%s.address", listener, NULL, message);
}

/* An error on the way up: the operator reads the reason, the exit code tells the service manager.
 */
static enum as_exit give_up(const char *step, as_err err, enum as_exit code)
{
    AS_LOG(AS_LOG_ERROR, "start_failed", AS_LOG_TEXT("step", step), AS_LOG_TEXT("reason", err.why),
           AS_LOG_TEXT("where", err.where));
    return as_err_is(err, AS_BAD_CONFIGURATION) ? AS_EXIT_CONFIGURATION : code;
}

static enum as_exit make_memory(struct as_server *server)
{
    server->mem = as_arena_new(AS_LIMIT_ARENA);
    return server->mem != NULL ? AS_EXIT_FINE : AS_EXIT_FAILURE;
}

static enum as_exit open_trust(struct as_server *server)
{
    const struct as_settings *settings = server->settings;
    as_err err =
        as_trust_new(settings->trusts, settings->trust_count, tell_trust, server, &server->trust);

    return as_failed(err) ? give_up("trust", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

static enum as_exit open_store(struct as_server *server)
{
    char message[256] = "";

    if (as_store_open(server->settings->store_path, &server->store, message) != AS_STORE_FINE) {
        AS_LOG(AS_LOG_ERROR, "start_failed", AS_LOG_TEXT("step", "store"),
               AS_LOG_TEXT("reason", message));
        return AS_EXIT_UNAVAILABLE;
    }
    return AS_EXIT_FINE;
}

static enum as_exit open_keys(struct as_server *server)
{
    const struct as_settings *settings = server->settings;
    const struct as_keys_conf conf = {
        .algs = settings->key_algs,
        .alg = settings->key_alg,
        .rotate_every = settings->key_rotate_every,
        .publish_lead = settings->key_publish_lead,
        .token_lifetime = settings->access_token_lifetime,
    };
    as_err err = as_keys_start(server->store, settings->store_key_file, &conf, as_clock_now(),
                               &server->keys);

    return as_failed(err) ? give_up("keys", err, AS_EXIT_UNAVAILABLE) : AS_EXIT_FINE;
}

static enum as_exit open_audit(struct as_server *server)
{
    const char *file = server->settings->audit_file;

    if (file == NULL) {
        return AS_EXIT_FINE;
    }
    server->audit_fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (server->audit_fd < 0) {
        return give_up("audit", AS_FAIL(AS_BAD_CONFIGURATION, "audit.file cannot be opened"),
                       AS_EXIT_CONFIGURATION);
    }
    return AS_EXIT_FINE;
}

static enum as_exit open_throttle(struct as_server *server)
{
    const struct as_settings *settings = server->settings;
    as_err err = as_throttle_new(settings->failures_per_minute, settings->failure_exempt,
                                 settings->failure_exempt_count, &server->throttle);

    return as_failed(err) ? give_up("throttle", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

/* The file of the admin socket goes to the group, and its members may use it (D15). */
static enum as_exit find_admin_group(struct as_server *server)
{
    const struct as_settings *settings = server->settings;
    const char *name = settings->admin_socket != NULL ? settings->admin_group : NULL;
    const struct group *group = name != NULL ? getgrnam(name) : NULL;

    if (name != NULL && group == NULL) {
        return give_up("admin", AS_FAIL(AS_BAD_CONFIGURATION, "admin.group names no group"),
                       AS_EXIT_CONFIGURATION);
    }
    server->admin_group_set = group != NULL;
    server->admin_group = group != NULL ? group->gr_gid : 0;
    return AS_EXIT_FINE;
}

static enum as_exit make_app(struct as_server *server)
{
    const struct as_generation_conf conf = {
        .settings = server->settings,
        .trust = server->trust,
        .throttle = server->throttle,
        .audit_fd = server->audit_fd,
        .admin_group_set = server->admin_group_set,
        .admin_group = server->admin_group,
    };
    const struct as_app_conf app = {.store = server->store, .keys = server->keys};
    struct as_generation *generation = NULL;
    as_err err = as_generation_new(&conf, &generation);

    if (!as_failed(err)) {
        err = as_app_new(&app, generation, &server->app);
        if (as_failed(err)) {
            as_generation_drop(generation);
        }
    }
    return as_failed(err) ? give_up("app", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

/* After the app, whose sites they serve; a check has none. */
static enum as_exit make_listeners(struct as_server *server)
{
    as_err err = as_server_listeners(server);

    return as_failed(err) ? give_up("listeners", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

static enum as_exit make_jobs(struct as_server *server)
{
    as_err err = as_http_jobs_new(AS_LIMIT_JOBS, AS_LIMIT_JOB_QUEUE, &server->jobs);

    return as_failed(err) ? give_up("jobs", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

static struct as_edge_conf edge_conf(const struct as_server *server)
{
    return (struct as_edge_conf){
        .listeners = server->listeners,
        .listener_count = server->listener_count,
        .workers = server->settings->workers,
        .trust = server->trust,
        .jobs = server->jobs,
    };
}

static const enum as_exit edge_exits[] = {
    [AS_EDGE_FINE] = AS_EXIT_FINE,
    [AS_EDGE_BAD_CONFIGURATION] = AS_EXIT_CONFIGURATION,
    [AS_EDGE_PROBE_FAILED] = AS_EXIT_PROBE,
    [AS_EDGE_UNAVAILABLE] = AS_EXIT_UNAVAILABLE,
};

static enum as_exit check_edge(struct as_server *server)
{
    struct as_edge_conf conf = edge_conf(server);

    return edge_exits[as_edge_check(&conf, tell_edge, server)];
}

static enum as_exit open_edge(struct as_server *server)
{
    struct as_edge_conf conf = edge_conf(server);

    enum as_exit code = edge_exits[as_edge_new(&conf, tell_edge, server, &server->edge)];
    if (code != AS_EXIT_FINE) {
        AS_LOG(AS_LOG_ERROR, "start_failed", AS_LOG_TEXT("step", "listeners"),
               AS_LOG_TEXT("reason", server->told));
    }
    return code;
}

static enum as_exit start_edge(struct as_server *server)
{
    as_err err = as_edge_start(server->edge);

    if (as_failed(err)) {
        return give_up("workers", err, AS_EXIT_FAILURE);
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        char address[128] = "";

        if (!as_failed(as_edge_address(server->edge, i, address, sizeof(address)))) {
            AS_LOG(AS_LOG_NOTICE, "listening", AS_LOG_TEXT("listener", server->listeners[i].name),
                   AS_LOG_TEXT("address", address));
        }
    }
    return AS_EXIT_FINE;
}

typedef enum as_exit (*step)(struct as_server *server);

static enum as_exit run_steps(struct as_server *server, const step *steps, size_t count)
{
    server->audit_fd = -1;
    for (size_t i = 0; i < count; i++) {
        enum as_exit code = steps[i](server);

        if (code != AS_EXIT_FINE) {
            return code;
        }
    }
    return AS_EXIT_FINE;
}

enum as_exit as_server_check(struct as_server *server)
{
    server->checking = true;
    static const step steps[] = {make_memory, open_trust, find_admin_group, make_listeners,
                                 check_edge};

    return run_steps(server, steps, AS_COUNT(steps));
}

enum as_exit as_server_start(struct as_server *server)
{
    static const step steps[] = {make_memory,    open_trust, find_admin_group, open_store,
                                 open_keys,      open_audit, open_throttle,    make_app,
                                 make_listeners, make_jobs,  open_edge,        start_edge};

    return run_steps(server, steps, AS_COUNT(steps));
}

void as_server_stop(struct as_server *server)
{
    if (server->edge != NULL) {
        as_edge_stop(server->edge, STOP_GRACE_MS);
        as_edge_free(server->edge);
    }
    if (server->jobs != NULL) {
        as_http_jobs_free(server->jobs);
    }
    as_app_free(server->app);
    if (server->throttle != NULL) {
        as_throttle_free(server->throttle);
    }
    as_keys_stop(server->keys);
    if (server->store != NULL) {
        as_store_close(server->store);
    }
    as_trust_free(server->trust);
    if (server->audit_fd >= 0) {
        close(server->audit_fd);
    }
    as_arena_free(server->mem);
}
