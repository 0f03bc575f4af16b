/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole requests without sockets: an app on a small world, asked as http/ asks it. A request is
 * tried in a worker's lane first; when it has to go elsewhere it runs again in a job's lane.
 *
 *     struct flow *f = flow_new();
 *     struct flow_ask ask = {.path = "/token", .cert = cert, .body = "grant_type=..."};
 *     struct flow_answer *a = flow_send(f, ask);     usable until the next flow_send
 *     ck_assert_uint_eq(a->status, 200);
 *     ck_assert_str_eq(flow_text(a, "token_type"), "Bearer");
 *
 * Callers come from four listeners: one that asks for certificates, one that does not, the admin
 * socket, and the plain one for health.
 */
#ifndef AS_TESTS_SUPPORT_FLOW_H
#define AS_TESTS_SUPPORT_FLOW_H

#include "as/edge.h"
#include "as/endpoint.h"
#include "endpoint/audit_sink.h"
#include "http/exchange.h"
#include "http/lanes.h"
#include "support/world.h"

#include <jansson.h>
#include <sys/mman.h>

#define FLOW_MTLS_ORIGIN "https://mtls.as.example:8444"
#define FLOW_TEXT_MAX    (256 * 1024)

enum flow_listener { FLOW_MTLS, FLOW_PUBLIC, FLOW_SOCKET, FLOW_HEALTH, FLOW_LISTENERS };

struct flow_answer {
    unsigned status;
    bool elsewhere; /* the worker could not answer */
    const char *body;
    json_t *json; /* NULL when the body is none */
    char *fields; /* "Name: value\n", as the handler set them */
};

struct flow {
    struct world *w;
    struct as_generation_conf conf;
    struct as_app *app;
    struct as_listener_conf listeners[FLOW_LISTENERS];
    struct as_audit_sink *audit;
    struct as_lanes worker, job;
    struct as_exchange *exchange;
    struct flow_answer answer; /* the last */
    int audit_fd, log_fd;
    as_err (*reload)(void *flow, struct as_reload_outcome *out); /* of the app; NULL: none */
    bool unsettled; /* the audit is not waited for: it hangs, or its order is what is tested */
    as_time now;    /* of the next requests; 0: the clock */
};

struct flow_ask {
    enum flow_listener from;
    const char *method; /* POST */
    const char *path;
    const char *query; /* NULL: none */
    const char *type;  /* of the body: a form, JSON on the admin socket; "" sends none */
    const char *body;  /* NULL: empty */
    const struct as_cert *cert;
    const char *authorization;
    const char *authorization2; /* the field once more */
    const char *accept;
    const char *if_none_match;
    uid_t uid; /* FLOW_SOCKET: root */
    gid_t gid;
    bool job; /* begin on a job thread */
};

static const enum as_site_kind flow_sites[FLOW_LISTENERS] = {AS_SITE_OAUTH, AS_SITE_OAUTH,
                                                             AS_SITE_ADMIN, AS_SITE_HEALTH};

static inline void flow_listeners(struct flow *f)
{
    static const struct as_listener_conf confs[FLOW_LISTENERS] = {
        {.name = "mtls",
         .kind = AS_LISTENER_TLS,
         .client_certificate = AS_CLIENT_CERTIFICATE_REQUEST},
        {.name = "public", .kind = AS_LISTENER_TLS, .note = FLOW_MTLS_ORIGIN},
        {.name = "admin-socket", .kind = AS_LISTENER_SOCKET},
        {.name = "admin-http", .kind = AS_LISTENER_PLAIN},
    };

    for (size_t i = 0; i < FLOW_LISTENERS; i++) {
        f->listeners[i] = confs[i];
    }
}

static inline void flow_app_free(struct flow *f)
{
    if (f->exchange != NULL) {
        as_exchange_free(f->exchange);
        f->exchange = NULL;
    }
    as_lanes_close(&f->worker);
    as_lanes_close(&f->job);
    as_app_free(f->app);
    f->app = NULL;
}

/* (Re)makes the app of f->conf and the world, with fresh lanes: a restart. */
TEST_UNUSED static void flow_restart(struct flow *f)
{
    const struct as_app_conf app = {.store = f->w->store,
                                    .keys = f->w->keys,
                                    .audit = f->audit,
                                    .reload = f->reload,
                                    .reload_arg = f};
    struct as_generation *generation = NULL;

    flow_app_free(f);
    f->conf.settings = &f->w->settings;
    f->conf.trust = f->w->trust;
    f->conf.throttle = f->w->throttle;
    ck_ok(as_generation_new(&f->conf, &generation));
    ck_ok(as_app_new(&app, generation, &f->app));
    f->worker = (struct as_lanes){.may_wait = false};
    f->job = (struct as_lanes){.may_wait = true};
    f->exchange = as_exchange_new();
    ck_assert_ptr_nonnull(f->exchange);
}

TEST_UNUSED static struct flow *flow_new(void)
{
    struct flow *f = calloc(1, sizeof(*f));

    ck_assert_ptr_nonnull(f);
    f->w = world_new();
    f->w->settings.mtls_origin = FLOW_MTLS_ORIGIN;
    f->audit_fd = memfd_create("audit", MFD_CLOEXEC);
    f->log_fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert(f->audit_fd >= 0 && f->log_fd >= 0);
    as_log_start(f->log_fd, AS_LOG_JSON, AS_LOG_DEBUG);
    flow_listeners(f);
    ck_ok(as_audit_sink_new(&f->audit));
    as_audit_sink_use(f->audit, (struct as_audit_file){.fd = dup(f->audit_fd)});
    flow_restart(f);
    return f;
}

static inline void flow_forget(struct flow_answer *answer)
{
    json_decref(answer->json);
    free(answer->fields);
    *answer = (struct flow_answer){0};
}

TEST_UNUSED static void flow_free(struct flow *f)
{
    flow_forget(&f->answer);
    flow_app_free(f);
    as_audit_sink_free(f->audit, AS_LIMIT_AUDIT_STOP_MS);
    as_log_start(STDERR_FILENO, AS_LOG_JSON, AS_LOG_ERROR);
    close(f->audit_fd);
    close(f->log_fd);
    world_free(f->w);
    free(f);
}

static inline char *flow_fields(const struct as_http_reply *reply)
{
    char *text = calloc(1, 1);
    size_t len = 0;

    for (size_t i = 0; i < reply->field_count; i++) {
        const struct as_http_field *field = &reply->fields[i];
        size_t more = field->name.len + field->value.len + 4;
        text = realloc(text, len + more + 1);
        len += (size_t)snprintf(text + len, more + 1, "%.*s: %.*s\n", (int)field->name.len,
                                field->name.ptr, (int)field->value.len, field->value.ptr);
    }
    return text;
}

static inline void flow_field(struct as_http_ask *http, struct as_http_field *fields,
                              const char *name, const char *value)
{
    if (value != NULL) {
        fields[http->field_count++] = (struct as_http_field){as_span_of(name), as_span_of(value)};
    }
}

static inline as_err flow_begin_try(struct flow *f, const struct flow_ask *ask,
                                    const struct as_peer *peer)
{
    struct as_http_field fields[5];
    const char *type = ask->type;
    struct as_http_ask http = {
        .method = as_span_of(ask->method != NULL ? ask->method : "POST"),
        .path = as_span_of(ask->path),
        .query = as_span_of(ask->query),
        .fields = fields,
        .body = as_span_of(ask->body),
    };

    if (type == NULL && ask->body != NULL) {
        type = ask->from == FLOW_SOCKET ? "application/json" : "application/x-www-form-urlencoded";
    }
    flow_field(&http, fields, "Content-Type", type != NULL && type[0] != '\0' ? type : NULL);
    flow_field(&http, fields, "Authorization", ask->authorization);
    flow_field(&http, fields, "Authorization", ask->authorization2);
    flow_field(&http, fields, "Accept", ask->accept);
    flow_field(&http, fields, "If-None-Match", ask->if_none_match);
    as_exchange_reset(f->exchange);
    AS_TRY(as_exchange_begin(f->exchange, as_app_site(f->app, flow_sites[ask->from]), peer, &http,
                             AS_LIMIT_REQUEST_MS));
    if (f->now != 0) {
        f->exchange->request.now = f->now;
    }
    return AS_OK;
}

static inline void flow_begin(struct flow *f, const struct flow_ask *ask,
                              const struct as_peer *peer)
{
    ck_ok(flow_begin_try(f, ask, peer));
}

/* What was answered is in the audit when this returns; the same where the sink cannot write. */
TEST_UNUSED static void flow_settle(struct flow *f)
{
    (void)as_audit_sink_flush(f->audit, as_clock_mono_ms() + 60000);
}

static inline struct flow_answer *flow_finish(struct flow *f, bool elsewhere)
{
    const struct as_http_reply *reply = &f->exchange->reply;

    ck_assert_int_eq(f->exchange->state, AS_EXCHANGE_ANSWERED);
    if (!f->unsettled) {
        flow_settle(f);
    }
    flow_forget(&f->answer);
    f->answer = (struct flow_answer){
        .status = reply->status,
        .elsewhere = elsewhere,
        .body = reply->body.len > 0 ? reply->body.ptr : "",
        .json = reply->body.len > 0 ? json_loadb(reply->body.ptr, reply->body.len, 0, NULL) : NULL,
        .fields = flow_fields(reply),
    };
    return &f->answer;
}

TEST_UNUSED static struct as_peer flow_peer(const struct flow *f, const struct flow_ask *ask)
{
    return (struct as_peer){
        .listener = &f->listeners[ask->from],
        .address = "192.0.2.1",
        .cert = ask->cert,
        .uid = ask->uid,
        .gid = ask->gid,
    };
}

TEST_UNUSED static struct flow_answer *flow_send(struct flow *f, struct flow_ask ask)
{
    const struct as_peer peer = flow_peer(f, &ask);
    bool elsewhere = false;

    flow_begin(f, &ask, &peer);
    if (ask.job || !as_exchange_try(f->exchange, &f->worker)) {
        elsewhere = true;
        ck_assert(as_exchange_try(f->exchange, &f->job));
    }
    return flow_finish(f, elsewhere);
}

/* Only the worker's try: true when it answered. */
TEST_UNUSED static bool flow_try(struct flow *f, struct flow_ask ask)
{
    const struct as_peer peer = flow_peer(f, &ask);

    flow_begin(f, &ask, &peer);
    return as_exchange_try(f->exchange, &f->worker);
}

/* Nobody can take the request. */
TEST_UNUSED static struct flow_answer *flow_overload(struct flow *f, struct flow_ask ask)
{
    const struct as_peer peer = flow_peer(f, &ask);

    flow_begin(f, &ask, &peer);
    as_exchange_overload(f->exchange, &f->worker);
    return flow_finish(f, false);
}

/* A member that is text; "" when there is none. */
TEST_UNUSED static const char *flow_text(const struct flow_answer *answer, const char *member)
{
    const char *text = json_string_value(json_object_get(answer->json, member));

    return text != NULL ? text : "";
}

/* Is it this refusal, as RFC 6749 5.2 writes it? */
#define flow_refused(answer, http_status, code)                                                    \
    do {                                                                                           \
        const struct flow_answer *answer_ = (answer);                                              \
        ck_assert_msg(answer_->status == (http_status), "%u instead of %u: %s", answer_->status,   \
                      (unsigned)(http_status), answer_->body);                                     \
        ck_assert_str_eq(flow_text(answer_, "error"), (code));                                     \
        ck_assert_ptr_nonnull(strstr(answer_->fields, "Content-Type: application/json\n"));        \
        ck_assert_ptr_nonnull(strstr(answer_->fields, "Cache-Control: no-store\n"));               \
    } while (0)

#define flow_status(answer, http_status)                                                           \
    do {                                                                                           \
        const struct flow_answer *fine_ = (answer);                                                \
        ck_assert_msg(fine_->status == (http_status), "%u instead of %u: %s", fine_->status,       \
                      (unsigned)(http_status), fine_->body);                                       \
    } while (0)

/* All that was written to a memfd; free it. */
TEST_UNUSED static char *flow_written(int fd)
{
    char *text = calloc(1, FLOW_TEXT_MAX);

    ck_assert_int_ge(pread(fd, text, FLOW_TEXT_MAX - 1, 0), 0);
    return text;
}

/* The last line of the log or the audit as JSON; the caller owns it. NULL when there is none. */
TEST_UNUSED static json_t *flow_last(int fd)
{
    char *text = flow_written(fd);
    size_t len = strlen(text);

    if (len == 0) {
        free(text);
        return NULL;
    }
    text[len - 1] = '\0';
    char *line = strrchr(text, '\n');
    json_t *json = json_loads(line != NULL ? line + 1 : text, 0, NULL);
    ck_assert_msg(json != NULL, "not JSON: %s", text);
    free(text);
    return json;
}

/* A member of the last line equals the text; NULL: it has no such member. */
TEST_UNUSED static void flow_last_has(int fd, const char *member, const char *value)
{
    json_t *line = flow_last(fd);
    const char *found = json_string_value(json_object_get(line, member));

    ck_assert_msg(value == NULL ? found == NULL : found != NULL && strcmp(found, value) == 0,
                  "%s is %s instead of %s", member, found != NULL ? found : "absent",
                  value != NULL ? value : "absent");
    json_decref(line);
}

TEST_UNUSED static size_t flow_lines(int fd)
{
    char *text = flow_written(fd);
    size_t lines = 0;

    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    free(text);
    return lines;
}

/* Does the text occur in what was written? */
TEST_UNUSED static bool flow_says(int fd, const char *part)
{
    char *text = flow_written(fd);
    bool found = strstr(text, part) != NULL;

    free(text);
    return found;
}

/* ---------------------------------------------------------------- what most flows do ---------- */

/* A request at the mTLS listener. */
TEST_UNUSED static struct flow_answer *flow_post(struct flow *f, const struct as_cert *cert,
                                                 const char *path, const char *body)
{
    return flow_send(f, (struct flow_ask){.path = path, .body = body, .cert = cert});
}

/* A token of the client; free it. */
TEST_UNUSED static char *flow_token(struct flow *f, const struct as_cert *cert, const char *id)
{
    char body[256];

    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=%s", id);
    struct flow_answer *answer = flow_post(f, cert, "/token", body);
    flow_status(answer, 200);
    return strdup(flow_text(answer, "access_token"));
}

TEST_UNUSED static struct flow_answer *flow_introspect(struct flow *f, const struct as_cert *cert,
                                                       const char *id, const char *token)
{
    char body[AS_LIMIT_TOKEN_TEXT + 256];

    snprintf(body, sizeof(body), "client_id=%s&token=%s", id, token);
    return flow_post(f, cert, "/introspect", body);
}

TEST_UNUSED static bool flow_active(const struct flow_answer *answer)
{
    flow_status(answer, 200);
    return json_is_true(json_object_get(answer->json, "active"));
}

/* A request of root at the admin socket; JSON with ' for ". */
TEST_UNUSED static struct flow_answer *flow_admin(struct flow *f, const char *method,
                                                  const char *path, const char *body)
{
    char *json = body != NULL ? strdup(body) : NULL;

    for (char *c = json; c != NULL && *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    struct flow_answer *answer = flow_send(
        f, (struct flow_ask){.from = FLOW_SOCKET, .method = method, .path = path, .body = json});
    free(json);
    return answer;
}

/* How the job of an operator ended, when it has. */
TEST_UNUSED static struct flow_answer *flow_job_ended(struct flow *f, const char *url)
{
    const struct timespec moment = {0, 10000000};
    struct flow_answer *answer = flow_admin(f, "GET", url, NULL);

    for (int i = 0; i < 3000 && strcmp(flow_text(answer, "state"), "running") == 0; i++) {
        (void)nanosleep(&moment, NULL);
        answer = flow_admin(f, "GET", url, NULL);
    }
    flow_status(answer, 200);
    return answer;
}

#endif
