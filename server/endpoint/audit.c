/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit: one JSON line per event that an auditor asks for, to the file of the configuration.
 * Written once per request, at its reply (D10). Changes also leave a row in the store, written in
 * the transaction of the change. Never key material, never a token (MTLS-118).
 */
#include "app.h"

#include <unistd.h>

/* Texts of certificates come from strangers and may be long: they are cut, so that no line is lost
 * for them. A line has room for the longest texts with every octet escaped. */
#define AUDIT_TEXT_MAX 1024
#define AUDIT_LINE_MAX (64 * 1024)

/* Who did it: the user at the admin socket, a client that proved itself, the holder of an initial
 * access token; a name that was merely claimed is no actor. */
static as_span actor_of(const struct as_visit *visit)
{
    as_span actor = AS_SPAN_NONE;

    if (visit->actor.len > 0) {
        return visit->actor;
    }
    if (visit->peer->listener->kind != AS_LISTENER_SOCKET) {
        return visit->authenticated ? visit->client_id : AS_SPAN_NONE;
    }
    as_err err = as_arena_printf(visit->ctx.mem, &actor, "uid:%u", (unsigned)visit->peer->uid);
    return as_failed(err) ? AS_SPAN_NONE : actor;
}

struct as_audit as_audit_row(const struct as_visit *visit, const char *event, as_span about)
{
    struct as_audit row = {
        .event = event,
        .actor = actor_of(visit),
        .client_id = about,
        .auth_method = visit->method,
        .outcome = "success",
        .request_id = visit->ctx.request_id,
        .at = visit->ctx.now,
    };

    if (visit->peer->cert != NULL) {
        char *x5t = as_arena_alloc(visit->ctx.mem, AS_X5T_TEXT);

        if (x5t != NULL) {
            as_cert_x5t(visit->peer->cert->thumbprint, x5t);
            row.thumbprint = as_span_of(x5t);
        }
        row.serial = visit->peer->cert->serial;
        row.issuer = visit->peer->cert->issuer_text;
    }
    return row;
}

static void add_member(struct as_buf *line, const char *name, as_span value)
{
    if (value.len > 0) {
        value.len = value.len < AUDIT_TEXT_MAX ? value.len : AUDIT_TEXT_MAX;
        as_buf_add_json_text(line, name, value);
    }
}

static void make_line(const struct as_generation *generation, const struct as_audit *row,
                      struct as_buf *line)
{
    char at[AS_CLOCK_TEXT];

    as_clock_text(row->at, at);
    add_member(line, "ts", as_span_of(at));
    add_member(line, "event", as_span_of(row->event));
    add_member(line, "actor", row->actor);
    add_member(line, "client_id", row->client_id);
    add_member(line, "auth_method", as_span_of(row->auth_method));
    add_member(line, "outcome", as_span_of(row->outcome));
    add_member(line, "reason", as_span_of(row->reason));
    add_member(line, "thumbprint", row->thumbprint);
    add_member(line, "serial", row->serial);
    add_member(line, "issuer", row->issuer);
    as_buf_add_json_number(line, "trust_generation", (int64_t)generation->conf.number);
    add_member(line, "request_id", row->request_id);
    as_buf_add_text(line, "}\n");
}

/* A line that a full disk cut off is ended before the next, so that it takes no other with it. */
static bool append(struct as_generation *generation, as_span line)
{
    int fd = generation->conf.audit_fd;

    (void)pthread_mutex_lock(&generation->audit_lock);
    if (generation->audit_torn) {
        generation->audit_torn = write(fd, "\n", 1) != 1;
    }
    ssize_t put = generation->audit_torn ? 0 : write(fd, line.ptr, line.len);
    generation->audit_torn = generation->audit_torn || (put > 0 && (size_t)put < line.len);
    (void)pthread_mutex_unlock(&generation->audit_lock);
    return put == (ssize_t)line.len;
}

void as_audit_write_row(struct as_generation *generation, const struct as_audit *row)
{
    struct as_buf line = AS_BUF(AUDIT_LINE_MAX);

    if (generation->conf.audit_fd < 0) {
        return;
    }
    make_line(generation, row, &line);
    if (line.full || !append(generation, as_buf_span(&line))) {
        AS_LOG(AS_LOG_ERROR, "audit_not_written", AS_LOG_SPAN("request_id", row->request_id));
    }
    as_buf_free(&line);
}

/* Refusals of a client, and whatever the handler named an event. */
static const char *event_of(const struct as_visit *visit)
{
    if (as_err_is(visit->err, AS_TOKEN_MISSING)) {
        return NULL; /* a stranger who has tried nothing */
    }
    if (as_err_is(visit->err, AS_INVALID_CLIENT) || as_err_is(visit->err, AS_TOO_MANY_FAILURES)) {
        return "client_authentication";
    }
    if (as_err_is(visit->err, AS_NOT_ALLOWED) &&
        visit->peer->listener->kind == AS_LISTENER_SOCKET) {
        return "admin_access";
    }
    return visit->event;
}

void as_audit_write(const struct as_visit *visit)
{
    const char *event = event_of(visit);

    if (event == NULL) {
        return;
    }
    as_span about = visit->subject_id.len > 0 ? visit->subject_id : visit->client_id;
    struct as_audit row = as_audit_row(visit, event, about);
    if (as_failed(visit->err)) {
        row.outcome = "refused";
        row.reason = visit->err.why;
    }
    as_audit_write_row(visit->generation, &row);
}
