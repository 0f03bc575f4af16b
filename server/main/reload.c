/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new reading of the configuration takes the place of the one in effect (TLS-29, TLS-80). All
 * that can fail comes first. What changes something comes last: the keys, which can be configured
 * back; the edge, which probes every new TLS context before it swaps any; the app and the audit's
 * file, which cannot fail.
 */
#include "server.h"

#include <stdio.h>
#include <unistd.h>

static as_err read_settings(struct as_server *server, struct as_settings **out)
{
    char key[AS_SETTINGS_KEY];

    AS_TRY(as_options_settings(server->options, &server->findings, out));
    server->findings.settings = *out;
    if (as_settings_need_restart(server->reading->settings, *out, key)) {
        as_findings_tell(&server->findings, AS_LOG_ERROR, key,
                         "%s cannot change while fapid runs: restart it", key);
        as_settings_free(*out);
        return AS_FAIL(AS_BAD_CONFIGURATION, "a restart is needed");
    }
    return AS_OK;
}

static as_err read_all(struct as_server *server, struct as_reading **out)
{
    struct as_settings *settings = NULL;

    AS_TRY(read_settings(server, &settings));
    AS_TRY(as_reading_new(settings, server->failures, &server->findings, out));
    as_err err = as_reading_listeners(*out, server->app);
    if (as_failed(err)) {
        as_reading_free(*out);
    }
    return err;
}

static bool same_keys(const struct as_keys_conf *a, const struct as_keys_conf *b)
{
    return a->algs == b->algs && a->alg == b->alg && a->rotate_every == b->rotate_every &&
           a->publish_lead == b->publish_lead && a->token_lifetime == b->token_lifetime;
}

static as_err configure_keys(struct as_server *server, const struct as_reading *from,
                             const struct as_reading *to)
{
    const struct as_keys_conf old = as_reading_keys(from), fresh = as_reading_keys(to);

    return same_keys(&old, &fresh) ? AS_OK
                                   : as_keys_configure(server->keys, &fresh, as_clock_now());
}

/*
 * Where nothing changes nothing is asked of the store: a new certificate must not wait for a full
 * disk. Where something does, the edge is asked before: a key that was made cannot be unmade.
 */
static as_err change_keys(struct as_server *server, const struct as_reading *reading)
{
    const struct as_keys_conf old = as_reading_keys(server->reading);
    const struct as_keys_conf fresh = as_reading_keys(reading);
    const struct as_edge_conf edge = as_server_edge_conf(server, reading);

    if (same_keys(&old, &fresh)) {
        return AS_OK;
    }
    if (as_edge_reload_check(server->edge, &edge, as_findings_of_edge, &server->findings) !=
        AS_EDGE_FINE) {
        as_findings_blame_last(&server->findings, "the listeners cannot be exchanged");
        return AS_FAIL(AS_BAD_CONFIGURATION, "the listeners cannot be exchanged");
    }
    return configure_keys(server, server->reading, reading);
}

static as_err swap_edge(struct as_server *server, const struct as_reading *reading)
{
    const struct as_edge_conf conf = as_server_edge_conf(server, reading);

    if (as_edge_reload(server->edge, &conf, as_findings_of_edge, &server->findings) ==
        AS_EDGE_FINE) {
        return AS_OK;
    }
    as_findings_blame_last(&server->findings, "the listeners cannot be exchanged");
    as_err err = configure_keys(server, reading, server->reading);
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "keys_not_configured_back", err);
    }
    return AS_FAIL(AS_BAD_CONFIGURATION, "the listeners cannot be exchanged");
}

/* The generation owns the reading, and the app takes it in any case. */
static as_err put_into_effect(struct as_server *server, struct as_reading *reading)
{
    struct as_generation *generation = NULL;
    as_err err = as_reading_generation(reading, server->generation + 1, &generation);

    if (as_failed(err)) {
        as_reading_free(reading);
        return err;
    }
    err = change_keys(server, reading);
    if (!as_failed(err)) {
        err = swap_edge(server, reading);
    }
    if (as_failed(err)) {
        as_generation_drop(generation);
        return err;
    }
    AS_TRY(as_app_use(server->app, generation));
    as_audit_sink_use(server->audit, as_reading_take_audit(reading));
    server->reading = reading;
    server->generation++;
    return AS_OK;
}

/* The log and whoever asked are told the same. */
static void refused(const struct as_server *server, const char *cause, as_err err,
                    struct as_reload_outcome *out)
{
    const struct as_findings *findings = &server->findings;
    bool found = findings->refusals > 0;

    out->refused = true;
    out->refusals = findings->refusals;
    snprintf(out->where, sizeof(out->where), "%s", found ? findings->first.where : err.where);
    snprintf(out->message, sizeof(out->message), "%s", found ? findings->first.message : err.why);
    as_metric_add(AS_METRIC_reloads_refused_total, 1);
    AS_LOG(AS_LOG_ERROR, "reload_refused", AS_LOG_TEXT("cause", cause),
           AS_LOG_TEXT("where", out->where), AS_LOG_TEXT("message", out->message),
           AS_LOG_NUMBER("generation", (int64_t)out->generation));
}

static void reloaded(struct as_server *server, const char *cause)
{
    const struct as_settings *settings = server->reading->settings;

    as_log_start(STDERR_FILENO, settings->log_format, settings->log_level);
    as_metric_add(AS_METRIC_reloads_total, 1);
    as_server_count_reading();
    AS_LOG(AS_LOG_NOTICE, "reloaded", AS_LOG_TEXT("cause", cause),
           AS_LOG_NUMBER("generation", (int64_t)server->generation));
}

void as_server_reload(struct as_server *server, const char *cause, struct as_reload_outcome *out)
{
    struct as_reading *reading = NULL;

    *out = (struct as_reload_outcome){.refused = false};
    server->findings = (struct as_findings){0};
    as_watch_mark(server->reading->watch); /* a failed reload waits for the next change */
    as_err err = read_all(server, &reading);
    if (!as_failed(err)) {
        err = put_into_effect(server, reading);
    }
    server->findings.settings = NULL;
    out->generation = server->generation;
    if (as_failed(err)) {
        refused(server, cause, err, out);
        return;
    }
    reloaded(server, cause);
}
