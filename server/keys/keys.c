/* SPDX-License-Identifier: Apache-2.0 */
/* The start and the end of the server's keys, and what follows every change of them. */
#include "parts.h"

#include <stdlib.h>

#define STEPS_MOST 2 /* drop, then retire */

AS_AUTO_DEFINE(struct as_keys, as_keys_stop)

/* ------------------------------------------------------------ after a change ------------------ */

as_err as_keys_read(struct as_keys *keys, struct as_arena *mem, const struct as_key_row **rows,
                    size_t *count)
{
    as_err err = as_store_keys(keys->session, mem, rows, count);

    as_store_session_done(keys->session);
    return err;
}

static void swap_in(struct as_keys *keys, struct as_keyset_box *fresh)
{
    pthread_mutex_lock(&keys->swap);
    struct as_keyset_box *old = keys->present;
    keys->present = fresh;
    pthread_mutex_unlock(&keys->swap);
    if (old != NULL) {
        as_keyset_drop(&old->view);
    }
}

static as_err refresh(struct as_keys *keys, struct as_moment at)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const struct as_key_row *rows = NULL;
    struct as_keyset_box *fresh = NULL;
    size_t count = 0;

    AS_NEED_MEM(mem);
    AS_TRY(as_keys_read(keys, mem, &rows, &count));
    AS_TRY(as_keyset_new(&keys->kek, &keys->conf, rows, count, &fresh));
    for (size_t i = 0; i < AS_ALGS; i++) {
        as_line_see(&keys->lines[i], &keys->conf, rows, count, at);
    }
    swap_in(keys, fresh);
    if (count >= AS_LIMIT_KEYS) {
        AS_LOG(AS_LOG_WARNING, "too_many_keys", AS_LOG_NUMBER("keys", (int64_t)count));
    }
    return AS_OK;
}

as_err as_keys_refresh(struct as_keys *keys, struct as_moment at)
{
    as_err err = refresh(keys, at);

    keys->stale = as_failed(err); /* the keeper tries again */
    return err;
}

/* ------------------------------------------------------------ the start ----------------------- */

static as_err find_kek(struct as_keys *keys, const char *key_file)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    const struct as_key_row *rows = NULL;
    size_t count = 0;
    bool found = false;

    AS_NEED_MEM(mem);
    AS_TRY(as_keys_read(keys, mem, &rows, &count));
    AS_TRY(as_kek_read(key_file, &keys->kek, &found));
    if (found) {
        return AS_OK;
    }
    AS_NEED(count == 0, AS_BAD_CONFIGURATION,
            "the key file is missing, and the store holds keys that only it opens");
    AS_TRY(as_kek_make(key_file, &keys->kek));
    AS_LOG(AS_LOG_NOTICE, "key_file_made", AS_LOG_TEXT("path", key_file));
    return AS_OK;
}

/* A key that the line needs to work at once, or one that must not be used any more. */
static bool is_urgent(const struct as_line *line)
{
    return line->step == AS_STEP_CREATE || line->step == AS_STEP_RETIRE ||
           line->step == AS_STEP_DROP ||
           (line->step == AS_STEP_ACTIVATE && line->active[0] == '\0');
}

as_err as_keys_settle(struct as_keys *keys, const struct as_key_act *act)
{
    AS_TRY(as_keys_refresh(keys, act->at));
    for (size_t i = 0; i < AS_ALGS; i++) {
        for (size_t n = 0; n < STEPS_MOST && is_urgent(&keys->lines[i]); n++) {
            AS_TRY(as_step_take(keys, &keys->lines[i], act));
            AS_TRY(as_keys_refresh(keys, act->at));
        }
    }
    return AS_OK;
}

static as_err prepare(struct as_keys *keys, const char *key_file, struct as_moment at)
{
    AS_TRY(as_store_session_new(keys->store, true, &keys->session));
    AS_TRY(find_kek(keys, key_file));
    const struct as_key_act act = as_keys_own_act(keys, at, "start");
    AS_TRY(as_keys_settle(keys, &act));
    return as_store_key_promise(keys->session, keys->conf.token_lifetime);
}

as_err as_keys_open(struct as_store *store, const char *key_file, const struct as_keys_conf *conf,
                    struct as_moment at, struct as_keys **out)
{
    AS_AUTO(as_keys_stop) struct as_keys *keys = calloc(1, sizeof(*keys));

    AS_NEED_MEM(keys);
    keys->store = store;
    keys->conf = *conf;
    keys->start = at;
    pthread_mutex_init(&keys->work, NULL);
    pthread_mutex_init(&keys->swap, NULL);
    pthread_mutex_init(&keys->rest, NULL);
    for (size_t i = 0; i < AS_ALGS; i++) {
        as_line_init(&keys->lines[i], (enum as_alg)i);
    }
    AS_NEED(as_thread_cond_init(&keys->work_to_do), AS_SERVER_ERROR, "out of memory");
    AS_TRY(prepare(keys, key_file, at));
    *out = AS_MOVE(keys);
    return AS_OK;
}

as_err as_keys_start(struct as_store *store, const char *key_file, const struct as_keys_conf *conf,
                     as_time now, struct as_keys **out)
{
    const struct as_moment at = {now, as_clock_mono_ms()};
    AS_AUTO(as_keys_stop) struct as_keys *keys = NULL;

    AS_TRY(as_keys_open(store, key_file, conf, at, &keys));
    AS_NEED(as_keeper_start(keys), AS_UNAVAILABLE, "no thread for the keys");
    *out = AS_MOVE(keys);
    return AS_OK;
}

void as_keys_stop(struct as_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    as_keeper_stop(keys);
    if (keys->present != NULL) {
        as_keyset_drop(&keys->present->view);
    }
    as_store_session_free(keys->session);
    as_kek_wipe(&keys->kek);
    pthread_cond_destroy(&keys->work_to_do);
    pthread_mutex_destroy(&keys->rest);
    pthread_mutex_destroy(&keys->swap);
    pthread_mutex_destroy(&keys->work);
    free(keys);
}
