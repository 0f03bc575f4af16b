/* SPDX-License-Identifier: Apache-2.0 */
/* The app: its routes, one table per class of listeners, and the lanes of threads. */
#include "admin/job.h"

#include <stdlib.h>
#include <string.h>

#define ADMIN_BODY    AS_LIMIT_BODY
#define REGISTER_BODY AS_LIMIT_BODY /* REG-12 */

/* What clients and resource servers see; the path of the metadata is the app's own (REG-100). */
static const struct as_http_route oauth_routes[] = {
    {"POST", "/token", 0, false, as_endpoint_token},
    {"POST", "/introspect", 0, false, as_endpoint_introspect},
    {"POST", "/revoke", 0, false, as_endpoint_revoke},
    {"POST", "/register", REGISTER_BODY, false, as_endpoint_register},
    {"GET", "/register/{id}", 0, false, as_endpoint_register_show},
    {"PUT", "/register/{id}", REGISTER_BODY, false, as_endpoint_register_replace},
    {"DELETE", "/register/{id}", 0, false, as_endpoint_register_delete},
    {"GET", "/jwks", 0, false, as_endpoint_jwks},
};

/* Admin routes run on job threads at once: they write, or ask who is in a group. */
static const struct as_http_route admin_routes[] = {
    {"GET", "/v1/clients", 0, true, as_admin_list},
    {"POST", "/v1/clients", AS_LIMIT_IMPORT, true, as_admin_create},
    {"GET", "/v1/clients/{id}", 0, true, as_admin_show},
    {"PUT", "/v1/clients/{id}", ADMIN_BODY, true, as_admin_replace},
    {"PATCH", "/v1/clients/{id}", ADMIN_BODY, true, as_admin_patch},
    {"DELETE", "/v1/clients/{id}", 0, true, as_admin_delete},
    {"GET", "/v1/resources", 0, true, as_admin_list},
    {"POST", "/v1/resources", AS_LIMIT_IMPORT, true, as_admin_create},
    {"GET", "/v1/resources/{id}", 0, true, as_admin_show},
    {"PUT", "/v1/resources/{id}", ADMIN_BODY, true, as_admin_replace},
    {"PATCH", "/v1/resources/{id}", ADMIN_BODY, true, as_admin_patch},
    {"DELETE", "/v1/resources/{id}", 0, true, as_admin_delete},
    {"GET", "/v1/initial-access-tokens", 0, true, as_admin_iats_list},
    {"POST", "/v1/initial-access-tokens", 0, true, as_admin_iats_create},
    {"DELETE", "/v1/initial-access-tokens/{id}", 0, true, as_admin_iats_revoke},
    {"POST", "/v1/revocations", 0, true, as_admin_revoke},
    {"POST", "/v1/verdicts", ADMIN_BODY, true, as_admin_verdict},
    {"GET", "/v1/keys", 0, true, as_admin_keys_list},
    {"POST", "/v1/keys/rotations", 0, true, as_admin_keys_rotate},
    {"POST", "/v1/keys/retirements", 0, true, as_admin_keys_retire},
    {"DELETE", "/v1/keys/{id}", 0, true, as_admin_keys_revoke},
    {"GET", "/v1/db", 0, true, as_admin_db_show},
    {"GET", "/v1/db/audit", 0, true, as_admin_db_audit},
    {"POST", "/v1/db/backups", 0, true, as_admin_db_backup},
    {"POST", "/v1/db/restores", 0, true, as_admin_db_restore},
    {"POST", "/v1/db/checks", 0, true, as_admin_db_check},
    {"GET", "/v1/db/jobs/{id}", 0, true, as_admin_db_job},
    {"POST", "/v1/reloads", 0, true, as_admin_reload},
    {"GET", "/v1/reloads/{id}", 0, true, as_admin_reload_show},
    {"GET", "/health/alive", 0, false, as_endpoint_alive},
    {"GET", "/health/ready", 0, false, as_endpoint_ready},
    {"GET", "/metrics", 0, false, as_endpoint_metrics},
    {"GET", "/version", 0, false, as_endpoint_version},
};

static const struct as_http_route health_routes[] = {
    {"GET", "/health/alive", 0, false, as_endpoint_alive},
    {"GET", "/health/ready", 0, false, as_endpoint_ready},
    {"GET", "/metrics", 0, false, as_endpoint_metrics},
    {"GET", "/version", 0, false, as_endpoint_version},
};

static void lane_close(void *opened)
{
    struct as_lane *lane = opened;

    if (lane != NULL) {
        as_store_session_free(lane->store);
        free(lane);
    }
}

static void *lane_open(void *arg, bool may_wait)
{
    struct as_app *app = arg;
    struct as_lane *lane = calloc(1, sizeof(*lane));

    if (lane == NULL) {
        return NULL;
    }
    lane->app = app;
    as_err err = as_store_session_new(app->conf.store, may_wait, &lane->store);
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "lane", err);
        free(lane);
        return NULL;
    }
    return lane;
}

static void make_site(struct as_app *app, enum as_site_kind kind,
                      const struct as_http_route *routes, size_t count)
{
    app->sites[kind] = (struct as_http_site){
        .routes = routes,
        .route_count = count,
        .serve = as_visit_serve,
        .done = as_visit_done,
        .overload = as_visit_overload,
        .lane_open = lane_open,
        .lane_close = lane_close,
        .app = app,
    };
}

static as_err build(struct as_app *app)
{
    size_t count = AS_COUNT(oauth_routes);

    app->mem = as_arena_new(AS_LIMIT_ARENA);
    AS_NEED_MEM(app->mem);
    AS_TRY(as_tally_new(AS_LIMIT_THROTTLE, AS_LIMIT_REGISTRATION_WINDOW_MS, &app->registrations));
    AS_TRY(
        as_arena_text(app->mem, as_span_of(app->generation->metadata_path), &app->metadata_path));
    memcpy(app->oauth_routes, oauth_routes, sizeof(oauth_routes));
    app->oauth_routes[count++] =
        (struct as_http_route){"GET", app->metadata_path, 0, false, as_endpoint_metadata};
    make_site(app, AS_SITE_OAUTH, app->oauth_routes, count);
    make_site(app, AS_SITE_ADMIN, admin_routes, AS_COUNT(admin_routes));
    make_site(app, AS_SITE_HEALTH, health_routes, AS_COUNT(health_routes));
    AS_TRY(as_jobs_new(app, &as_admin_db_family, &app->db_jobs));
    return as_jobs_new(app, &as_admin_reload_family, &app->reloads);
}

as_err as_app_new(const struct as_app_conf *conf, struct as_generation *generation,
                  struct as_app **out)
{
    struct as_app *app = calloc(1, sizeof(*app));

    AS_NEED_MEM(app);
    app->conf = *conf;
    app->generation = generation;
    (void)pthread_mutex_init(&app->lock, NULL);
    as_err err = build(app);
    if (as_failed(err)) {
        app->generation = NULL;
        as_app_free(app);
        return err;
    }
    *out = app;
    return AS_OK;
}

void as_app_free(struct as_app *app)
{
    if (app != NULL) {
        as_jobs_free(app->db_jobs); /* first: a job uses the rest */
        as_jobs_free(app->reloads);
        as_generation_drop(app->generation);
        as_arena_free(app->mem);
        as_tally_free(app->registrations);
        (void)pthread_mutex_destroy(&app->lock);
        free(app);
    }
}

void as_app_drain(struct as_app *app)
{
    atomic_store(&app->draining, true);
}

const struct as_http_site *as_app_site(const struct as_app *app, enum as_site_kind kind)
{
    return &app->sites[kind];
}
