/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of one thread: one per site, opened before its first call. Threads: the one. */
#ifndef AS_HTTP_LANES_H
#define AS_HTTP_LANES_H

#include "as/http.h"

#define AS_LANES_MAX 16 /* sites of a process */

struct as_lanes {
    struct as_lane_row {
        const struct as_http_site *site;
        void *lane;
    } rows[AS_LANES_MAX];
    size_t count;
    bool may_wait;
};

/* False when the site cannot open one now; *out is NULL for a site that has none. */
bool as_lanes_get(struct as_lanes *lanes, const struct as_http_site *site, void **out);
void as_lanes_close(struct as_lanes *lanes);

#endif
