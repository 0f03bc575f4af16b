/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

/* The guard has checked the form: a name or address, an IPv6 address in brackets, then a port. */
static as_span without_port(as_span host)
{
    size_t end = host.len;

    while (end > 0 && as_ascii_is_digit(host.ptr[end - 1])) {
        end--;
    }
    return end > 0 && host.ptr[end - 1] == ':' ? (as_span){host.ptr, end - 1} : host;
}

bool as_host_is_served(const struct as_listener_conf *conf, as_span host, const char *sni)
{
    as_span name = without_port(host);
    bool served = conf->name_count == 0;

    for (size_t i = 0; !served && i < conf->name_count; i++) {
        served = as_span_equal_nocase(name, as_span_of(conf->names[i]));
    }
    return served && (sni == NULL || as_span_equal_nocase(name, as_span_of(sni)));
}
