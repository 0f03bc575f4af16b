/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every endpoint shares: the app, a thread's lane, and the visit, which is one request on its
 * way through: its context, and what log and audit will say of it. The visit outlives the store's
 * records of the request, so its texts are copies in the arena or static.
 */
#ifndef AS_ENDPOINT_APP_H
#define AS_ENDPOINT_APP_H

#include "as/client.h"
#include "as/endpoint.h"
#include "json.h"

#include <pthread.h>
#include <stdatomic.h>

#define AS_APP_ROUTES 24

struct as_generation {
    struct as_generation_conf conf;
    as_span metadata; /* the document of RFC 8414 */
    const char *metadata_path;
    struct as_arena *mem; /* holds this struct too */
    atomic_size_t holders;
};

struct as_jobs;

struct as_app {
    struct as_app_conf conf;
    atomic_bool draining;
    pthread_mutex_t lock; /* guards `generation` */
    struct as_generation *generation;
    struct as_jobs *db_jobs;
    struct as_jobs *reloads;
    const char *metadata_path;
    struct as_tally *registrations; /* REG-16; whatever is reloaded */
    struct as_arena *mem;
    struct as_http_route oauth_routes[AS_APP_ROUTES];
    struct as_http_site sites[AS_SITE_HEALTH + 1];
};

struct as_lane {
    struct as_app *app;
    struct as_store_session *store;
};

struct as_visit {
    const struct as_app *app;
    struct as_generation *generation; /* held from the beginning to the reply */
    const struct as_peer *peer;
    struct as_ctx ctx;
    as_err err;         /* how it ended */
    const char *member; /* the metadata member an error is about */
    const char *reason; /* for the log where there is no error: why a token is inactive */
    as_span client_id;  /* who, as far as known */
    as_span actor;      /* for the audit, where it is not a client that authenticated */
    const char *method; /* how it authenticates */
    bool authenticated;
    const char *event;      /* of the audit line; NULL: none is written on success */
    as_span subject_id;     /* whom an admin event is about */
    bool change;            /* its line is written before it is acknowledged */
    bool audited;           /* its line is on its way: there is no other */
    bool cacheable;         /* the reply set its own Cache-Control */
    bool wants_certificate; /* it was refused for want of one */
    unsigned retry_after_s; /* of a refusal; 0: the usual */
};

static inline struct as_visit *as_visit_of(const struct as_http_call *call)
{
    return call->note;
}

/* visit.c: the three callbacks of a site. */
as_err as_visit_serve(struct as_http_call *call);
void as_visit_done(struct as_http_call *call);
void as_visit_overload(struct as_http_call *call);

/* visit_path.c: the path for the log: as far as nothing in it begins like a token. */
as_span as_visit_path(const struct as_http_request *request);

/* audit.c */
/* The line of a visit at its reply, unless it is there already; waits for nothing. */
void as_audit_write(const struct as_visit *visit);
/* What the visit would tell of, as a row for the transaction. */
struct as_audit as_audit_row(const struct as_visit *visit, const char *event, as_span about);
/* The same for a change, to be called before it: AS_UNAVAILABLE when the audit's file would not
 * take its line. */
as_err as_audit_change(struct as_visit *visit, as_span about, struct as_audit *out);
/* The same for a change that only takes away: it goes on whatever the audit's file does. A stranger
 * who fills that disk would otherwise keep an operator from shutting him out. */
struct as_audit as_audit_ending(struct as_visit *visit, as_span about);
/* May a change begin? AS_UNAVAILABLE. */
as_err as_audit_check(const struct as_app *app);
/* After a change that was made: waits until its line is written. AS_NOT_AUDITED. */
as_err as_audit_acknowledge(struct as_visit *visit);
/* The same of a row that is no visit's. `may_lag`: nobody waits where the audit's file would not
 * take it. */
as_err as_audit_acknowledge_row(struct as_app *app, const struct as_audit *row, bool may_lag);

/* reply.c */
void as_reply_error(struct as_http_call *call, as_err err);
/* What is shown of an error: the public sentence; with it the reason where the fault row allows,
 * after the member it is about unless it begins with that. */
as_err as_reply_describe(struct as_arena *mem, as_err error, const char *member, as_span *out);
as_err as_reply_json(struct as_http_call *call, unsigned status, const json_t *json);
/* 200 with JSON that was written as text; a server error where it did not fit. */
as_err as_reply_written(struct as_http_call *call, const struct as_buf *json);
as_err as_reply_empty(struct as_http_call *call, unsigned status);
as_err as_reply_text(struct as_http_call *call, const char *type, as_span body);

/* direct.c: what the direct endpoints of clients have in common. */
/* How often a field occurs; `name` in lower case. */
size_t as_direct_fields(const struct as_http_request *request, const char *name);
/* The form of a POST, its known parameters at most once each (TOK-02 to TOK-07). */
as_err as_direct_form(struct as_http_call *call, const char *const *once, size_t count,
                      struct as_form **out);
/* Authenticates the caller; fills who and what log and audit say of it. */
as_err as_direct_authenticate(struct as_http_call *call, const struct as_form *form,
                              bool cert_alone_will_do, struct as_who *who);
/* The parameters that client authentication reads: part of every `once` list. */
#define AS_CREDENTIAL_PARAMETERS                                                                   \
    "client_id", "client_secret", "client_assertion", "client_assertion_type"

/* generation.c */
struct as_generation *as_generation_hold(struct as_app *app);

/* metadata.c */
as_err as_metadata_make(struct as_generation *generation);

/* One handler per endpoint. */
as_err as_endpoint_token(struct as_http_call *call);
as_err as_endpoint_introspect(struct as_http_call *call);
as_err as_endpoint_revoke(struct as_http_call *call);
as_err as_endpoint_metadata(struct as_http_call *call);
as_err as_endpoint_register(struct as_http_call *call);
as_err as_endpoint_register_show(struct as_http_call *call);
as_err as_endpoint_register_replace(struct as_http_call *call);
as_err as_endpoint_register_delete(struct as_http_call *call);
as_err as_endpoint_jwks(struct as_http_call *call);
as_err as_endpoint_alive(struct as_http_call *call);
as_err as_endpoint_ready(struct as_http_call *call);
as_err as_endpoint_metrics(struct as_http_call *call);
as_err as_endpoint_version(struct as_http_call *call);

#endif
