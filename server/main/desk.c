/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <unistd.h>

/* Under the lock. A closed desk keeps what was answered before. */
static as_err wait_answer(struct as_desk *desk, struct as_reload_outcome *out)
{
    while (!desk->answered && !desk->closed) {
        (void)pthread_cond_wait(&desk->changed, &desk->lock);
    }
    AS_NEED(desk->answered, AS_UNAVAILABLE, "the server is about to end");
    *out = desk->outcome;
    return AS_OK;
}

/* Under the lock. The signal is for the process, in which the main thread alone takes it. */
static as_err ask(struct as_desk *desk, struct as_reload_outcome *out)
{
    AS_NEED(!desk->asked, AS_CONFLICT, "a reload is under way");
    AS_NEED(!desk->closed, AS_UNAVAILABLE, "the server is about to end");
    desk->asked = true;
    desk->answered = false;
    AS_NEED(kill(getpid(), AS_DESK_SIGNAL) == 0, AS_SERVER_ERROR, "no signal can be sent");
    return wait_answer(desk, out);
}

as_err as_desk_ask(void *desk_, struct as_reload_outcome *out)
{
    struct as_desk *desk = desk_;

    (void)pthread_mutex_lock(&desk->lock);
    as_err err = ask(desk, out);
    if (!as_err_is(err, AS_CONFLICT)) {
        desk->asked = false;
    }
    (void)pthread_mutex_unlock(&desk->lock);
    return err;
}

/* One that is answered may not have gone yet. */
bool as_desk_is_asked(struct as_desk *desk)
{
    (void)pthread_mutex_lock(&desk->lock);
    bool asked = desk->asked && !desk->answered;
    (void)pthread_mutex_unlock(&desk->lock);
    return asked;
}

void as_desk_answer(struct as_desk *desk, const struct as_reload_outcome *outcome)
{
    (void)pthread_mutex_lock(&desk->lock);
    desk->outcome = *outcome;
    desk->answered = true;
    (void)pthread_cond_broadcast(&desk->changed);
    (void)pthread_mutex_unlock(&desk->lock);
}

void as_desk_close(struct as_desk *desk)
{
    (void)pthread_mutex_lock(&desk->lock);
    desk->closed = true;
    (void)pthread_cond_broadcast(&desk->changed);
    (void)pthread_mutex_unlock(&desk->lock);
}
