/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON from outside: the depth is scanned before the parser, which recurses, sees the text.
 */
#include "as/jose.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Deepest nesting of brackets outside strings; ill-formed text is left to the parser. */
static bool depth_is_fine(as_span text)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > AS_LIMIT_JSON_DEPTH) {
                return false;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

void as_json_watch_memory(void)
{
    json_set_alloc_funcs(as_memory_get, free);
}

as_err as_json_parse(as_span text, struct json_t **out)
{
    json_error_t error;
    unsigned long shortages = as_memory_shortages();

    AS_NEED(text.len > 0, AS_INVALID_REQUEST, "the JSON text is empty");
    /* jansson drops a NUL octet that follows a number, true, false or null */
    AS_NEED(!as_span_has_byte(text, '\0'), AS_INVALID_REQUEST, "the JSON text is malformed");
    AS_NEED(depth_is_fine(text), AS_INVALID_REQUEST, "the JSON text is nested too deeply");
    json_t *value =
        json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (as_memory_shortages() != shortages) { /* a value may be there, but a piece of it missing */
        json_decref(value);
        return AS_FAIL(AS_SERVER_ERROR, "out of memory");
    }
    if (value == NULL) {
        switch (json_error_code(&error)) {
        case json_error_duplicate_key:
            return AS_FAIL(AS_INVALID_REQUEST, "the JSON text repeats a member name");
        case json_error_out_of_memory:
            return AS_FAIL(AS_SERVER_ERROR, "out of memory");
        default:
            return AS_FAIL(AS_INVALID_REQUEST, "the JSON text is malformed");
        }
    }
    *out = value;
    return AS_OK;
}

struct json_t *as_json_of_octets(char *text)
{
    if (!as_span_is_utf8(as_span_of(text))) {
        for (char *at = text; *at != '\0'; at++) {
            *at = (char)((unsigned char)*at < 0x80 ? *at : '?');
        }
    }
    return json_string(text);
}

as_err as_json_write(struct as_arena *mem, const struct json_t *value, as_span *out)
{
    unsigned long shortages = as_memory_shortages();
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    AS_NEED_MEM(text);
    as_err err = as_memory_shortages() == shortages ? as_arena_copy(mem, as_span_of(text), out)
                                                    : AS_FAIL(AS_SERVER_ERROR, "out of memory");
    explicit_bzero(text, strlen(text)); /* it may hold a token */
    free(text);
    return err;
}
