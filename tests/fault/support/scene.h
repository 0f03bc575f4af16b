/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client, resource servers and an operator, and the requests of theirs that must stand any fault.
 * `scene_fail` sends one with the n-th passage of the gate failing, for each n that the sample
 * names, once and then for good, and looks each time at
 *
 *   - the answer: the right one, or 500 or 503 with a JSON object that names the error, and nothing
 *     that says or is success; a connection that ends unanswered where there was no memory to
 * begin;
 *   - the metrics and the audit file, which tell of success only where it was answered;
 *   - the store, by a session opened for it: all of the change and its audit row, or none; all of
 *     it if and only if it was acknowledged.
 */
#ifndef AS_TESTS_FAULT_SCENE_H
#define AS_TESTS_FAULT_SCENE_H

#include "fault/support/gate.h"
#include "support/flow.h"

struct scene {
    struct flow *f;
    const struct as_cert *c1, *reg, *rs, *signer;
    char *live, *dead;     /* tokens of c1; dead is revoked */
    char iat[64], rat[64]; /* of initial access and of the registered client */
    char registered[64];   /* its id; "" when there is none */
    char name[16];         /* client_name of the last PUT that was acknowledged */
    char next_name[16];    /* of the one now */
    char body[2048], path[128], authorization[128];
    struct test_cert *fresh; /* a certificate that was never shown */
    struct as_cert *fresh_cert;
};

/* What of the store a request changes. */
struct scene_counts {
    int64_t clients, certificates, revocations, audits, uses;
};

struct scene_request {
    const char *name;
    unsigned status; /* of success */
    struct scene_counts change;
    bool may_stay;         /* what was changed may stay although something failed afterwards */
    enum as_metric metric; /* moves with each success; AS_METRIC_requests_total: none */
    void (*before)(struct scene *s, struct flow_ask *ask);
    void (*after)(struct scene *s, bool done); /* the answer is s->f->answer when it is done */
};

/* ---------------------------------------------------------------- who is there --------------- */

static inline void scene_parties(struct scene *s)
{
    struct world *w = s->f->w;

    s->c1 = world_leaf(w, w->banks_ca, "CN=c1");
    s->reg = world_leaf(w, w->banks_ca, "CN=reg");
    s->rs = world_leaf(w, w->shops_ca, "CN=rs");
    s->signer = world_leaf(w, w->shops_ca, "CN=signer");
    world_add(w, (struct world_party){.id = "c1", .dn = "CN=c1", .scope = "read pay"});
    world_add(w, (struct world_party){
                     .id = "rs", .dn = "CN=rs", .audience = {"urn:read"}, .scope = "read"});
    world_add(w, (struct world_party){.id = "signer",
                                      .dn = "CN=signer",
                                      .audience = {"urn:pay"},
                                      .scope = "pay",
                                      .token_format = AS_TOKEN_JWT,
                                      .introspection_alg = AS_ALG_ES256});
}

static inline char *scene_token(struct scene *s, const char *scope)
{
    char body[256];

    snprintf(body, sizeof(body), "grant_type=client_credentials&client_id=c1&scope=%s", scope);
    struct flow_answer *answer = flow_post(s->f, s->c1, "/token", body);
    flow_status(answer, 200);
    return strdup(flow_text(answer, "access_token"));
}

static inline bool scene_active(struct scene *s, bool jwt, const char *token)
{
    return flow_active(
        flow_introspect(s->f, jwt ? s->signer : s->rs, jwt ? "signer" : "rs", token));
}

static inline void scene_revoke_body(struct scene *s, const char *token)
{
    snprintf(s->body, sizeof(s->body), "client_id=c1&token=%s", token);
}

static inline void scene_start(struct scene *s)
{
    *s = (struct scene){.f = flow_new()};
    s->f->w->settings.registration_certificate_proof = true;
    s->f->w->settings.registration_per_hour = 1000000;
    scene_parties(s);
    s->live = scene_token(s, "read");
    s->dead = scene_token(s, "read");
    scene_revoke_body(s, s->dead);
    flow_status(flow_post(s->f, s->c1, "/revoke", s->body), 200);
    struct flow_answer *answer =
        flow_admin(s->f, "POST", "/v1/initial-access-tokens", "{'scope':'read','uses':100000}");
    flow_status(answer, 201);
    snprintf(s->iat, sizeof(s->iat), "%s", flow_text(answer, "initial_access_token"));
    ck_assert(!scene_active(s, false, s->dead) && scene_active(s, false, s->live));
}

static inline void scene_stop(struct scene *s)
{
    free(s->live);
    free(s->dead);
    flow_free(s->f);
}

/* ---------------------------------------------------------------- what is asked -------------- */

static inline void before_sealed(struct scene *s, struct flow_ask *ask)
{
    *ask = (struct flow_ask){.path = "/token",
                             .cert = s->c1,
                             .body = "grant_type=client_credentials&client_id=c1&scope=read"};
}

static inline void after_sealed(struct scene *s, bool done)
{
    if (done) {
        char *token = strdup(flow_text(&s->f->answer, "access_token"));
        ck_assert(scene_active(s, false, token));
        free(token);
    }
}

static inline void before_jwt(struct scene *s, struct flow_ask *ask)
{
    before_sealed(s, ask);
    ask->body = "grant_type=client_credentials&client_id=c1&scope=pay";
}

static inline void after_jwt(struct scene *s, bool done)
{
    if (done) {
        char *token = strdup(flow_text(&s->f->answer, "access_token"));
        ck_assert_int_eq(strncmp(token, "eyJ", 3), 0);
        ck_assert(scene_active(s, true, token));
        free(token);
    }
}

static inline void before_fresh(struct scene *s, struct flow_ask *ask)
{
    before_sealed(s, ask);
    s->fresh = test_leaf(s->f->w->banks_ca, "CN=c1");
    ck_ok(as_cert_of_x509(s->fresh->x509, NULL, &s->fresh_cert));
    ask->cert = s->fresh_cert;
}

static inline void after_fresh(struct scene *s, bool done)
{
    after_sealed(s, done);
    as_cert_drop(s->fresh_cert);
    test_cert_free(s->fresh);
}

static inline void before_introspect(struct scene *s, struct flow_ask *ask)
{
    snprintf(s->body, sizeof(s->body), "client_id=rs&token=%s", s->live);
    *ask = (struct flow_ask){.path = "/introspect", .cert = s->rs, .body = s->body};
}

static inline void after_introspect(struct scene *s, bool done)
{
    ck_assert(!done || flow_active(&s->f->answer));
}

static inline void before_introspect_dead(struct scene *s, struct flow_ask *ask)
{
    before_introspect(s, ask);
    snprintf(s->body, sizeof(s->body), "client_id=rs&token=%s", s->dead);
}

static inline void after_introspect_dead(struct scene *s, bool done)
{
    ck_assert(!done || !flow_active(&s->f->answer));
}

static inline void before_signed(struct scene *s, struct flow_ask *ask)
{
    static char *token;

    if (token == NULL) {
        token = scene_token(s, "pay");
    }
    snprintf(s->body, sizeof(s->body), "client_id=signer&token=%s", token);
    *ask = (struct flow_ask){.path = "/introspect",
                             .cert = s->signer,
                             .body = s->body,
                             .accept = "application/token-introspection+jwt"};
}

/* The claims are those of an active token; that the signature is good is shown elsewhere. */
static inline void after_signed(struct scene *s, bool done)
{
    as_span rest = as_span_of(s->f->answer.body), part, claims;

    if (done) {
        ck_assert(as_span_cut(&rest, '.', &part) && as_span_cut(&rest, '.', &part));
        ck_ok(as_base64url_take(s->f->w->mem, part, &claims));
        ck_assert_msg(memmem(claims.ptr, claims.len, "\"active\":true", 13) != NULL, "%.*s",
                      (int)claims.len, claims.ptr);
        as_arena_reset(s->f->w->mem);
    }
}

static inline void before_revoke(struct scene *s, struct flow_ask *ask)
{
    scene_revoke_body(s, s->live);
    *ask = (struct flow_ask){.path = "/revoke", .cert = s->c1, .body = s->body};
}

static inline void after_revoke(struct scene *s, bool done)
{
    ck_assert(scene_active(s, false, s->live) == !done);
    if (done) {
        free(s->live);
        s->live = scene_token(s, "read");
    }
}

static const struct scene_request scene_token_requests[] = {
    {"token, sealed", 200, {0}, false, AS_METRIC_tokens_issued_total, before_sealed, after_sealed},
    {"token, JWT", 200, {0}, false, AS_METRIC_tokens_issued_total, before_jwt, after_jwt},
    {"token, new certificate",
     200,
     {.certificates = 1},
     true, /* what was judged of it stays true */
     AS_METRIC_tokens_issued_total,
     before_fresh,
     after_fresh},
};

static const struct scene_request scene_introspection_requests[] = {
    {"introspection, active",
     200,
     {0},
     false,
     AS_METRIC_tokens_introspected_total,
     before_introspect,
     after_introspect},
    {"introspection, revoked",
     200,
     {0},
     false,
     AS_METRIC_tokens_introspected_total,
     before_introspect_dead,
     after_introspect_dead},
    {"introspection, signed",
     200,
     {0},
     false,
     AS_METRIC_tokens_introspected_total,
     before_signed,
     after_signed},
};

static const struct scene_request scene_revocation_requests[] = {
    {"revocation",
     200,
     {.revocations = 1, .audits = 1},
     false,
     AS_METRIC_tokens_revoked_total,
     before_revoke,
     after_revoke},
};

#endif
