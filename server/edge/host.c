/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

bool as_host_is_served(const struct as_listener_conf *conf, as_span host, const char *sni)
{
    struct as_host_port cut;
    as_span name = as_host_port_cut(host, &cut) ? cut.host : host;
    bool served = conf->name_count == 0;

    for (size_t i = 0; !served && i < conf->name_count; i++) {
        served = as_span_equal_nocase(name, as_span_of(conf->names[i]));
    }
    return served && (sni == NULL || as_span_equal_nocase(name, as_span_of(sni)));
}
