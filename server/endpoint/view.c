/* SPDX-License-Identifier: Apache-2.0 */
/* A party as it is shown: the registered object with what the store knows of it today. */
#include "registration.h"

static as_err put_id(json_t *view, const struct as_party *party)
{
    AS_TRY(as_json_put_text(view, "client_id", party->id));
    return as_json_put(view, "client_id_issued_at", json_integer(party->created));
}

as_err as_registration_view(const struct as_party *party, json_t **out)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(as_json_parse(party->metadata, &view));
    AS_TRY(put_id(view, party));
    AS_TRY(as_json_put(view, "updated_at", json_integer(party->updated)));
    AS_TRY(as_json_put(view, "status", json_string(as_party_status_name(party->status))));
    *out = AS_MOVE(view);
    return AS_OK;
}

as_err as_registration_view_for_client(const struct as_party *party, json_t **out)
{
    AS_AUTO(json_decref) json_t *view = NULL;

    AS_TRY(as_json_parse(party->metadata, &view));
    as_registration_leave_out_operators(view);
    AS_TRY(put_id(view, party));
    *out = AS_MOVE(view);
    return AS_OK;
}
