/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/reloads has the configuration read anew, as SIGHUP does, and answers 202 with a job;
 * GET /v1/reloads/{id} tells what became of it. Done, its result is {"generation"}: the one in use.
 * Failed, the one before goes on, and beside error and error_description stand the line of the log:
 * `where` (file and line, where there is one) and `message`; `refusals`, of which that is the first
 * (0: it is no setting that is wrong); and `generation`, of the one that goes on.
 */
#include "job.h"

const struct as_job_family as_admin_reload_family = {
    .event = "reload_job", .url = "/v1/reloads/", .busy = "a reload is under way"};

static as_err reload(struct as_task *task, json_t **result)
{
    const struct as_app_conf *conf = &task->app->conf;
    struct as_reload_outcome outcome;

    /* made before it is true: where memory runs out, what is in use must not be told as failed */
    AS_AUTO(json_decref) json_t *json = json_pack("{s:i}", "generation", 0);
    AS_NEED_MEM(json);
    AS_TRY(conf->reload(conf->reload_arg, &outcome));
    (void)json_integer_set(json_object_get(json, "generation"), (json_int_t)outcome.generation);
    if (outcome.refused) {
        AS_TRY(as_json_put(json, "refusals", json_integer((json_int_t)outcome.refusals)));
        AS_TRY(as_json_put(json, "where", as_json_of_octets(outcome.where)));
        AS_TRY(as_json_put(json, "message", as_json_of_octets(outcome.message)));
    }
    *result = AS_MOVE(json);
    AS_NEED(!outcome.refused, AS_NOT_DONE, "the configuration of before goes on");
    return AS_OK;
}

as_err as_admin_reload(struct as_http_call *call)
{
    static const struct as_job_kind kind = {.name = "reload",
                                            .event = "configuration_reloaded",
                                            .no_store = true,
                                            .despite_audit = true,
                                            .run = reload};
    struct as_visit *visit = as_visit_of(call);

    visit->event = kind.event;
    AS_TRY(as_admin_need_no_query(call));
    AS_NEED(visit->app->conf.reload != NULL, AS_NOT_FOUND, "nothing reloads here");
    return as_jobs_start(visit->app->reloads, &kind, NULL, call);
}

as_err as_admin_reload_show(struct as_http_call *call)
{
    AS_TRY(as_admin_need_no_query(call));
    return as_jobs_reply(as_visit_of(call)->app->reloads, call, 200, call->param);
}
