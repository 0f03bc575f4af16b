/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of listeners without a socket: `fapid -t`. */
#include "probe.h"

static enum as_edge_failure check_listener(const struct as_listener_conf *conf,
                                           const struct as_trust *trust, as_edge_tell tell,
                                           void *arg)
{
    struct as_tls_context *context = NULL;

    if (as_failed(as_tls_context_new(conf, trust, tell, arg, &context))) {
        return AS_EDGE_BAD_CONFIGURATION;
    }
    size_t differences = as_tls_probe(context, tell, arg);
    as_tls_context_drop(context);
    return differences == 0 ? AS_EDGE_FINE : AS_EDGE_PROBE_FAILED;
}

/* All listeners are looked at, so that one run tells everything; the first failure is given back.
 */
enum as_edge_failure as_edge_check(const struct as_edge_conf *conf, as_edge_tell tell, void *arg)
{
    enum as_edge_failure first = AS_EDGE_FINE;

    for (size_t i = 0; i < conf->listener_count; i++) {
        if (conf->listeners[i].kind != AS_LISTENER_TLS) {
            continue;
        }
        enum as_edge_failure failure = check_listener(&conf->listeners[i], conf->trust, tell, arg);
        first = first == AS_EDGE_FINE ? failure : first;
    }
    return first;
}
