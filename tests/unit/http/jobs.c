/* SPDX-License-Identifier: Apache-2.0 */
#include "http/jobs.h"

#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

/* A job that waits at a gate, so that the queue behind it can be filled. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool open;
    int waiting;
};

static struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
static atomic_int done;
static atomic_int opened;
static atomic_int closed;
static int order[64];

struct test_job {
    struct as_job job;
    int number;
};

static void wait_at_gate(struct as_job *job, struct as_lanes *lanes)
{
    (void)job, (void)lanes;
    pthread_mutex_lock(&gate.lock);
    gate.waiting++;
    pthread_cond_broadcast(&gate.moved);
    while (!gate.open) {
        pthread_cond_wait(&gate.moved, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
    atomic_fetch_add(&done, 1);
}

static void note_order(struct as_job *job, struct as_lanes *lanes)
{
    const struct test_job *mine = (const struct test_job *)(void *)job;

    (void)lanes;
    order[atomic_fetch_add(&done, 1)] = mine->number;
}

static void wait_for(int waiting)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.waiting < waiting) {
        pthread_cond_wait(&gate.moved, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

START_TEST(jobs_run_in_their_order_and_all_to_their_end)
{
    struct test_job first = {{NULL, wait_at_gate}, 0};
    struct test_job jobs[20];
    struct as_http_jobs *pool = NULL;

    ck_ok(as_http_jobs_new(1, 64, &pool));
    ck_assert(as_jobs_put(pool, &first.job));
    wait_for(1);
    for (int i = 0; i < 20; i++) {
        jobs[i] = (struct test_job){{NULL, note_order}, i + 1};
        ck_assert(as_jobs_put(pool, &jobs[i].job));
    }
    open_gate();
    as_http_jobs_free(pool);
    ck_assert_int_eq(atomic_load(&done), 21);
    for (int i = 1; i <= 20; i++) {
        ck_assert_int_eq(order[i], i);
    }
}
END_TEST

START_TEST(a_full_queue_takes_no_job)
{
    struct test_job jobs[5];
    struct as_http_jobs *pool = NULL;

    ck_ok(as_http_jobs_new(2, 2, &pool));
    for (int i = 0; i < 5; i++) {
        jobs[i] = (struct test_job){{NULL, wait_at_gate}, i};
        if (i == 2) {
            wait_for(2); /* both threads are taken; from here on jobs stay in the queue */
        }
        ck_assert_int_eq(as_jobs_put(pool, &jobs[i].job), i < 4);
    }
    open_gate();
    as_http_jobs_free(pool);
    ck_assert_int_eq(atomic_load(&done), 4);
}
END_TEST

static void *lane_open(void *app, bool may_wait)
{
    ck_assert(may_wait);
    atomic_fetch_add(&opened, 1);
    return app;
}

static void lane_close(void *lane)
{
    ck_assert_ptr_nonnull(lane);
    atomic_fetch_add(&closed, 1);
}

static const struct as_http_site site = {
    .lane_open = lane_open, .lane_close = lane_close, .app = &gate};

static void use_lane(struct as_job *job, struct as_lanes *lanes)
{
    void *lane = NULL;

    ck_assert(as_lanes_get(lanes, &site, &lane));
    ck_assert_ptr_eq(lane, &gate);
    wait_at_gate(job, lanes);
}

START_TEST(a_thread_opens_one_lane_and_closes_it_at_its_end)
{
    struct test_job jobs[30];
    struct as_http_jobs *pool = NULL;

    ck_ok(as_http_jobs_new(3, 64, &pool));
    for (int i = 0; i < 30; i++) {
        jobs[i] = (struct test_job){{NULL, use_lane}, i};
        ck_assert(as_jobs_put(pool, &jobs[i].job));
    }
    wait_for(3);
    open_gate();
    as_http_jobs_free(pool);
    ck_assert_int_eq(atomic_load(&done), 30);
    ck_assert_int_eq(atomic_load(&opened), 3);
    ck_assert_int_eq(atomic_load(&closed), 3);
}
END_TEST

static void *lane_none(void *app, bool may_wait)
{
    (void)app, (void)may_wait;
    atomic_fetch_add(&opened, 1);
    return NULL;
}

START_TEST(a_site_that_can_open_no_lane_is_asked_again)
{
    static const struct as_http_site shut = {.lane_open = lane_none, .lane_close = lane_close};
    static const struct as_http_site plain = {0};
    struct as_lanes lanes = {0};
    void *lane = &gate;

    ck_assert(!as_lanes_get(&lanes, &shut, &lane));
    ck_assert(!as_lanes_get(&lanes, &shut, &lane));
    ck_assert_int_eq(atomic_load(&opened), 2);
    ck_assert(as_lanes_get(&lanes, &plain, &lane)); /* needs none */
    ck_assert_ptr_null(lane);
    as_lanes_close(&lanes);
    ck_assert_int_eq(atomic_load(&closed), 0);
}
END_TEST

AS_TESTS("http/jobs", {
    tcase_add_test(t, jobs_run_in_their_order_and_all_to_their_end);
    tcase_add_test(t, a_full_queue_takes_no_job);
    tcase_add_test(t, a_thread_opens_one_lane_and_closes_it_at_its_end);
    tcase_add_test(t, a_site_that_can_open_no_lane_is_asked_again);
})
