/* SPDX-License-Identifier: Apache-2.0 */
/* Clients change nothing of themselves while the audit's file takes no lines; but they may end. */
#include "support/register.h"

#include <fcntl.h>

static void is_refused(const struct flow_answer *answer)
{
    flow_refused(answer, 503, "temporarily_unavailable");
    ck_assert_ptr_nonnull(strstr(answer->fields, "Retry-After: "));
    flow_last_has(f->log_fd, "reason", "audit_not_written");
}

static void use(int fd)
{
    as_audit_sink_use(f->audit, (struct as_audit_file){.fd = fd});
}

START_TEST(MTLS_118_no_registration_without_its_audit_line)
{
    const struct as_cert *cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");
    char *token = strdup(iat("'uses':2"));

    flow_status(reg_post(cert, token, BODY("a")), 201);
    use(open("/dev/full", O_WRONLY | O_CLOEXEC));
    flow_refused(reg_post(other, "fai1.unknown", BODY("b")), 401, "invalid_token");
    is_refused(reg_post(other, token, BODY("b")));
    flow_status(reg_at(cert, "GET", reg_rat, NULL), 200);
    flow_status(reg_at(cert, "DELETE", reg_rat, NULL), 204);

    use(dup(f->audit_fd));
    flow_status(reg_post(other, token, BODY("b")), 201); /* the token was not used up */
    flow_last_has(f->audit_fd, "event", "client_registered");
    flow_last_has(f->audit_fd, "outcome", "success");
    free(token);
}
END_TEST

AS_TESTS("registration/unaudited", {
    tcase_add_checked_fixture(t, reg_start, reg_stop);
    tcase_add_test(t, MTLS_118_no_registration_without_its_audit_line);
})
