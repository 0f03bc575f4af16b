/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool parse_ip(as_span text, union as_address *out, socklen_t *len)
{
    struct as_host_port cut;
    uint16_t port = 0;

    if (!as_host_port_cut(text, &cut) || !as_port_parse(cut.port, &port)) {
        return false;
    }
    if (cut.bracketed) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        *len = sizeof(out->v6);
        return as_ip_parse(AF_INET6, cut.bare, &out->v6.sin6_addr);
    }
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    *len = sizeof(out->v4);
    return as_ip_parse(AF_INET, cut.bare, &out->v4.sin_addr);
}

static bool parse_path(as_span text, union as_address *out, socklen_t *len)
{
    if (text.len == 0 || text.len >= sizeof(out->un.sun_path)) {
        return false;
    }
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, text.ptr, text.len);
    *len = sizeof(out->un);
    return true;
}

/* Only 127.0.0.0/8 and ::1. */
static bool is_loopback(const union as_address *address)
{
    if (address->any.sa_family == AF_INET) {
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

bool as_address_parse(const struct as_listener_conf *conf, union as_address *out, socklen_t *len,
                      const char **why)
{
    as_span text = as_span_of(conf->address);

    memset(out, 0, sizeof(*out));
    if (conf->kind == AS_LISTENER_SOCKET) {
        *why = "the path of the socket is empty or too long";
        return parse_path(text, out, len);
    }
    if (!parse_ip(text, out, len)) {
        *why = "the address is not of the form 192.0.2.1:8443 or [2001:db8::1]:8443";
        return false;
    }
    *why = "a listener without TLS must have a loopback address";
    return conf->kind != AS_LISTENER_PLAIN || is_loopback(out);
}

static int write_ip(const union as_address *bound, char *text, size_t room)
{
    char host[INET6_ADDRSTRLEN];
    bool v6 = bound->any.sa_family == AF_INET6;
    const void *at = v6 ? (const void *)&bound->v6.sin6_addr : (const void *)&bound->v4.sin_addr;

    if (inet_ntop(bound->any.sa_family, at, host, sizeof(host)) == NULL) {
        return -1;
    }
    return snprintf(text, room, v6 ? "[%s]:%u" : "%s:%u", host,
                    (unsigned)ntohs(v6 ? bound->v6.sin6_port : bound->v4.sin_port));
}

bool as_address_write(int fd, char *text, size_t room)
{
    union as_address bound;
    socklen_t len = sizeof(bound);

    memset(&bound, 0, sizeof(bound));
    if (getsockname(fd, &bound.any, &len) != 0) {
        return false;
    }
    int put = bound.any.sa_family == AF_UNIX
                  ? snprintf(text, room, "%.*s", (int)sizeof(bound.un.sun_path), bound.un.sun_path)
                  : write_ip(&bound, text, room);
    return put > 0 && (size_t)put < room;
}
