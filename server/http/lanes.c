/* SPDX-License-Identifier: Apache-2.0 */
#include "lanes.h"

bool as_lanes_get(struct as_lanes *lanes, const struct as_http_site *site, void **out)
{
    *out = NULL;
    if (site->lane_open == NULL) {
        return true;
    }
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->rows[i].site == site) {
            *out = lanes->rows[i].lane;
            return true;
        }
    }
    if (lanes->count < AS_LANES_MAX) {
        *out = site->lane_open(site->app, lanes->may_wait);
    }
    if (*out == NULL) {
        return false;
    }
    lanes->rows[lanes->count++] = (struct as_lane_row){site, *out};
    return true;
}

void as_lanes_close(struct as_lanes *lanes)
{
    while (lanes->count > 0) {
        const struct as_lane_row *row = &lanes->rows[--lanes->count];

        if (row->site->lane_close != NULL) {
            row->site->lane_close(row->lane);
        }
    }
}
