/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where another thread asks the main one for a reload and waits for what becomes of it. The main
 * thread waits for signals, so it is woken by one: AS_DESK_SIGNAL, which means nothing to it where
 * nobody has asked.
 *
 * Owner: a plain struct that begins as AS_DESK. Threads: as each function says.
 */
#ifndef AS_MAIN_DESK_H
#define AS_MAIN_DESK_H

#include "as/endpoint.h"

#include <pthread.h>
#include <signal.h>

#define AS_DESK_SIGNAL SIGUSR1

struct as_desk {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool asked;  /* somebody waits */
    bool closed; /* nobody answers any more */
    bool answered;
    struct as_reload_outcome outcome; /* once it is answered */
};

#define AS_DESK                                                                                    \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                     \
    }

/* as_app_conf.reload: `desk` is one of these. Any thread but the main one; AS_CONFLICT where
 * another waits already. */
as_err as_desk_ask(void *desk, struct as_reload_outcome *out);

/* The main thread: does somebody wait? Then what became of it, once. */
bool as_desk_is_asked(struct as_desk *desk);
void as_desk_answer(struct as_desk *desk, const struct as_reload_outcome *outcome);
/* The end has begun: who waits, or asks from now on, is told so. Once or often; any thread. */
void as_desk_close(struct as_desk *desk);

#endif
