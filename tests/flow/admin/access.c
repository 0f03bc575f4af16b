/* SPDX-License-Identifier: Apache-2.0 */
/* Who may administrate (design D15): root, the server's own user, members of admin.group. */
#include "endpoint/admin/admin.h"
#include "support/flow.h"

#include <pwd.h>
#include <unistd.h>

#define NOBODY 65534
#define GROUP  54321

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static const struct {
    const char *method, *path, *body;
} routes[] = {
    {"GET", "/v1/clients", NULL},
    {"POST", "/v1/clients", "{}"},
    {"GET", "/v1/clients/c1", NULL},
    {"PUT", "/v1/clients/c1", "{}"},
    {"PATCH", "/v1/clients/c1", "{\"status\":\"disabled\"}"},
    {"DELETE", "/v1/clients/c1", NULL},
    {"GET", "/v1/resources", NULL},
    {"POST", "/v1/resources", "{}"},
    {"GET", "/v1/resources/rs", NULL},
    {"PUT", "/v1/resources/rs", "{}"},
    {"PATCH", "/v1/resources/rs", "{\"status\":\"disabled\"}"},
    {"DELETE", "/v1/resources/rs", NULL},
    {"POST", "/v1/revocations", "{\"client_id\":\"c1\"}"},
    {"POST", "/v1/verdicts", "{}"},
    {"GET", "/v1/initial-access-tokens", NULL},
    {"POST", "/v1/initial-access-tokens", "{}"},
    {"DELETE", "/v1/initial-access-tokens/i1", NULL},
    {"GET", "/v1/keys", NULL},
    {"POST", "/v1/keys/rotations", "{}"},
    {"POST", "/v1/keys/retirements", "{}"},
    {"DELETE", "/v1/keys/k1", NULL},
    {"GET", "/v1/db", NULL},
    {"GET", "/v1/db/audit", NULL},
    {"POST", "/v1/db/backups", "{}"},
    {"POST", "/v1/db/restores", "{}"},
    {"POST", "/v1/db/checks", "{}"},
    {"GET", "/v1/db/jobs/x", NULL},
    {"POST", "/v1/reloads", NULL},
    {"GET", "/v1/reloads/x", NULL},
};

static struct flow_answer *as_user(uid_t uid, gid_t gid, size_t route)
{
    return flow_send(f, (struct flow_ask){.from = FLOW_SOCKET,
                                          .method = routes[route].method,
                                          .path = routes[route].path,
                                          .body = routes[route].body,
                                          .uid = uid,
                                          .gid = gid});
}

/* Every route that shows or changes anything; all are refused before anything is looked up. */
START_TEST(D15_another_user_is_refused)
{
    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        struct flow_answer *answer = as_user(NOBODY, NOBODY, i);
        flow_refused(answer, 403, "access_denied");
        ck_assert_uint_eq(flow_lines(f->audit_fd), i + 1);
        flow_last_has(f->audit_fd, "event", "admin_access");
        flow_last_has(f->audit_fd, "actor", "uid:65534");
        flow_last_has(f->audit_fd, "outcome", "refused");
        flow_last_has(f->log_fd, "level", "notice");
    }
    /* the keeper of keys had its first look by now */
    int64_t writes = as_metric_get(AS_METRIC_store_writes_total);
    int64_t reads = as_metric_get(AS_METRIC_store_reads_total);
    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        flow_refused(as_user(NOBODY, NOBODY, i), 403, "access_denied");
    }
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_writes_total), writes);
    ck_assert_int_eq(as_metric_get(AS_METRIC_store_reads_total), reads);
    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        ck_assert_uint_ne(as_user(0, 0, i)->status, 403);
    }
}
END_TEST

START_TEST(D15_the_server_s_own_user)
{
    flow_status(as_user(geteuid(), getegid(), 0), 200);
    flow_refused(as_user(geteuid() + 1, getegid() + 1, 0), 403, "access_denied");
    if (geteuid() != 0) {
        return;
    }
    /* not root, as in operation */
    ck_assert_int_eq(seteuid(NOBODY), 0);
    unsigned own = as_user(NOBODY, NOBODY, 0)->status;
    unsigned other = as_user(NOBODY - 1, NOBODY, 0)->status;
    unsigned root = as_user(0, 0, 0)->status;
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_uint_eq(own, 200);
    ck_assert_uint_eq(root, 200);
    ck_assert_uint_eq(other, 403);
}
END_TEST

START_TEST(D15_members_of_the_group)
{
    flow_refused(as_user(NOBODY, GROUP, 0), 403, "access_denied"); /* no group is set */
    flow_refused(as_user(NOBODY, 0, 0), 403, "access_denied");     /* nor is root's meant */
    f->conf.admin_group_set = true;
    f->conf.admin_group = GROUP;
    flow_restart(f);
    flow_status(as_user(NOBODY, GROUP, 0), 200);
    flow_refused(as_user(NOBODY, GROUP + 1, 0), 403, "access_denied");
    flow_refused(as_user(4000000, GROUP + 1, 0), 403, "access_denied"); /* no such user */
}
END_TEST

/* The group of the system's databases counts too, whatever the peer's own one is. */
START_TEST(D15_members_by_the_system_s_databases)
{
    const struct passwd *user = getpwuid(NOBODY);

    if (user == NULL) {
        ck_skip("the system knows no user nobody");
    }
    f->conf.admin_group_set = true;
    f->conf.admin_group = user->pw_gid;
    flow_restart(f);
    flow_status(as_user(NOBODY, GROUP, 0), 200);
    f->conf.admin_group = GROUP + 1;
    flow_restart(f);
    flow_refused(as_user(NOBODY, GROUP, 0), 403, "access_denied");
}
END_TEST

/* A peer of another listener has no uid: the 0 in its place is not root's. */
START_TEST(D15_only_through_the_socket)
{
    for (unsigned from = 0; from < FLOW_LISTENERS; from++) {
        const struct as_peer peer = {.listener = &f->listeners[from]};
        const struct as_visit visit = {
            .app = f->app, .generation = f->app->generation, .peer = &peer};

        if (from == FLOW_SOCKET) {
            ck_ok(as_admin_check(&visit));
        } else {
            ck_refuses(as_admin_check(&visit), AS_NOT_ALLOWED, "not the admin socket");
        }
    }
}
END_TEST

/* Health, metrics and version need no rights, on the socket as on the plain listener. */
START_TEST(D15_health_is_for_everybody)
{
    static const char *const paths[] = {"/health/alive", "/health/ready", "/metrics", "/version"};

    for (size_t i = 0; i < AS_COUNT(paths); i++) {
        struct flow_ask ask = {
            .from = FLOW_SOCKET, .method = "GET", .path = paths[i], .uid = NOBODY, .gid = NOBODY};
        flow_status(flow_send(f, ask), 200);
        ask.from = FLOW_HEALTH;
        flow_status(flow_send(f, ask), 200);
    }
    ck_assert_ptr_nonnull(strstr(f->answer.body, "\"version\""));
    struct flow_answer *answer =
        flow_send(f, (struct flow_ask){.from = FLOW_HEALTH, .method = "GET", .path = "/metrics"});
    ck_assert_ptr_nonnull(strstr(answer->body, "\nfapid_requests_total 8\n"));
    ck_assert_ptr_nonnull(strstr(answer->fields, "Content-Type: text/plain; version=0.0.4"));
}
END_TEST

/* A 503 like any other (as/base/limits.h). */
START_TEST(a_server_about_to_end_says_when_to_come_back)
{
    as_app_drain(f->app);
    struct flow_answer *answer = flow_send(
        f, (struct flow_ask){.from = FLOW_HEALTH, .method = "GET", .path = "/health/ready"});
    flow_status(answer, 503);
    ck_assert_str_eq(answer->body, "{\"status\":\"draining\"}");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: " AS_LIMIT_RETRY_AFTER "\n"));
    flow_status(
        flow_send(f,
                  (struct flow_ask){.from = FLOW_HEALTH, .method = "GET", .path = "/health/alive"}),
        200);
}
END_TEST

/* Routes that always write go to a job thread at once: the worker does not even try. */
START_TEST(D15_admin_routes_always_go_elsewhere)
{
    const struct as_http_site *site = as_app_site(f->app, AS_SITE_ADMIN);
    size_t seen = 0;

    for (size_t i = 0; i < site->route_count; i++) {
        if (strncmp(site->routes[i].path, "/v1/", 4) == 0) {
            ck_assert_msg(site->routes[i].always_writes, "%s", site->routes[i].path);
            seen++;
        }
    }
    ck_assert_uint_eq(seen, AS_COUNT(routes));
}
END_TEST

AS_TESTS("flow/admin/access", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D15_another_user_is_refused);
    tcase_add_test(t, D15_the_server_s_own_user);
    tcase_add_test(t, D15_members_of_the_group);
    tcase_add_test(t, D15_members_by_the_system_s_databases);
    tcase_add_test(t, D15_only_through_the_socket);
    tcase_add_test(t, D15_health_is_for_everybody);
    tcase_add_test(t, a_server_about_to_end_says_when_to_come_back);
    tcase_add_test(t, D15_admin_routes_always_go_elsewhere);
})
