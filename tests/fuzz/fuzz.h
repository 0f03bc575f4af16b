/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput; it aborts when a property does
 * not hold. tests/fuzz/run searches with libFuzzer; replay.c feeds it the files of corpus/NAME in
 * every test run. A new target is one line in CMakeLists.txt.
 */
#ifndef AS_TESTS_FUZZ_H
#define AS_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_HOLDS(property)                                                                       \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
