/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listening socket handed over by the service manager (sd_listen_fds(3)). Nothing about it is
 * taken on trust: what is not exactly the socket that the configuration names is refused.
 */
#include "listen.h"
#include "teller.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

static bool is_same(const union as_address *wanted, const union as_address *bound, socklen_t len)
{
    switch (wanted->any.sa_family) {
    case AF_INET:
        return bound->v4.sin_port == wanted->v4.sin_port &&
               bound->v4.sin_addr.s_addr == wanted->v4.sin_addr.s_addr;
    case AF_INET6:
        return bound->v6.sin6_port == wanted->v6.sin6_port &&
               IN6_ARE_ADDR_EQUAL(&bound->v6.sin6_addr, &wanted->v6.sin6_addr);
    default: /* a nameless socket has no path, an abstract one begins with a NUL (unix(7)) */
        return len > offsetof(struct sockaddr_un, sun_path) && bound->un.sun_path[0] != '\0' &&
               strncmp(bound->un.sun_path, wanted->un.sun_path, sizeof(wanted->un.sun_path)) == 0;
    }
}

/* NULL: it is what the configuration names. */
static const char *difference(int fd, const union as_address *wanted)
{
    union as_address bound;
    socklen_t len = sizeof(bound);
    int family = wanted->any.sa_family;

    memset(&bound, 0, sizeof(bound));
    if (fcntl(fd, F_GETFD) < 0) {
        return "no open descriptor was handed over";
    }
    if (option_of(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM) {
        return "what was handed over is no stream socket";
    }
    if (option_of(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1) {
        return "the socket handed over does not listen";
    }
    if (option_of(fd, SOL_SOCKET, SO_DOMAIN) != family || getsockname(fd, &bound.any, &len) != 0) {
        return "the socket handed over is of another family";
    }
    if (!is_same(wanted, &bound, len)) {
        return "the socket handed over has another address";
    }
    if (family == AF_INET6 && option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 1) {
        return "the socket handed over takes IPv4 as well (BindIPv6Only=ipv6-only forbids that)";
    }
    return NULL;
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

enum as_edge_failure as_listen_inherited(const struct as_listener_conf *conf, as_edge_tell tell,
                                         void *arg, int *fd, char *text, size_t room)
{
    const struct as_teller teller = {tell, arg, conf->name};
    union as_address address;
    socklen_t len = 0;
    const char *why = NULL;

    if (as_address_parse(conf, &address, &len, &why)) {
        why = difference(conf->inherited_fd, &address);
    }
    if (why != NULL) {
        as_teller_say(&teller, "%s: %s", conf->address, why);
        return AS_EDGE_BAD_CONFIGURATION;
    }
    if (!set_flags(conf->inherited_fd) || !as_address_write(conf->inherited_fd, text, room)) {
        as_teller_say(&teller, "%s: the socket handed over cannot be used: %s", conf->address,
                      strerrordesc_np(errno));
        return AS_EDGE_UNAVAILABLE;
    }
    *fd = conf->inherited_fd;
    return AS_EDGE_FINE;
}
