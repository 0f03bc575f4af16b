/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AS_BASE_UTF8_H
#define AS_BASE_UTF8_H

#include <stddef.h>

/* The length (1 to 4) of the well-formed UTF-8 character at `p` of `left` octets; 0 when none. */
size_t as_utf8_char(const unsigned char *p, size_t left);

#endif
