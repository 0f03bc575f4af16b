/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of requests and replies. */
#include "as/http.h"

as_span as_http_field(const struct as_http_request *request, const char *name)
{
    as_span wanted = as_span_of(name);

    for (size_t i = 0; i < request->field_count; i++) {
        if (as_span_equal(request->fields[i].name, wanted)) {
            return request->fields[i].value;
        }
    }
    return AS_SPAN_NONE;
}

as_err as_http_reply_field(struct as_http_reply *reply, const char *name, as_span value)
{
    AS_NEED(reply->field_count < AS_HTTP_REPLY_FIELDS, AS_SERVER_ERROR, "too many reply fields");
    AS_NEED(!as_span_has_byte(value, '\r') && !as_span_has_byte(value, '\n') &&
                !as_span_has_byte(value, '\0'),
            AS_SERVER_ERROR, "reply field has a line end or NUL");
    reply->fields[reply->field_count++] = (struct as_http_field){as_span_of(name), value};
    return AS_OK;
}

/* RFC 9110 8.3.1: type and subtype ignore case; parameters follow ';'. */
static bool has_media_type(const struct as_http_request *request, const char *type)
{
    as_span rest = as_http_field(request, "content-type");
    as_span media;

    as_span_cut(&rest, ';', &media);
    return as_span_equal_nocase(as_span_trim(media), as_span_of(type));
}

bool as_http_is_form(const struct as_http_request *request)
{
    return has_media_type(request, "application/x-www-form-urlencoded");
}

bool as_http_is_json(const struct as_http_request *request)
{
    return has_media_type(request, "application/json");
}
