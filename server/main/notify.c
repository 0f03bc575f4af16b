/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 512

/* A number of the environment, 0 when there is none. */
static uint64_t number_of(const char *name)
{
    const char *text = getenv(name);
    uint64_t number = 0;

    return text != NULL && as_span_number(as_span_of(text), INT64_MAX, &number) ? number : 0;
}

static bool address_of(const char *text, struct as_notify *out)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (len < 2 || len >= sizeof(out->to.sun_path) || (text[0] != '/' && text[0] != '@')) {
        return false;
    }
    out->to.sun_family = AF_UNIX;
    memcpy(out->to.sun_path, text, len);
    if (text[0] == '@') {
        out->to.sun_path[0] = '\0';
    }
    out->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return true;
}

void as_notify_open(struct as_notify *notify)
{
    uint64_t pid = number_of("WATCHDOG_PID");

    *notify = (struct as_notify){.fd = -1};
    if (address_of(getenv("NOTIFY_SOCKET"), notify)) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        notify->watchdog_ms =
            pid == 0 || pid == (uint64_t)getpid() ? (int64_t)number_of("WATCHDOG_USEC") / 1000 : 0;
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void as_notify_close(struct as_notify *notify)
{
    if (notify->fd >= 0) {
        (void)close(notify->fd);
        notify->fd = -1;
    }
}

void as_notify_say(const struct as_notify *notify, const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list arguments;

    if (notify->fd < 0) {
        return;
    }
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    bool fits = len > 0 && (size_t)len < sizeof(text);
    if (fits && sendto(notify->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT,
                       (const struct sockaddr *)&notify->to, notify->to_len) == (ssize_t)len) {
        return;
    }
    AS_LOG(AS_LOG_WARNING, "notify_failed",
           AS_LOG_TEXT("reason", fits ? strerrordesc_np(errno) : "the message is too long"));
}
