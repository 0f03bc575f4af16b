/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of life: workers that turn, and one that does not. */
#include "support/serve.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int inside;

/* Holds its worker, as a handler must not. */
static as_err hold_worker(struct as_http_call *call)
{
    atomic_fetch_add(&inside, 1);
    (void)pthread_mutex_lock(&gate);
    (void)pthread_mutex_unlock(&gate);
    call->reply->status = 204;
    return AS_OK;
}

static void start(unsigned workers)
{
    serve_init();
    serve.workers = workers;
    toy_extra = hold_worker;
    serve_start();
    (void)as_edge_is_alive(serve.edge); /* wakes them */
}

/* Asks as often as it takes; a worker that turns does so at once. */
static bool alive_in(int milliseconds)
{
    for (int i = 0; i < milliseconds; i++) {
        poll(NULL, 0, 1);
        if (as_edge_is_alive(serve.edge)) {
            return true;
        }
    }
    return false;
}

START_TEST(idle_workers_are_alive)
{
    start(4);
    for (int i = 0; i < 5; i++) {
        ck_assert(alive_in(20000));
    }
    serve_stop(0);
}
END_TEST

START_TEST(a_stuck_worker_is_not)
{
    start(1);
    ck_assert_int_eq(pthread_mutex_lock(&gate), 0);
    int fd = client_new();
    client_send(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&inside, 1);
    (void)as_edge_is_alive(serve.edge); /* what it turned before */
    ck_assert(!alive_in(200));
    ck_assert_int_eq(pthread_mutex_unlock(&gate), 0);
    ck_assert(client_read(fd));
    ck_assert(alive_in(20000));
    client_close(fd);
    serve_stop(0);
}
END_TEST

/* The others do not answer for it. */
START_TEST(one_of_several_is_enough)
{
    start(3);
    ck_assert_int_eq(pthread_mutex_lock(&gate), 0);
    int fd = client_new();
    client_send(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(&inside, 1);
    (void)as_edge_is_alive(serve.edge);
    ck_assert(!alive_in(200));
    ck_assert_int_eq(pthread_mutex_unlock(&gate), 0);
    ck_assert(client_read(fd));
    client_close(fd);
    serve_stop(0);
}
END_TEST

AS_TESTS("edge/alive", {
    tcase_add_test(t, idle_workers_are_alive);
    tcase_add_test(t, a_stuck_worker_is_not);
    tcase_add_test(t, one_of_several_is_enough);
})
