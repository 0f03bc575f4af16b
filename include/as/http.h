/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/: request in, reply or later out. libmicrohttpd is the engine and is seen in this room
 * alone; it never touches the network, nor an octet of a request: it writes the heads of answers,
 * and the admitted request goes beside it (design D1 to D3; see the engine below). Knows no OAuth.
 *
 * Threads (design D10): a handler runs whole in one thread. First in the worker, whose lane may not
 * wait; when it returns AS_ELSEWHERE the request is suspended and the same handler runs again from
 * its first line, with an emptied arena, on a job thread, whose lane may wait. Nothing before the
 * first write may have an effect. `done` runs once, when the reply is made.
 */
#ifndef AS_HTTP_H
#define AS_HTTP_H

#include "as/base.h"

#include <stdatomic.h>

#define AS_REQUEST_ID 22 /* characters: 128 random bits in base64url */

struct as_http_field {
    as_span name; /* requests: lower case, in the order sent, connection fields among them */
    as_span value;
};

struct as_http_request {
    as_span method;
    as_span path;  /* as sent, not decoded */
    as_span query; /* what follows '?', undecoded; ptr NULL when there is no '?' */
    const struct as_http_field *fields;
    size_t field_count;
    as_span body;
    as_span request_id;
    as_time now;        /* the one time this request knows */
    int64_t started_us; /* monotonic */
    const void *peer;   /* the edge's peer object, held while the request lives */
};

#define AS_HTTP_REPLY_FIELDS 16

/* `status` 0 means: not answered yet. Spans live in the call's arena or are static. */
struct as_http_reply {
    unsigned status;
    struct as_http_field fields[AS_HTTP_REPLY_FIELDS];
    size_t field_count;
    as_span body;
    bool close; /* close the connection after this reply */
};

struct as_http_route;

struct as_http_call {
    const struct as_http_request *request;
    const struct as_http_route *route; /* NULL: no route has this path */
    as_span param;                     /* what stands at {id} in the route's path */
    const char *allow;                 /* path known, method not: the Allow list; else NULL */
    struct as_http_reply *reply;
    struct as_arena *mem; /* emptied between the worker's try and the job's */
    void *lane;           /* what lane_open gave this thread */
    bool may_wait;        /* false in a worker */
    void *note;           /* the handler's own, for `done`; lives in `mem` */
};

typedef as_err (*as_http_handler)(struct as_http_call *call);

/* One row: a method and a path. HEAD is answered by GET rows. */
struct as_http_route {
    const char *method;
    const char *path;   /* exact, or ending in "/{id}" */
    size_t body_max;    /* octets; 0 means AS_LIMIT_ROUTE_BODY; more: 413 before the body is read */
    bool always_writes; /* goes to a job thread at once (D10) */
    as_http_handler handle;
};

/*
 * A set of routes with what surrounds them: what one class of listeners serves.
 * `serve` is called for every complete request, with or without a route; it runs the route's
 * handler and fills the reply. The only error it may return is AS_ELSEWHERE (never when
 * may_wait); any other is answered as a bare 500.
 */
struct as_http_site {
    const struct as_http_route *routes;
    size_t route_count;
    as_err (*serve)(struct as_http_call *call);
    void (*done)(struct as_http_call *call);     /* log, audit, metrics; the reply is final */
    void (*overload)(struct as_http_call *call); /* fills the 503 when no job can be taken */
    /* Each worker and job thread opens one lane before its first call and closes it at its end. */
    void *(*lane_open)(void *app, bool may_wait);
    void (*lane_close)(void *lane);
    void *app;
};

/* The body cap of a method and path, for the guard; AS_HTTP_NO_ROUTE when no route fits, so that
 * the body is of no use to anybody. */
#define AS_HTTP_NO_ROUTE SIZE_MAX
size_t as_http_body_cap(const struct as_http_site *site, as_span method, as_span path);

/* The value of a request field, by lower-case name; the empty span (ptr NULL) when absent. */
as_span as_http_field(const struct as_http_request *request, const char *name);
/* Adds a field to a reply. Too many fields, or CR, LF or NUL in the value, is a server error. */
as_err as_http_reply_field(struct as_http_reply *reply, const char *name, as_span value);

/* ---------------------------------------------------------------- forms ---------------------- */

struct as_form_field {
    as_span name;
    as_span value;
};

struct as_form {
    struct as_form_field fields[AS_LIMIT_FORM_FIELDS];
    size_t count;
};

/*
 * Parses application/x-www-form-urlencoded strictly: percent escapes of two hex digits, '+' is a
 * blank, UTF-8, no control octets (TOK-03), at most AS_LIMIT_FORM_FIELDS fields (TOK-12). A field
 * with an empty value is dropped (TOK-05). Repetition is kept: the caller knows which may repeat.
 * Errors: AS_INVALID_REQUEST.
 */
as_err as_form_parse(struct as_arena *mem, as_span body, struct as_form *out);
/* The value of a field that may occur once; absent: the empty span. Twice: AS_INVALID_REQUEST. */
as_err as_form_one(const struct as_form *form, const char *name, as_span *out);
/* Is the media type application/x-www-form-urlencoded, without case, parameters ignored? */
bool as_http_is_form(const struct as_http_request *request);
bool as_http_is_json(const struct as_http_request *request);

/* ---------------------------------------------------------------- the engine ----------------- */
/*
 * Used by the edge and by main only. Per worker one engine; per connection in use one link, which
 * takes no descriptor. The worker asks, then reads the answer until its end; there is one request
 * at a time on a link. Nothing that a stranger wrote reaches libmicrohttpd: for each answer it
 * reads one constant request, from a socketpair of the engine, and writes the head; the request
 * itself goes beside it as spans of what the guard admitted, and so does the body of the answer. It
 * would otherwise cut queries and cookies into pieces by itself (in time that grows with their
 * square), copy bodies twice, and answer what it cannot hold in its own words.
 */

/* Calls back into the owner of peers. */
struct as_http_peers {
    void (*hold)(const void *peer);
    void (*drop)(const void *peer);
};

struct as_http_jobs;

/* A pool of job threads shared by all workers; bounded queue. Threads are small (256 KiB stack),
 * take no signals and are all started at once. Errors: server error. */
as_err as_http_jobs_new(size_t threads, size_t queue_max, struct as_http_jobs **out);
/* Runs what is queued to its end, then ends the threads and closes their lanes. */
void as_http_jobs_free(struct as_http_jobs *jobs);

struct as_http_engine;
struct as_http_link;

struct as_http_engine_conf {
    struct as_http_jobs *jobs;
    const struct as_http_peers *peers;
    /* Once it is true, each answer says that its connection closes. NULL: it never is. */
    const atomic_bool *draining;
    int request_ms; /* a job not begun this long after its request came is answered by overload */
    void (*wake)(void *arg); /* a job is done: call as_http_engine_resume. Any thread */
    /* The answer of a link that waited for a job can be read: take note, and read it after
     * as_http_engine_resume, which calls this, has returned. */
    void (*ready)(void *owner);
    void *arg;
};

/* All but `wake` happens on the one thread that owns the engine; it may be made on another. */
as_err as_http_engine_new(const struct as_http_engine_conf *conf, struct as_http_engine **out);
/* Closes this thread's lanes. All links must be closed and as_http_engine_busy must be 0. */
void as_http_engine_free(struct as_http_engine *engine);
/* Picks up finished jobs. */
void as_http_engine_resume(struct as_http_engine *engine);
/* How many requests are with job threads. */
size_t as_http_engine_busy(const struct as_http_engine *engine);
/* Octets of requests that are held until they are answered. */
size_t as_http_engine_bytes(const struct as_http_engine *engine);

struct as_http_link_conf {
    const struct as_http_site *site;
    const void *peer; /* held while the link or one of its requests lives */
    /* Fields of every answer, unless the reply has one of that name itself. Outlives the link. */
    const struct as_http_field *always;
    size_t always_count;
    void *owner; /* for `ready` */
};

/* Errors: AS_UNAVAILABLE. */
as_err as_http_link_open(struct as_http_engine *engine, const struct as_http_link_conf *conf,
                         struct as_http_link **out);
/* Ends the link; an open answer is lost, a job runs to its end. Afterwards `ready` is silent. */
void as_http_link_close(struct as_http_link *link);

/* One admitted request. */
struct as_http_ask {
    as_span method;
    as_span path;
    as_span query;                      /* ptr NULL when there is no '?' */
    const struct as_http_field *fields; /* names in any case */
    size_t field_count;
    as_span body;
    bool close; /* close after the answer */
};

/* Hands over a request; all is copied. The answer before it must have been read to its end.
 * Errors: AS_UNAVAILABLE when memory or descriptors are short; then the link is to be closed. */
as_err as_http_link_ask(struct as_http_link *link, const struct as_http_ask *ask);

enum as_http_read {
    AS_HTTP_READ_MORE,  /* *got octets; there is more, or will be */
    AS_HTTP_READ_WAIT,  /* nothing now: a job has it; `ready` will tell */
    AS_HTTP_READ_END,   /* *got octets, the last of this answer */
    AS_HTTP_READ_CLOSE, /* the same, and the connection is to be closed */
    AS_HTTP_READ_BROKEN /* there will be no (whole) answer */
};

/* Moves the request on, as far as can be without waiting, and reads up to `room` octets. */
enum as_http_read as_http_link_read(struct as_http_link *link, char *to, size_t room, size_t *got);

/* A fresh request id, for what the edge answers by itself; `out` ends in a NUL. 128 random bits. */
void as_http_request_id(char out[AS_REQUEST_ID + 1]);

#endif
