/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as octets, the most significant first, as formats of ours and of TLS have them. Pure. */
#ifndef AS_BASE_OCTETS_H
#define AS_BASE_OCTETS_H

#include <stddef.h>
#include <stdint.h>

/* The lowest `count` octets of the number, at most eight. */
static inline void as_octets_put(unsigned char *to, uint64_t number, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (unsigned char)(number >> 8 * (count - 1 - i));
    }
}

/* The number that `count` octets are, at most eight; of none it is 0. */
static inline uint64_t as_octets_get(const unsigned char *from, size_t count)
{
    uint64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        number = number << 8 | from[i];
    }
    return number;
}

#endif
