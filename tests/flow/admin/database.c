/* SPDX-License-Identifier: Apache-2.0 */
/* The paths that the admin API takes for copies of the database, and those that it refuses. */
#include "support/flow.h"

#include <limits.h>

static struct flow *f;

static void start(void)
{
    f = flow_new();
}

static void stop(void)
{
    flow_free(f);
}

static void refuses(const char *route, const char *body, const char *says)
{
    struct flow_answer *answer = flow_admin(f, "POST", route, body);

    flow_refused(answer, 400, "invalid_request");
    ck_assert_msg(strstr(flow_text(answer, "error_description"), says) != NULL, "%s: %s", body,
                  answer->body);
    flow_last_has(f->audit_fd, "outcome", "refused");
}

START_TEST(D15_a_path_is_one_and_absolute)
{
    static const char *const routes[] = {"/v1/db/backups", "/v1/db/restores"};
    char body[PATH_MAX + 64], file[128];

    for (size_t i = 0; i < AS_COUNT(routes); i++) {
        refuses(routes[i], "{}", "the body must be an object with path");
        refuses(routes[i], "[]", "the body must be an object with path");
        refuses(routes[i], "{'path':1}", "the body must be an object with path");
        refuses(routes[i], "{'path':'/a','more':1}", "the body must be an object with path");
        refuses(routes[i], "{'path':''}", "path must be absolute");
        refuses(routes[i], "{'path':'fapid.copy'}", "path must be absolute");
        refuses(routes[i], "{'path':'../fapid.copy'}", "path must be absolute");
        snprintf(body, sizeof(body), "{'path':'/%0*d'}", PATH_MAX - 1, 0);
        refuses(routes[i], body, "path must be absolute");
    }
    snprintf(file, sizeof(file), "%s/copy.db", f->w->dir);
    snprintf(body, sizeof(body), "{'path':'%s'}", file);
    struct flow_answer *answer = flow_admin(f, "POST", routes[0], body);
    flow_status(answer, 201);
    ck_assert_str_eq(flow_text(answer, "path"), file);
}
END_TEST

AS_TESTS("flow/admin/database", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, D15_a_path_is_one_and_absolute);
})
