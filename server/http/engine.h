/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of one worker and its links. A link lives until it is closed and no job has its
 * exchange any more.
 */
#ifndef AS_HTTP_ENGINE_H
#define AS_HTTP_ENGINE_H

#include "exchange.h"
#include "head.h"

#include <pthread.h>

#define SPARE_EXCHANGES 32 /* kept for the next requests, with their memory */

struct as_http_engine {
    struct as_http_engine_conf conf;
    struct as_heads *heads;
    struct as_lanes lanes;
    size_t busy;
    size_t octets;
    struct as_exchange *spare;
    size_t spare_count;
    pthread_mutex_t lock; /* guards what follows: job threads write it */
    struct as_exchange *back;
    struct as_exchange **back_end;
};

struct as_http_link {
    struct as_http_engine *engine;
    struct as_http_link_conf conf;
    struct as_exchange *exchange;
    as_span head; /* of the answer, as far as they are not yet read ... */
    as_span body;
    bool begun; /* ... once it is */
    bool away;  /* a job thread has the exchange */
    bool closed;
};

struct as_exchange *as_engine_take(struct as_http_engine *engine);
void as_engine_give_back(struct as_http_engine *engine, struct as_exchange *exchange);
/* To a job thread, if one can take it; then it comes back by as_link_back. */
bool as_engine_send_away(struct as_http_engine *engine, struct as_exchange *exchange);

/* A job is done. The link may be gone afterwards. */
void as_link_back(struct as_http_link *link);

/* The head of the answer to the link's exchange, in the memory of that. */
as_err as_answer_head(struct as_http_link *link, as_span *out);

#endif
