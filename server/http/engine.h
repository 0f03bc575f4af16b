/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of one worker and its links. A link is a socketpair: we hold one end, libmicrohttpd
 * the other. It lives as long as either side has it; its exchange, as long as a job may.
 */
#ifndef AS_HTTP_ENGINE_H
#define AS_HTTP_ENGINE_H

#include "exchange.h"

#include <microhttpd.h>
#include <pthread.h>

#define SPARE_EXCHANGES 32 /* kept for the next requests, with their memory */

struct as_http_engine {
    struct as_http_engine_conf conf;
    struct MHD_Daemon *daemon;
    struct as_lanes lanes;
    struct as_http_link *opening; /* the link whose descriptor is just being added */
    size_t busy;
    size_t octets;
    bool stale; /* the daemon has not yet seen that links were closed */
    struct as_exchange *spare;
    size_t spare_count;
    pthread_mutex_t lock; /* guards what follows: job threads write it */
    struct as_exchange *back;
    struct as_exchange **back_end;
};

struct as_http_link {
    struct as_http_engine *engine;
    struct as_http_link_conf conf;
    struct MHD_Connection *mhd; /* NULL: the daemon has let go */
    struct as_exchange *exchange;
    int fd;        /* our end; -1: closed */
    bool away;     /* a job thread has the exchange */
    bool answered; /* the last octet of the answer stands in the pair */
    bool broken;
};

/* Lets the daemon do what can be done now; bounded. */
void as_engine_run(struct as_http_engine *engine);

struct as_exchange *as_engine_take(struct as_http_engine *engine);
void as_engine_give_back(struct as_http_engine *engine, struct as_exchange *exchange);

/* The link's side of the daemon's callbacks. */
void as_link_freed_by_daemon(struct as_http_link *link);
void as_link_answered(struct as_http_link *link, bool whole);

/* Gives the reply to the daemon. */
enum MHD_Result as_answer_queue(struct as_http_link *link, struct MHD_Connection *mhd);

#endif
