/* SPDX-License-Identifier: Apache-2.0 */
/* All groups of a configuration, for the files of trust/ and its tests. */
#ifndef AS_TRUST_TRUST_H
#define AS_TRUST_TRUST_H

#include "group.h"
#include "path_cache.h"

#define AS_TRUST_USES (AS_USE_ADMIN + 1)

struct as_trust {
    struct as_arena *mem;
    struct as_group *groups;
    size_t count;
    struct as_path_cache *cache; /* gone with the anchors it was filled under */
    struct as_cert *decoy;
    unsigned char anchor_set[AS_DIGEST];
    as_span *ca_names[AS_TRUST_USES];
    size_t ca_name_count[AS_TRUST_USES];
};

#endif
