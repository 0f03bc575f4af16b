/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through an app: context in, handler, reply out, one log line. */
#include "admin/admin.h"
#include "register.h"

static as_err visit_begin(struct as_http_call *call, struct as_visit **out)
{
    const struct as_lane *lane = call->lane;
    struct as_visit *visit = as_arena_alloc(call->mem, sizeof(*visit));

    AS_NEED_MEM(visit);
    visit->app = lane->app;
    visit->generation = as_generation_hold(lane->app);
    visit->peer = call->request->peer;
    visit->ctx = (struct as_ctx){
        .mem = call->mem,
        .now = call->request->now,
        .mono_ms = call->request->started_us / 1000,
        .request_id = call->request->request_id,
        .store = lane->store,
        .settings = visit->generation->conf.settings,
        .trust = visit->generation->conf.trust,
        .keys = as_keys_hold(lane->app->conf.keys),
        .throttle = visit->generation->conf.throttle,
    };
    call->note = visit;
    *out = visit;
    return AS_OK;
}

/* What the request held; the visit itself goes with the arena. */
static void visit_end(struct as_visit *visit)
{
    as_keyset_drop(visit->ctx.keys);
    as_generation_drop(visit->generation);
}

/* Asked here, so that no handler of the admin API can forget to (design D15). */
static as_err check_operator(const struct as_http_call *call)
{
    bool is_admin = as_span_starts(as_span_of(call->route->path), AS_LIT("/v1/"));

    return is_admin ? as_admin_check(as_visit_of(call)) : AS_OK;
}

static as_err visit_handle(struct as_http_call *call)
{
    AS_NEED(!as_register_is_off(as_visit_of(call), call->request->path), AS_NOT_FOUND,
            "no such path");
    if (call->route != NULL) {
        AS_TRY(check_operator(call));
        return call->route->handle(call);
    }
    if (call->allow != NULL) {
        AS_TRY(as_http_reply_field(call->reply, "Allow", as_span_of(call->allow)));
        return AS_FAIL(AS_METHOD_NOT_ALLOWED, "method");
    }
    return AS_FAIL(AS_NOT_FOUND, "no such path");
}

/* TOK-09: on every answer that a handler did not make for caches. */
static void add_common_fields(struct as_http_call *call, const struct as_visit *visit)
{
    if (visit->cacheable) {
        return;
    }
    as_err err = as_http_reply_field(call->reply, "Cache-Control", AS_LIT("no-store"));
    if (!as_failed(err)) {
        err = as_http_reply_field(call->reply, "Pragma", AS_LIT("no-cache"));
    }
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "reply", err);
    }
}

as_err as_visit_serve(struct as_http_call *call)
{
    struct as_visit *visit = NULL;

    AS_TRY(visit_begin(call, &visit));
    visit->err = visit_handle(call);
    as_store_session_done(visit->ctx.store);
    if (as_err_is(visit->err, AS_ELSEWHERE)) {
        as_err err = visit->err;

        visit_end(visit); /* on the job thread it begins anew */
        return err;
    }
    if (!as_failed(visit->err)) {
        visit->err = as_audit_acknowledge(visit); /* waits on job threads: changes are theirs */
    }
    if (as_failed(visit->err)) {
        as_reply_error(call, visit->err);
    }
    add_common_fields(call, visit);
    return AS_OK;
}

void as_visit_overload(struct as_http_call *call)
{
    struct as_visit *visit = NULL;

    if (as_failed(visit_begin(call, &visit))) {
        return; /* http/ answers a bare 500 */
    }
    visit->err = AS_FAIL(AS_UNAVAILABLE, "overload");
    as_reply_error(call, visit->err);
    add_common_fields(call, visit);
}

static void log_request(const struct as_http_call *call, const struct as_visit *visit)
{
    const struct as_http_request *request = call->request;
    const struct as_fault *fault = visit->err.fault;
    char x5t[AS_X5T_TEXT] = "";

    if (visit->peer->cert != NULL) {
        as_cert_x5t(visit->peer->cert->thumbprint, x5t);
    }
    AS_LOG(fault != NULL ? fault->level : AS_LOG_INFO, "request",
           AS_LOG_SPAN("request_id", request->request_id),
           AS_LOG_TEXT("listener", visit->peer->listener->name),
           AS_LOG_TEXT("peer", visit->peer->address), AS_LOG_SPAN("method", request->method),
           AS_LOG_SPAN("path", as_visit_path(request)),
           AS_LOG_NUMBER("status", call->reply->status),
           AS_LOG_TEXT("error", fault != NULL ? fault->code : NULL),
           AS_LOG_TEXT("reason", fault != NULL ? visit->err.why : visit->reason),
           AS_LOG_TEXT("where", visit->err.where), AS_LOG_SPAN("client_id", visit->client_id),
           AS_LOG_TEXT("thumbprint", x5t),
           AS_LOG_NUMBER("us", as_clock_mono_us() - request->started_us));
}

void as_visit_done(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);

    as_metric_add(AS_METRIC_requests_total, 1);
    if (visit == NULL) {
        return;
    }
    /* counted here, once, since a handler may have run twice (D10) */
    as_metric_add(AS_METRIC_client_authentications_total, visit->authenticated);
    log_request(call, visit);
    as_audit_write(visit);
    visit_end(visit);
}
