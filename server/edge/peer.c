/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct counted_peer {
    struct as_peer peer; /* first: a peer is a counted peer */
    struct as_conf *conf;
    atomic_uint holders;
};

static bool fill_socket(struct as_peer *peer, int fd)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || len != sizeof(cred)) {
        return false;
    }
    memcpy(peer->address, "unix", sizeof("unix"));
    peer->uid = cred.uid;
    peer->gid = cred.gid;
    return true;
}

static bool fill_address(struct as_peer *peer, const struct sockaddr_storage *from)
{
    _Static_assert(sizeof(peer->address) >= INET6_ADDRSTRLEN, "an address fits");
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)from;
        return inet_ntop(AF_INET, &v4->sin_addr, peer->address, sizeof(peer->address)) != NULL;
    }
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)from;
        return inet_ntop(AF_INET6, &v6->sin6_addr, peer->address, sizeof(peer->address)) != NULL;
    }
    return false;
}

struct as_peer *as_peer_new(struct as_conf *conf, int fd, const struct sockaddr_storage *from)
{
    struct counted_peer *made = as_memory_zeroed(sizeof(*made));

    if (made == NULL) {
        return NULL;
    }
    if (conf->it.kind == AS_LISTENER_SOCKET ? !fill_socket(&made->peer, fd)
                                            : !fill_address(&made->peer, from)) {
        free(made);
        return NULL;
    }
    made->conf = as_conf_hold(conf);
    made->peer.listener = &conf->it;
    atomic_init(&made->holders, 1);
    return &made->peer;
}

/* The one cast that takes const away: the count is not part of what is immutable. */
static struct counted_peer *counted(const void *peer)
{
    return (struct counted_peer *)(uintptr_t)peer;
}

void as_peer_hold(const void *peer)
{
    atomic_fetch_add_explicit(&counted(peer)->holders, 1, memory_order_relaxed);
}

void as_peer_drop(const void *peer)
{
    struct counted_peer *made = counted(peer);

    if (made != NULL && atomic_fetch_sub_explicit(&made->holders, 1, memory_order_acq_rel) == 1) {
        as_cert_drop(made->peer.cert);
        as_conf_drop(made->conf);
        free(made);
    }
}
