/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that register themselves, as flows.
 *
 *     iat("'uses':2")                      an initial access token, in a static text
 *     reg_post(cert, iat(NULL), BODY)      POST /register with it, at the mTLS listener
 *     reg_at(cert, "GET", rat, NULL)       at the URI of the last registration
 */
#ifndef AS_TESTS_FLOW_REGISTER_H
#define AS_TESTS_FLOW_REGISTER_H

#include "support/flow.h"

#define METHOD_TLS  "'token_endpoint_auth_method':'tls_client_auth'"
#define GRANTS      "'grant_types':['client_credentials']"
#define NAMED(name) METHOD_TLS "," GRANTS ",'tls_client_auth_subject_dn':'CN=" name "'"
#define BODY(name)  "{" NAMED(name) "}"

static struct flow *f;

/* Of the last registration. */
static char reg_id[64], reg_rat[64];

static void reg_start(void)
{
    f = flow_new();
    f->w->settings.registration_certificate_proof = true;
    f->w->settings.registration_per_hour = 20;
    f->w->settings.registration_scope = "";
}

static void reg_stop(void)
{
    flow_free(f);
}

static char *reg_json(const char *text)
{
    char *json = text != NULL ? strdup(text) : NULL;

    for (char *c = json; c != NULL && *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return json;
}

/* A new initial access token; `members` of the request, with ' for ". */
TEST_UNUSED static const char *iat(const char *members)
{
    static char token[64];
    char body[512];

    snprintf(body, sizeof(body), "{'scope':'read write'%s%s}", members != NULL ? "," : "",
             members != NULL ? members : "");
    struct flow_answer *answer = flow_admin(f, "POST", "/v1/initial-access-tokens", body);
    flow_status(answer, 201);
    snprintf(token, sizeof(token), "%s", flow_text(answer, "initial_access_token"));
    return token;
}

static struct flow_answer *reg_send(struct flow_ask ask, const char *token, const char *body)
{
    char field[128];
    char *json = reg_json(body);

    if (token != NULL) {
        snprintf(field, sizeof(field), "Bearer %s", token);
        ask.authorization = field;
    }
    ask.body = json;
    ask.type = ask.type != NULL ? ask.type : json != NULL ? "application/json" : NULL;
    struct flow_answer *answer = flow_send(f, ask);
    free(json);
    return answer;
}

TEST_UNUSED static struct flow_answer *reg_post(const struct as_cert *cert, const char *token,
                                                const char *body)
{
    struct flow_answer *answer =
        reg_send((struct flow_ask){.path = "/register", .cert = cert}, token, body);

    if (answer->status == 201) {
        snprintf(reg_id, sizeof(reg_id), "%s", flow_text(answer, "client_id"));
        snprintf(reg_rat, sizeof(reg_rat), "%s", flow_text(answer, "registration_access_token"));
    }
    return answer;
}

TEST_UNUSED static struct flow_answer *reg_at(const struct as_cert *cert, const char *method,
                                              const char *token, const char *body)
{
    char path[128];

    snprintf(path, sizeof(path), "/register/%s", reg_id);
    return reg_send((struct flow_ask){.method = method, .path = path, .cert = cert}, token, body);
}

/* PUT of these members with the client's own id. */
TEST_UNUSED static struct flow_answer *reg_put(const struct as_cert *cert, const char *members)
{
    char body[8192];

    snprintf(body, sizeof(body), "{'client_id':'%s',%s}", reg_id, members);
    return reg_at(cert, "PUT", reg_rat, body);
}

/* Refused for a reason that the description tells. */
#define reg_refused(of, text)                                                                      \
    do {                                                                                           \
        flow_refused((of), 400, "invalid_client_metadata");                                        \
        ck_assert_msg(strstr(flow_text(&f->answer, "error_description"), (text)) != NULL, "%s",    \
                      f->answer.body);                                                             \
    } while (0)

/* Refused for the token, with or without saying so in the challenge; the reason is in the log. */
#define reg_unauthorized(of, error, log_reason)                                                    \
    do {                                                                                           \
        flow_refused((of), 401, "invalid_token");                                                  \
        ck_assert_ptr_nonnull(                                                                     \
            strstr(f->answer.fields, (error) ? "WWW-Authenticate: Bearer realm=\"fapid\", "        \
                                               "error=\"invalid_token\"\n"                         \
                                             : "WWW-Authenticate: Bearer realm=\"fapid\"\n"));     \
        flow_last_has(f->log_fd, "reason", (log_reason));                                          \
    } while (0)

#endif
