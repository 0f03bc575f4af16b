/* SPDX-License-Identifier: Apache-2.0 */
/* Failed authentications (TOK-13): two shares of a tally, of the address and of the client from it.
 */
#include "client.h"

#include <stdlib.h>

struct as_throttle {
    struct as_tally *failures;
    unsigned allowed;
    struct as_ip_list *exempt;
};

AS_AUTO_DEFINE(struct as_throttle, as_throttle_free)

as_err as_throttle_new(struct as_tally *failures, unsigned allowed, const char *const *exempt,
                       size_t exempt_count, struct as_throttle **out)
{
    AS_AUTO(as_throttle_free) struct as_throttle *throttle = calloc(1, sizeof(*throttle));

    AS_NEED_MEM(throttle);
    throttle->failures = failures;
    throttle->allowed = allowed;
    AS_TRY(as_ip_list_new(exempt, exempt_count, &throttle->exempt));
    *out = AS_MOVE(throttle);
    return AS_OK;
}

void as_throttle_free(struct as_throttle *throttle)
{
    if (throttle != NULL) {
        as_ip_list_free(throttle->exempt);
        free(throttle);
    }
}

#define SHARES 2

/* False: nobody counts this address, whatever its neighbours of the same link have done. */
static bool shares_of(const struct as_throttle *throttle, const char *address, as_span client_id,
                      struct as_tally_share out[SHARES])
{
    const struct as_tally *failures = throttle->failures;
    struct as_ip ip;

    if (throttle->allowed == 0 ||
        (as_ip_read(as_span_of(address), &ip) && as_ip_list_has(throttle->exempt, &ip))) {
        return false;
    }
    uint64_t caller = as_tally_key(failures, as_ip_caller(as_span_of(address), &ip));
    uint64_t client = as_tally_pair(failures, caller, as_tally_key(failures, client_id));
    out[0] = (struct as_tally_share){client, throttle->allowed};
    out[1] =
        (struct as_tally_share){caller, (uint64_t)throttle->allowed * AS_LIMIT_THROTTLE_ADDRESS};
    return true;
}

bool as_throttle_may(const struct as_throttle *throttle, const char *address, as_span client_id,
                     int64_t mono_ms)
{
    struct as_tally_share shares[SHARES];

    return as_tally_is_quiet(throttle->failures, mono_ms) ||
           !shares_of(throttle, address, client_id, shares) ||
           as_tally_wait(throttle->failures, shares, SHARES, mono_ms) == 0;
}

void as_throttle_failed(const struct as_throttle *throttle, const char *address, as_span client_id,
                        int64_t mono_ms)
{
    struct as_tally_share shares[SHARES];

    if (shares_of(throttle, address, client_id, shares)) {
        as_tally_add(throttle->failures, shares, SHARES, mono_ms);
    }
}
