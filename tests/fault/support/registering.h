/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a scene that make, change and end a client (scene.h). */
#ifndef AS_TESTS_FAULT_REGISTERING_H
#define AS_TESTS_FAULT_REGISTERING_H

#include "fault/support/scene.h"

#define SCENE_CLIENT                                                                               \
    "\"token_endpoint_auth_method\":\"tls_client_auth\",\"grant_types\":[\"client_credentials\"]," \
    "\"tls_client_auth_subject_dn\":\"CN=reg\""

static inline void scene_register_ask(struct scene *s, struct flow_ask *ask, const char *method)
{
    *ask = (struct flow_ask){.path = s->path,
                             .method = method,
                             .type = "application/json",
                             .cert = s->reg,
                             .authorization = s->authorization,
                             .body = s->body};
}

static inline void scene_at_client(struct scene *s, struct flow_ask *ask, const char *method)
{
    snprintf(s->path, sizeof(s->path), "/register/%s", s->registered);
    snprintf(s->authorization, sizeof(s->authorization), "Bearer %s", s->rat);
    s->body[0] = '\0';
    scene_register_ask(s, ask, method);
}

/* The one that is registered, if any, goes: its name is for one client. */
static inline void scene_unregister(struct scene *s)
{
    struct flow_ask ask;

    if (s->registered[0] == '\0') {
        return;
    }
    scene_at_client(s, &ask, "DELETE");
    ask.body = NULL;
    ask.type = NULL;
    flow_status(flow_send(s->f, ask), 204);
    s->registered[0] = '\0';
}

static inline void before_register(struct scene *s, struct flow_ask *ask)
{
    scene_unregister(s);
    snprintf(s->path, sizeof(s->path), "/register");
    snprintf(s->authorization, sizeof(s->authorization), "Bearer %s", s->iat);
    snprintf(s->body, sizeof(s->body), "{" SCENE_CLIENT ",\"client_name\":\"n0\"}");
    scene_register_ask(s, ask, "POST");
}

static inline void scene_is_registered(struct scene *s)
{
    snprintf(s->registered, sizeof(s->registered), "%s", flow_text(&s->f->answer, "client_id"));
    snprintf(s->rat, sizeof(s->rat), "%s", flow_text(&s->f->answer, "registration_access_token"));
    snprintf(s->name, sizeof(s->name), "n0");
}

/* Of the client now; the caller asked for the right one. */
static inline void scene_client_is_whole(struct scene *s, const char *name)
{
    struct flow_ask ask;

    scene_at_client(s, &ask, "GET");
    ask.body = NULL;
    ask.type = NULL;
    struct flow_answer *answer = flow_send(s->f, ask);
    flow_status(answer, 200);
    ck_assert_str_eq(flow_text(answer, "client_name"), name);
    ck_assert_str_eq(flow_text(answer, "tls_client_auth_subject_dn"), "CN=reg");
}

static inline void after_register(struct scene *s, bool done)
{
    if (done) {
        scene_is_registered(s);
        scene_client_is_whole(s, "n0");
        scene_unregister(s);
    }
}

static inline void scene_need_registered(struct scene *s)
{
    struct flow_ask ask;

    if (s->registered[0] == '\0') {
        before_register(s, &ask);
        flow_status(flow_send(s->f, ask), 201);
        scene_is_registered(s);
    }
}

static inline void before_put(struct scene *s, struct flow_ask *ask)
{
    static unsigned number;

    scene_need_registered(s);
    scene_at_client(s, ask, "PUT");
    snprintf(s->next_name, sizeof(s->next_name), "n%u", ++number);
    snprintf(s->body, sizeof(s->body),
             "{" SCENE_CLIENT ",\"client_id\":\"%s\",\"client_name\":\"%s\"}", s->registered,
             s->next_name);
}

static inline void after_put(struct scene *s, bool done)
{
    if (done) {
        memcpy(s->name, s->next_name, sizeof(s->name));
    }
    scene_client_is_whole(s, s->name);
}

static inline void before_delete(struct scene *s, struct flow_ask *ask)
{
    scene_need_registered(s);
    scene_at_client(s, ask, "DELETE");
    ask->body = NULL;
    ask->type = NULL;
}

static inline void after_delete(struct scene *s, bool done)
{
    if (done) {
        s->registered[0] = '\0';
    } else {
        scene_client_is_whole(s, s->name);
    }
}

static const struct scene_request scene_registration_requests[] = {
    {"registration",
     201,
     {.clients = 1, .audits = 1, .uses = -1},
     false,
     AS_METRIC_requests_total,
     before_register,
     after_register},
    {"registration, PUT",
     200,
     {.audits = 1},
     false,
     AS_METRIC_requests_total,
     before_put,
     after_put},
    {"registration, DELETE",
     204,
     {.clients = -1, .audits = 1},
     false,
     AS_METRIC_requests_total,
     before_delete,
     after_delete},
};

#endif
