/* SPDX-License-Identifier: Apache-2.0 */
#include "failing.h"

#include <stdatomic.h>
#include <stdlib.h>

struct as_failing {
    struct as_tally *failures;
    atomic_uint most;
    pthread_mutex_t lock; /* guards the list, which a reload exchanges */
    struct as_ip_list *exempt;
};

AS_AUTO_DEFINE(struct as_failing, as_failing_free)

as_err as_failing_new(struct as_failing **out)
{
    struct as_failing *made = calloc(1, sizeof(*made));

    AS_NEED_MEM(made);
    (void)pthread_mutex_init(&made->lock, NULL);
    AS_AUTO(as_failing_free) struct as_failing *failing = made;
    AS_TRY(as_tally_new(AS_LIMIT_FAILING, AS_LIMIT_FAILED_WINDOW_MS, &failing->failures));
    *out = AS_MOVE(failing);
    return AS_OK;
}

void as_failing_free(struct as_failing *failing)
{
    if (failing != NULL) {
        as_ip_list_free(failing->exempt);
        as_tally_free(failing->failures);
        (void)pthread_mutex_destroy(&failing->lock);
        free(failing);
    }
}

void as_failing_use(struct as_failing *failing, unsigned most, struct as_ip_list *exempt)
{
    (void)pthread_mutex_lock(&failing->lock);
    struct as_ip_list *old = failing->exempt;
    failing->exempt = exempt;
    atomic_store(&failing->most, most);
    (void)pthread_mutex_unlock(&failing->lock);
    as_ip_list_free(old);
}

bool as_failing_counts(struct as_failing *failing, const struct sockaddr_storage *from)
{
    struct as_ip ip;

    if (!as_ip_of(from, &ip)) {
        return false;
    }
    (void)pthread_mutex_lock(&failing->lock);
    bool counts = atomic_load(&failing->most) > 0 && !as_ip_list_has(failing->exempt, &ip);
    (void)pthread_mutex_unlock(&failing->lock);
    return counts;
}

static struct as_tally_share share_of(const struct as_failing *failing, struct as_source source)
{
    as_span octets = as_span_bytes(source.network.octets, sizeof(source.network.octets));

    return (struct as_tally_share){as_tally_key(failing->failures, octets),
                                   atomic_load(&failing->most)};
}

void as_failing_note(struct as_failing *failing, struct as_source source, int64_t now_ms)
{
    const struct as_tally_share share = share_of(failing, source);

    as_tally_add(failing->failures, &share, 1, now_ms);
}

bool as_failing_is(struct as_failing *failing, struct as_source source, int64_t now_ms)
{
    if (as_tally_is_quiet(failing->failures, now_ms)) {
        return false;
    }
    const struct as_tally_share share = share_of(failing, source);
    return share.most > 0 && as_tally_wait(failing->failures, &share, 1, now_ms) > 0;
}
