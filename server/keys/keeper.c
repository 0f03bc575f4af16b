/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that moves keys on. */
#include "parts.h"

#define SETTLE_MS                                                                                  \
    60000 /* nothing is removed so soon after the start: a clock may yet be put right */

/* ------------------------------------------------------------ what is due --------------------- */

/* Until all that it made has ended, and a while more (REG-146). */
static bool is_over(const struct as_keys *keys, const struct as_key_row *row, struct as_moment at)
{
    return row->state == AS_KEY_RETIRED && at.mono_ms - keys->start.mono_ms >= SETTLE_MS &&
           as_moment_earlier(keys->start, at) - row->retired >= row->lifetime + AS_KEYS_OVERLAP_S;
}

static as_err remove_ended(struct as_keys *keys, const struct as_key_act *act, bool *changed)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const struct as_key_row *rows = NULL;
    size_t count = 0;
    bool found = false;

    AS_NEED_MEM(mem);
    AS_TRY(as_keys_read(keys, mem, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (is_over(keys, &rows[i], act->at)) {
            *changed = true;
            AS_TRY(as_step_remove(keys, rows[i].kid, "key_removed", act, &found));
        }
    }
    return AS_OK;
}

static bool is_due(const struct as_line *line, struct as_moment at)
{
    return line->step != AS_STEP_NONE && at.mono_ms >= line->due_ms;
}

static as_err do_what_is_due(struct as_keys *keys, struct as_moment at, bool *changed)
{
    const struct as_key_act act = as_keys_own_act(keys, at, "schedule");

    for (size_t i = 0; i < AS_ALGS; i++) {
        if (is_due(&keys->lines[i], at)) {
            *changed = true;
            AS_TRY(as_step_take(keys, &keys->lines[i], &act));
        }
    }
    return remove_ended(keys, &act, changed);
}

static int64_t next_look(const struct as_keys *keys, struct as_moment at)
{
    int64_t next_ms = at.mono_ms + AS_LIMIT_KEYS_REST_MS;

    for (size_t i = 0; i < AS_ALGS; i++) {
        const struct as_line *line = &keys->lines[i];
        if (line->step != AS_STEP_NONE && line->due_ms < next_ms) {
            next_ms = line->due_ms;
        }
    }
    return next_ms;
}

static as_err keep(struct as_keys *keys, struct as_moment at)
{
    bool changed = keys->stale;
    as_err err = do_what_is_due(keys, at, &changed);

    if (changed) { /* even if the second of two steps failed */
        AS_TRY(as_keys_refresh(keys, at));
    }
    return err;
}

as_err as_keys_keep(struct as_keys *keys, struct as_moment at, int64_t *next_ms)
{
    pthread_mutex_lock(&keys->work);
    as_err err = keep(keys, at);
    *next_ms = as_failed(err) ? at.mono_ms + AS_LIMIT_KEYS_RETRY_MS : next_look(keys, at);
    pthread_mutex_unlock(&keys->work);
    return err;
}

/* ------------------------------------------------------------ its thread ---------------------- */

static void rest(struct as_keys *keys, int64_t until_ms)
{
    bool early = true;

    while (!keys->stopping && !keys->woken && early) {
        early = as_thread_cond_wait(&keys->work_to_do, &keys->rest, until_ms);
    }
    keys->woken = false;
}

static void *keeper_main(void *arg)
{
    struct as_keys *keys = arg;
    int64_t next_ms = 0;

    pthread_mutex_lock(&keys->rest);
    while (!keys->stopping) {
        pthread_mutex_unlock(&keys->rest);
        const struct as_moment at = as_clock_moment();
        as_err err = as_keys_keep(keys, at, &next_ms);
        if (as_failed(err)) {
            as_log_err(AS_LOG_WARNING, "keys_step_failed", err);
        }
        pthread_mutex_lock(&keys->rest);
        rest(keys, next_ms);
    }
    pthread_mutex_unlock(&keys->rest);
    return NULL;
}

bool as_keeper_start(struct as_keys *keys)
{
    keys->running = as_thread_start(&keys->thread, "fapid-keys", 0, keeper_main, keys);
    return keys->running;
}

void as_keeper_wake(struct as_keys *keys)
{
    pthread_mutex_lock(&keys->rest);
    keys->woken = true;
    pthread_cond_signal(&keys->work_to_do);
    pthread_mutex_unlock(&keys->rest);
}

void as_keeper_stop(struct as_keys *keys)
{
    if (!keys->running) {
        return;
    }
    pthread_mutex_lock(&keys->rest);
    keys->stopping = true;
    pthread_cond_signal(&keys->work_to_do);
    pthread_mutex_unlock(&keys->rest);
    pthread_join(keys->thread, NULL);
    keys->running = false;
}
