/* SPDX-License-Identifier: Apache-2.0 */
#include "loop.h"

#include "memory.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#define NEVER INT64_MAX

/* Moments of the monotonic clock. */
struct loop {
    struct as_server *server;
    const struct as_notify *notify;
    sigset_t signals;
    sigset_t ends;      /* those of them that end it */
    int64_t next_look;  /* at the files */
    int64_t next_pulse; /* a sign of life */
    int64_t next_trim;  /* of memory */
    bool stuck;
};

static void fill_ends(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

static void fill_signals(sigset_t *set)
{
    fill_ends(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, AS_DESK_SIGNAL);
}

void as_loop_block_signals(void)
{
    sigset_t set;

    fill_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error, and not the end */
}

void as_loop_unblock_signals(void)
{
    sigset_t set;

    fill_ends(&set);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The number of a signal of the set, or 0 when `ms` are over, or may be. */
static int take_signal(const sigset_t *set, int64_t ms)
{
    const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    int number = sigtimedwait(set, NULL, &wait);

    return number > 0 ? number : 0;
}

/* The same until a moment. Of several the kernel gives the lowest, SIGHUP: the end must not wait
 * until nobody sends that any more. */
static int wait_signal(const struct loop *loop, int64_t until)
{
    int64_t left = until - as_clock_mono_ms();
    int number = take_signal(&loop->ends, 0);

    return number > 0 ? number : take_signal(&loop->signals, left > 0 ? left : 0);
}

static bool is_end(const struct loop *loop, int number)
{
    return number > 0 && sigismember(&loop->ends, number) == 1;
}

/* ---------------------------------------------------------------- signs of life -------------- */

/* A worker that does not turn is worse than a restart: then nothing is said, and the service
 * manager's patience ends. */
static void pulse(struct loop *loop)
{
    int64_t now = as_clock_mono_ms();
    bool alive = as_edge_is_alive(loop->server->edge);

    loop->next_pulse = now + loop->notify->watchdog_ms / 2;
    if (alive) {
        as_notify_say(loop->notify, "WATCHDOG=1");
    } else if (!loop->stuck) {
        AS_LOG(AS_LOG_ERROR, "worker_stuck",
               AS_LOG_TEXT("message", "a worker has not turned since the last sign of life"));
    }
    loop->stuck = !alive;
}

static void pulse_when_due(struct loop *loop)
{
    if (as_clock_mono_ms() >= loop->next_pulse) {
        pulse(loop);
    }
}

static void say_ready(const struct loop *loop, bool refused)
{
    as_notify_say(loop->notify, "READY=1\nSTATUS=Serving, generation %lu of the configuration%s.",
                  loop->server->generation, refused ? "; the last reload was refused" : "");
}

/* ---------------------------------------------------------------- reload --------------------- */

static void plan_look(struct loop *loop)
{
    int64_t every = loop->server->reading->settings->watch;

    loop->next_look = every > 0 ? as_clock_mono_ms() + every * 1000 : NEVER;
}

static struct as_reload_outcome reload(struct loop *loop, const char *cause)
{
    struct as_reload_outcome outcome;

    as_notify_say(loop->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, as_clock_mono_us());
    as_server_reload(loop->server, cause, &outcome);
    say_ready(loop, outcome.refused);
    plan_look(loop);
    return outcome;
}

/* At every turn: the signal only wakes, and those before it may be many. Whoever asked is told
 * after the service manager: it may be that whose ExecReload= asks, and is over then. */
static void reload_when_asked(struct loop *loop)
{
    struct as_desk *desk = &loop->server->desk;

    if (as_desk_is_asked(desk)) {
        const struct as_reload_outcome outcome = reload(loop, "operator");
        as_desk_answer(desk, &outcome);
    }
}

static void look_when_due(struct loop *loop)
{
    if (as_clock_mono_ms() < loop->next_look) {
        return;
    }
    const char *changed = as_watch_look(loop->server->reading->watch);
    if (changed != NULL) {
        AS_LOG(AS_LOG_NOTICE, "file_changed", AS_LOG_TEXT("file", changed));
        (void)reload(loop, "file");
    }
    plan_look(loop);
}

static void trim_when_due(struct loop *loop)
{
    if (as_clock_mono_ms() >= loop->next_trim) {
        as_memory_trim();
        loop->next_trim = as_clock_mono_ms() + AS_MEMORY_TRIM_MS;
    }
}

/* ---------------------------------------------------------------- the end -------------------- */

/* A load balancer needs time to see that it should turn away (http.drain). False: it was cut short.
 */
static bool drain(struct loop *loop)
{
    int64_t seconds = loop->server->reading->settings->drain;
    int64_t until = as_clock_mono_ms() + seconds * 1000;
    int number = 0;

    as_notify_say(loop->notify, "STOPPING=1\nSTATUS=%s\nEXTEND_TIMEOUT_USEC=%" PRId64,
                  seconds > 0 ? "Draining." : "Stopping.",
                  seconds * 1000000 + (int64_t)AS_LIMIT_STOP_MS * 2000);
    as_app_drain(loop->server->app);
    if (seconds == 0) {
        return true;
    }
    AS_LOG(AS_LOG_NOTICE, "draining", AS_LOG_NUMBER("seconds", seconds));
    as_edge_drain(loop->server->edge);
    while (!is_end(loop, number) && as_clock_mono_ms() < until) {
        number = wait_signal(loop, earlier(until, loop->next_pulse));
        pulse_when_due(loop);
    }
    return !is_end(loop, number);
}

int as_loop_run(struct as_server *server, const struct as_notify *notify)
{
    struct loop loop = {.server = server, .notify = notify, .next_pulse = NEVER};
    int number = 0;

    fill_signals(&loop.signals);
    fill_ends(&loop.ends);
    if (notify->watchdog_ms > 0) {
        (void)as_edge_is_alive(server->edge);
        loop.next_pulse = as_clock_mono_ms() + notify->watchdog_ms / 2;
    }
    say_ready(&loop, false);
    plan_look(&loop);
    loop.next_trim = as_clock_mono_ms() + AS_MEMORY_TRIM_MS;
    while (!is_end(&loop, number)) {
        number =
            wait_signal(&loop, earlier(loop.next_trim, earlier(loop.next_look, loop.next_pulse)));
        if (number == SIGHUP) {
            (void)reload(&loop, "signal");
        }
        reload_when_asked(&loop);
        look_when_due(&loop);
        pulse_when_due(&loop);
        trim_when_due(&loop);
    }
    as_desk_close(&server->desk);
    AS_LOG(AS_LOG_NOTICE, "stopping", AS_LOG_TEXT("signal", sigabbrev_np(number)));
    if (drain(&loop)) {
        return AS_LIMIT_STOP_MS;
    }
    AS_LOG(AS_LOG_NOTICE, "cut_short", AS_LOG_TEXT("message", "a second signal"));
    return 0;
}
