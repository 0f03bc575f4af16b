/* SPDX-License-Identifier: Apache-2.0 */
/* Audit rows, written in the transaction of the change that they tell. */
#include "sqlite/backend.h"

static struct as_sql_value text(const char *value)
{
    return AS_SQL_TEXT(as_span_of(value));
}

as_err as_sqlite_audit_put(struct as_backend *backend, const struct as_audit *audit, as_span about)
{
    as_span client_id = audit->client_id.len > 0 ? audit->client_id : about;

    return AS_SQL_RUN(
        &backend->writer,
        "INSERT INTO audit (at, event, actor, client_id, auth_method, outcome, reason, thumbprint, "
        "serial, issuer, request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        AS_SQL_NUMBER(audit->at), text(audit->event), AS_SQL_TEXT(audit->actor),
        AS_SQL_TEXT(client_id), text(audit->auth_method), text(audit->outcome), text(audit->reason),
        AS_SQL_TEXT(audit->thumbprint), AS_SQL_TEXT(audit->serial), AS_SQL_TEXT(audit->issuer),
        AS_SQL_TEXT(audit->request_id));
}

static as_err take_row(sqlite3_stmt *rows, struct as_arena *mem, struct as_audit_row *out)
{
    struct as_audit *audit = &out->audit;
    as_span event = AS_SPAN_NONE;
    as_span auth_method = AS_SPAN_NONE;
    as_span outcome = AS_SPAN_NONE;
    as_span reason = AS_SPAN_NONE;
    as_span *const texts[] = {&event,         &audit->actor,     &audit->client_id,  &auth_method,
                              &outcome,       &reason,           &audit->thumbprint, &audit->serial,
                              &audit->issuer, &audit->request_id};

    audit->at = sqlite3_column_int64(rows, 0);
    for (int i = 0; i < (int)AS_COUNT(texts); i++) {
        AS_TRY(as_sql_take(rows, i + 1, mem, texts[i]));
    }
    audit->event = event.ptr; /* as_arena_copy ends them with a NUL */
    audit->auth_method = auth_method.ptr;
    audit->outcome = outcome.ptr;
    audit->reason = reason.ptr;
    out->number = sqlite3_column_int64(rows, (int)AS_COUNT(texts) + 1);
    return AS_OK;
}

as_err as_sqlite_audit_list(struct as_reader *reader, struct as_arena *mem, int64_t after,
                            size_t limit, const struct as_audit_row **out, size_t *count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_audit_row *lines = as_arena_array(mem, limit + 1, sizeof(*lines));
    bool found = false;
    size_t n = 0;

    AS_NEED_MEM(lines);
    /* serials and issuers are as long as a stranger's certificate has them */
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT at, event, actor, client_id, auth_method, outcome, reason, "
                       "thumbprint, substr(serial, 1, 1024), substr(issuer, 1, 1024), request_id, "
                       "number FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2",
                       AS_SQL_NUMBER(after), AS_SQL_NUMBER(limit)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found && n < limit) {
        AS_TRY(take_row(rows, mem, &lines[n++]));
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    *out = lines;
    *count = n;
    return AS_OK;
}
