/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/thread.h"

#include <signal.h>
#include <time.h>

bool as_thread_start(pthread_t *out, const char *name, size_t stack, void *(*run)(void *),
                     void *arg)
{
    pthread_attr_t attr;
    sigset_t all;

    if (pthread_attr_init(&attr) != 0) {
        return false;
    }
    (void)sigfillset(&all);
    bool started = pthread_attr_setsigmask_np(&attr, &all) == 0 &&
                   (stack == 0 || pthread_attr_setstacksize(&attr, stack) == 0) &&
                   pthread_create(out, &attr, run, arg) == 0;
    (void)pthread_attr_destroy(&attr);
    if (started) {
        (void)pthread_setname_np(*out, name);
    }
    return started;
}

bool as_thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    bool made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(cond, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return made;
}

bool as_thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms)
{
    const struct timespec until = {until_ms / 1000, (until_ms % 1000) * 1000000};

    return pthread_cond_timedwait(cond, lock, &until) == 0;
}
