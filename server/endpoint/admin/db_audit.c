/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/db/audit?after=NUMBER: the audit rows of the store, oldest first: what changed clients,
 * resource servers, keys and tokens, by whom, those of the keeper of keys among them. Members are
 * those of the audit file, with the number of the row; what is empty is absent.
 */
#include "admin.h"

#define PAGE 150 /* rows; with the longest texts they fit into an answer */

static as_err view_of(const struct as_audit_row *row, json_t **out)
{
    const struct as_audit *audit = &row->audit;
    const struct {
        const char *name;
        as_span value;
    } members[] = {
        {"event", as_span_of(audit->event)},
        {"actor", audit->actor},
        {"client_id", audit->client_id},
        {"auth_method", as_span_of(audit->auth_method)},
        {"outcome", as_span_of(audit->outcome)},
        {"reason", as_span_of(audit->reason)},
        {"thumbprint", audit->thumbprint},
        {"serial", audit->serial},
        {"issuer", audit->issuer},
        {"request_id", audit->request_id},
    };
    AS_AUTO(json_decref) json_t *view = json_object();

    AS_TRY(as_json_put(view, "number", json_integer((json_int_t)row->number)));
    AS_TRY(as_json_put(view, "at", json_integer((json_int_t)audit->at)));
    for (size_t i = 0; i < AS_COUNT(members); i++) {
        if (members[i].value.len > 0) {
            AS_TRY(as_json_put_text(view, members[i].name, members[i].value));
        }
    }
    *out = AS_MOVE(view);
    return AS_OK;
}

static as_err read_after(const struct as_http_call *call, int64_t *out)
{
    as_span text;
    uint64_t number = 0;

    AS_TRY(as_admin_read_after(call, &text));
    AS_NEED(text.len == 0 || as_span_number(text, INT64_MAX, &number), AS_INVALID_REQUEST,
            "after must be the number of a row");
    *out = (int64_t)number;
    return AS_OK;
}

as_err as_admin_db_audit(struct as_http_call *call)
{
    json_t *list = json_array();
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", "audit", list);
    const struct as_audit_row *rows = NULL;
    size_t count = 0;
    int64_t after = 0;
    as_span next = AS_SPAN_NONE;

    AS_NEED_MEM(json);
    AS_TRY(read_after(call, &after));
    AS_TRY(
        as_store_audit_list(as_visit_of(call)->ctx.store, call->mem, after, PAGE, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        json_t *view = NULL;

        AS_TRY(view_of(&rows[i], &view));
        AS_TRY(as_json_append(list, view));
    }
    if (count == PAGE) {
        AS_TRY(as_arena_printf(call->mem, &next, "%lld", (long long)rows[count - 1].number));
    }
    return as_admin_reply_page(call, json, next);
}
