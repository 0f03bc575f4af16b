/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

static const struct as_key_kind *const kinds[] = {&as_key_sealing, &as_key_signing};

const struct as_key_kind *as_key_kind_of(as_span purpose)
{
    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        if (as_span_is(purpose, kinds[i]->purpose)) {
            return kinds[i];
        }
    }
    return NULL;
}
