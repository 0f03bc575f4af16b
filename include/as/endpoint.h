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

/* ---------------------------------------------------------------- the audit's file ----------- */
/*
 * One JSON line per event, in the order in which they happened. One sink serves the process, across
 * reloads: a bounded queue, and one thread that appends whole lines, those that wait together in
 * one write. Nobody else waits for that disk (design D10), except who is about to acknowledge a
 * change; and that is a job thread.
 *
 * Changes are what the admin API and /register alter. They leave a row in the store too, in their
 * own transaction. While lines are not being written, because a write failed, hangs, or the queue
 * is full, a change is refused before the store is touched (503). Once made it is acknowledged only
 * after the write of its line has returned. If that fails after all, or takes longer than
 * AS_LIMIT_AUDIT_WAIT_MS, the answer is AS_NOT_AUDITED: it was done, the line stays in the queue.
 * The way out for an operator is another audit.file (or none), and a reload; out of a write that
 * hangs, a restart.
 *
 * Changes that only take away (a party disabled or deleted, a key, an initial access token or the
 * tokens of a client revoked) are made meanwhile all the same, and acknowledged as all else: whose
 * requests filled the disk must not be safe from the operator by it.
 *
 * All else (tokens, revocations by clients, refusals) is answered once its line is in the queue,
 * whatever the disk does: it would be no safer to keep a client from ending a token, and with a
 * full disk tokens are issued (README). When the queue is full (AS_LIMIT_AUDIT_OCTETS or _LINES)
 * such a line is lost: counted in audit_lines_lost_total, told in the log as audit_lines_lost.
 *
 * A write that fails (disk full, read-only, gone; or the file has been removed) is told as
 * audit_not_written and tried again every AS_LIMIT_AUDIT_RETRY_MS; lines stay until then, and a
 * line that was cut off is gone on with. At a kill -9 what waits is lost: where the disk keeps up
 * what came in the last AS_LIMIT_AUDIT_GATHER_MS, and never the line of a change that waited for
 * it. The file is not fsynced; what must outlive the machine's crash is the row in the store.
 */
struct as_audit_file {
    int fd;    /* open for appending; -1: none, then lines go nowhere */
    bool torn; /* its last line lacks its end, which is written before the next */
};

struct as_audit_sink;

/* Without a file at first. Errors: server error. */
as_err as_audit_sink_new(struct as_audit_sink **out);
/*
 * From now on lines go to this file, which the sink takes. Those from before go to the one before;
 * if it does not take them within AS_LIMIT_AUDIT_SWAP_MS they go to this one. Threads: one at a
 * time, and none that serves.
 */
void as_audit_sink_use(struct as_audit_sink *sink, struct as_audit_file file);
/* After everything that puts lines. Writes what waits; what is not written within `wait_ms` is lost
 * and told. NULL is allowed. */
void as_audit_sink_free(struct as_audit_sink *sink, int wait_ms);

/* ---------------------------------------------------------------- the app -------------------- */

/* What became of a reload: another generation is in use, or it was refused and all goes on as
 * before. Then `where` and `message` tell of the first thing found wrong, as the log does. */
struct as_reload_outcome {
    bool refused;
    unsigned long generation; /* in use now */
    size_t refusals;          /* things found wrong; 0: it is no setting that was */
    char where[AS_SETTINGS_WHERE];
    char message[AS_SETTINGS_MESSAGE];
};

struct as_app_conf {
    struct as_store *store;
    struct as_keys *keys;
    struct as_audit_sink *audit;
    /* Has the configuration read anew by whoever does that, and waits until it is. From one thread
     * at a time, which is no network thread. AS_UNAVAILABLE: the server is about to end; it must
     * say so, to one who waits too, before as_app_free is called. NULL: nothing reloads. */
    as_err (*reload)(void *arg, struct as_reload_outcome *out);
    void *reload_arg;
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
/* A backup, restore or check that runs is cancelled without effect, and waited for; so is a reload,
 * which ends by itself. */
void as_app_free(struct as_app *app);
/* Owned by the app. */
const struct as_http_site *as_app_site(const struct as_app *app, enum as_site_kind kind);

#endif
