/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint/: a file per endpoint, admin API included: translate in, call, translate out. Only
 * reply.c here turns an error into HTTP. An app is what the composition root puts together once;
 * its three sites are what the classes of listeners serve.
 *
 * The note of a listener (as/edge.h) is the origin shown where a certificate would be needed and
 * this listener asks for none (MTLS-106); NULL when it asks, or when no listener does.
 *
 * Owner: the app borrows everything in its configuration, which must outlive it. Threads: an app is
 * immutable after as_app_new, but for the generation it uses; each thread opens its own lane (see
 * as/http.h).
 */
#ifndef AS_ENDPOINT_H
#define AS_ENDPOINT_H

#include "as/ctx.h"
#include "as/edge.h"
#include "as/http.h"

enum as_site_kind {
    AS_SITE_OAUTH, /* the listeners of clients and resource servers */
    AS_SITE_ADMIN, /* admin.socket */
    AS_SITE_HEALTH /* admin.http: health and metrics alone */
};

/*
 * A generation: what one reading of the configuration gives, with the metadata document made of it.
 * Immutable and counted; a request holds one from its beginning to its reply. Everything in `conf`
 * must live until `release`, which is called when the last holder is gone, on whatever thread.
 */
struct as_generation_conf {
    const struct as_settings *settings;
    const struct as_trust *trust;
    const struct as_throttle *throttle;
    unsigned long number; /* counts readings, for the log and the audit */
    int audit_fd;         /* one JSON line per event; -1: none */
    bool admin_group_set;
    gid_t admin_group;
    void (*release)(void *owner); /* NULL: nothing is to be done */
    void *owner;
};

struct as_generation;

/* The holder is the caller; on failure `release` is not called. */
as_err as_generation_new(const struct as_generation_conf *conf, struct as_generation **out);
/* One holder less. NULL is allowed. */
void as_generation_drop(struct as_generation *generation);

struct as_app_conf {
    struct as_store *store;
    struct as_keys *keys;
};

struct as_app;

/* Builds the routes. Takes the caller's hold of the generation, on success. */
as_err as_app_new(const struct as_app_conf *conf, struct as_generation *generation,
                  struct as_app **out);
/* Requests that begin from now on see this generation; the issuer must be the same. Takes the
 * caller's hold, always. Threads: any. AS_BAD_CONFIGURATION when the issuer is another. */
as_err as_app_use(struct as_app *app, struct as_generation *generation);
/* /health/ready says 503 from now on, while all else goes on: the server is about to end. Threads:
 * any. */
void as_app_drain(struct as_app *app);
/* A backup, restore or check that runs is cancelled without effect, and waited for. */
void as_app_free(struct as_app *app);
/* Owned by the app. */
const struct as_http_site *as_app_site(const struct as_app *app, enum as_site_kind kind);

#endif
