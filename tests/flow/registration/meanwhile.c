/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody else is quicker: between what a request has read and what it writes, the client was
 * deleted or changed, or the last use of its token was taken. Played by a store whose verbs let the
 * other one in first.
 */
#include "flow/registration/support/register.h"
#include "store/session.h"

static const struct as_cert *cert;
static const struct as_store_ops *real;
static struct as_store_ops quicker;
static unsigned looked; /* how often it was asked whether the client is as it was */

static as_err delete_first(struct as_backend *backend, enum as_party_kind kind, as_span id,
                           bool *found)
{
    AS_TRY(real->party_delete(backend, kind, id, found));
    ck_assert(*found);
    return real->party_delete(backend, kind, id, found);
}

static as_err delete_before_status(struct as_backend *backend, enum as_party_kind kind, as_span id,
                                   enum as_party_status status, as_time at, bool *found)
{
    AS_TRY(real->party_delete(backend, kind, id, found));
    return real->party_set_status(backend, kind, id, status, at, found);
}

static as_err delete_before_replace(struct as_backend *backend, const struct as_party_write *write,
                                    bool *found)
{
    AS_TRY(real->party_delete(backend, write->party->kind, write->party->id, found));
    return real->party_replace(backend, write, found);
}

/* It is changed and changed back each time. */
static as_err never_still(struct as_backend *backend, const struct as_party *was, bool altogether,
                          bool *still)
{
    (void)backend, (void)was, (void)altogether;
    looked++;
    *still = false;
    return AS_OK;
}

static as_err take_first(struct as_backend *backend, const unsigned char digest[AS_DIGEST],
                         as_time now, bool *taken)
{
    AS_TRY(real->iat_take(backend, digest, now, taken));
    ck_assert(*taken);
    return real->iat_take(backend, digest, now, taken);
}

static void start(void)
{
    reg_start();
    cert = world_leaf(f->w, f->w->banks_ca, "CN=a");
    flow_status(reg_post(cert, iat(NULL), BODY("a")), 201);
    real = f->w->store->ops;
    quicker = *real;
    looked = 0;
    f->w->store->ops = &quicker;
}

static void stop(void)
{
    f->w->store->ops = real;
    reg_stop();
}

static struct flow_answer *operator(const char *method, const char *body)
{
    char path[128];

    snprintf(path, sizeof(path), "/v1/clients/%s", reg_id);
    return flow_admin(f, method, path, body);
}

static void deleted_meanwhile(struct flow_answer *answer)
{
    flow_refused(answer, 404, "not_found");
    flow_last_has(f->log_fd, "reason", "it was deleted meanwhile");
    flow_last_has(f->audit_fd, "outcome", "refused");
}

START_TEST(REG_90_an_operator_comes_too_late)
{
    quicker.party_delete = delete_first;
    deleted_meanwhile(operator("DELETE", NULL));
}
END_TEST

START_TEST(MTLS_15_a_status_comes_too_late)
{
    quicker.party_set_status = delete_before_status;
    deleted_meanwhile(operator("PATCH", "{'status':'disabled'}"));
}
END_TEST

START_TEST(REG_83_an_operators_replacement_comes_too_late)
{
    quicker.party_replace = delete_before_replace;
    deleted_meanwhile(operator("PUT", BODY("a")));
}
END_TEST

/* A client learns nothing but that its token is none. */
START_TEST(REG_90_REG_91_a_client_comes_too_late)
{
    quicker.party_delete = delete_first;
    reg_unauthorized(reg_at(cert, "DELETE", reg_rat, NULL), true, "rat_unknown");
    flow_last_has(f->audit_fd, "outcome", "refused");
}
END_TEST

/* It is not written over what another has made of it, and the request ends. */
START_TEST(REG_83_REG_89_it_does_not_stay_as_it_is)
{
    quicker.party_is_still = never_still;
    flow_refused(reg_put(cert, NAMED("a")), 503, "temporarily_unavailable");
    flow_last_has(f->log_fd, "reason", "the client does not stay as it is");
    ck_assert_ptr_nonnull(strstr(f->answer.fields, "Retry-After: " AS_LIMIT_RETRY_AFTER "\n"));
    ck_assert_uint_eq(looked, 8);
    flow_refused(operator("PATCH", "{'client_name':'b'}"), 503, "temporarily_unavailable");
    flow_last_has(f->log_fd, "reason", "it does not stay as it is");
    ck_assert_uint_eq(looked, 8 + 64);
    flow_status(operator("GET", NULL), 200);
    ck_assert_str_eq(flow_text(&f->answer, "client_name"), "");
}
END_TEST

START_TEST(REG_15_the_last_use_is_taken_by_another)
{
    const struct as_cert *other = world_leaf(f->w, f->w->banks_ca, "CN=b");

    quicker.iat_take = take_first;
    reg_unauthorized(reg_post(other, iat("'uses':1"), BODY("b")), true, "iat_used_up");
    quicker.iat_take = real->iat_take;
    flow_status(reg_post(other, iat("'uses':1"), BODY("b")), 201);
}
END_TEST

AS_TESTS("flow/registration/meanwhile", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, REG_90_an_operator_comes_too_late);
    tcase_add_test(t, MTLS_15_a_status_comes_too_late);
    tcase_add_test(t, REG_83_an_operators_replacement_comes_too_late);
    tcase_add_test(t, REG_90_REG_91_a_client_comes_too_late);
    tcase_add_test(t, REG_83_REG_89_it_does_not_stay_as_it_is);
    tcase_add_test(t, REG_15_the_last_use_is_taken_by_another);
})
