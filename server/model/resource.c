/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose audience is it? Audiences are compared octet for octet, as RFC 8707 2 and RFC 3986 6.2.1
 * allow: a server that normalised would have to be sure that every reader of `aud` does the same.
 */
#include "as/model.h"

bool as_resource_has_audience(const struct as_resource *resource, as_span uri)
{
    for (size_t i = 0; i < resource->audience_count; i++) {
        if (as_span_equal(resource->audience[i], uri)) {
            return true;
        }
    }
    return false;
}

const struct as_resource *as_resource_of_audience(const struct as_resource_set *set, as_span uri)
{
    for (size_t i = 0; i < set->count; i++) {
        if (as_resource_has_audience(set->items[i], uri)) {
            return set->items[i];
        }
    }
    return NULL;
}
