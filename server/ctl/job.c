/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What takes longer than a request may: POST begins a job in the server, and GET of its URL tells
 * how it goes. Ctrl-C ends the waiting and not the job.
 */
#include "ctl.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define STEP_MS     50 /* between the first two looks; then twice as long each time ... */
#define STEP_MAX_MS 1000
#define PATIENCE_MS 10000 /* with a server that has no answer at the moment */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* A second Ctrl-C ends the program as ever. */
static void watch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};

    (void)sigaction(SIGINT, &action, NULL);
}

static enum ctl_exit leave(const struct ctl *ctl, const struct ctl_wait *wait)
{
    enum ctl_exit code = ctl_say(
        ctl, CTL_REFUSED, "interrupted, but the server goes on; %s how it went", wait->later);

    (void)signal(SIGINT, SIG_DFL);
    (void)raise(SIGINT); /* the shell sees what ended it */
    return code;
}

static bool is_running(const json_t *job)
{
    const char *state = json_string_value(json_object_get(job, "state"));

    return state != NULL && strcmp(state, "running") == 0;
}

/* Ends early at a Ctrl-C. */
static void rest(int64_t *step_ms)
{
    const struct timespec moment = {*step_ms / 1000, *step_ms % 1000 * 1000000};

    (void)nanosleep(&moment, NULL);
    *step_ms = 2 * *step_ms < STEP_MAX_MS ? 2 * *step_ms : STEP_MAX_MS;
}

/* One look. *patience_ms is when there has been no answer for too long; CTL_FINE without *job: look
 * again. */
static enum ctl_exit look(const struct ctl *ctl, const char *url, int64_t *patience_ms,
                          json_t **job)
{
    unsigned status = 0;
    as_err err = ctl_ask(ctl, "GET", url, NULL, &status, job);
    bool may_pass = as_failed(err) || status == 503;

    if (may_pass && as_clock_mono_ms() < *patience_ms) {
        json_decref(*job);
        *job = NULL;
        return CTL_FINE;
    }
    *patience_ms = as_clock_mono_ms() + PATIENCE_MS;
    if (!as_failed(err) && status == 404) {
        return ctl_say(ctl, CTL_REFUSED,
                       "the server knows nothing of it any more: it was "
                       "restarted, or many jobs followed");
    }
    return as_failed(err) ? ctl_unasked(ctl, err) : ctl_judge(ctl, status, *job);
}

/* Nobody knows how it will end. */
static enum ctl_exit give_up(const struct ctl *ctl, const struct ctl_wait *wait)
{
    return ctl_say(ctl, CTL_UNREACHABLE,
                   "no outcome within %lld s, but the server goes on; %s how it went",
                   (long long)(wait->most_ms / 1000), wait->later);
}

static enum ctl_exit wait_for(const struct ctl *ctl, const char *url, const struct ctl_wait *wait,
                              json_t **job)
{
    int64_t began_ms = as_clock_mono_ms();
    int64_t patience_ms = began_ms + PATIENCE_MS;
    int64_t step_ms = STEP_MS;
    enum ctl_exit code = CTL_FINE;

    while (code == CTL_FINE && (*job == NULL || is_running(*job))) {
        if (*job != NULL) {
            json_decref(*job);
            *job = NULL;
        }
        if (wait->most_ms > 0 && as_clock_mono_ms() - began_ms >= wait->most_ms) {
            return give_up(ctl, wait);
        }
        rest(&step_ms);
        code = interrupted ? leave(ctl, wait) : look(ctl, url, &patience_ms, job);
    }
    return code;
}

enum ctl_exit ctl_job_judge(const struct ctl *ctl, const json_t *job, json_t **out)
{
    const json_t *status = json_object_get(job, "status");

    if (status != NULL) {
        return ctl_judge(ctl, (unsigned)json_integer_value(status), job);
    }
    *out = json_incref(json_object_get(job, "result"));
    return *out != NULL ? CTL_FINE : ctl_say(ctl, CTL_REFUSED, "the server tells no result");
}

enum ctl_exit ctl_job_wait(const struct ctl *ctl, const char *path, const json_t *body,
                           const struct ctl_wait *wait, json_t **job)
{
    AS_AUTO(json_decref) json_t *begun = NULL;
    enum ctl_exit code = ctl_call(ctl, "POST", path, body, &begun);
    const char *url = json_string_value(json_object_get(begun, "url"));

    if (code != CTL_FINE) {
        return code;
    }
    if (url == NULL) {
        return ctl_say(ctl, CTL_REFUSED, "the server names no job");
    }
    watch_interrupts();
    *job = json_incref(begun);
    return wait_for(ctl, url, wait, job);
}
