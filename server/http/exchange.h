/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its answer, from the first look to the last octet. The request has an arena of
 * its own; the handler's is emptied between the worker's try and the job's (design D10).
 *
 * Threads: one at a time. The worker gives it away by putting it into the queue of jobs and gets it
 * back by `back`.
 */
#ifndef AS_HTTP_EXCHANGE_H
#define AS_HTTP_EXCHANGE_H

#include "jobs.h"

enum as_exchange_state {
    AS_EXCHANGE_NEW,
    AS_EXCHANGE_AWAY,    /* with a job thread */
    AS_EXCHANGE_ANSWERED /* the reply is final and told to `done` */
};

struct as_http_link;

struct as_exchange {
    struct as_job job; /* first: a job is an exchange */
    struct as_http_link *link;
    const struct as_http_site *site;
    struct as_http_request request;
    struct as_http_reply reply;
    struct as_http_call call;
    struct as_arena *own; /* the request's memory */
    struct as_arena *mem; /* the handler's */
    char id[AS_REQUEST_ID + 1];
    size_t octets; /* copied from the ask */
    int64_t begin_by_us;
    enum as_exchange_state state;
    bool head;                                  /* HEAD: no body in the answer */
    bool close;                                 /* the client asked for it, or the guard */
    void (*back)(struct as_exchange *exchange); /* on the job's thread, when it is answered */
    struct as_exchange *next;                   /* in a list of its holder */
};

/* NULL when memory is short. */
struct as_exchange *as_exchange_new(void);
void as_exchange_free(struct as_exchange *exchange);
/* Wipes it for the next request. */
void as_exchange_reset(struct as_exchange *exchange);

/* Copies the request, and finds its route. Errors: AS_UNAVAILABLE. */
as_err as_exchange_begin(struct as_exchange *exchange, const struct as_http_site *site,
                         const void *peer, const struct as_http_ask *ask, int request_ms);

/* Runs the handler in the worker; false: it has to run elsewhere, nothing happened. */
bool as_exchange_try(struct as_exchange *exchange, struct as_lanes *lanes);
/* Answers 503 without a handler. */
void as_exchange_overload(struct as_exchange *exchange, struct as_lanes *lanes);

#endif
