/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of life, for a service manager's watchdog. */
#include "parts.h"

bool as_edge_is_alive(struct as_edge *edge)
{
    bool alive = true;

    for (unsigned i = 0; i < edge->worker_count; i++) {
        struct as_worker *worker = &edge->workers[i];
        unsigned turns = atomic_load(&worker->turns);

        alive = alive && turns != worker->turns_seen;
        worker->turns_seen = turns;
        as_worker_wake(worker);
    }
    return alive;
}
