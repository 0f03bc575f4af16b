/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database for its operator: GET /v1/db shows it; POST /v1/db/backups, /v1/db/restores and
 * /v1/db/checks begin what they say, in files that the server itself reads and writes, and answer
 * 202 with the job; GET /v1/db/jobs/{id} tells how it goes, and how it ended.
 */
#include "job.h"

#include <limits.h>
#include <stdio.h>

const struct as_job_family as_admin_db_family = {.event = "database_job",
                                                 .url = "/v1/db/jobs/",
                                                 .busy =
                                                     "a backup, a restore or a check is under way"};

/* ------------------------------------------------------------ what is shown of it ------------- */

static as_err show(struct as_store_session *store, struct as_arena *mem, json_t **out)
{
    struct as_store_status is = {0};

    AS_TRY(as_store_status(store, mem, &is));
    *out =
        json_pack("{s:s%, s:s%, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:b}",
                  "backend", is.backend.ptr, is.backend.len, "path", is.path.ptr, is.path.len,
                  "schema", (json_int_t)is.schema, "epoch", (json_int_t)is.epoch, "octets",
                  (json_int_t)is.octets, "wal_octets", (json_int_t)is.wal_octets, "rows", "clients",
                  (json_int_t)is.clients, "resources", (json_int_t)is.resources, "certificates",
                  (json_int_t)is.certificates, "revocations", (json_int_t)is.revocations, "keys",
                  (json_int_t)is.keys, "initial_access_tokens", (json_int_t)is.iats, "audit",
                  (json_int_t)is.audits, "ready", is.ready);
    AS_NEED_MEM(*out);
    return AS_OK;
}

as_err as_admin_db_show(struct as_http_call *call)
{
    const struct as_visit *visit = as_visit_of(call);
    AS_AUTO(json_decref) json_t *json = NULL;
    json_t *job = NULL;

    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(show(visit->ctx.store, call->mem, &json));
    AS_TRY(as_jobs_view(visit->app->db_jobs, AS_SPAN_NONE, false, call->mem, &job));
    if (job != NULL) {
        AS_TRY(as_json_put(json, "job", job));
    }
    return as_reply_json(call, 200, json);
}

/* ------------------------------------------------------------ what the jobs do ---------------- */

static as_err back_up(struct as_task *task, json_t **result)
{
    AS_TRY(as_store_backup(task->store, task->path, task->why));
    *result = json_pack("{s:s}", "path", task->path);
    AS_NEED_MEM(*result);
    return AS_OK;
}

#define KEYS_NOT_MADE                                                                              \
    "The database was restored, but its new keys could not be made yet: until they are, tokens "   \
    "are refused, or made and judged by the keys of before. fapid tries again each second and "    \
    "logs keys_step_failed; where fapictl key list shows no active key after a minute, mend what " \
    "the log names, then restart fapid."

/* The keys are not those of the copy: new ones are made before anybody is told. Where they cannot
 * be, the restore has happened all the same, and the keeper of the keys tries again. */
static as_err restore(struct as_task *task, json_t **result)
{
    AS_AUTO(json_decref) json_t *json = NULL;

    AS_TRY(as_store_restore(task->store, task->path, &task->audit, task->why));
    as_err err = as_keys_reload(task->app->conf.keys, task->store, as_clock_now());
    AS_TRY(show(task->store, task->mem, &json));
    AS_TRY(as_json_put(json, "keys_made", json_boolean(!as_failed(err))));
    if (as_failed(err)) {
        as_log_err(AS_LOG_ERROR, "keys_not_made_after_restore", err);
        AS_TRY(as_json_put(json, "warning", json_string(KEYS_NOT_MADE)));
    }
    *result = AS_MOVE(json);
    return AS_OK;
}

struct findings {
    json_t *list;
    as_err err;
};

/* One that is lost would make the database look better than it is. */
static void note_finding(void *arg, const char *message)
{
    struct findings *findings = arg;
    char text[AS_STORE_MESSAGE];

    if (!as_failed(findings->err) && json_array_size(findings->list) < AS_LIMIT_CHECK_FINDINGS) {
        (void)snprintf(text, sizeof(text), "%s", message);
        as_job_make_printable(text);
        findings->err = as_json_append(findings->list, json_string(text));
    }
}

static as_err check(struct as_task *task, json_t **result)
{
    struct findings findings = {.list = json_array()};
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", "findings", findings.list);
    size_t count = 0;

    AS_NEED_MEM(json);
    AS_TRY(as_store_check_live(task->store, note_finding, &findings, &count));
    AS_TRY(findings.err);
    AS_TRY(as_json_put(json, "count", json_integer((json_int_t)count)));
    *result = AS_MOVE(json);
    return AS_OK;
}

/* ------------------------------------------------------------ beginning and asking ------------ */

/* {"path": ...} and nothing else; absolute, since the server's working directory is nobody's. */
static as_err read_path(struct as_http_call *call, const char **out)
{
    AS_AUTO(json_decref) json_t *json = NULL;

    AS_TRY(as_admin_read_body(call, &json));
    const json_t *path = json_object_get(json, "path");
    const char *text = json_string_value(path);
    AS_NEED(text != NULL && json_object_size(json) == 1, AS_INVALID_REQUEST,
            "the body must be an object with path");
    AS_NEED(text[0] == '/' && json_string_length(path) < PATH_MAX, AS_INVALID_REQUEST,
            "path must be absolute");
    return as_arena_text(call->mem, as_json_span(path), out);
}

static as_err start(struct as_http_call *call, const struct as_job_kind *kind)
{
    struct as_visit *visit = as_visit_of(call);
    const char *path = NULL;

    visit->event = kind->event;
    AS_TRY(as_admin_need_no_query(call));
    if (kind->takes_path) {
        AS_TRY(read_path(call, &path));
    }
    return as_jobs_start(visit->app->db_jobs, kind, path, call);
}

as_err as_admin_db_backup(struct as_http_call *call)
{
    static const struct as_job_kind kind = {
        .name = "backup", .event = "database_copied", .takes_path = true, .run = back_up};

    return start(call, &kind);
}

as_err as_admin_db_restore(struct as_http_call *call)
{
    static const struct as_job_kind kind = {
        .name = "restore", .event = "database_restored", .takes_path = true, .run = restore};

    return start(call, &kind);
}

as_err as_admin_db_check(struct as_http_call *call)
{
    static const struct as_job_kind kind = {.name = "check", .run = check};

    return start(call, &kind);
}

as_err as_admin_db_job(struct as_http_call *call)
{
    AS_TRY(as_admin_need_no_query(call));
    return as_jobs_reply(as_visit_of(call)->app->db_jobs, call, 200, call->param);
}
