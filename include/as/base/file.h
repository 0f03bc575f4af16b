/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: descriptors that close themselves, reading to the end within a bound, and making the entry
 * of a new file durable. What a file must be (its owner, its mode) is for whoever reads it.
 */
#ifndef AS_BASE_FILE_H
#define AS_BASE_FILE_H

#include "as/base/buf.h"

/* AS_AUTO_FD int fd = open(...): closed at the end of the block; -1 is none. */
#define AS_AUTO_FD __attribute__((cleanup(as_file_close)))
void as_file_close(const int *fd);

/*
 * Reads to the end of the file. False with out->full when there are out->max octets or more (or
 * memory is short), else with errno when it cannot be read.
 */
bool as_file_read(int fd, struct as_buf *out);

/* fsync of the directory that the path stands in, so that a file made there survives a crash. False
 * with errno. */
bool as_file_sync_directory(const char *path);

#endif
