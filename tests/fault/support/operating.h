/* SPDX-License-Identifier: Apache-2.0 */
/* The requests of a scene by which an operator makes, changes and ends a client (scene.h). */
#ifndef AS_TESTS_FAULT_OPERATING_H
#define AS_TESTS_FAULT_OPERATING_H

#include "fault/support/registering.h"

#define SCENE_BYHAND "/v1/clients/byhand"

static inline void scene_operate(struct scene *s, struct flow_ask *ask, const char *method,
                                 const char *path)
{
    *ask = (struct flow_ask){.from = FLOW_SOCKET,
                             .method = method,
                             .path = path,
                             .type = s->body[0] != '\0' ? "application/json" : NULL,
                             .body = s->body[0] != '\0' ? s->body : NULL};
}

/* The members of the client with another name each time, and `more`. */
static inline void scene_byhand_body(struct scene *s, const char *more)
{
    static unsigned number;

    snprintf(s->next_name, sizeof(s->next_name), "h%u", ++number);
    snprintf(s->body, sizeof(s->body), "{" SCENE_CLIENT ",\"client_name\":\"%s\"%s}", s->next_name,
             more);
}

static inline bool scene_byhand_is(struct scene *s, const char *member, const char *value)
{
    struct flow_answer *answer = flow_admin(s->f, "GET", SCENE_BYHAND, NULL);

    return answer->status == 200 && strcmp(flow_text(answer, member), value) == 0;
}

static inline void scene_need_byhand(struct scene *s)
{
    struct flow_ask ask;

    scene_unregister(s);
    flow_admin(s->f, "GET", SCENE_BYHAND, NULL);
    if (s->f->answer.status == 404) {
        scene_byhand_body(s, ",\"client_id\":\"byhand\",\"scope\":\"read\"");
        scene_operate(s, &ask, "POST", "/v1/clients");
        flow_status(flow_send(s->f, ask), 201);
        memcpy(s->name, s->next_name, sizeof(s->name));
    }
}

static inline void scene_no_byhand(struct scene *s)
{
    scene_unregister(s);
    flow_admin(s->f, "DELETE", SCENE_BYHAND, NULL);
    ck_assert(s->f->answer.status == 204 || s->f->answer.status == 404);
}

static inline void before_create(struct scene *s, struct flow_ask *ask)
{
    scene_no_byhand(s);
    scene_byhand_body(s, ",\"client_id\":\"byhand\",\"scope\":\"read\"");
    scene_operate(s, ask, "POST", "/v1/clients");
}

static inline void after_create(struct scene *s, bool done)
{
    flow_status(flow_admin(s->f, "GET", SCENE_BYHAND, NULL), done ? 200 : 404);
    if (done) {
        memcpy(s->name, s->next_name, sizeof(s->name));
    }
}

static inline void before_replace(struct scene *s, struct flow_ask *ask)
{
    scene_need_byhand(s);
    scene_byhand_body(s, ",\"scope\":\"read\"");
    scene_operate(s, ask, "PUT", SCENE_BYHAND);
}

static inline void before_amend(struct scene *s, struct flow_ask *ask)
{
    scene_need_byhand(s);
    scene_byhand_body(s, "");
    snprintf(s->body, sizeof(s->body), "{\"client_name\":\"%s\"}", s->next_name);
    scene_operate(s, ask, "PATCH", SCENE_BYHAND);
}

static inline void after_rename(struct scene *s, bool done)
{
    if (done) {
        memcpy(s->name, s->next_name, sizeof(s->name));
    }
    ck_assert(scene_byhand_is(s, "client_name", s->name));
}

static inline void before_disable(struct scene *s, struct flow_ask *ask)
{
    scene_need_byhand(s);
    flow_status(flow_admin(s->f, "PATCH", SCENE_BYHAND, "{'status':'enabled'}"), 200);
    snprintf(s->body, sizeof(s->body), "{\"status\":\"disabled\"}");
    scene_operate(s, ask, "PATCH", SCENE_BYHAND);
}

static inline void after_disable(struct scene *s, bool done)
{
    ck_assert(scene_byhand_is(s, "status", done ? "disabled" : "enabled"));
}

static inline void before_end(struct scene *s, struct flow_ask *ask)
{
    scene_need_byhand(s);
    s->body[0] = '\0';
    scene_operate(s, ask, "DELETE", SCENE_BYHAND);
}

static inline void after_end(struct scene *s, bool done)
{
    flow_status(flow_admin(s->f, "GET", SCENE_BYHAND, NULL), done ? 404 : 200);
}

static const struct scene_request scene_operator_requests[] = {
    {"client by an operator",
     201,
     {.clients = 1, .audits = 1},
     false,
     AS_METRIC_requests_total,
     before_create,
     after_create},
    {"PUT by an operator",
     200,
     {.audits = 1},
     false,
     AS_METRIC_requests_total,
     before_replace,
     after_rename},
    {"PATCH by an operator",
     200,
     {.audits = 1},
     false,
     AS_METRIC_requests_total,
     before_amend,
     after_rename},
    {"disabled by an operator",
     200,
     {.audits = 1},
     false,
     AS_METRIC_requests_total,
     before_disable,
     after_disable},
    {"DELETE by an operator",
     204,
     {.clients = -1, .audits = 1},
     false,
     AS_METRIC_requests_total,
     before_end,
     after_end},
};

#endif
