/* SPDX-License-Identifier: Apache-2.0 */
/* Members of an object, each of exactly one type. */
#include "as/jose.h"

#include <jansson.h>

void as_json_free(struct json_t *value)
{
    json_decref(value);
}

size_t as_json_size(const struct json_t *object)
{
    return json_object_size(object);
}

const struct json_t *as_json_object(const struct json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_object(value) ? value : NULL;
}

as_span as_json_span(const struct json_t *value)
{
    return (as_span){json_string_value(value), json_string_length(value)};
}

static as_err copy(struct as_arena *mem, const json_t *text, as_span *out)
{
    return as_arena_copy(mem, as_json_span(text), out);
}

as_err as_json_text(struct as_arena *mem, const struct json_t *object, const char *name,
                    as_span *out)
{
    const json_t *value = json_object_get(object, name);

    *out = AS_SPAN_NONE;
    return json_is_string(value) ? copy(mem, value, out) : AS_OK;
}

static as_err copy_all(struct as_arena *mem, const json_t *array, as_span *out, size_t room,
                       size_t *count)
{
    const size_t size = json_array_size(array);

    for (size_t i = 0; i < size; i++) {
        if (size > room || !json_is_string(json_array_get(array, i))) {
            return AS_OK;
        }
    }
    for (size_t i = 0; i < size; i++) {
        AS_TRY(copy(mem, json_array_get(array, i), &out[i]));
    }
    *count = size;
    return AS_OK;
}

as_err as_json_texts(struct as_arena *mem, const struct json_t *object, const char *name,
                     as_span *out, size_t room, size_t *count)
{
    const json_t *value = json_object_get(object, name);

    *count = 0;
    if (!json_is_string(value)) {
        return copy_all(mem, value, out, room, count);
    }
    if (room > 0) {
        AS_TRY(copy(mem, value, &out[0]));
        *count = 1;
    }
    return AS_OK;
}

bool as_json_integer(const struct json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_integer(value)) {
        return false;
    }
    *out = json_integer_value(value);
    return true;
}
