/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about certificates as parties and tokens know them. */
#include "as/model.h"

#include <string.h>

bool as_party_has_certificate(const struct as_party *party,
                              const unsigned char thumbprint[AS_DIGEST])
{
    for (size_t i = 0; i < party->certificate_count; i++) {
        if (memcmp(party->certificates[i], thumbprint, AS_DIGEST) == 0) {
            return true;
        }
    }
    return false;
}

static bool same_link(const struct as_path_link *a, const struct as_path_link *b)
{
    return memcmp(a->issuer_spki, b->issuer_spki, AS_DIGEST) == 0 &&
           a->serial_len == b->serial_len && a->serial_len <= sizeof(a->serial) &&
           memcmp(a->serial, b->serial, a->serial_len) == 0 && a->not_after == b->not_after;
}

bool as_certificate_row_same(const struct as_certificate_row *a, const struct as_certificate_row *b)
{
    if (a->class_ != b->class_ || !as_span_equal(a->trust, b->trust) ||
        memcmp(a->anchor, b->anchor, AS_DIGEST) != 0 || a->path_count != b->path_count) {
        return false;
    }
    for (size_t i = 0; i < a->path_count; i++) {
        if (!same_link(&a->path[i], &b->path[i])) {
            return false;
        }
    }
    return true;
}
