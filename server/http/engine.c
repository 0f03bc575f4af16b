/* SPDX-License-Identifier: Apache-2.0 */
/* What the links of a worker share, and the way of exchanges to job threads and back. */
#include "engine.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- exchanges ------------------ */

struct as_exchange *as_engine_take(struct as_http_engine *engine)
{
    struct as_exchange *exchange = engine->spare;

    if (exchange == NULL) {
        return as_exchange_new();
    }
    engine->spare = exchange->next;
    engine->spare_count--;
    exchange->next = NULL;
    return exchange;
}

void as_engine_give_back(struct as_http_engine *engine, struct as_exchange *exchange)
{
    engine->octets -= exchange->octets;
    if (engine->spare_count == SPARE_EXCHANGES) {
        as_exchange_free(exchange);
        return;
    }
    as_exchange_reset(exchange);
    exchange->next = engine->spare;
    engine->spare = exchange;
    engine->spare_count++;
}

/* On a job thread: the list is in the order of arrival; one wake-up serves all that stand in it. */
static void come_back(struct as_exchange *exchange)
{
    struct as_http_engine *engine = exchange->link->engine;

    exchange->next = NULL;
    (void)pthread_mutex_lock(&engine->lock);
    bool first = engine->back == NULL;
    *engine->back_end = exchange;
    engine->back_end = &exchange->next;
    if (first) {
        engine->conf.wake(engine->conf.arg); /* under the lock: the engine cannot end meanwhile */
    }
    (void)pthread_mutex_unlock(&engine->lock);
}

static struct as_exchange *take_back(struct as_http_engine *engine)
{
    (void)pthread_mutex_lock(&engine->lock);
    struct as_exchange *list = engine->back;
    engine->back = NULL;
    engine->back_end = &engine->back;
    (void)pthread_mutex_unlock(&engine->lock);
    return list;
}

bool as_engine_send_away(struct as_http_engine *engine, struct as_exchange *exchange)
{
    exchange->state = AS_EXCHANGE_AWAY;
    exchange->back = come_back;
    if (!as_jobs_put(engine->conf.jobs, &exchange->job)) {
        return false;
    }
    engine->busy++; /* and the exchange is no longer ours; it comes back to this thread alone */
    return true;
}

void as_http_engine_resume(struct as_http_engine *engine)
{
    struct as_exchange *list = take_back(engine);

    while (list != NULL) {
        struct as_http_link *link = list->link;

        list = list->next; /* the exchange may end with its link */
        engine->busy--;
        as_link_back(link);
    }
}

/* ---------------------------------------------------------------- life ----------------------- */

as_err as_http_engine_new(const struct as_http_engine_conf *conf, struct as_http_engine **out)
{
    struct as_http_engine *engine = calloc(1, sizeof(*engine));

    AS_NEED_MEM(engine);
    as_err err = as_heads_new(&engine->heads);
    if (as_failed(err)) {
        free(engine);
        return err;
    }
    engine->conf = *conf;
    engine->back_end = &engine->back;
    (void)pthread_mutex_init(&engine->lock, NULL);
    *out = engine;
    return AS_OK;
}

void as_http_engine_free(struct as_http_engine *engine)
{
    while (engine->spare != NULL) {
        struct as_exchange *next = engine->spare->next;
        as_exchange_free(engine->spare);
        engine->spare = next;
    }
    as_heads_free(engine->heads);
    as_lanes_close(&engine->lanes);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
}

size_t as_http_engine_busy(const struct as_http_engine *engine)
{
    return engine->busy;
}

size_t as_http_engine_bytes(const struct as_http_engine *engine)
{
    return engine->octets;
}
