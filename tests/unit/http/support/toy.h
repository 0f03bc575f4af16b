/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A toy site: routes that answer at once, elsewhere, large, slowly or wrongly, and counts what was
 * called. Shared by the tests of http/ and edge/.
 */
#ifndef AS_TESTS_HTTP_TOY_H
#define AS_TESTS_HTTP_TOY_H

#include "as/http.h"
#include "harness.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define TOY_LARGE (1024 * 1024)

static struct toy {
    atomic_int served;    /* calls of serve */
    atomic_int waited;    /* of them on job threads */
    atomic_int done;      /* calls of done */
    atomic_int overloads; /* calls of overload */
    atomic_int effects;   /* what /job has done */
    atomic_int lanes;     /* open now */
    atomic_int last_status;
    atomic_bool shut; /* /gate waits on a job thread until it is not */
    atomic_int at_gate;
    char *large;
} toy;

static inline as_err toy_say(struct as_http_call *call, unsigned status, as_span body)
{
    call->reply->status = status;
    call->reply->body = body;
    return as_http_reply_field(call->reply, "Content-Type", AS_LIT("text/plain"));
}

/* Method, path, query, body and a field, as they arrived. */
static inline as_span toy_shown(as_span text)
{
    return text.ptr != NULL ? text : AS_LIT("-");
}

static inline as_err toy_echo(struct as_http_call *call)
{
    const struct as_http_request *request = call->request;
    as_span query = toy_shown(request->query);
    as_span field = toy_shown(as_http_field(request, "x-echo"));
    as_span body = toy_shown(request->body);
    as_span text;

    AS_TRY(as_arena_printf(call->mem, &text, "%.*s %.*s [%.*s] {%.*s} <%.*s>",
                           (int)request->method.len, request->method.ptr, (int)request->path.len,
                           request->path.ptr, (int)query.len, query.ptr, (int)field.len, field.ptr,
                           (int)body.len, body.ptr));
    return toy_say(call, 200, text);
}

static inline as_err toy_job(struct as_http_call *call)
{
    as_span text;

    ck_assert_ptr_null(call->note); /* the first try left nothing behind */
    call->note = as_arena_alloc(call->mem, 16);
    if (!call->may_wait) {
        return AS_FAIL(AS_ELSEWHERE, "a write");
    }
    atomic_fetch_add(&toy.effects, 1);
    AS_TRY(as_arena_printf(call->mem, &text, "done %.*s", (int)call->request->body.len,
                           call->request->body.len > 0 ? call->request->body.ptr : ""));
    return toy_say(call, 200, text);
}

static inline as_err toy_gate(struct as_http_call *call)
{
    if (!call->may_wait) {
        return AS_FAIL(AS_ELSEWHERE, "a write");
    }
    atomic_fetch_add(&toy.at_gate, 1);
    while (atomic_load(&toy.shut)) {
        poll(NULL, 0, 1);
    }
    atomic_fetch_add(&toy.effects, 1);
    return toy_say(call, 200, AS_LIT("passed"));
}

static inline as_err toy_straight(struct as_http_call *call)
{
    ck_assert(call->may_wait);
    return toy_say(call, 201, call->param);
}

static inline as_err toy_large(struct as_http_call *call)
{
    return toy_say(call, 200, (as_span){toy.large, TOY_LARGE});
}

static inline as_err toy_broken(struct as_http_call *call)
{
    call->reply->status = 200;
    return AS_FAIL(AS_UNAVAILABLE, "never seen outside");
}

static inline as_err toy_bad_field(struct as_http_call *call)
{
    call->reply->status = 200;
    call->reply->fields[call->reply->field_count++] =
        (struct as_http_field){AS_LIT("X-Split"), AS_LIT("a\r\nSet-Cookie: b")};
    return AS_OK;
}

/* As large a head as a reply may have, but for `over` octets. */
static inline as_err toy_head(struct as_http_call *call, size_t over)
{
    size_t used = strlen("Content-Type: text/plain\r\n");

    AS_TRY(toy_say(call, 200, AS_LIT("large head")));
    for (int i = 0; i < 8; i++) { /* 8192 in all */
        size_t len = 1024 - strlen("X-F: \r\n") - (i == 0 ? used : 0) + (i == 1 ? over : 0);
        AS_TRY(as_http_reply_field(call->reply, "X-F", (as_span){toy.large, len}));
    }
    return AS_OK;
}

static inline as_err toy_largest_head(struct as_http_call *call)
{
    return toy_head(call, 0);
}

static inline as_err toy_too_large_head(struct as_http_call *call)
{
    return toy_head(call, 1);
}

static inline as_err toy_close(struct as_http_call *call)
{
    call->reply->close = true;
    return toy_say(call, 200, AS_LIT("bye"));
}

static inline as_err toy_empty(struct as_http_call *call)
{
    call->reply->status = 204;
    return AS_OK;
}

static inline as_err toy_own_hsts(struct as_http_call *call)
{
    AS_TRY(as_http_reply_field(call->reply, "strict-transport-security", AS_LIT("max-age=1")));
    return toy_say(call, 200, AS_LIT("own"));
}

/* What a test serves on paths that are no routes; NULL: 404. */
static as_err (*toy_extra)(struct as_http_call *call);

static const struct as_http_route toy_routes[] = {
    {"GET", "/echo", 0, false, toy_echo},
    {"POST", "/echo", AS_LIMIT_BODY, false, toy_echo},
    {"POST", "/small", 10, false, toy_echo},
    {"POST", "/job", 0, false, toy_job},
    {"POST", "/gate", 0, false, toy_gate},
    {"POST", "/straight/{id}", 0, true, toy_straight},
    {"GET", "/large", 0, false, toy_large},
    {"GET", "/broken", 0, false, toy_broken},
    {"GET", "/bad-field", 0, false, toy_bad_field},
    {"GET", "/largest-head", 0, false, toy_largest_head},
    {"GET", "/too-large-head", 0, false, toy_too_large_head},
    {"GET", "/close", 0, false, toy_close},
    {"GET", "/empty", 0, false, toy_empty},
    {"GET", "/own-hsts", 0, false, toy_own_hsts},
};

static inline as_err toy_serve(struct as_http_call *call)
{
    atomic_fetch_add(&toy.served, 1);
    atomic_fetch_add(&toy.waited, call->may_wait);
    ck_assert_ptr_nonnull(call->lane);
    if (call->route != NULL) {
        return call->route->handle(call);
    }
    if (call->allow != NULL) {
        AS_TRY(as_http_reply_field(call->reply, "Allow", as_span_of(call->allow)));
        return toy_say(call, 405, AS_LIT("method"));
    }
    if (toy_extra != NULL) {
        return toy_extra(call);
    }
    return toy_say(call, 404, AS_LIT("nothing here"));
}

static inline void toy_done(struct as_http_call *call)
{
    atomic_fetch_add(&toy.done, 1);
    atomic_store(&toy.last_status, (int)call->reply->status);
}

static inline void toy_overload(struct as_http_call *call)
{
    atomic_fetch_add(&toy.overloads, 1);
    (void)as_http_reply_field(call->reply, "Retry-After", AS_LIT("7"));
    (void)toy_say(call, 503, AS_LIT("busy"));
}

static inline void *toy_lane_open(void *app, bool may_wait)
{
    (void)may_wait;
    atomic_fetch_add(&toy.lanes, 1);
    return app;
}

static inline void toy_lane_close(void *lane)
{
    (void)lane;
    atomic_fetch_sub(&toy.lanes, 1);
}

static const struct as_http_site toy_site = {
    .routes = toy_routes,
    .route_count = AS_COUNT(toy_routes),
    .serve = toy_serve,
    .done = toy_done,
    .overload = toy_overload,
    .lane_open = toy_lane_open,
    .lane_close = toy_lane_close,
    .app = &toy,
};

static inline void toy_begin(void)
{
    toy.large = malloc(TOY_LARGE);
    ck_assert_ptr_nonnull(toy.large);
    for (size_t i = 0; i < TOY_LARGE; i++) {
        toy.large[i] = (char)('a' + i % 23);
    }
}

static inline void toy_end(void)
{
    free(toy.large);
    toy.large = NULL;
}

#endif
