/* SPDX-License-Identifier: Apache-2.0 */
/* Each step of the start is one row; the first that fails names the exit code. */
#include "server.h"

#include <string.h>

/* An error on the way up: the operator reads the reason, the exit code tells the service manager.
 * What was found of the configuration says more than the error it led to. */
static enum as_exit give_up(struct as_server *server, const char *step, as_err err,
                            enum as_exit code)
{
    const struct as_findings *findings = &server->findings;
    bool found = findings->refusals > 0;

    AS_LOG(AS_LOG_ERROR, "start_failed", AS_LOG_TEXT("step", step),
           AS_LOG_TEXT("reason", found ? findings->first.message : err.why),
           AS_LOG_TEXT("where", found ? findings->first.where : err.where));
    return as_err_is(err, AS_BAD_CONFIGURATION) ? AS_EXIT_CONFIGURATION : code;
}

static enum as_exit open_store(struct as_server *server)
{
    const struct as_settings *settings = server->reading->settings;
    char why[AS_STORE_MESSAGE];
    as_err err = as_store_open(settings->store_backend, settings->store_path, &server->store, why);

    if (as_failed(err)) {
        as_findings_tell(&server->findings, AS_LOG_ERROR, "store.path", "%s", why);
        return give_up(server, "store", err, AS_EXIT_UNAVAILABLE);
    }
    return AS_EXIT_FINE;
}

static enum as_exit open_keys(struct as_server *server)
{
    const struct as_keys_conf conf = as_reading_keys(server->reading);
    const char *file = server->reading->settings->store_key_file;
    as_err err = as_keys_start(server->store, file, &conf, as_clock_now(), &server->keys);

    if (as_err_is(err, AS_BAD_CONFIGURATION)) {
        as_findings_tell(&server->findings, AS_LOG_ERROR, "store.key_file", "%s: %s", file,
                         err.why);
    }
    return as_failed(err) ? give_up(server, "keys", err, AS_EXIT_UNAVAILABLE) : AS_EXIT_FINE;
}

static enum as_exit open_audit(struct as_server *server)
{
    as_err err = as_audit_sink_new(&server->audit);

    if (as_failed(err)) {
        return give_up(server, "audit", err, AS_EXIT_FAILURE);
    }
    as_audit_sink_use(server->audit, as_reading_take_audit(server->reading));
    return AS_EXIT_FINE;
}

/* Until there is an app the reading is the server's own. */
static as_err make_app_of(struct as_server *server)
{
    const struct as_app_conf conf = {
        .store = server->store,
        .keys = server->keys,
        .audit = server->audit,
        .reload = as_desk_ask,
        .reload_arg = &server->desk,
    };
    struct as_generation *generation = NULL;

    AS_TRY(as_reading_generation(server->reading, server->generation, &generation));
    as_err err = as_app_new(&conf, generation, &server->app);
    if (as_failed(err)) {
        as_generation_drop(generation);
        server->reading = NULL;
    }
    return err;
}

static enum as_exit make_app(struct as_server *server)
{
    as_err err = make_app_of(server);

    return as_failed(err) ? give_up(server, "app", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

/* A socket that no listener takes was meant for something; serving without it would hide that. */
static as_err fit_inherited(struct as_server *server)
{
    for (size_t i = 0; i < server->inherited.count; i++) {
        struct as_listener_conf *fits = NULL;

        for (size_t k = 0; k < server->reading->listener_count; k++) {
            struct as_listener_conf *listener = &server->reading->listeners[k];
            if (strcmp(listener->name, server->inherited.sockets[i].name) == 0 &&
                listener->inherited_fd < 0) {
                fits = listener;
            }
        }
        if (fits == NULL) {
            as_findings_tell(&server->findings, AS_LOG_ERROR, NULL,
                             "the service manager hands over a socket named \"%s\", which is no "
                             "listener, or is one twice: FileDescriptorName= takes the name of a "
                             "listener, admin-socket or admin-http",
                             server->inherited.sockets[i].name);
            return AS_FAIL(AS_BAD_CONFIGURATION, "a socket that was handed over fits no listener");
        }
        fits->inherited_fd = server->inherited.sockets[i].fd;
    }
    return AS_OK;
}

/* After the app, whose sites they serve. */
static enum as_exit make_listeners(struct as_server *server)
{
    as_err err = as_reading_listeners(server->reading, server->app);

    if (!as_failed(err)) {
        err = fit_inherited(server);
    }
    return as_failed(err) ? give_up(server, "listeners", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

static enum as_exit make_jobs(struct as_server *server)
{
    as_err err = as_http_jobs_new(AS_LIMIT_JOBS, AS_LIMIT_JOB_QUEUE, &server->jobs);

    return as_failed(err) ? give_up(server, "jobs", err, AS_EXIT_FAILURE) : AS_EXIT_FINE;
}

struct as_edge_conf as_server_edge_conf(const struct as_server *server,
                                        const struct as_reading *reading)
{
    const struct as_settings *settings = reading->settings;

    return (struct as_edge_conf){
        .listeners = reading->listeners,
        .listener_count = reading->listener_count,
        .workers = settings->workers,
        .trust = reading->trust,
        .jobs = server->jobs,
        .failed_handshakes = settings->failed_handshakes,
        .exempt = settings->failure_exempt,
        .exempt_count = settings->failure_exempt_count,
    };
}

static enum as_exit open_edge(struct as_server *server)
{
    static const enum as_exit exits[] = {
        [AS_EDGE_FINE] = AS_EXIT_FINE,
        [AS_EDGE_BAD_CONFIGURATION] = AS_EXIT_CONFIGURATION,
        [AS_EDGE_PROBE_FAILED] = AS_EXIT_PROBE,
        [AS_EDGE_UNAVAILABLE] = AS_EXIT_UNAVAILABLE,
    };
    const struct as_edge_conf conf = as_server_edge_conf(server, server->reading);
    enum as_exit code =
        exits[as_edge_new(&conf, as_findings_of_edge, &server->findings, &server->edge)];

    if (code != AS_EXIT_FINE) {
        as_findings_blame_last(&server->findings, "the listeners cannot be opened");
        give_up(server, "listeners", AS_FAIL(AS_SERVER_ERROR, "edge"), code);
    }
    return code;
}

static enum as_exit start_edge(struct as_server *server)
{
    as_err err = as_edge_start(server->edge);

    if (as_failed(err)) {
        return give_up(server, "workers", err, AS_EXIT_FAILURE);
    }
    for (size_t i = 0; i < server->reading->listener_count; i++) {
        char address[128] = "";

        if (!as_failed(as_edge_address(server->edge, i, address, sizeof(address)))) {
            AS_LOG(AS_LOG_NOTICE, "listening",
                   AS_LOG_TEXT("listener", server->reading->listeners[i].name),
                   AS_LOG_TEXT("address", address));
        }
    }
    return AS_EXIT_FINE;
}

void as_server_count_reading(void)
{
    as_metric_add(AS_METRIC_generation, 1);
    as_metric_add(AS_METRIC_last_reload_timestamp_seconds,
                  as_clock_now() - as_metric_get(AS_METRIC_last_reload_timestamp_seconds));
}

/* The counters outlive every reading, so that a reload forgives nobody. */
static as_err read_first(struct as_server *server, struct as_settings *settings)
{
    as_err err = as_tally_new(AS_LIMIT_THROTTLE, AS_LIMIT_FAILURE_WINDOW_MS, &server->failures);

    if (as_failed(err)) {
        as_settings_free(settings);
        return err;
    }
    return as_reading_new(settings, server->failures, &server->findings, &server->reading);
}

enum as_exit as_server_start(struct as_server *server, struct as_settings *settings)
{
    static enum as_exit (*const steps[])(struct as_server *) = {
        open_store,     open_keys, open_audit, make_app,
        make_listeners, make_jobs, open_edge,  start_edge};

    server->findings = (struct as_findings){.settings = settings};
    server->generation = 1;
    as_err err = read_first(server, settings);
    if (as_failed(err)) {
        return give_up(server, "configuration", err, AS_EXIT_FAILURE);
    }
    for (size_t i = 0; i < AS_COUNT(steps); i++) {
        enum as_exit code = steps[i](server);

        if (code != AS_EXIT_FINE) {
            return code;
        }
    }
    as_server_count_reading();
    return AS_EXIT_FINE;
}

void as_server_stop(struct as_server *server, int grace_ms)
{
    as_desk_close(&server->desk);
    if (server->edge != NULL) {
        as_edge_stop(server->edge, grace_ms);
        as_edge_free(server->edge);
    }
    if (server->jobs != NULL) {
        as_http_jobs_free(server->jobs);
    }
    if (server->app != NULL) {
        as_app_free(server->app); /* and with the last generation its reading */
    } else {
        as_reading_free(server->reading);
    }
    as_audit_sink_free(server->audit, AS_LIMIT_AUDIT_STOP_MS);
    as_tally_free(server->failures);
    as_keys_stop(server->keys);
    if (server->store != NULL) {
        as_store_close(server->store);
    }
}
