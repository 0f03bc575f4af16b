/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 4096 /* the system cuts it to net.core.somaxconn */

/* What is told of a step that failed. */
struct report {
    const struct as_listener_conf *conf;
    as_edge_tell tell;
    void *arg;
};

static enum as_edge_failure unavailable(const struct report *report, const char *what, int error)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "%s: %s%s%s", report->conf->address, what,
                   error != 0 ? ": " : "", error != 0 ? strerrordesc_np(error) : "");
    report->tell(report->arg, report->conf->name, text);
    return AS_EDGE_UNAVAILABLE;
}

static bool set(int fd, int level, int option)
{
    int on = 1;

    return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* ---------------------------------------------------------------- a port --------------------- */

static bool bind_port(int fd, const union as_address *address, socklen_t len)
{
    bool v6 = address->any.sa_family == AF_INET6;

    return set(fd, SOL_SOCKET, SO_REUSEADDR) && (!v6 || set(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
           bind(fd, &address->any, len) == 0;
}

/* ---------------------------------------------------------------- a socket ------------------- */

static bool somebody_listens(const union as_address *address, socklen_t len)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, &address->any, len) != 0 && errno == ECONNREFUSED;

    if (fd >= 0) {
        (void)close(fd);
    }
    return !refused;
}

/* Only a socket that nobody listens on is in the way by accident. */
static const char *clear_path(const union as_address *address, socklen_t len)
{
    struct stat found;

    if (lstat(address->un.sun_path, &found) != 0) {
        return errno == ENOENT ? NULL : "cannot be looked at";
    }
    if (!S_ISSOCK(found.st_mode)) {
        return "is there and is no socket";
    }
    if (somebody_listens(address, len)) {
        return "another process listens here";
    }
    return unlink(address->un.sun_path) == 0 ? NULL : "cannot be replaced";
}

#define NOT_MADE "the socket cannot be made"

/* NULL, or what failed, as errno says. The mode is narrow before there is a file, whatever the
 * umask, and wide only for the group. */
static const char *bind_path(const struct as_listener_conf *conf, int fd,
                             const union as_address *address, socklen_t len)
{
    const char *path = address->un.sun_path;
    const char *fault = NULL;

    if (fchmod(fd, 0600) != 0 || bind(fd, &address->any, len) != 0) {
        return NOT_MADE;
    }
    if (conf->socket_group_set && chown(path, (uid_t)-1, conf->socket_group) != 0) {
        fault = "the socket cannot be given to its group: is the user of fapid in it?";
    } else if (chmod(path, conf->socket_group_set ? 0660 : 0600) != 0) {
        fault = NOT_MADE;
    }
    if (fault != NULL) {
        int saved = errno;
        (void)unlink(path);
        errno = saved;
    }
    return fault;
}

/* ---------------------------------------------------------------- both ----------------------- */

static enum as_edge_failure open_socket(const struct report *report,
                                        const union as_address *address, socklen_t len, int fd,
                                        char *text, size_t room)
{
    if (report->conf->kind == AS_LISTENER_SOCKET) {
        const char *in_the_way = clear_path(address, len);
        if (in_the_way != NULL) {
            return unavailable(report, in_the_way, 0);
        }
        const char *fault = bind_path(report->conf, fd, address, len);
        if (fault != NULL) {
            return unavailable(report, fault, errno);
        }
    } else if (!bind_port(fd, address, len)) {
        return unavailable(report, "the port cannot be had", errno);
    }
    if (!as_address_write(fd, text, room)) {
        return unavailable(report, "the address cannot be read back", errno);
    }
    return listen(fd, BACKLOG) == 0 ? AS_EDGE_FINE
                                    : unavailable(report, "the port cannot be had", errno);
}

enum as_edge_failure as_listen(const struct as_listener_conf *conf, as_edge_tell tell, void *arg,
                               int *fd, char *text, size_t room)
{
    struct report report = {conf, tell, arg};
    union as_address address;
    socklen_t len = 0;
    const char *why = NULL;

    if (!as_address_parse(conf, &address, &len, &why)) {
        (void)unavailable(&report, why, 0);
        return AS_EDGE_BAD_CONFIGURATION;
    }
    int made = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) {
        return unavailable(&report, "there is no socket", errno);
    }
    enum as_edge_failure failure = open_socket(&report, &address, len, made, text, room);
    if (failure != AS_EDGE_FINE) {
        (void)close(made);
        return failure;
    }
    *fd = made;
    return AS_EDGE_FINE;
}
