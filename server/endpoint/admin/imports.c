/* SPDX-License-Identifier: Apache-2.0 */
/* POST of an array to /v1/clients or /v1/resources: all are registered, or none (MTLS-22). */
#include "parties.h"

#include <string.h>

static as_err reply_parties(struct as_http_call *call, unsigned status,
                            const struct as_party *const *parties, size_t count)
{
    json_t *list = json_array();
    AS_AUTO(json_decref) json_t *json = json_pack("{s:o}", as_admin_words(call)->member, list);

    AS_NEED_MEM(json);
    for (size_t i = 0; i < count; i++) {
        json_t *view = NULL;

        AS_TRY(as_registration_view(parties[i], &view));
        AS_TRY(as_json_append(list, view));
        AS_TRY(as_admin_warn(call, parties[i], json));
    }
    return as_reply_json(call, status, json);
}

/* May the id stand in an error's description as it is (TOK-10)? */
static bool is_plain(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (!as_ascii_is_nqchar(id[i])) {
            return false;
        }
    }
    return len > 0 && len <= 128;
}

/* Says which of an import is at fault: its client_id, else its position (MTLS-22). */
static void name_culprit(struct as_http_call *call, const json_t *item, size_t index)
{
    struct as_visit *visit = as_visit_of(call);
    const char *id = json_string_value(json_object_get(item, "client_id"));
    as_span text;
    as_err err = id != NULL && is_plain(id)
                     ? as_arena_printf(call->mem, &text, "%s %s", id,
                                       visit->member != NULL ? visit->member : "")
                     : as_arena_printf(call->mem, &text, "number %zu %s", index + 1,
                                       visit->member != NULL ? visit->member : "");

    if (!as_failed(err)) {
        visit->member = text.ptr;
    }
}

as_err as_admin_import(struct as_http_call *call, const json_t *list)
{
    size_t count = json_array_size(list), i;
    struct as_party_write *writes = as_arena_array(call->mem, count, sizeof(*writes));
    const struct as_party **parties = as_arena_array(call->mem, count, sizeof(*parties));

    AS_NEED(count > 0 && count <= AS_LIMIT_IMPORT_ITEMS, AS_INVALID_REQUEST,
            "an import holds one to " AS_SAY(AS_LIMIT_IMPORT_ITEMS) " objects");
    AS_NEED(writes != NULL && parties != NULL, AS_SERVER_ERROR, "out of memory");
    for (i = 0; i < count; i++) {
        as_err err = as_admin_read_party(call, NULL, json_array_get(list, i), &writes[i]);

        if (as_failed(err)) {
            name_culprit(call, json_array_get(list, i), i);
            return err;
        }
        parties[i] = writes[i].party;
    }
    AS_TRY(reply_parties(call, 201, parties, count)); /* an answer may be too large */
    as_err err = as_admin_write_new(call, writes, count);
    if (as_failed(err)) {
        as_span id = as_visit_of(call)->subject_id;

        as_visit_of(call)->member = id.ptr; /* arena text, ends in NUL */
    }
    return err;
}
