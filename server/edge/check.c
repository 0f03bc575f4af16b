/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of listeners without a socket: `fapid -t`. */
#include "front.h"
#include "listen.h"
#include "teller.h"

static enum as_edge_failure check_address(const struct as_listener_conf *conf, as_edge_tell tell,
                                          void *arg)
{
    const struct as_teller teller = {tell, arg, conf->name};
    union as_address address;
    socklen_t len = 0;
    const char *why = NULL;

    if (as_address_parse(conf, &address, &len, &why)) {
        return AS_EDGE_FINE;
    }
    as_teller_say(&teller, "%s: %s", conf->address, why);
    return AS_EDGE_BAD_CONFIGURATION;
}

static enum as_edge_failure check_listener(const struct as_listener_conf *conf,
                                           const struct as_trust *trust, as_edge_tell tell,
                                           void *arg)
{
    struct as_front front = {NULL, NULL};
    enum as_edge_failure failure = check_address(conf, tell, arg);

    if (failure == AS_EDGE_FINE) {
        failure = as_front_make(conf, trust, tell, arg, &front);
        as_front_drop(&front);
    }
    return failure;
}

/* All listeners are looked at, so that one run tells everything; the first failure is given back.
 */
enum as_edge_failure as_edge_check(const struct as_edge_conf *conf, as_edge_tell tell, void *arg)
{
    enum as_edge_failure first = AS_EDGE_FINE;

    for (size_t i = 0; i < conf->listener_count; i++) {
        enum as_edge_failure failure = check_listener(&conf->listeners[i], conf->trust, tell, arg);
        first = first == AS_EDGE_FINE ? failure : first;
    }
    return first;
}
