/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads as all rooms start them: every signal is blocked in them, since signals are the main
 * thread's, and each has a name for ps and top.
 */
#ifndef AS_BASE_THREAD_H
#define AS_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs run(arg) on a thread with `stack` octets of stack (0: the system's usual) and a name of at
 * most 15 characters. False when there is none to be had. */
bool as_thread_start(pthread_t *out, const char *name, size_t stack, void *(*run)(void *),
                     void *arg);

/* A condition whose deadlines are of the monotonic clock, as as_clock_mono_ms reads it. */
bool as_thread_cond_init(pthread_cond_t *cond);
/* Waits on such a condition, with `lock` held, until as_clock_mono_ms is `until_ms`. False when
 * that time has come; true may also mean nothing at all, as with pthread_cond_wait(3). */
bool as_thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms);

#endif
