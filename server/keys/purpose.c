/* SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

static const struct as_purpose *const purposes[] = {&as_purpose_sealing, &as_purpose_signing};

const struct as_purpose *as_purpose_of(as_span purpose)
{
    for (size_t i = 0; i < AS_COUNT(purposes); i++) {
        if (as_span_is(purpose, purposes[i]->name)) {
            return purposes[i];
        }
    }
    return NULL;
}
