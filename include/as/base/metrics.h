/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters and gauges of the process, each an atomic number in one table. Threads: any.
 */
#ifndef AS_BASE_METRICS_H
#define AS_BASE_METRICS_H

#include "as/base/buf.h"

#include <stdint.h>

/* name, Prometheus type, help */
#define AS_METRICS(X)                                                                              \
    X(connections_accepted_total, counter, "Connections accepted")                                 \
    X(connections_open, gauge, "Connections open now")                                             \
    X(connections_refused_total, counter, "Connections refused at a cap")                          \
    X(connections_displaced_total, counter, "Connections ended to make room for others")           \
    X(handshakes_total, counter, "TLS handshakes completed")                                       \
    X(handshakes_resumed_total, counter, "TLS handshakes that resumed a session")                  \
    X(handshakes_failed_total, counter, "TLS handshakes that failed")                              \
    X(requests_total, counter, "Requests that passed the framing guard and were answered")         \
    X(requests_refused_total, counter, "Requests refused by the framing guard")                    \
    X(requests_elsewhere_total, counter, "Requests that moved to a job thread")                    \
    X(requests_overload_total, counter, "Requests refused for want of room, time or a store")      \
    X(store_reads_total, counter, "Reads asked of the store")                                      \
    X(store_writes_total, counter, "Writes asked of the store")                                    \
    X(store_commits_total, counter, "Transactions committed")                                      \
    X(store_commits_failed_total, counter, "Transactions that failed to commit")                   \
    X(paths_asked_total, counter, "Certification paths asked for")                                 \
    X(paths_built_total, counter, "Certification paths built")                                     \
    X(certificates_shared_total, counter, "Certificates seen that fit a second client")            \
    X(client_authentications_total, counter, "Clients authenticated")                              \
    X(client_authentications_failed_total, counter, "Client authentications refused")              \
    X(tokens_issued_total, counter, "Access tokens issued")                                        \
    X(tokens_introspected_total, counter, "Introspections answered")                               \
    X(tokens_revoked_total, counter, "Tokens revoked")                                             \
    X(log_lines_lost_total, counter, "Log lines nobody was there to read")                         \
    X(audit_lines_waiting, gauge, "Audit lines that wait to be written to the file")               \
    X(audit_lines_lost_total, counter, "Audit lines that will never be in the file")               \
    X(audit_write_failures_total, counter, "Tries to write to the audit file that failed")         \
    X(generation, gauge, "Number of the configuration in effect")                                  \
    X(reloads_total, counter, "Configurations put into effect without a restart")                  \
    X(reloads_refused_total, counter, "Configurations refused while the old one went on")          \
    X(last_reload_timestamp_seconds, gauge, "When the configuration in effect took effect")

enum as_metric {
#define AS_METRIC_ID(name, type, help) AS_METRIC_##name,
    AS_METRICS(AS_METRIC_ID)
#undef AS_METRIC_ID
        AS_METRIC_COUNT
};

/* Adds to one of them; a gauge goes down by a negative amount. */
void as_metric_add(enum as_metric metric, int64_t amount);
/* Its value now. */
int64_t as_metric_get(enum as_metric metric);
/* All of them in the Prometheus text format 0.0.4, names prefixed fapid_. */
bool as_metrics_write(struct as_buf *out);

#endif
