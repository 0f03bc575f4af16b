/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the requests of a scene with one passage of the gate failing at a time (scene.h). */
#ifndef AS_TESTS_FAULT_FAIL_H
#define AS_TESTS_FAULT_FAIL_H

#include "fault/support/registering.h"

struct fail_try {
    const struct scene_request *request;
    long at;
    bool for_good;
    bool cold; /* the lanes, and with them connections and caches, are new */
    long seen;
    bool answered;
    int log_fd;
    struct as_exchange *exchange;
};

/* By a connection of its own, as another process would see it. */
static inline struct scene_counts fail_counts(struct scene *s, struct as_store *store)
{
    struct world *w = s->f->w;
    struct as_store_session *session = NULL;
    struct as_store_status now;
    const struct as_iat *iat = NULL;
    unsigned char digest[AS_DIGEST];

    ck_ok(as_store_session_new(store, true, &session));
    ck_ok(as_store_status(session, w->mem, &now));
    ck_ok(as_sha256(as_span_of(s->iat), digest));
    ck_ok(as_store_iat_get(session, w->mem, digest, &iat));
    struct scene_counts counts = {now.clients, now.certificates, now.revocations, now.audits,
                                  iat != NULL ? iat->uses : -1};
    as_store_session_done(session);
    as_store_session_free(session);
    as_arena_reset(w->mem);
    return counts;
}

static inline void fail_cold(struct flow *f)
{
    as_lanes_close(&f->worker);
    as_lanes_close(&f->job);
}

/* What is written there is of the next request alone. */
static inline void fail_empty(int fd)
{
    ck_assert_int_eq(ftruncate(fd, 0), 0);
    ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
}

/* With an exchange of its own: the arenas of a warm one need no memory. The answer is in it. */
static inline void fail_send(struct flow *f, const struct flow_ask *ask, struct fail_try *try)
{
    const struct as_peer peer = flow_peer(f, ask);
    struct as_exchange *kept = f->exchange;
    bool elsewhere = false;

    flow_forget(&f->answer);
    gate_arm(try->at, try->for_good);
    f->exchange = as_exchange_new();
    try->answered = f->exchange != NULL && !as_failed(flow_begin_try(f, ask, &peer));
    if (try->answered && !as_exchange_try(f->exchange, &f->worker)) {
        elsewhere = true;
        (void)as_exchange_try(f->exchange, &f->job);
    }
    try->seen = gate_disarm();
    if (try->answered) {
        (void)flow_finish(f, elsewhere);
    }
    try->exchange = f->exchange;
    f->exchange = kept;
}

__attribute__((format(printf, 1, 2))) static inline const char *fail_text(const char *format, ...)
{
    static char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return text;
}

#define fail_need(condition, try, ...)                                                             \
    ck_assert_msg((condition), "%s, failing at %ld %s, %s: %s\n%s", (try)->request->name,          \
                  (try)->at, (try)->for_good ? "for good" : "once", (try)->cold ? "cold" : "warm", \
                  fail_text(__VA_ARGS__), flow_written((try)->log_fd))

/* True: success. Otherwise it must be a fault of ours, told as one. */
static inline bool fail_is_done(const struct flow *f, const struct fail_try *try)
{
    const struct flow_answer *answer = &f->answer;
    const char *error = flow_text(answer, "error");

    if (try->answered && answer->status == try->request->status) {
        return true;
    }
    fail_need(!try->answered || answer->status == 500 || answer->status == 503, try, "%u: %s",
              answer->status, answer->body);
    fail_need(
        !try->answered ||
            strcmp(error, answer->status == 500 ? "server_error" : "temporarily_unavailable") == 0,
        try, "%u: %s", answer->status, answer->body);
    fail_need(!try->answered || json_object_size(answer->json) <= 2, try, "it says %s",
              answer->body);
    return false;
}

static inline bool fail_moved(const struct scene_counts *from, const struct scene_counts *to,
                              const struct scene_counts *by)
{
    return to->clients - from->clients == by->clients &&
           to->certificates - from->certificates == by->certificates &&
           to->revocations - from->revocations == by->revocations &&
           to->audits - from->audits == by->audits && to->uses - from->uses == by->uses;
}

static inline void fail_store(const struct fail_try *try, bool done,
                              const struct scene_counts *from, const struct scene_counts *to)
{
    static const struct scene_counts none;
    const struct scene_request *request = try->request;
    bool whole = fail_moved(from, to, &request->change);

    fail_need(done ? whole : fail_moved(from, to, &none) || (request->may_stay && whole), try,
              "%s, and the store moved by %ld clients, %ld certificates, %ld revocations, "
              "%ld audit rows, %ld uses",
              done ? "acknowledged" : "refused", (long)(to->clients - from->clients),
              (long)(to->certificates - from->certificates),
              (long)(to->revocations - from->revocations), (long)(to->audits - from->audits),
              (long)(to->uses - from->uses));
}

/* One try. True: nothing has failed. */
static inline bool fail_once(struct scene *s, struct fail_try *try)
{
    const struct scene_request *request = try->request;
    struct flow *f = s->f;
    struct flow_ask ask;

    request->before(s, &ask);
    if (try->cold) {
        fail_cold(f);
    }
    struct scene_counts from = fail_counts(s, f->w->store);
    int64_t counted = as_metric_get(request->metric);
    fail_empty(f->audit_fd);
    fail_empty(f->log_fd);
    fail_send(f, &ask, try);
    flow_settle(f);
    bool done = fail_is_done(f, try);
    struct scene_counts to = fail_counts(s, f->w->store);
    fail_store(try, done, &from, &to);
    fail_need(request->metric == AS_METRIC_requests_total ||
                  as_metric_get(request->metric) - counted == (done ? 1 : 0),
              try, "the metric tells otherwise");
    fail_need(done || !flow_says(f->audit_fd, "\"outcome\":\"success\""), try,
              "the audit tells of success");
    bool untouched = try->seen < try->at;
    fail_need(done || !untouched, try, "refused although nothing has failed");
    request->after(s, done);
    if (try->exchange != NULL) {
        as_exchange_free(try->exchange);
    }
    return untouched;
}

/* All requests of a table; `most`: so many points of each, in each way. FAULT_POINTS=N in the
 * environment makes it N. */
static inline void fail_all(struct scene *s, const struct scene_request *requests, size_t count,
                            long most)
{
    static const struct {
        bool for_good, cold;
    } ways[] = {{false, false}, {true, false}, {false, true}, {true, true}};

    const char *wish = getenv("FAULT_POINTS");

    most = wish != NULL ? strtol(wish, NULL, 10) : most;
    for (size_t i = 0; i < count * AS_COUNT(ways); i++) {
        struct fail_try try = {.request = &requests[i / AS_COUNT(ways)],
                               .for_good = ways[i % AS_COUNT(ways)].for_good,
                               .cold = ways[i % AS_COUNT(ways)].cold,
                               .log_fd = s->f->log_fd,
                               .at = GATE_NEVER};

        ck_assert(fail_once(s, &try)); /* counts, and warms what is to be warm */
        ck_assert(fail_once(s, &try));
        struct gate_sample sample = gate_sample(try.seen, most);
        while ((try.at = gate_next(&sample)) != 0) {
            (void)fail_once(s, &try);
        }
        try.at = GATE_NEVER;
        ck_assert(fail_once(s, &try));
        printf("# %s, %s, %s: %ld of %ld points\n", try.request->name,
               try.for_good ? "for good" : "once", try.cold ? "cold" : "warm", sample.most,
               sample.total);
    }
    printf("# seed %u\n", GATE_SEED);
    fflush(stdout);
}

#endif
