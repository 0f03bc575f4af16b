/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

static _Atomic int64_t values[AS_METRIC_COUNT];

static const struct metric_row {
    const char *name, *type, *help;
} rows[AS_METRIC_COUNT] = {
#define METRIC_ROW(name, type, help) [AS_METRIC_##name] = {#name, #type, help},
    AS_METRICS(METRIC_ROW)
#undef METRIC_ROW
};

void as_metric_add(enum as_metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
}

int64_t as_metric_get(enum as_metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

bool as_metrics_write(struct as_buf *out)
{
    for (size_t i = 0; i < AS_METRIC_COUNT; i++) {
        const struct metric_row *row = &rows[i];
        if (!as_buf_printf(out, "# HELP fapid_%s %s\n# TYPE fapid_%s %s\nfapid_%s %" PRId64 "\n",
                           row->name, row->help, row->name, row->type, row->name,
                           as_metric_get((enum as_metric)i))) {
            return false;
        }
    }
    return true;
}
