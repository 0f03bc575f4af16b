/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told, and the sockets it hands over (sd_notify(3), sd_listen_fds(3)):
 * a datagram and a few environment variables, which is too little to bring a library of it into a
 * process that holds keys. Without a service manager nothing happens.
 *
 * Owner: plain structs. Threads: the main one; the environment is read before there are others.
 */
#ifndef AS_MAIN_NOTIFY_H
#define AS_MAIN_NOTIFY_H

#include "as/base.h"

#include <sys/socket.h>
#include <sys/un.h>

struct as_notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t watchdog_ms; /* a sign of life is due within; 0: none is wanted */
};

/* Takes NOTIFY_SOCKET (a path, or an abstract name after '@'), WATCHDOG_USEC and WATCHDOG_PID out
 * of the environment. */
void as_notify_open(struct as_notify *notify);
void as_notify_close(struct as_notify *notify);
/* printf of one message: lines of NAME=VALUE. One that cannot be sent is a line of the log. */
void as_notify_say(const struct as_notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define AS_INHERITED_NAME 64

/* Sockets that were handed over, by name. */
struct as_inherited {
    size_t count;
    struct {
        int fd;
        char name[AS_INHERITED_NAME];
    } sockets[AS_LIMIT_INHERITED];
};

/*
 * Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the environment; what is meant for another
 * process is left alone. The descriptors are closed at exec from then on.
 * Errors: AS_BAD_CONFIGURATION when the variables contradict each other.
 */
as_err as_inherited_read(struct as_inherited *out);

#endif
