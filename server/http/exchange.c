/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "route.h"

#include <stdlib.h>
#include <string.h>

/* Said when there is no handler to say it. The texts need no escaping. */
#define BARE(code, says) "{\"error\":\"" code "\",\"error_description\":\"" says "\"}"

static const struct bare {
    unsigned status;
    const char *body;
    const char *retry_after;
} bare_fault = {500, BARE("server_error", "The server met an internal fault."), NULL},
  bare_overload = {
      503,
      BARE("temporarily_unavailable", "The server cannot do this at the moment; try again later."),
      AS_LIMIT_RETRY_AFTER};

struct as_exchange *as_exchange_new(void)
{
    struct as_exchange *exchange = as_memory_zeroed(sizeof(*exchange));

    if (exchange == NULL) {
        return NULL;
    }
    exchange->own = as_arena_new(AS_LIMIT_ARENA);
    exchange->mem = as_arena_new(AS_LIMIT_ARENA);
    if (exchange->own == NULL || exchange->mem == NULL) {
        as_exchange_free(exchange);
        return NULL;
    }
    return exchange;
}

void as_exchange_free(struct as_exchange *exchange)
{
    as_arena_free(exchange->own);
    as_arena_free(exchange->mem);
    free(exchange);
}

void as_exchange_reset(struct as_exchange *exchange)
{
    struct as_arena *own = exchange->own;
    struct as_arena *mem = exchange->mem;

    as_arena_reset(own);
    as_arena_reset(mem);
    *exchange = (struct as_exchange){.own = own, .mem = mem};
}

/* ---------------------------------------------------------------- the request ---------------- */

static as_err copy(struct as_exchange *exchange, as_span from, as_span *out)
{
    *out = AS_SPAN_NONE;
    exchange->octets += from.len;
    return from.ptr != NULL ? as_arena_copy(exchange->own, from, out) : AS_OK;
}

static as_err copy_name(struct as_exchange *exchange, as_span from, as_span *out)
{
    char *name = as_arena_alloc(exchange->own, from.len + 1);

    AS_NEED_MEM(name);
    for (size_t i = 0; i < from.len; i++) {
        name[i] = as_ascii_lower(from.ptr[i]);
    }
    exchange->octets += from.len;
    *out = (as_span){name, from.len};
    return AS_OK;
}

static as_err copy_fields(struct as_exchange *exchange, const struct as_http_ask *ask)
{
    struct as_http_field *fields = as_arena_array(exchange->own, ask->field_count, sizeof(*fields));

    AS_NEED_MEM(fields);
    for (size_t i = 0; i < ask->field_count; i++) {
        AS_TRY(copy_name(exchange, ask->fields[i].name, &fields[i].name));
        AS_TRY(copy(exchange, ask->fields[i].value, &fields[i].value));
    }
    exchange->request.fields = fields;
    exchange->request.field_count = ask->field_count;
    return AS_OK;
}

/* What a handler needs grows with what it is to read: an import is parsed, kept and answered. */
#define LARGE_FACTOR 8

static void set_caps(struct as_exchange *exchange, size_t body)
{
    size_t more = body > AS_LIMIT_BODY ? body : 0;

    as_arena_set_cap(exchange->own, AS_LIMIT_ARENA + more);
    as_arena_set_cap(exchange->mem, AS_LIMIT_ARENA + LARGE_FACTOR * more);
}

static as_err copy_request(struct as_exchange *exchange, const struct as_http_ask *ask)
{
    struct as_http_request *request = &exchange->request;

    AS_TRY(copy(exchange, ask->method, &request->method));
    AS_TRY(copy(exchange, ask->path, &request->path));
    AS_TRY(copy(exchange, ask->query, &request->query));
    AS_TRY(copy_fields(exchange, ask));
    return copy(exchange, ask->body, &request->body);
}

static as_err find_route(struct as_exchange *exchange)
{
    const struct as_http_request *request = &exchange->request;
    struct as_http_call *call = &exchange->call;
    struct as_http_match match = as_http_route_find(exchange->site, request->method, request->path);

    call->request = request;
    call->reply = &exchange->reply;
    call->mem = exchange->mem;
    call->route = match.route;
    call->param = match.param;
    if (match.route == NULL && match.path_known) {
        AS_TRY(as_http_route_allow(exchange->site, request->path, exchange->own, &call->allow));
    }
    return AS_OK;
}

static void run_job(struct as_job *job, struct as_lanes *lanes);

as_err as_exchange_begin(struct as_exchange *exchange, const struct as_http_site *site,
                         const void *peer, const struct as_http_ask *ask, int request_ms)
{
    struct as_http_request *request = &exchange->request;

    exchange->site = site;
    exchange->job.run = run_job;
    exchange->head = as_span_is(ask->method, "HEAD");
    exchange->close = ask->close;
    as_http_request_id(exchange->id);
    request->request_id = as_span_of(exchange->id);
    request->now = as_clock_now();
    request->started_us = as_clock_mono_us();
    request->peer = peer;
    exchange->begin_by_us = request->started_us + (int64_t)request_ms * 1000;
    set_caps(exchange, ask->body.len);
    if (as_failed(copy_request(exchange, ask)) || as_failed(find_route(exchange))) {
        return AS_FAIL(AS_UNAVAILABLE, "no memory for a request");
    }
    return AS_OK;
}

/* ---------------------------------------------------------------- the reply ------------------ */

static void say_bare(struct as_exchange *exchange, const struct bare *bare)
{
    struct as_http_reply *reply = &exchange->reply;

    *reply = (struct as_http_reply){
        .status = bare->status,
        .fields = {{AS_LIT("Content-Type"), AS_LIT("application/json")},
                   {AS_LIT("Cache-Control"), AS_LIT("no-store")},
                   {AS_LIT("Pragma"), AS_LIT("no-cache")}},
        .field_count = 3,
        .body = as_span_of(bare->body),
    };
    if (bare->retry_after != NULL) {
        reply->fields[reply->field_count++] =
            (struct as_http_field){AS_LIT("Retry-After"), as_span_of(bare->retry_after)};
    }
}

/* What the engine would choke on is a fault of ours, found before `done` tells the status. */
static bool reply_is_sound(const struct as_http_reply *reply)
{
    size_t octets = 0;

    for (size_t i = 0; i < reply->field_count; i++) {
        const struct as_http_field *field = &reply->fields[i];
        if (field->name.len == 0 || field->value.len == 0 || as_span_has_control(field->name) ||
            as_span_has_control(field->value)) {
            return false;
        }
        octets += field->name.len + field->value.len + strlen(": \r\n");
    }
    return reply->status >= 200 && reply->status <= 599 && octets <= AS_LIMIT_REPLY_HEAD;
}

static void finish(struct as_exchange *exchange)
{
    if (!reply_is_sound(&exchange->reply)) {
        say_bare(exchange, &bare_fault);
    }
    exchange->state = AS_EXCHANGE_ANSWERED;
    if (exchange->site->done != NULL) {
        exchange->site->done(&exchange->call);
    }
}

static void forget_try(struct as_exchange *exchange)
{
    exchange->reply = (struct as_http_reply){0};
    exchange->call.note = NULL;
    as_arena_reset(exchange->mem);
}

/* ---------------------------------------------------------------- the handler ---------------- */

/* False: AS_ELSEWHERE. */
static bool serve(struct as_exchange *exchange, struct as_lanes *lanes)
{
    struct as_http_call *call = &exchange->call;

    call->may_wait = lanes->may_wait;
    as_err err = exchange->site->serve(call);
    if (as_err_is(err, AS_ELSEWHERE) && !lanes->may_wait) {
        return false;
    }
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "handler", err);
        say_bare(exchange, &bare_fault);
    }
    return true;
}

bool as_exchange_try(struct as_exchange *exchange, struct as_lanes *lanes)
{
    if (!as_lanes_get(lanes, exchange->site, &exchange->call.lane)) {
        as_exchange_overload(exchange, lanes);
        return true;
    }
    if (!serve(exchange, lanes)) {
        forget_try(exchange);
        return false;
    }
    finish(exchange);
    return true;
}

void as_exchange_overload(struct as_exchange *exchange, struct as_lanes *lanes)
{
    struct as_http_call *call = &exchange->call;

    forget_try(exchange);
    call->may_wait = lanes->may_wait;
    as_metric_add(AS_METRIC_requests_overload_total, 1);
    if (as_lanes_get(lanes, exchange->site, &call->lane) && exchange->site->overload != NULL) {
        exchange->site->overload(call);
    }
    if (exchange->reply.status == 0) {
        say_bare(exchange, &bare_overload);
    }
    finish(exchange);
}

static void run_job(struct as_job *job, struct as_lanes *lanes)
{
    struct as_exchange *exchange = (struct as_exchange *)(void *)job;

    if (as_clock_mono_us() > exchange->begin_by_us) {
        as_exchange_overload(exchange, lanes);
    } else {
        (void)as_exchange_try(exchange, lanes); /* a lane that may wait goes nowhere else */
    }
    exchange->back(exchange);
}
