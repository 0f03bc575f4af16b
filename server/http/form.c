/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded (RFC 6749 Appendix B, WHATWG URL 5.1), read strictly: what the
 * standard would repair or pass through is refused, so that nobody reads a parameter otherwise.
 * Pieces without any octet ("a=1&&b=2") are no parameters.
 */
#include "as/http.h"

#include <string.h>

/* Where decoded octets go: one allocation as long as the body, which decoding never exceeds. */
struct sink {
    char *ptr;
    size_t len;
};

/* How many octets at the front stand for themselves. */
static size_t plain_run(as_span text)
{
    size_t run = 0;

    while (run < text.len && text.ptr[run] != '%' && text.ptr[run] != '+') {
        run++;
    }
    return run;
}

/* The octet that an escape at the front stands for. */
static bool take_escape(as_span *text, char *octet)
{
    if (text->ptr[0] == '+') {
        *octet = ' ';
        *text = as_span_from(*text, 1);
        return true;
    }
    if (text->len < 3 || !as_hex_parse((as_span){text->ptr + 1, 2}, octet)) {
        return false;
    }
    *text = as_span_from(*text, 3);
    return true;
}

static as_err decode(struct sink *sink, as_span text, as_span *out)
{
    const size_t before = sink->len;

    while (text.len > 0) {
        const size_t run = plain_run(text);
        if (run > 0) {
            memcpy(sink->ptr + sink->len, text.ptr, run);
            sink->len += run;
            text = as_span_from(text, run);
        } else {
            AS_NEED(take_escape(&text, &sink->ptr[sink->len]), AS_INVALID_REQUEST,
                    "a form field has a bad percent escape");
            sink->len++;
        }
    }
    const as_span decoded = {sink->ptr + before, sink->len - before};
    AS_NEED(as_span_is_utf8(decoded), AS_INVALID_REQUEST, "a form field is not UTF-8");
    AS_NEED(!as_span_has_control(decoded), AS_INVALID_REQUEST,
            "a form field has a control character");
    *out = decoded;
    return AS_OK;
}

/* A parameter without a value counts as omitted (RFC 6749 3.2, TOK-05), but is read like others. */
static as_err add_field(struct as_form *form, struct sink *sink, as_span piece)
{
    struct as_form_field field;
    as_span value = piece;
    as_span name;

    as_span_cut(&value, '=', &name);
    AS_TRY(decode(sink, name, &field.name));
    AS_TRY(decode(sink, value, &field.value));
    if (field.value.len > 0) {
        form->fields[form->count++] = field;
    }
    return AS_OK;
}

as_err as_form_parse(struct as_arena *mem, as_span body, struct as_form *out)
{
    struct sink sink = {as_arena_alloc(mem, body.len + 1), 0};
    struct as_form form = {.count = 0};
    size_t pieces = 0;
    as_span piece;

    AS_NEED_MEM(sink.ptr);
    while (as_span_cut(&body, '&', &piece)) {
        if (piece.len > 0) {
            AS_NEED(++pieces <= AS_LIMIT_FORM_FIELDS, AS_INVALID_REQUEST, "too many form fields");
            AS_TRY(add_field(&form, &sink, piece));
        }
    }
    *out = form;
    return AS_OK;
}

as_err as_form_one(const struct as_form *form, const char *name, as_span *out)
{
    as_span wanted = as_span_of(name);
    as_span found = AS_SPAN_NONE;

    for (size_t i = 0; i < form->count; i++) {
        if (as_span_equal(form->fields[i].name, wanted)) {
            AS_NEED(found.ptr == NULL, AS_INVALID_REQUEST, "a form field occurs more than once");
            found = form->fields[i].value;
        }
    }
    *out = found;
    return AS_OK;
}
