/* SPDX-License-Identifier: Apache-2.0 */
/* A party as it is shown: the registered object with what the store knows of it today. */
#include "registration.h"

as_err as_registration_view(const struct as_party *party, json_t **out)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(as_json_parse(party->metadata, &view));
    AS_NEED(
        json_object_set_new(view, "client_id", json_stringn(party->id.ptr, party->id.len)) == 0 &&
            json_object_set_new(view, "client_id_issued_at", json_integer(party->created)) == 0 &&
            json_object_set_new(view, "updated_at", json_integer(party->updated)) == 0 &&
            json_object_set_new(view, "status", json_string(as_party_status_name(party->status))) ==
                0,
        AS_SERVER_ERROR, "out of memory");
    *out = AS_MOVE(view);
    return AS_OK;
}

as_err as_registration_view_for_client(const struct as_party *party, json_t **out)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(as_json_parse(party->metadata, &view));
    as_registration_leave_out_operators(view);
    AS_NEED(json_object_set_new(view, "client_id", json_stringn(party->id.ptr, party->id.len)) ==
                    0 &&
                json_object_set_new(view, "client_id_issued_at", json_integer(party->created)) == 0,
            AS_SERVER_ERROR, "out of memory");
    *out = AS_MOVE(view);
    return AS_OK;
}
