/* SPDX-License-Identifier: Apache-2.0 */
/* What registration and its management have in common: whether they are there, what they read and
 * what they answer. */
#include "register.h"

bool as_register_is_off(const struct as_visit *visit, as_span path)
{
    return visit->ctx.settings->registration_mode == AS_REGISTRATION_OFF &&
           (as_span_is(path, "/register") || as_span_starts(path, AS_LIT("/register/")));
}

as_err as_register_read_body(const struct as_http_call *call, json_t **out)
{
    AS_NEED(as_http_is_json(call->request), AS_INVALID_CLIENT_METADATA,
            "the body must be application/json");
    as_err err = as_json_parse(call->request->body, out);
    return as_err_is(err, AS_INVALID_REQUEST) ? AS_FAIL(AS_INVALID_CLIENT_METADATA, err.why) : err;
}

as_err as_register_refusal(as_err err)
{
    return as_err_is(err, AS_INVALID_CLIENT_METADATA)
               ? AS_FAIL(AS_INVALID_CLIENT_METADATA,
                         "another party is registered with this name, certificate, key or software")
               : err;
}

/*
 * <registration_endpoint>/<client_id> (REG-95), of the metadata itself or of its alias for mTLS:
 * what changes a certificate needs one to be shown, so the URI is where that can be done.
 */
static as_err make_uri(struct as_http_call *call, as_span id, as_span *out)
{
    const struct as_settings *settings = as_visit_of(call)->ctx.settings;
    as_span origin = as_url_cut(settings->issuer).origin;

    if (settings->mtls_origin != NULL && settings->registration_certificate_proof) {
        origin = as_span_of(settings->mtls_origin);
    }
    return as_arena_printf(call->mem, out, "%.*s/register/%.*s", (int)origin.len, origin.ptr,
                           (int)id.len, id.ptr);
}

as_err as_register_reply(struct as_http_call *call, unsigned status, const struct as_party *party,
                         as_span rat)
{
    AS_AUTO(json_decref) json_t *view = NULL;
    as_span uri;

    AS_TRY(make_uri(call, party->id, &uri));
    AS_TRY(as_registration_view_for_client(party, &view));
    AS_TRY(as_json_put_text(view, "registration_client_uri", uri));
    AS_TRY(as_json_put_text(view, "registration_access_token", rat));
    return as_reply_json(call, status, view);
}
