/* SPDX-License-Identifier: Apache-2.0 */
/* The edge's side: a request is asked, its answer read. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

static void let_go(struct as_http_link *link)
{
    if (!link->closed || link->away) {
        return;
    }
    if (link->exchange != NULL) {
        as_engine_give_back(link->engine, link->exchange);
    }
    link->engine->conf.peers->drop(link->conf.peer);
    free(link);
}

void as_link_back(struct as_http_link *link)
{
    link->away = false;
    if (link->closed) {
        let_go(link);
    } else {
        link->engine->conf.ready(link->conf.owner);
    }
}

as_err as_http_link_open(struct as_http_engine *engine, const struct as_http_link_conf *conf,
                         struct as_http_link **out)
{
    struct as_http_link *link = as_memory_zeroed(sizeof(*link));

    AS_NEED(link != NULL, AS_UNAVAILABLE, "no memory for a link");
    *link = (struct as_http_link){.engine = engine, .conf = *conf};
    engine->conf.peers->hold(conf->peer);
    *out = link;
    return AS_OK;
}

void as_http_link_close(struct as_http_link *link)
{
    link->closed = true;
    let_go(link);
}

as_err as_http_link_ask(struct as_http_link *link, const struct as_http_ask *ask)
{
    struct as_http_engine *engine = link->engine;

    AS_NEED(link->exchange == NULL, AS_UNAVAILABLE, "the answer before was not read");
    link->exchange = as_engine_take(engine);
    AS_NEED(link->exchange != NULL, AS_UNAVAILABLE, "no memory for a request");
    link->exchange->link = link;
    link->begun = false;
    as_err err = as_exchange_begin(link->exchange, link->conf.site, link->conf.peer, ask,
                                   engine->conf.request_ms);
    engine->octets += link->exchange->octets;
    return err;
}

/* The worker's try, or the way to a job thread. A full queue is an answer. */
static void start(struct as_http_link *link)
{
    struct as_http_engine *engine = link->engine;
    struct as_exchange *exchange = link->exchange;
    const struct as_http_route *route = exchange->call.route;

    if ((route == NULL || !route->always_writes) && as_exchange_try(exchange, &engine->lanes)) {
        return;
    }
    link->away = as_engine_send_away(engine, exchange);
    as_metric_add(AS_METRIC_requests_elsewhere_total, link->away);
    if (!link->away) {
        as_exchange_overload(exchange, &engine->lanes);
    }
}

static as_err begin_answer(struct as_http_link *link)
{
    const struct as_exchange *exchange = link->exchange;

    AS_TRY(as_answer_head(link, &link->head));
    link->body = exchange->head ? AS_SPAN_NONE : exchange->reply.body;
    link->begun = true;
    return AS_OK;
}

static enum as_http_read end_answer(struct as_http_link *link)
{
    bool closes = link->exchange->close;

    as_engine_give_back(link->engine, link->exchange);
    link->exchange = NULL;
    return closes ? AS_HTTP_READ_CLOSE : AS_HTTP_READ_END;
}

static size_t take(as_span *rest, char *to, size_t room)
{
    size_t len = rest->len < room ? rest->len : room;

    if (len > 0) {
        memcpy(to, rest->ptr, len);
    }
    *rest = as_span_from(*rest, len);
    return len;
}

enum as_http_read as_http_link_read(struct as_http_link *link, char *to, size_t room, size_t *got)
{
    *got = 0;
    if (link->exchange == NULL) {
        return AS_HTTP_READ_BROKEN;
    }
    if (!link->away && link->exchange->state == AS_EXCHANGE_NEW) {
        start(link);
    }
    if (link->away) {
        return AS_HTTP_READ_WAIT;
    }
    as_err err = link->begun ? AS_OK : begin_answer(link);
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "engine", err);
        return AS_HTTP_READ_BROKEN;
    }
    *got = take(&link->head, to, room);
    *got += take(&link->body, to + *got, room - *got);
    return link->head.len + link->body.len > 0 ? AS_HTTP_READ_MORE : end_answer(link);
}
