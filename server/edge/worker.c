/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop. One turn: wait; take what events tell, job threads' wake-ups among them; go on
 * with connections that can, each address in its turn; see to deadlines; then free what is gone.
 *
 * A step of a handshake takes as long as dozens of requests, and strangers can have as many as they
 * like: so there is one of them in a turn, and who shakes hands never keeps those waiting for long
 * who have done so.
 */
#include "parts.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MAX   256 /* of one turn */
#define ASKING_MAX   16
#define GREETING_MAX 1

/* ---------------------------------------------------------------- waking --------------------- */

void as_worker_wake(struct as_worker *worker)
{
    (void)eventfd_write(worker->wake_fd, 1); /* fails only when it is awake anyway */
}

static void wake(void *arg)
{
    as_worker_wake(arg);
}

static void answer_ready(void *owner)
{
    as_conn_later(owner);
}

static void on_wake(struct as_worker *worker)
{
    eventfd_t count;

    (void)eventfd_read(worker->wake_fd, &count);
    as_http_engine_resume(worker->engine);
    as_guests_take(worker);
}

/* ---------------------------------------------------------------- one turn ------------------- */

static void on_event(struct as_worker *worker, const struct epoll_event *event)
{
    struct as_event *about = event->data.ptr;

    switch (about->kind) {
    case AS_EVENT_WAKE:
        on_wake(worker);
        return;
    case AS_EVENT_LISTENER:
        as_accept_from(worker, event->data.ptr);
        return;
    case AS_EVENT_CONN:
        as_conn_event(event->data.ptr, event->events);
        return;
    }
}

static void run_turns(struct as_turns *turns, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        struct as_conn *conn = as_turns_next(turns);
        if (conn == NULL) {
            return;
        }
        as_conn_turn(conn);
    }
}

static void run_timers(struct as_worker *worker)
{
    for (struct as_timer *timer = as_timers_pop(&worker->timers, worker->now); timer != NULL;
         timer = as_timers_pop(&worker->timers, worker->now)) {
        if (timer->kind == AS_TIMER_PAUSE) {
            as_accept_again(timer->owner);
        } else {
            as_conn_expire(timer->owner, timer->kind);
        }
    }
}

static void free_gone(struct as_worker *worker)
{
    struct as_conn *list = worker->gone;

    worker->gone = NULL;
    while (list != NULL) {
        struct as_conn *conn = list;

        list = conn->next_gone;
        as_conn_free(conn);
    }
}

static bool is_waited(const struct as_worker *worker)
{
    return worker->asking.first != NULL || worker->greeting.first != NULL;
}

/* Jobs are waited for, and then their engine has no use for its thread any more. */
static bool is_over(const struct as_worker *worker)
{
    return worker->stopping && worker->count == 0 && !is_waited(worker) &&
           as_http_engine_busy(worker->engine) == 0;
}

/* ---------------------------------------------------------------- the loop ------------------- */

static int wait_ms(const struct as_worker *worker)
{
    int wait = as_timers_wait(&worker->timers, worker->now);

    if (is_waited(worker)) {
        return 0;
    }
    if (worker->stopping && worker->count > 0) {
        long long left = atomic_load(&worker->edge->stop_by) - worker->now;
        left = left > 0 ? left : 0;
        wait = wait < 0 || left < wait ? (int)left : wait;
    }
    return wait;
}

static void turn(struct as_worker *worker)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(worker->epoll, events, EVENTS_MAX, wait_ms(worker));

    worker->now = as_clock_mono_ms();
    atomic_fetch_add(&worker->turns, 1);
    for (int i = 0; i < count; i++) {
        on_event(worker, &events[i]);
    }
    run_turns(&worker->asking, ASKING_MAX);
    run_turns(&worker->greeting, GREETING_MAX);
    run_timers(worker);
    as_worker_see_stop(worker);
    as_displace_for_memory(worker);
    free_gone(worker);
}

static void *work(void *arg)
{
    struct as_worker *worker = arg;

    worker->now = as_clock_mono_ms();
    (void)as_memory_set_apart(); /* each turn looks whether it is */
    as_guests_take(worker);
    while (!is_over(worker)) {
        turn(worker);
    }
    as_guests_leave(worker);
    as_http_engine_free(worker->engine); /* closes the lanes of this thread */
    worker->engine = NULL;
    as_memory_release();
    return NULL;
}

/* ---------------------------------------------------------------- life ----------------------- */

static void init_timers(struct as_worker *worker)
{
    const struct as_edge_bounds *bounds = &worker->edge->bounds;
    int rest = bounds->rest_ms < bounds->idle_ms ? bounds->rest_ms : bounds->idle_ms;
    const int lasts_ms[AS_TIMER_KINDS] = {
        [AS_TIMER_HANDSHAKE] = bounds->handshake_ms,
        [AS_TIMER_HEAD] = bounds->head_ms,
        [AS_TIMER_BODY] = bounds->body_ms,
        [AS_TIMER_REQUEST] = bounds->request_ms,
        [AS_TIMER_REST] = rest,
        [AS_TIMER_IDLE] = bounds->idle_ms - rest,
        [AS_TIMER_LINGER] = bounds->linger_ms,
        [AS_TIMER_FAREWELL] = bounds->farewell_ms,
        [AS_TIMER_PAUSE] = AS_LIMIT_ACCEPT_PAUSE_MS,
    };

    as_timers_init(&worker->timers, lasts_ms);
}

static void init_pauses(struct as_worker *worker)
{
    for (size_t i = 0; i < AS_CLASSES; i++) {
        struct as_pause *pause = &worker->pauses[i];
        *pause = (struct as_pause){
            .timer = {.owner = pause}, .worker = worker, .class = (enum as_class)i};
    }
}

static as_err open_worker(struct as_worker *worker)
{
    static const struct as_http_peers peers = {as_peer_hold, as_peer_drop};
    const struct as_edge *edge = worker->edge;
    const struct as_http_engine_conf conf = {.jobs = edge->jobs,
                                             .peers = &peers,
                                             .draining = &edge->draining,
                                             .request_ms = edge->bounds.request_ms,
                                             .wake = wake,
                                             .ready = answer_ready,
                                             .arg = worker};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &worker->wake};

    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    AS_NEED(worker->epoll >= 0 && worker->wake_fd >= 0 &&
                epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->wake_fd, &event) == 0,
            AS_SERVER_ERROR, "a worker has no descriptors");
    AS_TRY(as_http_engine_new(&conf, &worker->engine));
    AS_TRY(as_accept_watch(worker, AS_CLASS_TLS));
    return as_accept_watch(worker, AS_CLASS_LOCAL);
}

as_err as_worker_start(struct as_worker *worker, struct as_edge *edge)
{
    *worker = (struct as_worker){.wake = {AS_EVENT_WAKE}, .edge = edge, .epoll = -1, .wake_fd = -1};
    init_timers(worker);
    init_pauses(worker);
    as_err err = open_worker(worker);
    if (!as_failed(err)) {
        worker->started = as_thread_start(&worker->thread, "fapid-worker", 0, work, worker);
        err = worker->started ? AS_OK : AS_FAIL(AS_SERVER_ERROR, "a worker cannot be started");
    }
    if (as_failed(err)) {
        as_worker_join(worker);
    }
    return err;
}

void as_worker_join(struct as_worker *worker)
{
    if (worker->started) {
        (void)pthread_join(worker->thread, NULL);
        worker->started = false;
    }
    if (worker->engine != NULL) { /* the thread never was */
        as_http_engine_free(worker->engine);
        worker->engine = NULL;
    }
    if (worker->epoll >= 0) {
        (void)close(worker->epoll);
        worker->epoll = -1;
    }
    if (worker->wake_fd >= 0) {
        (void)close(worker->wake_fd);
        worker->wake_fd = -1;
    }
}
