/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static as_err read_names(struct as_inherited *out, const char *names)
{
    as_span rest = as_span_of(names), name;
    size_t count = 0;

    while (as_span_cut(&rest, ':', &name)) {
        AS_NEED(count < out->count && name.len < AS_INHERITED_NAME, AS_BAD_CONFIGURATION,
                "LISTEN_FDNAMES does not fit LISTEN_FDS");
        memcpy(out->sockets[count++].name, name.ptr, name.len);
    }
    AS_NEED(count == out->count, AS_BAD_CONFIGURATION, "LISTEN_FDNAMES does not fit LISTEN_FDS");
    return AS_OK;
}

static as_err read_count(struct as_inherited *out, const char *count)
{
    uint64_t number = 0;

    AS_NEED(as_span_number(as_span_of(count), AS_LIMIT_INHERITED, &number), AS_BAD_CONFIGURATION,
            "LISTEN_FDS is no number, or too large");
    for (size_t i = 0; i < number; i++) {
        out->sockets[i].fd = FIRST_FD + (int)i;
        AS_NEED(fcntl(out->sockets[i].fd, F_SETFD, FD_CLOEXEC) == 0, AS_BAD_CONFIGURATION,
                "LISTEN_FDS counts a descriptor that is not there");
        out->count++;
    }
    return AS_OK;
}

static as_err read_all(struct as_inherited *out)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    uint64_t number = 0;

    if (pid == NULL || count == NULL || !as_span_number(as_span_of(pid), INT32_MAX, &number) ||
        number != (uint64_t)getpid()) {
        return AS_OK;
    }
    AS_TRY(read_count(out, count));
    return out->count > 0 ? read_names(out, names != NULL ? names : "") : AS_OK;
}

as_err as_inherited_read(struct as_inherited *out)
{
    memset(out, 0, sizeof(*out));
    as_err err = read_all(out);
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    return err;
}
