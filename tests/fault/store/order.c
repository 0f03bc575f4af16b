/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sync precedes the answer: the power goes the moment that a change was acknowledged, nothing
 * that was not synced stays, and the change is there.
 */
#include "fault/support/disk.h"
#include "fault/support/fail.h"
#include "fault/support/operating.h"

static struct scene s;
static char dir[64], worlds[64];

static void start(void)
{
    snprintf(dir, sizeof(dir), "%s/fapid-order-XXXXXX", as_test_tmp());
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(worlds, sizeof(worlds), "%s/fapid-world-", as_test_tmp());
    disk_start(worlds);
    scene_start(&s);
}

static void stop(void)
{
    scene_stop(&s);
    disk_stop();
    ck_assert_int_eq(rmdir(dir), 0);
}

/* The log has been written, and all of it is synced. */
static void crash_now(const char *path, long written)
{
    pthread_mutex_lock(&disk.lock);
    size_t unsynced = disk.images[1].pending_count;
    long writes = disk.images[1].writes;
    disk_crash(path, 0);
    pthread_mutex_unlock(&disk.lock);
    ck_assert_uint_eq(unsynced, 0);
    ck_assert_int_gt(writes, written);
}

static void change_is_kept(const char *path, const struct scene_counts *from,
                           const struct scene_counts *change)
{
    struct as_store *store = NULL;
    char message[AS_STORE_MESSAGE] = "";

    ck_assert_msg(!as_failed(as_store_open("sqlite", path, &store, message)), "%s", message);
    struct scene_counts to = fail_counts(&s, store);
    ck_assert(fail_moved(from, &to, change));
    as_store_close(store);
    disk_crash_remove(path);
}

static void answer_and_crash(const struct scene_request *request)
{
    struct fail_try try = {.request = request, .at = GATE_NEVER, .log_fd = s.f->log_fd};
    struct flow_ask ask;
    char path[96];

    snprintf(path, sizeof(path), "%s/fapid.db", dir);
    request->before(&s, &ask);
    struct scene_counts from = fail_counts(&s, s.f->w->store);
    long written = disk.images[1].writes;
    fail_send(s.f, &ask, &try);
    crash_now(path, written);
    ck_assert(fail_is_done(s.f, &try));
    change_is_kept(path, &from, &request->change);
    request->after(&s, true);
    as_exchange_free(try.exchange);
}

START_TEST(TOK_177_synced_before_answered)
{
    for (size_t i = 0; i < AS_COUNT(scene_registration_requests); i++) {
        answer_and_crash(&scene_registration_requests[i]);
    }
    for (size_t i = 0; i < AS_COUNT(scene_operator_requests); i++) {
        answer_and_crash(&scene_operator_requests[i]);
    }
    answer_and_crash(&scene_revocation_requests[0]);
    answer_and_crash(&scene_token_requests[2]); /* a certificate is recorded */
    ck_assert_int_eq(scene_token_requests[2].change.certificates, 1);
}
END_TEST

AS_TESTS("fault/store/order", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, TOK_177_synced_before_answered);
})
