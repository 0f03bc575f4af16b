/* SPDX-License-Identifier: Apache-2.0 */
/* What the direct endpoints have in common: a strict form, then who is calling. */
#include "app.h"

/* How often a field occurs: a second Authorization field would be a second mechanism. */
size_t as_direct_fields(const struct as_http_request *request, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < request->field_count; i++) {
        count += as_span_is(request->fields[i].name, name);
    }
    return count;
}

as_err as_direct_form(struct as_http_call *call, const char *const *once, size_t count,
                      struct as_form **out)
{
    struct as_form *form = as_arena_alloc(call->mem, sizeof(*form));

    AS_NEED_MEM(form);
    /* credentials never stand in a URI (RFC 6749 2.3.1); nothing else is read from it either */
    AS_NEED(call->request->query.len == 0, AS_INVALID_REQUEST,
            "parameters belong in the body, not in the URL");
    AS_NEED(as_http_is_form(call->request), AS_INVALID_REQUEST,
            "the body must be application/x-www-form-urlencoded");
    AS_TRY(as_form_parse(call->mem, call->request->body, form));
    for (size_t i = 0; i < count; i++) {
        as_span value;

        AS_TRY(as_form_one(form, once[i], &value));
    }
    *out = form;
    return AS_OK;
}

static as_err read_credentials(struct as_http_call *call, const struct as_form *form,
                               struct as_client_ask *ask)
{
    AS_TRY(as_form_one(form, "client_id", &ask->client_id));
    AS_TRY(as_form_one(form, "client_secret", &ask->client_secret));
    AS_TRY(as_form_one(form, "client_assertion", &ask->client_assertion));
    AS_TRY(as_form_one(form, "client_assertion_type", &ask->client_assertion_type));
    AS_NEED(as_direct_fields(call->request, "authorization") <= 1, AS_INVALID_REQUEST,
            "the Authorization field is repeated");
    ask->authorization = as_http_field(call->request, "authorization");
    return AS_OK;
}

as_err as_direct_authenticate(struct as_http_call *call, const struct as_form *form,
                              bool cert_alone_will_do, struct as_who *who)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_client_ask ask = {
        .cert = visit->peer->cert,
        .address = visit->peer->address,
        .cert_alone_will_do = cert_alone_will_do,
    };

    AS_TRY(read_credentials(call, form, &ask));
    as_err err = as_client_authenticate(&visit->ctx, &ask, who);
    if (who->party != NULL) {
        visit->method = as_method_name(who->party->method);
        AS_TRY(as_arena_copy(call->mem, who->party->id, &visit->client_id));
    }
    visit->authenticated = !as_failed(err);
    return err;
}
