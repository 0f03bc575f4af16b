/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: descriptors that close themselves, opening what must be a regular file and whose, reading
 * to the end within a bound, and making the entry of a new file durable.
 */
#ifndef AS_BASE_FILE_H
#define AS_BASE_FILE_H

#include "as/base/buf.h"

#include <sys/types.h>

/* AS_AUTO_FD int fd = open(...): closed at the end of the block; -1 is none. */
#define AS_AUTO_FD __attribute__((cleanup(as_file_close)))
void as_file_close(const int *fd);

struct as_file_rules {
    int flags;      /* O_RDONLY, or what else it is opened for; O_NOFOLLOW: no link */
    mode_t shut;    /* of S_IRWXG | S_IRWXO: what others than its owner may not do with it */
    bool any_owner; /* else it must be the process's user's, or root's */
    /* Group root may read a file of root: so the service manager hands over credentials. */
    bool credential;
};

/*
 * Opens a regular file and nothing else: never waits for the other end of a pipe, never takes a
 * terminal. What it is is asked of the open file, not of its name.
 * NULL, or why not in static words that follow the path; *fd is -1 then, and errno the reason of
 * the system, or 0.
 */
const char *as_file_open(const char *path, const struct as_file_rules *rules, int *fd);

/*
 * Reads to the end of the file. False with out->full when there are out->max octets or more (or
 * memory is short), else with errno when it cannot be read.
 */
bool as_file_read(int fd, struct as_buf *out);

/* fsync of the directory that the path stands in, so that a file made there survives a crash. False
 * with errno. */
bool as_file_sync_directory(const char *path);

#endif
