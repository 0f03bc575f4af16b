/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint/: a file per endpoint, admin API included: translate in, call, translate out. Only
 * reply.c here turns an error into HTTP. An app is what the composition root puts together once;
 * its three sites are what the classes of listeners serve.
 *
 * Owner: the app borrows everything in its configuration, which must outlive it. Threads: an app is
 * immutable after as_app_new; each thread opens its own lane (see as/http.h).
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

/* What the composition says about a listener; peers carry it as `listener->tag`. */
struct as_listener_tag {
    /* Shown where a certificate would be needed and this listener asks for none (MTLS-106); NULL
     * when it asks, or when no listener does. */
    const char *mtls_origin;
};

struct as_app_conf {
    const struct as_settings *settings;
    const struct as_trust *trust;
    const struct as_ring *ring;
    struct as_store *store;
    struct as_throttle *throttle;
    bool certificates_asked; /* some listener asks for client certificates (MTLS-74) */
    int audit_fd;            /* one JSON line per event; -1: none */
    bool admin_group_set;
    gid_t admin_group;
};

struct as_app;

/* Builds the routes and the metadata document. */
as_err as_app_new(const struct as_app_conf *conf, struct as_app **out);
void as_app_free(struct as_app *app);
/* Owned by the app. */
const struct as_http_site *as_app_site(const struct as_app *app, enum as_site_kind kind);

#endif
