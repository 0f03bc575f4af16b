/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that free themselves. AS_AUTO_DEFINE(X509, X509_free) once per type and file or header,
 * then
 *     AS_AUTO(X509_free) X509 *cert = NULL;
 * and the handle leaves the function by `*out = AS_MOVE(cert)`. No goto for cleanup.
 */
#ifndef AS_BASE_AUTO_H
#define AS_BASE_AUTO_H

#include <stddef.h>

#define AS_AUTO_DEFINE(type, free_fn)                                                              \
    __attribute__((unused)) static inline void as_auto_##free_fn(type **handle)                    \
    {                                                                                              \
        if (*handle != NULL) {                                                                     \
            free_fn(*handle);                                                                      \
        }                                                                                          \
    }
#define AS_AUTO(free_fn) __attribute__((cleanup(as_auto_##free_fn)))

#define AS_MOVE(handle)                                                                            \
    (__extension__({                                                                               \
        __typeof__(handle) as_moved_ = (handle);                                                   \
        (handle) = NULL;                                                                           \
        as_moved_;                                                                                 \
    }))

#define AS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
