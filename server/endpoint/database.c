/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database for its operator: GET /v1/db shows it; POST /v1/db/backups, /v1/db/restores and
 * /v1/db/checks do what they say, in files that the server itself reads and writes.
 */
#include "parties.h"

#include <limits.h>

#define FINDINGS_MAX 100

/* The texts of an error's description obey RFC 6749 5.2; a path may hold anything. */
static const char *printable(struct as_arena *mem, const char *text)
{
    as_span copy;

    if (as_failed(as_arena_copy(mem, as_span_of(text), &copy))) {
        return NULL;
    }
    for (char *at = (char *)(uintptr_t)copy.ptr; *at != '\0'; at++) {
        *at = (char)(as_ascii_is_nqschar(*at) ? *at : '?');
    }
    return copy.ptr;
}

/* {"path": ...} and nothing else; absolute, since the server's working directory is nobody's. */
static as_err read_path(struct as_http_call *call, const char **out)
{
    AS_AUTO(json_decref) json_t *json = NULL;

    AS_TRY(as_admin_check(as_visit_of(call)));
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_admin_read_body(call, &json));
    const json_t *path = json_object_get(json, "path");
    const char *text = json_string_value(path);
    AS_NEED(text != NULL && json_object_size(json) == 1, AS_INVALID_REQUEST,
            "the body must be an object with path");
    AS_NEED(text[0] == '/' && json_string_length(path) < PATH_MAX, AS_INVALID_REQUEST,
            "path must be absolute");
    return as_arena_text(call->mem, as_json_span(path), out);
}

/* What the store says of it goes with the error. */
static as_err explain(struct as_http_call *call, as_err err, const char *why)
{
    if (as_failed(err) && why[0] != '\0') {
        as_visit_of(call)->member = printable(call->mem, why);
    }
    return as_err_is(err, AS_UNAVAILABLE) && why[0] != '\0'
               ? AS_FAIL(AS_NOT_DONE, "nothing has changed")
               : err;
}

as_err as_admin_db_show(struct as_http_call *call)
{
    const struct as_visit *visit = as_visit_of(call);
    struct as_store_status is = {0};

    AS_TRY(as_admin_check(visit));
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_store_status(visit->ctx.store, call->mem, &is));
    AS_AUTO(json_decref)
    json_t *json =
        json_pack("{s:s%, s:s%, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:b}",
                  "backend", is.backend.ptr, is.backend.len, "path", is.path.ptr, is.path.len,
                  "schema", (json_int_t)is.schema, "epoch", (json_int_t)is.epoch, "octets",
                  (json_int_t)is.octets, "wal_octets", (json_int_t)is.wal_octets, "rows", "clients",
                  (json_int_t)is.clients, "resources", (json_int_t)is.resources, "certificates",
                  (json_int_t)is.certificates, "revocations", (json_int_t)is.revocations, "keys",
                  (json_int_t)is.keys, "initial_access_tokens", (json_int_t)is.iats, "audit",
                  (json_int_t)is.audits, "ready", is.ready);
    AS_NEED_MEM(json);
    return as_reply_json(call, 200, json);
}

as_err as_admin_db_backup(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    char why[AS_STORE_MESSAGE] = "";
    const char *path = NULL;

    visit->event = "database_copied";
    AS_TRY(read_path(call, &path));
    AS_TRY(explain(call, as_store_backup(visit->ctx.store, path, why), why));
    AS_AUTO(json_decref) json_t *json = json_pack("{s:s}", "path", path);
    AS_NEED_MEM(json);
    return as_reply_json(call, 201, json);
}

/* The keys are not those of the copy: new ones are made before anybody is told. */
as_err as_admin_db_restore(struct as_http_call *call)
{
    struct as_visit *visit = as_visit_of(call);
    char why[AS_STORE_MESSAGE] = "";
    const char *path = NULL;

    visit->event = "database_restored";
    AS_TRY(read_path(call, &path));
    struct as_audit audit = as_audit_row(visit, visit->event, AS_SPAN_NONE);
    AS_TRY(explain(call, as_store_restore(visit->ctx.store, path, &audit, why), why));
    AS_TRY(as_keys_reload(visit->app->conf.keys, visit->ctx.store, visit->ctx.now));
    return as_admin_db_show(call);
}

struct findings {
    struct as_arena *mem;
    json_t *list;
};

static void note_finding(void *arg, const char *message)
{
    struct findings *findings = arg;

    if (json_array_size(findings->list) < FINDINGS_MAX) {
        json_array_append_new(findings->list, json_string(printable(findings->mem, message)));
    }
}

as_err as_admin_db_check(struct as_http_call *call)
{
    const struct as_visit *visit = as_visit_of(call);
    struct findings findings = {call->mem, json_array()};
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", "findings", findings.list);
    size_t count = 0;

    AS_NEED_MEM(json);
    AS_TRY(as_admin_check(visit));
    AS_TRY(as_admin_need_no_query(call));
    AS_TRY(as_store_check_live(visit->ctx.store, note_finding, &findings, &count));
    AS_TRY(as_json_put(json, "count", json_integer((json_int_t)count)));
    return as_reply_json(call, 200, json);
}
