/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters and digits of ASCII. Not ctype.h: that follows the locale. Threads: values only.
 */
#ifndef AS_BASE_ASCII_H
#define AS_BASE_ASCII_H

#include <stdbool.h>

/* 0 to 9. */
static inline bool as_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A to Z. */
static inline bool as_ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* A to Z and a to z. */
static inline bool as_ascii_is_letter(char c)
{
    return as_ascii_is_upper(c) || (c >= 'a' && c <= 'z');
}

/* The letter in lower case; anything else as it is. */
static inline char as_ascii_lower(char c)
{
    return as_ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* The value of a hex digit of either case; -1 when it is none. */
static inline int as_ascii_hex(char c)
{
    char lower = as_ascii_lower(c);

    if (as_ascii_is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
