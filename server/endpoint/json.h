/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values that free themselves, and answers that are put together. */
#ifndef AS_ENDPOINT_JSON_H
#define AS_ENDPOINT_JSON_H

#include "as/base.h"

#include <jansson.h>

AS_AUTO_DEFINE(json_t, json_decref)

/* A member, or the next item of a list. Each takes a value that was just made, and NULL is one for
 * which memory was short. */
static inline as_err as_json_put(json_t *object, const char *name, json_t *value)
{
    AS_NEED(json_object_set_new(object, name, value) == 0, AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

static inline as_err as_json_put_text(json_t *object, const char *name, as_span text)
{
    return as_json_put(object, name, json_stringn(text.len > 0 ? text.ptr : "", text.len));
}

static inline as_err as_json_append(json_t *list, json_t *value)
{
    AS_NEED(json_array_append_new(list, value) == 0, AS_SERVER_ERROR, "out of memory");
    return AS_OK;
}

#endif
