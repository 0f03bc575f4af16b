/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form parser. Properties: what it gives is what TOK-03, 05 and 12 promise, and written again
 * with every octet escaped it reads the same; as_form_one refuses exactly what is there twice.
 */
#include "as/http.h"
#include "fuzz.h"

#include <string.h>

static bool is_clean(as_span text)
{
    return as_span_is_utf8(text) && !as_span_has_control(text);
}

static void add_escaped(struct as_buf *out, as_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        FUZZ_HOLDS(as_buf_printf(out, "%%%02x", as_span_u8(text)[i]));
    }
}

static void check_again(struct as_arena *mem, const struct as_form *form)
{
    struct as_buf body = AS_BUF(4 * 1024 * 1024);
    struct as_form again;

    for (size_t i = 0; i < form->count; i++) {
        add_escaped(&body, form->fields[i].name);
        as_buf_add_byte(&body, '=');
        add_escaped(&body, form->fields[i].value);
        as_buf_add_byte(&body, '&');
    }
    FUZZ_HOLDS(!body.full && !as_failed(as_form_parse(mem, as_buf_span(&body), &again)));
    FUZZ_HOLDS(again.count == form->count);
    for (size_t i = 0; i < form->count; i++) {
        FUZZ_HOLDS(as_span_equal(again.fields[i].name, form->fields[i].name));
        FUZZ_HOLDS(as_span_equal(again.fields[i].value, form->fields[i].value));
    }
    as_buf_free(&body);
}

static void check_one(struct as_arena *mem, const struct as_form *form, size_t field)
{
    size_t times = 0;
    const char *name = NULL;
    as_span value = AS_SPAN_NONE;

    for (size_t i = 0; i < form->count; i++) {
        times += as_span_equal(form->fields[i].name, form->fields[field].name) ? 1 : 0;
    }
    FUZZ_HOLDS(!as_failed(as_arena_text(mem, form->fields[field].name, &name)));
    as_err err = as_form_one(form, name, &value);
    FUZZ_HOLDS(times == 1 ? !as_failed(err) : as_err_is(err, AS_INVALID_REQUEST));
    FUZZ_HOLDS(as_span_equal(value, times == 1 ? form->fields[field].value : AS_SPAN_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct as_arena *mem = as_arena_new(AS_LIMIT_ARENA);
    struct as_form form;

    FUZZ_HOLDS(mem != NULL);
    as_err err = as_form_parse(mem, as_span_bytes(data, size), &form);
    FUZZ_HOLDS(!as_failed(err) || as_err_is(err, AS_INVALID_REQUEST));
    if (!as_failed(err)) {
        FUZZ_HOLDS(form.count <= AS_LIMIT_FORM_FIELDS);
        for (size_t i = 0; i < form.count; i++) {
            FUZZ_HOLDS(is_clean(form.fields[i].name) && is_clean(form.fields[i].value));
            FUZZ_HOLDS(form.fields[i].value.len > 0);
            check_one(mem, &form, i);
        }
        check_again(mem, &form);
    }
    as_arena_free(mem);
    return 0;
}
