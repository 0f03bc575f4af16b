/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of the configuration, counted, so that requests under way keep what they began with.
 */
#include "app.h"

AS_AUTO_DEFINE(struct as_arena, as_arena_free)

as_err as_generation_new(const struct as_generation_conf *conf, struct as_generation **out)
{
    AS_AUTO(as_arena_free) struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    struct as_generation *generation = NULL;

    AS_NEED_MEM(mem);
    generation = as_arena_alloc(mem, sizeof(*generation));
    AS_NEED_MEM(generation);
    generation->conf = *conf;
    generation->mem = mem;
    atomic_init(&generation->holders, 1);
    AS_TRY(as_metadata_make(generation));
    (void)AS_MOVE(mem);
    *out = generation;
    return AS_OK;
}

void as_generation_drop(struct as_generation *generation)
{
    if (generation != NULL && atomic_fetch_sub(&generation->holders, 1) == 1) {
        if (generation->conf.release != NULL) {
            generation->conf.release(generation->conf.owner);
        }
        as_arena_free(generation->mem);
    }
}

/* Under the lock the app's own hold keeps it alive until this one counts. */
struct as_generation *as_generation_hold(struct as_app *app)
{
    (void)pthread_mutex_lock(&app->lock);
    struct as_generation *generation = app->generation;
    atomic_fetch_add(&generation->holders, 1);
    (void)pthread_mutex_unlock(&app->lock);
    return generation;
}

as_err as_app_use(struct as_app *app, struct as_generation *generation)
{
    struct as_generation *old = generation;
    as_err err = AS_OK;

    (void)pthread_mutex_lock(&app->lock);
    if (as_span_is(as_span_of(generation->conf.settings->issuer),
                   app->generation->conf.settings->issuer)) {
        old = app->generation;
        app->generation = generation;
    } else {
        err = AS_FAIL(AS_BAD_CONFIGURATION, "the issuer cannot change while fapid runs");
    }
    (void)pthread_mutex_unlock(&app->lock);
    as_generation_drop(old);
    return err;
}
