/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include "probe.h"

enum as_edge_failure as_front_make(const struct as_listener_conf *conf,
                                   const struct as_trust *trust, as_edge_tell tell, void *arg,
                                   struct as_front *out)
{
    *out = (struct as_front){.conf = as_conf_new(conf)};
    if (out->conf == NULL) {
        tell(arg, conf->name, "out of memory");
        return AS_EDGE_UNAVAILABLE;
    }
    if (conf->kind != AS_LISTENER_TLS) {
        return AS_EDGE_FINE;
    }
    enum as_edge_failure failure = AS_EDGE_FINE;
    if (as_failed(as_tls_context_new(out->conf, trust, tell, arg, &out->tls))) {
        failure = AS_EDGE_BAD_CONFIGURATION;
    } else if (as_tls_probe(out->tls, tell, arg) > 0) {
        failure = AS_EDGE_PROBE_FAILED;
    }
    if (failure != AS_EDGE_FINE) {
        as_front_drop(out);
    }
    return failure;
}

struct as_front as_front_hold(const struct as_front *front)
{
    return (struct as_front){.conf = as_conf_hold(front->conf),
                             .tls = front->tls != NULL ? as_tls_context_hold(front->tls) : NULL};
}

void as_front_drop(struct as_front *front)
{
    as_tls_context_drop(front->tls);
    as_conf_drop(front->conf);
    *front = (struct as_front){NULL, NULL};
}

void as_front_keep(const struct as_front *front, uint64_t sessions)
{
    if (front->tls != NULL) {
        as_tls_context_keep(front->tls, sessions);
    }
}

const struct as_http_field *as_front_always(const struct as_listener_conf *conf, size_t *count)
{
    static const struct as_http_field hsts[2] = {
        {AS_LIT_ROW("Strict-Transport-Security"),
         AS_LIT_ROW("max-age=31536000; includeSubDomains")},
        {AS_LIT_ROW("Strict-Transport-Security"),
         AS_LIT_ROW("max-age=31536000; includeSubDomains; preload")}};

    *count = conf->kind == AS_LISTENER_TLS ? 1 : 0;
    return &hsts[conf->hsts_preload ? 1 : 0];
}
