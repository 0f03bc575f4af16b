/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd as an engine that never sees the network (design D1, D10): an epoll daemon without
 * a listening socket, driven by hand. It is left in the dark about time, as its timeouts begin anew
 * at every octet: deadlines are the edge's. It is not asked to log, nor to decode anything.
 */
#include "engine.h"

#include <stdlib.h>

#define RUNS_MAX 8 /* turns of the daemon in one call of ours */

/* Holds the head of an answer (REPLY_HEAD_MAX, and what is added to it) and a constant request.
 * Small, since it is wiped after each answer. */
#define ENGINE_POOL ((size_t)12 * 1024)

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

void as_http_engine_resume(struct as_http_engine *engine)
{
    struct as_exchange *list = take_back(engine);

    while (list != NULL) {
        struct as_http_link *link = list->link;

        list = list->next; /* the daemon does not run here, so none of them ends */
        engine->busy--;
        link->away = false;
        MHD_resume_connection(link->mhd);
        if (link->fd >= 0) {
            engine->conf.ready(link->conf.owner);
        } else {
            engine->stale = true;
        }
    }
}

/* ---------------------------------------------------------------- the daemon's callbacks ----- */

static struct as_http_link *link_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

/* The worker's try, or the way to a job thread; false: that one has it. A full queue is an answer.
 */
static bool start(struct as_http_link *link, struct MHD_Connection *mhd)
{
    struct as_http_engine *engine = link->engine;
    struct as_exchange *exchange = link->exchange;
    const struct as_http_route *route = exchange->call.route;

    if ((route == NULL || !route->always_writes) && as_exchange_try(exchange, &engine->lanes)) {
        return true;
    }
    as_metric_add(AS_METRIC_requests_elsewhere_total, 1);
    exchange->state = AS_EXCHANGE_AWAY;
    exchange->back = come_back;
    if (!as_jobs_put(engine->conf.jobs, &exchange->job)) {
        as_exchange_overload(exchange, &engine->lanes);
        return true;
    }
    link->away = true; /* and the exchange no longer ours; it comes back to this thread alone */
    engine->busy++;
    MHD_suspend_connection(mhd);
    return false;
}

/*
 * The daemon calls with the head, then once more, since there is never a body; then again after a
 * suspension. An answer given at the first call would make it close the connection.
 */
static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct as_http_link *link = link_of(mhd);

    (void)cls, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (link == NULL || link->exchange == NULL || link->away) {
        return MHD_NO;
    }
    if (*request == NULL) {
        *request = link->exchange;
        return MHD_YES;
    }
    if (link->exchange->state == AS_EXCHANGE_NEW && !start(link, mhd)) {
        return MHD_YES;
    }
    return as_answer_queue(link, mhd);
}

static void completed(void *cls, struct MHD_Connection *mhd, void **request,
                      enum MHD_RequestTerminationCode code)
{
    struct as_http_link *link = link_of(mhd);

    (void)cls;
    if (link != NULL && *request != NULL) {
        as_link_answered(link, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    *request = NULL;
}

static void notify(void *cls, struct MHD_Connection *mhd, void **socket_context,
                   enum MHD_ConnectionNotificationCode code)
{
    struct as_http_engine *engine = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = engine->opening;
        engine->opening->mhd = mhd;
        return;
    }
    as_link_freed_by_daemon(*socket_context);
    *socket_context = NULL;
}

/* Nothing is decoded; the constant heads hold no escape anyway. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
    size_t len = 0;

    (void)cls, (void)mhd;
    while (text[len] != '\0') {
        len++;
    }
    return len;
}

/* ---------------------------------------------------------------- life ----------------------- */

static struct MHD_Daemon *start_daemon(struct as_http_engine *engine)
{
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0,
                            NULL, NULL, handle, engine, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)engine->conf.links_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            ENGINE_POOL, MHD_OPTION_NOTIFY_COMPLETED, completed, engine,
                            MHD_OPTION_NOTIFY_CONNECTION, notify, engine,
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
}

as_err as_http_engine_new(const struct as_http_engine_conf *conf, struct as_http_engine **out)
{
    struct as_http_engine *engine = calloc(1, sizeof(*engine));

    AS_NEED_MEM(engine);
    engine->conf = *conf;
    engine->back_end = &engine->back;
    (void)pthread_mutex_init(&engine->lock, NULL);
    engine->daemon = start_daemon(engine);
    if (engine->daemon == NULL) {
        (void)pthread_mutex_destroy(&engine->lock);
        free(engine);
        return AS_FAIL(AS_SERVER_ERROR, "the HTTP engine cannot be started");
    }
    *out = engine;
    return AS_OK;
}

void as_http_engine_free(struct as_http_engine *engine)
{
    MHD_stop_daemon(engine->daemon); /* ends what the daemon still has of closed links */
    while (engine->spare != NULL) {
        struct as_exchange *next = engine->spare->next;
        as_exchange_free(engine->spare);
        engine->spare = next;
    }
    as_lanes_close(&engine->lanes);
    (void)pthread_mutex_destroy(&engine->lock);
    free(engine);
}

void as_engine_run(struct as_http_engine *engine)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;

    engine->stale = false;
    for (int i = 0; i < RUNS_MAX; i++) {
        (void)MHD_run(engine->daemon);
        if (MHD_get_timeout(engine->daemon, &wait) != MHD_YES || wait > 0) {
            return;
        }
    }
    engine->stale = true; /* more to do: at the end of this turn of the loop */
}

void as_http_engine_tidy(struct as_http_engine *engine)
{
    if (engine->stale) {
        as_engine_run(engine);
    }
}

size_t as_http_engine_busy(const struct as_http_engine *engine)
{
    return engine->busy;
}

size_t as_http_engine_bytes(const struct as_http_engine *engine)
{
    return engine->octets;
}
