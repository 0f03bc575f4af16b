/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that hangs: a pipe that is full, and nobody reads. */
#ifndef AS_TESTS_FULL_PIPE_H
#define AS_TESTS_FULL_PIPE_H

#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

/* Both ends; a write to ends[1] waits, and what comes out first is zeros. */
static inline void full_pipe(int ends[2])
{
    char fill[4096] = {0};

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(ends[1], fill, sizeof(fill)) > 0) {
    }
    ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
}

#endif
