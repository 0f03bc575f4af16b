/* SPDX-License-Identifier: Apache-2.0 */
/* REG-16: in mode open whoever has an address, and everywhere a client that changes itself, writes
 * to the store as often as it likes; so that is rationed. */
#include "register.h"

as_err as_register_ration(const struct as_http_call *call, as_span whose)
{
    struct as_visit *visit = as_visit_of(call);
    struct as_tally *tally = visit->app->registrations;
    const struct as_tally_share share = {as_tally_key(tally, whose),
                                         visit->ctx.settings->registration_per_hour};
    int64_t wait_ms = as_tally_take(tally, &share, 1, visit->ctx.mono_ms);

    if (wait_ms > 0) {
        visit->retry_after_s = (unsigned)(wait_ms / 1000 + 1);
        return AS_FAIL(AS_TOO_MANY_REGISTRATIONS, "too_many_registrations");
    }
    return AS_OK;
}
