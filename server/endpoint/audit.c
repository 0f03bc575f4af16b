/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit: one JSON line per event that an auditor asks for, to the file of the configuration.
 * Told once per request, at its reply (D10); of a change before it is acknowledged. Changes also
 * leave a row in the store, written in the transaction of the change. Never key material, never a
 * token (MTLS-118).
 */
#include "app.h"
#include "audit_sink.h"

/* Texts of certificates come from strangers and may be long: they are cut, so that no line is lost
 * for them. A line has room for the longest texts with every octet escaped. */
#define AUDIT_TEXT_MAX 1024

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

/* Texts are cut, so that the line always fits, and no lack of memory can lose it. */
static bool put_row(const struct as_app *app, const struct as_generation *generation,
                    const struct as_audit *row, bool change, uint64_t *mark)
{
    char room[AS_LIMIT_AUDIT_LINE];
    struct as_buf line = {room, 0, sizeof(room), sizeof(room), false, false};

    make_line(generation, row, &line);
    return as_audit_sink_put(app->conf.audit, as_buf_span(&line), change, mark);
}

static as_err wait_for(const struct as_app *app, bool taken, uint64_t mark)
{
    int64_t until_ms = as_clock_mono_ms() + AS_LIMIT_AUDIT_WAIT_MS;

    AS_NEED(taken && as_audit_sink_wait(app->conf.audit, mark, until_ms), AS_NOT_AUDITED,
            "audit_not_written");
    return AS_OK;
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

static struct as_audit row_of(const struct as_visit *visit, const char *event)
{
    as_span about = visit->subject_id.len > 0 ? visit->subject_id : visit->client_id;

    return as_audit_row(visit, event, about);
}

void as_audit_write(const struct as_visit *visit)
{
    const char *event = event_of(visit);
    uint64_t mark;

    if (event == NULL || visit->audited) {
        return;
    }
    struct as_audit row = row_of(visit, event);
    if (as_failed(visit->err)) {
        row.outcome = "refused";
        row.reason = visit->err.why;
    }
    (void)put_row(visit->app, visit->generation, &row, false, &mark);
}

/* ------------------------------------------------------------ changes ------------------------- */

as_err as_audit_check(const struct as_app *app)
{
    AS_NEED(as_audit_sink_takes(app->conf.audit), AS_UNAVAILABLE, "audit_not_written");
    return AS_OK;
}

/* A dry run has no event, and changes nothing. */
as_err as_audit_change(struct as_visit *visit, as_span about, struct as_audit *out)
{
    if (visit->event != NULL) {
        AS_TRY(as_audit_check(visit->app));
        visit->change = true;
    }
    *out = as_audit_row(visit, visit->event, about);
    return AS_OK;
}

struct as_audit as_audit_ending(struct as_visit *visit, as_span about)
{
    visit->change = as_audit_sink_takes(visit->app->conf.audit);
    return as_audit_row(visit, visit->event, about);
}

as_err as_audit_acknowledge(struct as_visit *visit)
{
    uint64_t mark;

    if (!visit->change || visit->event == NULL) {
        return AS_OK;
    }
    const struct as_audit row = row_of(visit, visit->event);
    visit->audited = true;
    bool taken = put_row(visit->app, visit->generation, &row, true, &mark);
    return wait_for(visit->app, taken, mark);
}

as_err as_audit_acknowledge_row(struct as_app *app, const struct as_audit *row, bool may_lag)
{
    struct as_generation *generation = as_generation_hold(app);
    bool waits = !may_lag || as_audit_sink_takes(app->conf.audit);
    uint64_t mark;

    bool taken = put_row(app, generation, row, waits, &mark);
    as_generation_drop(generation);
    return waits ? wait_for(app, taken, mark) : AS_OK;
}
